// What the gate can check of a verdict without any group key.
#include "base/limits.h"
#include "crypto/hash.h"
#include "tlog/record_label.h"
#include "transport/relay/gate.h"

namespace candour::relay {

namespace {

constexpr int kLogEntriesMax = 16;
/// The first tokens of a session of the bot are verified, then one in so many. The bot has signed
/// this session's login with the key it signs tokens with, so nobody else's token comes this way;
/// members verify each (docs/decisions/0007).
constexpr std::uint64_t kTokensVerified = 64;
constexpr int kMailMax = 2 * static_cast<int>(limits::kGroupMembersMax);

Error token_error(const char* what) {
  return error(ErrorCode::token_invalid, std::string("the release token names another ") + what);
}

}  // namespace

Result<storage::LogLeaf> Gate::check_log_entry(const v1::LogEntry& entry) const {
  CANDOUR_TRY(const auto record_id, wire::id_of<RecordId>(entry.record_id(), "record_id"));
  if (entry.record().empty() || entry.record().size() > limits::kRecordSizeMax) {
    return error(ErrorCode::input_invalid,
                 "a sealed record has 1 to " + std::to_string(limits::kRecordSizeMax) + " bytes");
  }
  CANDOUR_TRY(const auto opening, tlog::LeafOpening::decode(as_bytes(entry.opening())));
  if (opening.kind > tlog::LeafKind::alert_dismissal) {
    return error(ErrorCode::input_invalid,
                 "a bot's record is not of kind " + std::string(tlog::name_of(opening.kind)));
  }
  if (opening.object_hash != crypto::sha256(as_bytes(entry.record()))) {
    return error(ErrorCode::input_invalid, "the opening is not of this sealed record");
  }
  if (!same(opening.entry(tlog::LeafClass::ordinary), as_bytes(entry.entry()))) {
    return error(ErrorCode::input_invalid, "the opening does not open this log entry");
  }
  // Custodians and investigators go by the label; a record under a wrong one could not be found.
  CANDOUR_TRY(const auto label, tlog::label_of(as_bytes(entry.record())));
  if (label.log_origin != context_.model.statement->log.name) {
    return error(ErrorCode::input_invalid, "the record is sealed for another log");
  }
  if (label.record != record_id) {
    return error(ErrorCode::input_invalid, "the record is sealed under another record id");
  }
  return storage::LogLeaf{.entry = to_bytes(entry.entry()),
                          .opening = to_bytes(entry.opening()),
                          .record = to_bytes(entry.record()),
                          .time = label.bot_time};
}

Result<std::vector<storage::MailRow>> Gate::check_mail(
    const google::protobuf::RepeatedPtrField<v1::Mail>& mail) const {
  if (mail.size() > kMailMax) return error(ErrorCode::input_invalid, "too much mail at once");
  std::vector<storage::MailRow> out;
  for (const auto& item : mail) {
    CANDOUR_TRY(auto id, wire::id_of<DeviceId>(item.device(), "device"));
    auto device = context_.model.devices.find(id);
    if (device == context_.model.devices.end()) {
      return error(ErrorCode::unknown_device, "mail for a device that is not in the directory");
    }
    const auto kind = item.kind();
    if (kind != v1::REPLY && kind != v1::ALERT && kind != v1::WELCOME) {
      return error(ErrorCode::frame_malformed, "mail of an unknown kind");
    }
    const auto size_max = kind == v1::WELCOME ? limits::kWelcomeSizeMax : limits::kMailSizeMax;
    if (item.body().empty() || item.body().size() > size_max || item.about().size() > 64) {
      return error(ErrorCode::frame_too_large,
                   "mail of this kind has 1 to " + std::to_string(size_max) + " bytes");
    }
    if (device->second.revoked) continue;  // revoked while the verdict was on its way (I9)
    out.push_back({.device = id,
                   .kind = kind,
                   .body = to_bytes(item.body()),
                   .about = to_bytes(item.about())});
  }
  return out;
}

Status Gate::check_token(const identity::ReleaseToken& token, const Group& group,
                         const Pending& pending, const v1::Verdict& verdict) const {
  if (token.log_origin != context_.model.statement->log.name) return token_error("log");
  if (token.group != group.row.group) return token_error("group");
  if (token.epoch != pending.row.epoch) return token_error("epoch");
  if (static_cast<int>(token.kind) != pending.row.kind) return token_error("kind of message");
  if (token.message_id != pending.row.message_id) return token_error("message");
  if (token.ciphertext_hash != pending.row.ciphertext_hash) return token_error("ciphertext");
  // A relay that has released nothing in the group begins where the bot says: after a lost relay
  // the numbers go on.
  if (group.row.seq == Seq(0)) return check_leaf(token, verdict);
  if (token.seq != group.row.seq.next()) {
    return error(ErrorCode::token_invalid, "the release token has number " +
                                               std::to_string(token.seq.value) + "; the next is " +
                                               std::to_string(group.row.seq.value + 1));
  }
  if (token.previous != group.row.token_hash) return token_error("token before it");
  return check_leaf(token, verdict);
}

Status Gate::check_leaf(const identity::ReleaseToken& token, const v1::Verdict& verdict) const {
  if (verdict.log_size() == 0 ||
      token.leaf_hash != tlog::leaf_hash(as_bytes(verdict.log(0).entry()))) {
    return token_error("log leaf");
  }
  CANDOUR_TRY(auto opening, tlog::LeafOpening::decode(as_bytes(verdict.log(0).opening())));
  if (opening.ciphertext_hash != token.ciphertext_hash ||
      opening.content_commitment != token.content_commitment) {
    return token_error("content than the log leaf");
  }
  return ok();
}

Result<identity::Roster> Gate::check_roster(const Session& bot, const Pending& pending,
                                            const v1::Verdict& verdict) const {
  const auto& key = context_.model.devices.at(bot.device).certificate.subject.signing_key;
  CANDOUR_TRY(auto roster, identity::Roster::verify(as_bytes(verdict.roster()), key));
  // Of the epoch the commit begins, which is 1 when the group was formed again.
  if (roster.group != pending.row.group || roster.epoch != pending.row.epoch.next()) {
    return error(ErrorCode::input_invalid, "the roster is for another group or epoch");
  }
  if (roster.members.size() > context_.bounds.group_members) {
    return context_.reached(
        Limit::group_members,
        error(ErrorCode::too_many_members,
              "a group may have " + std::to_string(context_.bounds.group_members) +
                  " devices here and would have " + std::to_string(roster.members.size()) +
                  "; raise limits.group_members"));
  }
  bool bot_listed = false;
  for (const auto& member : roster.members) {
    if (context_.model.devices.count(member.device) == 0) {
      return error(ErrorCode::unknown_device,
                   "the roster lists device " + member.device.hex() + ", which is not known");
    }
    bot_listed = bot_listed || member.device == bot.device;
  }
  if (!bot_listed) return error(ErrorCode::bot_leaf_missing, "the roster lacks the bot");
  return roster;
}

Result<Gate::CheckedVerdict> Gate::check(const Session& bot, const Group& group,
                                         const Pending& pending, const v1::Verdict& verdict) const {
  CheckedVerdict out;
  if (verdict.log_size() > kLogEntriesMax) {
    return error(ErrorCode::input_invalid, "too many log entries in one verdict");
  }
  for (const auto& entry : verdict.log()) {
    CANDOUR_TRY(auto leaf, check_log_entry(entry));
    out.leaves.push_back(std::move(leaf));
  }
  CANDOUR_TRY(auto mail, check_mail(verdict.mail()));
  out.mail = std::move(mail);
  if (verdict.outcome() == v1::WITHHOLD) {
    if (!verdict.token().empty() || !verdict.roster().empty()) {
      return error(ErrorCode::input_invalid, "a withheld submission has no token and no roster");
    }
    return out;
  }
  if (verdict.outcome() != v1::RELEASE) {
    return error(ErrorCode::frame_malformed, "the verdict has no outcome");
  }
  if (verdict.token().empty()) {
    return error(ErrorCode::token_missing, "a released message needs its release token");
  }
  const auto& key = context_.model.devices.at(bot.device).certificate.subject.signing_key;
  const bool commit = pending.row.kind == v1::COMMIT;
  const bool verified =
      commit || bot.releases < kTokensVerified || bot.releases % kTokensVerified == 0;
  CANDOUR_TRY(auto token, verified ? identity::ReleaseToken::verify(as_bytes(verdict.token()), key)
                                   : identity::ReleaseToken::decode(as_bytes(verdict.token())));
  CANDOUR_TRY(check_token(token, group, pending, verdict));
  out.token = std::move(token);
  if (commit == verdict.roster().empty()) {
    return error(ErrorCode::input_invalid,
                 "a released commit needs the new roster, and nothing else has one");
  }
  if (commit) {
    CANDOUR_TRY(auto roster, check_roster(bot, pending, verdict));
    out.roster = std::move(roster);
  }
  return out;
}

}  // namespace candour::relay
