#include "transport/relay/gate.h"

#include <algorithm>
#include <limits>

#include "base/limits.h"
#include "base/log.h"
#include "crypto/hash.h"

namespace candour::relay {

namespace {

constexpr std::size_t kUnansweredMax = 256;
constexpr std::size_t kTogetherMax = 16;  // of one group, sent to the bot in a row
constexpr std::size_t kVerdictsRemembered = 4096;
constexpr std::size_t kBotMailRemembered = 65536;
constexpr std::size_t kPageSize = 1024 * 1024;

}  // namespace

void Gate::load(const storage::RelaySnapshot& snapshot) {
  Model& model = context_.model;
  for (const auto& row : snapshot.pending) {
    Group& group = model.groups.at(row.group);
    group.pending.push_back({.row = row, .durable = true});
    group.commit_pending = group.commit_pending || row.kind == v1::COMMIT;
    ++model.pending_count;
  }
  for (const auto& row : snapshot.verdicts) {
    Group& group = model.groups.at(row.group);
    group.verdicts[row.submission] = {row.number, row.message_id, row.hash, row.seq};
  }
  if (!snapshot.verdicts.empty()) model.judged = snapshot.verdicts.back().number;
  for (const auto& row : snapshot.appended) {
    remember_appended(row.record_id, row.hash, row.index);
  }
  for (const auto& row : snapshot.bot_mail) {
    if (row.kind != v1::TO_BOT || model.device(row.bot) == nullptr) continue;
    const auto mail = std::pair(row.bot, row.number);
    if (waiting_mail_.emplace(mail, row.sender).second) ++waiting_by_sender_[row.sender];
  }
  for (const auto& id : snapshot.bot_mail_ids) {
    const auto key = std::pair(id.device, MessageId::from(id.mail_id).value_or(MessageId()));
    bot_mail_ids_[key] = id.hash;
    bot_mail_order_.push_back(key);
  }
}

Status Gate::load_rosters() {
  Model& model = context_.model;
  return context_.store.inspect([&](const storage::RelayReader& reader) -> Status {
    CANDOUR_TRY(const auto rosters, reader.rosters());
    for (const Bytes& bytes : rosters) {
      for (const auto& [id, device] : model.devices) {
        if (device.certificate.subject.role != "bot") continue;
        const auto roster = identity::Roster::verify(bytes, device.certificate.subject.signing_key);
        if (!roster) continue;
        if (Group* group = model.group(roster.value().group)) {
          group->mls_group = roster.value().mls_group;
        }
      }
    }
    return ok();
  });
}

void Gate::bot_attached() {
  feed_.clear();
  context_.model.unanswered = 0;
  std::vector<std::tuple<TimeMs, GroupId, Submission>> all;
  for (auto& [id, group] : context_.model.groups) {
    if (group.row.stopped) continue;
    TimeMs time;  // never goes back within a group, whatever the clock did
    for (auto& pending : group.pending) {
      pending.sent_to_bot = false;
      time = std::max(time, pending.row.accepted);
      if (pending.durable) all.emplace_back(time, id, pending.row.submission);
    }
  }
  std::sort(all.begin(), all.end());
  for (const auto& [time, group, submission] : all) feed_.emplace_back(group, submission);
  feed();
}

std::vector<std::uint64_t> Gate::drop_pending(Group& group) {
  std::vector<std::uint64_t> out;
  for (const Pending& pending : group.pending) {
    out.push_back(pending.row.number);
    --context_.model.pending_count;
    if (pending.sent_to_bot) --context_.model.unanswered;
    if (pending.body) context_.model.pending_bytes_kept -= pending.body->ciphertext().size();
    Device* sender = context_.model.device(pending.row.sender);
    if (sender == nullptr) continue;
    sender->submitted.erase(pending.row.message_id);
    std::erase(sender->submitted_order, pending.row.message_id);
  }
  group.pending.clear();
  group.commit_pending = false;
  return out;
}

void Gate::accepted(const GroupId& group, Submission submission) {
  if (context_.model.bot_session == 0) return;
  feed_.emplace_back(group, submission);
  feed();
}

void Gate::feed() {
  while (context_.model.bot_session != 0 && !reading_ && !feed_.empty() &&
         context_.model.unanswered < kUnansweredMax) {
    const auto [id, submission] = feed_.front();
    Group& group = context_.model.groups.at(id);
    auto pending = std::find_if(group.pending.begin(), group.pending.end(),
                                [&](const Pending& p) { return p.row.submission == submission; });
    if (pending == group.pending.end() || group.row.stopped || pending->sent_to_bot) {
      feed_.pop_front();
      continue;
    }
    if (!pending->body) return read_pending(pending->row.number);
    feed_.pop_front();
    // What waits in the same group goes along: its releases then reach the disk, and the members,
    // together. The bot's order is that of the group; between groups there is none.
    for (std::size_t sent = 0; sent < kTogetherMax; ++sent, ++pending) {
      if (pending == group.pending.end() || !pending->durable || !pending->body ||
          pending->sent_to_bot || context_.model.unanswered >= kUnansweredMax) {
        break;
      }
      send_check(*pending);
    }
  }
}

void Gate::read_pending(std::uint64_t from) {
  reading_ = true;
  context_.store.read<std::vector<storage::PendingBody>>(
      [from](const storage::RelayReader& reader) { return reader.pending(from, kPageSize); },
      [this](Result<std::vector<storage::PendingBody>> rows) {
        reading_ = false;
        if (!rows) return;
        for (auto& row : rows.value()) {
          Group& group = context_.model.groups.at(row.about.group);
          auto pending = std::find_if(
              group.pending.begin(), group.pending.end(),
              [&](const Pending& p) { return p.row.submission == row.about.submission; });
          if (pending == group.pending.end() || pending->body) continue;
          auto submit = std::make_shared<v1::Submit>();
          submit->set_version(1);
          submit->set_group(wire::to_field(row.about.group));
          submit->set_message_id(wire::to_field(row.about.message_id));
          submit->set_epoch(row.about.epoch.value);
          submit->set_kind(static_cast<v1::SubmissionKind>(row.about.kind));
          submit->set_ciphertext(wire::to_field(row.ciphertext));
          submit->set_bot_field(wire::to_field(row.bot_field));
          context_.model.pending_bytes_kept += row.ciphertext.size();
          pending->body = std::move(submit);
        }
        feed();
      });
}

void Gate::send_check(Pending& pending) {
  v1::ServerFrame frame;
  auto& check = *frame.mutable_check();
  *check.mutable_submit() = *pending.body;
  check.set_submission(pending.row.submission.value);
  check.set_sender(wire::to_field(pending.row.sender));
  check.set_accepted_ms(pending.row.accepted.value);
  context_.send(context_.model.bot_session, frame);
  pending.sent_to_bot = true;
  if (context_.model.unanswered++ == 0) context_.model.bot_asked = context_.monotonic.now();
}

void Gate::stop_group(Group& group, std::string_view why) {
  group.row.stopped = true;
  const GroupId id = group.row.group;
  log::error("group_stopped", {{"group", id}, {"why", log::LogSafe(why)}});
  context_.store.stop_group(id, [this, id](Status status) {
    if (!context_.durable(status, 0, 0)) return;
    const auto news = context_.encode(wire::failure_frame(
        0, error(ErrorCode::group_stopped, "group " + id.hex() + " was stopped")));
    const Group& stopped = context_.model.groups.at(id);
    for (const auto& [member, cursor] : stopped.cursors) {
      const Device* device = context_.model.device(member);
      if (device != nullptr && device->session != 0) context_.send(device->session, news);
    }
  });
}

Status Gate::verdict(Session& session, std::uint64_t request, const v1::Verdict& verdict) {
  if (!session.bot) return error(ErrorCode::not_permitted, "only the bot gives verdicts");
  CANDOUR_TRY(auto id, wire::id_of<GroupId>(verdict.group(), "group"));
  CANDOUR_TRY(auto message, wire::id_of<MessageId>(verdict.message_id(), "message_id"));
  Group* group = context_.model.group(id);
  if (group == nullptr) return error(ErrorCode::group_unknown, "there is no group " + id.hex());
  const Digest hash = crypto::sha256(wire::serialise(verdict));
  // Found by number, not by message id: two devices may choose the same message id.
  if (auto memo = group->verdicts.find(Submission(verdict.submission()));
      memo != group->verdicts.end()) {
    if (memo->second.message_id != message) {
      return error(ErrorCode::input_invalid, "submission " + std::to_string(verdict.submission()) +
                                                 " was another message than " + message.hex());
    }
    if (memo->second.hash != hash) {
      stop_group(*group, "the bot contradicted a verdict it had given");
      return error(ErrorCode::group_stopped,
                   "this contradicts the verdict given before for message " + message.hex());
    }
    context_.store.after_durable(
        [this, id = session.id, request, seq = memo->second.seq](Status status) {
          if (context_.durable(status, id, request)) context_.done(id, request, seq.value, true);
        });
    return ok();
  }
  if (group->row.stopped) {
    return error(ErrorCode::group_stopped, "group " + id.hex() + " is stopped");
  }
  auto pending = std::find_if(group->pending.begin(), group->pending.end(),
                              [&](const Pending& p) { return p.row.message_id == message; });
  if (pending == group->pending.end() || !pending->durable) {
    return error(ErrorCode::not_found, "message " + message.hex() + " is not pending");
  }
  if (pending != group->pending.begin() || pending->row.submission.value != verdict.submission()) {
    return error(ErrorCode::input_invalid,
                 "the oldest pending submission of the group is number " +
                     std::to_string(group->pending.front().row.submission.value) +
                     "; verdicts are given in order");
  }
  CANDOUR_TRY(auto checked, check(session, *group, *pending, verdict));
  if (checked.token) ++session.releases;
  apply(session.id, request, *group, verdict, hash, std::move(checked));
  feed();
  return ok();
}

std::vector<DeviceId> Gate::added_anew(const Group& group,
                                       const std::vector<storage::MailRow>& mail) {
  std::vector<DeviceId> out;
  for (const auto& row : mail) {
    const auto cursor = group.cursors.find(row.device);
    if (row.kind == v1::WELCOME && cursor != group.cursors.end() && cursor->second < group.passed) {
      out.push_back(row.device);
    }
  }
  return out;
}

Pending Gate::take_first(Group& group) {
  Model& model = context_.model;
  Pending pending = std::move(group.pending.front());
  group.pending.pop_front();
  --model.pending_count;
  if (pending.sent_to_bot) --model.unanswered;
  if (pending.accepted.value != 0) {
    model.counters.verdict.add(context_.monotonic.now().value - pending.accepted.value);
  }
  if (pending.body) model.pending_bytes_kept -= pending.body->ciphertext().size();
  if (pending.row.kind == v1::COMMIT) group.commit_pending = false;
  return pending;
}

void Gate::apply(SessionId session, std::uint64_t request, Group& group, const v1::Verdict& verdict,
                 const Digest& hash, CheckedVerdict checked) {
  Model& model = context_.model;
  const GroupId id = group.row.group;
  const Pending pending = take_first(group);
  storage::JudgedSubmission judged;
  judged.number = pending.row.number;
  judged.verdict = {.number = ++model.judged,
                    .group = id,
                    .submission = pending.row.submission,
                    .message_id = pending.row.message_id,
                    .hash = hash};
  for (auto& leaf : checked.leaves) judged.log.push_back(log_.append(std::move(leaf)));
  judged.mail = std::move(checked.mail);
  fanout_.number_mail(judged.mail);
  net::SharedFrame deliver;
  if (checked.token) {
    judged.verdict.seq = checked.token->seq;
    judged.token_hash = checked.token->hash();
    storage::MessageRow message{.group = id,
                                .seq = checked.token->seq,
                                .submission = pending.row.submission,
                                .epoch = pending.row.epoch,
                                .kind = pending.row.kind,
                                .message_id = pending.row.message_id,
                                .sender = pending.row.sender,
                                .token = to_bytes(verdict.token()),
                                .roster = to_bytes(verdict.roster())};
    if (pending.body) {
      deliver = Fanout::deliver_frame(context_, message, pending.body->ciphertext());
    }
    judged.released = std::move(message);
    group.row.seq = checked.token->seq;
    group.row.token_hash = judged.token_hash;
    ++model.counters.releases;
  } else {
    ++model.counters.withheld;
  }
  if (checked.roster) {
    storage::RosterChange change{.epoch = checked.roster->epoch};
    for (const auto& member : checked.roster->members) {
      // Revoked while the commit was on its way: it gets nothing any more (I9).
      if (!model.devices.at(member.device).revoked) change.members.push_back(member.device);
    }
    change.added_anew = added_anew(group, judged.mail);
    group.row.epoch = change.epoch;
    group.mls_group = checked.roster->mls_group;
    fanout_.members_changed(group, change);
    judged.roster = std::move(change);
  }
  group.verdicts[pending.row.submission] = {judged.verdict.number, pending.row.message_id, hash,
                                            judged.verdict.seq};
  while (group.verdicts.size() > kVerdictsRemembered) {
    judged.forgotten.push_back(group.verdicts.begin()->second.number);
    group.verdicts.erase(group.verdicts.begin());
  }
  const Seq seq = judged.verdict.seq;
  fanout_.bound_kept(group);
  auto mail = judged.mail;
  context_.store.judge(std::move(judged), [this, session, request, id, seq, deliver,
                                           mail = std::move(mail)](Status status) {
    if (!context_.durable(status, session, request)) return;
    context_.done(session, request, seq.value);
    if (seq.value != 0) fanout_.released(id, seq, deliver);
    fanout_.mailed(mail);
  });
}

Status Gate::append_record(Session& session, std::uint64_t request, const v1::AppendRecord& frame) {
  if (!session.bot) return error(ErrorCode::not_permitted, "only the bot appends records");
  CANDOUR_TRY(auto record_id, wire::id_of<RecordId>(frame.log().record_id(), "record_id"));
  const Digest hash = crypto::sha256(wire::serialise(frame));
  if (auto known = appended_.find(record_id); known != appended_.end()) {
    if (known->second.first != hash) {
      return error(ErrorCode::already_exists,
                   "record " + record_id.hex() + " was appended before with other bytes");
    }
    context_.store.after_durable(
        [this, id = session.id, request, index = known->second.second](Status status) {
          if (context_.durable(status, id, request)) context_.done(id, request, index, true);
        });
    return ok();
  }
  CANDOUR_TRY(auto leaf, check_log_entry(frame.log()));
  CANDOUR_TRY(auto mail, check_mail(frame.mail()));
  storage::AppendedRecord record{.leaf = log_.append(std::move(leaf)), .mail = std::move(mail)};
  fanout_.number_mail(record.mail);
  const auto index = record.leaf.index;
  record.appended = {.record_id = record_id, .index = index, .hash = hash};
  remember_appended(record_id, hash, index);
  while (appended_order_.size() > context_.bounds.appended_remembered) {
    record.forgotten.push_back(appended_order_.front());
    appended_.erase(appended_order_.front());
    appended_order_.pop_front();
  }
  auto sent = record.mail;
  context_.store.append(std::move(record), [this, id = session.id, request, index,
                                            sent = std::move(sent)](Status status) {
    if (!context_.durable(status, id, request)) return;
    context_.done(id, request, index);
    fanout_.mailed(sent);
  });
  return ok();
}

void Gate::remember_appended(const RecordId& record, const Digest& hash, std::uint64_t index) {
  appended_[record] = {hash, index};
  appended_order_.push_back(record);
}

bool Gate::takes_mail(const DeviceId& bot) const {
  const auto device = context_.model.devices.find(bot);
  return device != context_.model.devices.end() && !device->second.revoked &&
         context_.model.statement->lists_bot(bot);
}

DeviceId Gate::mailbox() const {
  if (takes_mail(context_.model.bot_device)) return context_.model.bot_device;
  for (const auto& bot : context_.model.statement->bots) {
    if (takes_mail(bot)) return bot;
  }
  return {};
}

Status Gate::check_waiting_mail(const DeviceId& sender) {
  for (auto it = waiting_mail_.begin(); it != waiting_mail_.end();) {
    const DeviceId bot = it->first.first;
    // Mail to one that is no bot any more is read by nobody and keeps nobody waiting.
    const auto read = takes_mail(bot) ? context_.model.devices.at(bot).mail_acknowledged
                                      : std::numeric_limits<std::uint64_t>::max();
    while (it != waiting_mail_.end() && it->first.first == bot && it->first.second <= read) {
      auto count = waiting_by_sender_.find(it->second);
      if (--count->second == 0) waiting_by_sender_.erase(count);
      it = waiting_mail_.erase(it);
    }
    it = waiting_mail_.lower_bound({bot, std::numeric_limits<std::uint64_t>::max()});
  }
  const auto own = waiting_by_sender_.find(sender);
  const std::size_t of_sender = own == waiting_by_sender_.end() ? 0 : own->second;
  if (of_sender < context_.bounds.bot_mail_per_sender &&
      waiting_mail_.size() < context_.bounds.bot_mail_waiting) {
    return ok();
  }
  return context_.reached(
      Limit::bot_mail,
      error(ErrorCode::queue_full, std::to_string(of_sender) + " mails of this sender and " +
                                       std::to_string(waiting_mail_.size()) +
                                       " in all wait for the bot; send it again later"));
}

// The bot's answer to what a device mailed to it. The device may be gone meanwhile, and then there
// is nothing to keep.
Result<DeviceId> Gate::addressee(const Session& session, const v1::BotMail& mail) const {
  if (mail.device().empty() != !session.bot) {
    return error(ErrorCode::not_permitted, "the bot alone sends mail to a device, and only that");
  }
  if (!session.bot) {
    const DeviceId bot = mailbox();
    if (!bot.is_zero()) return bot;
    return error(ErrorCode::bot_absent, "the bot has no certificate yet; try again later");
  }
  CANDOUR_TRY(auto device, wire::id_of<DeviceId>(mail.device(), "device"));
  const auto known = context_.model.devices.find(device);
  if (known == context_.model.devices.end() || known->second.revoked) {
    return error(ErrorCode::unknown_device, "mail for a device that is not in the directory");
  }
  return device;
}

Status Gate::bot_mail(Session& session, std::uint64_t request, const v1::BotMail& mail) {
  CANDOUR_TRY(auto mail_id, wire::id_of<MessageId>(mail.mail_id(), "mail_id"));
  if (mail.sealed().empty() || mail.sealed().size() > limits::kMailSizeMax) {
    return error(ErrorCode::frame_too_large,
                 "mail to the bot has 1 to " + std::to_string(limits::kMailSizeMax) + " bytes");
  }
  const Digest hash = crypto::sha256(as_bytes(mail.sealed()));
  const auto key = std::pair(session.device, mail_id);
  if (auto known = bot_mail_ids_.find(key); known != bot_mail_ids_.end()) {
    if (known->second != hash) {
      return error(ErrorCode::message_id_reused, "this mail id was used for other bytes");
    }
    context_.store.after_durable([this, id = session.id, request](Status status) {
      if (context_.durable(status, id, request)) context_.done(id, request, 0, true);
    });
    return ok();
  }
  CANDOUR_TRY(const DeviceId to, addressee(session, mail));
  if (!session.bot) {
    CANDOUR_TRY(check_waiting_mail(session.device));
  }
  bot_mail_ids_[key] = hash;
  bot_mail_order_.push_back(key);
  if (bot_mail_order_.size() > kBotMailRemembered) {
    bot_mail_ids_.erase(bot_mail_order_.front());
    bot_mail_order_.pop_front();
  }
  std::vector<storage::MailRow> rows{{.device = to,
                                      .kind = session.bot ? v1::ANSWER : v1::TO_BOT,
                                      .body = to_bytes(mail.sealed()),
                                      .about = to_bytes(mail.mail_id())}};
  fanout_.number_mail(rows);
  if (!session.bot) {
    waiting_mail_[{to, rows.front().number}] = session.device;
    ++waiting_by_sender_[session.device];
  }
  context_.store.put_bot_mail(
      {.device = session.device, .mail_id = to_bytes(mail.mail_id()), .hash = hash}, rows.front(),
      [this, id = session.id, request, rows](Status status) {
        if (!context_.durable(status, id, request)) return;
        context_.done(id, request, 0);
        fanout_.mailed(rows);
      });
  return ok();
}

}  // namespace candour::relay
