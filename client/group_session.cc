#include "client/group_session.h"

#include <algorithm>
#include <map>

#include "client/messages/group_info.h"
#include "crypto/hash.h"

namespace candour::client {
namespace {

using LeafMap = std::map<std::uint32_t, DeviceId>;

Result<DeviceId> device_of(const mls::Member& member) {
  auto device = DeviceId::from(member.identity);
  if (device) return *device;
  return error(ErrorCode::mls_invalid,
               "leaf " + std::to_string(member.leaf.value) + " does not name a device");
}

/// The member is who its leaf says: certified, and by this very key. Whether the certificate has
/// ended or was revoked since is not asked: what is read here may be old, and the bot, which sees
/// it in time, neither adds such a device nor leaves it in.
Result<DeviceId> check_member(const mls::Member& member, const Trust& trust) {
  CANDOUR_TRY(const DeviceId device, device_of(member));
  const identity::Certificate* certificate = trust.find(device);
  if (certificate == nullptr) {
    return error(ErrorCode::unknown_device,
                 "the member at leaf " + std::to_string(member.leaf.value) + ", device " +
                     device.hex() + ", has no certificate in the directory");
  }
  if (certificate->subject.signing_key != member.signature_key) {
    return error(ErrorCode::certificate_invalid,
                 "the key at leaf " + std::to_string(member.leaf.value) +
                     " is not the certified key of device " + device.hex());
  }
  return device;
}

Error no_bot(const std::string& why) {
  return error(ErrorCode::bot_leaf_missing, "the group has no compliance bot at leaf 0 (" + why +
                                                "); nothing is sent into it or read from it");
}

/// Who the policy says commits and admits people.
std::optional<mls::Member> steward_of(const mls::Group& group) {
  const auto leaf = group.policy().steward;
  return leaf ? group.member(*leaf) : std::nullopt;
}

Status check_bot(const mls::Group& group, const Trust& trust) {
  const auto member = steward_of(group);
  if (!member) return no_bot("the leaf is empty");
  auto device = check_member(*member, trust);
  if (!device) return no_bot(device.error().message);
  if (!trust.lists_bot(device.value())) {
    return no_bot("device " + device.value().hex() + " is not a bot of the organisation statement");
  }
  auto valid = trust.device(device.value());
  if (!valid) return no_bot(valid.error().message);
  return ok();
}

Status check_roster(const identity::Roster& roster, const GroupId& group, ByteView mls_group,
                    Epoch epoch, const LeafMap& tree) {
  const auto wrong = [](const std::string& what) {
    return error(ErrorCode::mls_invalid, "the bot's roster " + what);
  };
  if (roster.group != group || !same(roster.mls_group, mls_group)) {
    return wrong("is of another group");
  }
  if (roster.epoch != epoch) {
    return wrong("is of epoch " + std::to_string(roster.epoch.value) + ", the group is in epoch " +
                 std::to_string(epoch.value));
  }
  LeafMap listed;
  for (const identity::RosterMember& member : roster.members) {
    if (!listed.emplace(member.leaf, member.device).second) return wrong("names a leaf twice");
  }
  if (listed != tree) {
    return wrong("does not name the members that are in the encryption group (" +
                 std::to_string(listed.size()) + " named, " + std::to_string(tree.size()) +
                 " in the group)");
  }
  return ok();
}

Result<LeafMap> leaves_of(const std::vector<mls::Member>& members) {
  LeafMap leaves;
  for (const mls::Member& member : members) {
    CANDOUR_TRY(const DeviceId device, device_of(member));
    leaves.emplace(member.leaf.value, device);
  }
  return leaves;
}

Error token_error(const std::string& what) {
  return error(ErrorCode::token_invalid, "the release token " + what);
}

Status check_policy(const identity::ReleaseToken& token, const Trust& trust) {
  if (trust.policy_in_force(token.policy_digest)) return ok();
  return token_error("cites policy version " + token.policy_digest.hex() +
                     (trust.knows_policy(token.policy_digest)
                          ? ", which is not proven to be in the log"
                          : ", which is not in the directory"));
}

}  // namespace

Result<GroupSession> GroupSession::join(const v1::WelcomeMail& mail,
                                        const KeyPackageRecord& key_package, const DeviceKeys& keys,
                                        const Trust& trust, const GroupProgress& before,
                                        TimeMs now) {
  const auto id = GroupId::from(as_bytes(mail.group()));
  if (!id) return error(ErrorCode::frame_malformed, "a welcome names no group");
  CANDOUR_TRY(auto group, mls::Group::join(as_bytes(mail.welcome()), key_package.key_package,
                                           key_package.private_part.view(), keys.signing, now,
                                           {.policy = mls::Policy::candour()}));
  CANDOUR_TRY(check_bot(group, trust));
  const auto first = steward_of(group);
  const identity::Statement* statement = trust.statement();
  if (!first || statement == nullptr) return no_bot("the leaf is empty");
  const SigningPublicKey bot = first->signature_key;
  if (mail.token().empty()) {
    return error(ErrorCode::token_missing, "a welcome came without a release token");
  }
  CANDOUR_TRY(auto token, identity::ReleaseToken::verify(as_bytes(mail.token()), bot));
  if (token.log_origin != statement->log.name) {
    return error(ErrorCode::log_inconsistent,
                 "the welcome's token is of log \"" + token.log_origin + "\"");
  }
  if (token.group != *id || token.kind != identity::SubmissionKind::commit ||
      token.epoch.next() != group.epoch()) {
    return token_error("of a welcome is not of the commit that adds this device");
  }
  CANDOUR_TRY(check_policy(token, trust));
  if (token.seq <= before.seq) {
    return token_error("of a welcome is older than what this device has of the group");
  }
  if (token.epoch == Epoch(0) && token.seq == before.seq.next() &&
      token.previous != before.previous) {
    return token_error("of a group that was formed again does not follow the last one here");
  }
  CANDOUR_TRY(auto roster, identity::Roster::verify(as_bytes(mail.roster()), bot));
  const std::vector<mls::Member> members = group.members();
  CANDOUR_TRY(LeafMap leaves, leaves_of(members));
  CANDOUR_TRY(check_roster(roster, *id, group.group_id(), group.epoch(), leaves));
  for (const mls::Member& member : members) {
    CANDOUR_TRY(check_member(member, trust));
  }
  CANDOUR_TRY(auto info,
              messages::GroupInfo::open(as_bytes(mail.group_info()), keys.sealing, *id, bot));
  if (info.group_class != roster.group_class) {
    return error(ErrorCode::input_invalid, "the welcome's group info says class \"" +
                                               info.group_class + "\", the bot's roster \"" +
                                               roster.group_class + "\"");
  }

  GroupRecord record;
  record.id = *id;
  record.name = info.name;
  record.group_class = info.group_class;
  record.unit = info.unit;
  record.roster = from_wire(mail.roster());
  record.bot = leaves.at(0);
  record.joined = now;
  record.bot_since = trust.find(record.bot)->not_before;
  GroupProgress progress;
  progress.seq = token.seq;
  progress.previous = token.hash();
  progress.counter = before.counter;
  progress.log_origin = token.log_origin;
  GroupSession session(std::move(record), std::move(progress), std::move(group));
  session.changes_ = {true, {}, true, true};
  return session;
}

Result<GroupSession> GroupSession::restore(GroupRecord record, GroupProgress progress,
                                           mls::Group group) {
  return GroupSession(std::move(record), std::move(progress), std::move(group));
}

std::vector<identity::RosterMember> GroupSession::members() const {
  auto key = bot_key();
  if (!key) return {};
  auto roster = identity::Roster::verify(record_.roster, key.value());
  return roster ? std::move(roster).value().members : std::vector<identity::RosterMember>();
}

Result<SigningPublicKey> GroupSession::bot_key() const {
  const auto member = steward_of(mls_);
  if (!member) return no_bot("the leaf is empty");
  return member->signature_key;
}

Result<identity::ReleaseToken> GroupSession::check_token(const v1::Deliver& delivered,
                                                         const Trust& trust) const {
  if (delivered.token().empty()) {
    return error(ErrorCode::token_missing,
                 "message " + std::to_string(delivered.seq()) +
                     " of the group came without the bot's release token");
  }
  CANDOUR_TRY(const SigningPublicKey bot, bot_key());
  CANDOUR_TRY(auto token, identity::ReleaseToken::verify(as_bytes(delivered.token()), bot));
  if (trust.statement() == nullptr || token.log_origin != trust.statement()->log.name) {
    return error(ErrorCode::log_inconsistent, "the release token is of log \"" + token.log_origin +
                                                  "\", not of this organisation's");
  }
  if (trust.revoked(record_.bot)) {
    return token_error("is of bot " + record_.bot.hex() + ", which was revoked");
  }
  if (!trust.lists_bot(record_.bot)) {
    return token_error("is of bot " + record_.bot.hex() +
                       ", which the organisation statement no longer lists");
  }
  CANDOUR_TRY(check_policy(token, trust));
  identity::TokenChain chain{record_.id, progress_.seq, progress_.previous};
  CANDOUR_TRY(chain.check_next(token));
  if (token.ciphertext_hash != crypto::sha256(as_bytes(delivered.ciphertext()))) {
    return token_error("is over another ciphertext");
  }
  if (!same(token.message_id.view(), as_bytes(delivered.message_id()))) {
    return token_error("is of another message id");
  }
  if (token.epoch != mls_.epoch()) {
    return token_error("is of epoch " + std::to_string(token.epoch.value) +
                       ", the group is in epoch " + std::to_string(mls_.epoch().value));
  }
  const bool commit = delivered.kind() == v1::COMMIT;
  if (commit != (token.kind == identity::SubmissionKind::commit)) {
    return token_error("is of another kind of message");
  }
  return token;
}

Result<Accepted> GroupSession::accept(const v1::Deliver& delivered, const Trust& trust,
                                      MessageLog& log, TimeMs now) {
  if (progress_.is_stopped()) return error(ErrorCode::group_stopped, progress_.stopped_message);
  if (delivered.seq() != 0 && delivered.seq() <= progress_.seq.value) return Accepted(Repeated());
  CANDOUR_TRY(auto token, check_token(delivered, trust));
  if (token.kind == identity::SubmissionKind::commit) {
    return accept_commit(delivered, std::move(token), trust, now);
  }
  return accept_message(delivered, std::move(token), trust, log);
}

Result<Accepted> GroupSession::accept_message(const v1::Deliver& delivered,
                                              identity::ReleaseToken token, const Trust& trust,
                                              MessageLog& log) {
  AcceptedMessage message;
  CANDOUR_TRY(auto own, log.own_submission(record_.id, token.message_id));
  if (own) {
    if (own->ciphertext_hash != token.ciphertext_hash) {
      return token_error("is over other bytes than this device sent under that id");
    }
    if (own->content_commitment != token.content_commitment) {
      return token_error("commits to another content than this device sent");
    }
    message.own = true;
  } else {
    CANDOUR_TRY(auto received, mls_.unprotect(as_bytes(delivered.ciphertext())));
    changes_.ratchets.insert(received.sender);
    const auto member = mls_.member(received.sender);
    if (!member) return error(ErrorCode::mls_invalid, "the sender is not a member");
    CANDOUR_TRY(message.sender, check_member(*member, trust));
    if (!same(received.authenticated_data, token.message_id.view())) {
      return error(ErrorCode::mls_invalid,
                   "the message's authenticated data is not its message id");
    }
    CANDOUR_TRY(auto inner, messages::Inner::decode(received.content.view()));
    if (inner.commitment() != token.content_commitment) {
      return token_error("commits to another content than the message has");
    }
    CANDOUR_TRY(const std::uint64_t last, log.sender_counter(record_.id, message.sender));
    if (inner.counter <= last) {
      return error(ErrorCode::mls_invalid, "the sender's counter " + std::to_string(inner.counter) +
                                               " does not follow " + std::to_string(last) +
                                               ": an old message was sent again");
    }
    message.counter = inner.counter;
    message.time = inner.time;
    message.checkpoint = inner.checkpoint;
    message.content = std::move(inner.content);
    message.commitment_key = std::move(inner.commitment_key);
  }
  CANDOUR_TRY(const bool seen, log.seen(record_.id, token.message_id));
  if (seen) {
    return error(ErrorCode::message_id_reused,
                 "message id " + token.message_id.hex() + " was delivered before");
  }
  advance(token);
  message.token = std::move(token);
  return Accepted(std::move(message));
}

Result<Accepted> GroupSession::accept_commit(const v1::Deliver& delivered,
                                             identity::ReleaseToken token, const Trust& trust,
                                             TimeMs now) {
  CANDOUR_TRY(auto staged, mls_.process_commit(as_bytes(delivered.ciphertext()), now));
  if (!same(staged.authenticated_data(), token.message_id.view())) {
    return error(ErrorCode::mls_invalid, "the commit's authenticated data is not its message id");
  }
  CANDOUR_TRY(LeafMap leaves, leaves_of(mls_.members()));
  AcceptedCommit commit;
  for (const mls::Member& member : staged.removed()) {
    CANDOUR_TRY(const DeviceId device, device_of(member));
    commit.removed.push_back(device);
    leaves.erase(member.leaf.value);
  }
  for (const mls::Member& member : staged.added()) {
    CANDOUR_TRY(const DeviceId device, check_member(member, trust));
    commit.joined.push_back(device);
    leaves[member.leaf.value] = device;
  }
  CANDOUR_TRY(const SigningPublicKey bot, bot_key());
  CANDOUR_TRY(auto roster, identity::Roster::verify(as_bytes(delivered.roster()), bot));
  CANDOUR_TRY(check_roster(roster, record_.id, mls_.group_id(), staged.epoch(), leaves));
  commit.self_removed = staged.removes_own_leaf();
  const auto own = mls_.member(mls_.own_leaf());
  commit.self_added =
      commit.self_removed && own &&
      std::any_of(staged.added().begin(), staged.added().end(),
                  [&](const mls::Member& member) { return same(member.identity, own->identity); });
  if (commit.self_added) {
    // Until the welcome is accepted, and where none comes, it counts as lost.
    lose();
    commit.token = std::move(token);
    return Accepted(std::move(commit));
  }
  CANDOUR_TRY(mls_.merge(std::move(staged)));
  record_.roster = from_wire(delivered.roster());
  record_.group_class = roster.group_class;
  progress_.removed = commit.self_removed;
  changes_.mls = true;
  changes_.record = true;
  changes_.ratchets.clear();
  advance(token);
  commit.token = std::move(token);
  return Accepted(std::move(commit));
}

void GroupSession::advance(const identity::ReleaseToken& token) {
  progress_.seq = token.seq;
  progress_.previous = token.hash();
  changes_.progress = true;
}

Status GroupSession::may_send(const Trust& trust) const {
  if (progress_.is_stopped()) {
    return error(ErrorCode::group_stopped, "this device stopped the group \"" + record_.name +
                                               "\": " + progress_.stopped_message);
  }
  if (progress_.removed || !mls_.active()) {
    return error(ErrorCode::not_a_member,
                 "this device is no longer a member of \"" + record_.name + "\"");
  }
  return check_bot(mls_, trust);
}

Result<Encrypted> GroupSession::encrypt(const Draft& draft, const SeenCheckpoint& checkpoint,
                                        TimeMs now, Random& random) {
  messages::Inner inner;
  inner.content = draft.content.clone();
  inner.counter = progress_.counter + 1;
  inner.time = now;
  inner.checkpoint = {checkpoint.origin, checkpoint.size, checkpoint.root};
  inner.commitment_key = draft.commitment_key.clone();
  Encrypted encrypted;
  CANDOUR_TRY(encrypted.ciphertext, mls_.protect(inner.encode().view(), draft.id.view(), random));
  progress_.counter = inner.counter;
  changes_.progress = true;
  changes_.ratchets.insert(mls_.own_leaf());
  encrypted.ciphertext_hash = crypto::sha256(encrypted.ciphertext);
  encrypted.epoch = mls_.epoch();
  return encrypted;
}

void GroupSession::rename(std::string name, const messages::MailId& mail) {
  record_.name = std::move(name);
  record_.renames.push_back(mail);
  changes_.record = true;
}

void GroupSession::keep_renames(const GroupRecord& before) {
  record_.renames = before.renames;
  changes_.record = true;
}

void GroupSession::stop(const Error& reason) {
  if (progress_.is_stopped()) return;
  progress_.stopped = reason.code;
  progress_.stopped_message = reason.message;
  changes_.progress = true;
}

void GroupSession::leave() {
  progress_.removed = true;
  changes_.progress = true;
}

void GroupSession::lose() {
  progress_.lost = true;
  changes_.progress = true;
}

GroupChanges GroupSession::take_changes() { return std::exchange(changes_, {}); }

}  // namespace candour::client
