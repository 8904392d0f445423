// Delivered messages: checked by the group's session, then kept and told.
#include <algorithm>

#include "client/conversation.h"
#include "client/error_kinds.h"
#include "client/welcome_patience.h"
#include "crypto/hash.h"

namespace candour::client {
namespace {

// Delivered messages that wait for the welcome to their group, which comes after them at login.
constexpr std::size_t kEarlyFramesMax = 20'000;
constexpr std::string_view kFailureReportLabel = "candour failure report v1";

bool cites_policy_in_force(const v1::Deliver& delivered, const Trust& trust) {
  const auto token = identity::ReleaseToken::decode(as_bytes(delivered.token()));
  // What does not decode is refused for that, not held.
  return !token || trust.policy_in_force(token.value().policy_digest);
}

/// What became of a withheld message when an answer to it was released.
WarningOutcome outcome_of(messages::BotFieldType answer) {
  switch (answer) {
    case messages::BotFieldType::approval:
      return WarningOutcome::approved;
    case messages::BotFieldType::dispute:
      return WarningOutcome::cleared;
    default:
      return WarningOutcome::overridden;
  }
}

}  // namespace

std::string Client::person_of(const DeviceId& device) const {
  const identity::Certificate* certificate = trust_->find(device);
  return certificate == nullptr ? device.hex().substr(0, 8) : certificate->subject.name;
}

void Client::keep_early(const GroupId& id, const v1::Deliver& delivered) {
  if (early_count_ >= kEarlyFramesMax) return;
  ++early_count_;
  early_[id].push_back(delivered);
}

Status Client::handle_deliver(const v1::Deliver& delivered) {
  const auto id = GroupId::from(as_bytes(delivered.group()));
  if (!id) return ok();
  GroupSession* known = session(*id);
  if (known == nullptr || !known->progress().takes_part() || awaits_welcome(*known, delivered)) {
    // Of a group whose welcome is still to come, or that adds this device anew.
    keep_early(*id, delivered);
    return ok();
  }
  CANDOUR_TRY(deliver_to(*known, delivered));
  return take_deferred_mail();
}

Result<bool> Client::ask_directory(bool prove) {
  Status asked = trust_->refresh(*connection_);
  if (asked && prove) asked = prove_pending();
  if (asked) return true;
  if (is_final(asked.error())) return asked.error();
  if (!is_unanswered(asked.error())) return true;
  lost_ = is_lost(asked.error()) ? asked.error()
                                 : error(ErrorCode::disconnected, asked.error().message);
  return false;
}

// The policy may be newer than what this device has of the directory, or not yet proven. Still
// unknown afterwards, the token is refused for it; known and not proven, the message waits.
Status Client::await_policy(const v1::Deliver& delivered, bool& wait) {
  if (connection_ == nullptr || cites_policy_in_force(delivered, *trust_)) return ok();
  CANDOUR_TRY(const bool answered, ask_directory(true));
  if (!answered) {
    wait = true;
    return ok();
  }
  const auto token = identity::ReleaseToken::decode(as_bytes(delivered.token()));
  wait = token && trust_->knows_policy(token.value().policy_digest) &&
         !trust_->policy_in_force(token.value().policy_digest);
  return ok();
}

Status Client::deliver_held() {
  for (auto group = held_.begin(); group != held_.end();) {
    GroupSession* known = session(group->first);
    if (known == nullptr || !cites_policy_in_force(group->second.front(), *trust_)) {
      ++group;
      continue;
    }
    const std::deque<v1::Deliver> waiting = std::move(group->second);
    group = held_.erase(group);
    for (const v1::Deliver& delivered : waiting) {
      CANDOUR_TRY(deliver_to(*known, delivered));
    }
  }
  return take_deferred_mail();
}

Status Client::deliver_to(GroupSession& session, const v1::Deliver& delivered) {
  const TimeMs now = clock_.now();
  const GroupId group = session.record().id;
  bool wait = held_.contains(group);
  if (!wait) {
    CANDOUR_TRY(await_policy(delivered, wait));
  }
  if (lost_) return ok();
  if (wait && held_[group].size() < kEarlyFramesMax) {
    held_[group].push_back(delivered);
    return ok();
  }
  auto accepted = session.accept(delivered, *trust_, store_, now);
  if (!accepted && accepted.error().code == ErrorCode::unknown_device && connection_ != nullptr) {
    // The directory grew since it was last fetched; nothing of the message was used up yet only
    // for commits, which is where new devices come from.
    if (delivered.kind() == v1::COMMIT) {
      CANDOUR_TRY(const bool answered, ask_directory(false));
      if (!answered) return ok();
      accepted = session.accept(delivered, *trust_, store_, now);
    }
  }
  if (!accepted) {
    if (is_final(accepted.error())) return accepted.error();
    held_.erase(group);
    stop(session, accepted.error(), delivered.seq());
    if (delivered.kind() == v1::COMMIT) report_failure(session, delivered);
    // What skips numbers is of the MLS group that this device is added to anew, if it is.
    if (Seq(delivered.seq()) > session.progress().seq.next()) keep_early(group, delivered);
    return ok();
  }
  if (const auto* commit = std::get_if<AcceptedCommit>(&accepted.value());
      commit != nullptr && commit->self_added) {
    // The welcome is among the mail that follows; where it is not, or is refused, the bot is told.
    const std::uint64_t patience_ends = monotonic_clock().now().value + kWelcomePatienceMs;
    behind_.try_emplace(group, Behind{session.progress().seq.next(), TimeMs(patience_ends)});
    return ok();
  }
  owe(group, session.progress().seq);
  if (auto* message = std::get_if<AcceptedMessage>(&accepted.value())) {
    return show(session, delivered, std::move(*message));
  }
  if (auto* commit = std::get_if<AcceptedCommit>(&accepted.value())) {
    // What was encrypted for the epoch that just ended and not accepted is sent again at once.
    for (auto& [id, queued] : queued_) queued.not_before = TimeMs();
    tell_commit(session, delivered, *commit);
  }
  return ok();
}

Status Client::show(GroupSession& session, const v1::Deliver& delivered, AcceptedMessage message) {
  if (message.own) return show_own(session, delivered, message.token);
  CANDOUR_TRY(see_claim(session, message));
  auto content = messages::Content::decode(message.content.view());
  if (!content) {
    stop(session, content.error(), delivered.seq());
    return ok();
  }
  HistoryRow row;
  row.id = message.token.message_id;
  row.group = session.record().id;
  row.seq = message.token.seq;
  row.submission = Submission(delivered.submission());
  row.time = message.time;
  row.sender = message.sender;
  const identity::Certificate* sender = trust_->find(message.sender);
  row.person = sender->subject.person;
  row.name = sender->subject.name;
  row.token = from_wire(delivered.token());
  row.content = std::move(message.content);
  row.commitment_key = std::move(message.commitment_key);
  CANDOUR_TRY(store_.put_history(row));
  CANDOUR_TRY(store_.put_sender_counter(row.group, row.sender, message.counter));
  std::uint8_t die = 0;
  random_.fill(MutableByteView(&die, 1));
  if (die % kWatchedReceivedOneIn == 0) {
    CANDOUR_TRY(watch_message(WatchKind::received, row.group, message.token, false));
  }

  Event shown = event(EventType::delivered);
  shown.time = row.time;
  shown.message_id = row.id;
  shown.group = row.group;
  shown.submission = row.submission.value;
  shown.seq = row.seq.value;
  shown.sender = row.sender;
  shown.person = row.person;
  shown.name = row.name;
  CANDOUR_TRY(note_change(row.group, content.value(), row.person, shown));
  CANDOUR_TRY(count_unread(row, content.value()));
  const auto& named = content.value().mentions;
  shown.mentioned = std::find(named.begin(), named.end(), store_.profile().person) != named.end();
  shown.content = std::move(content).value();
  tell(std::move(shown));
  return ok();
}

// What a draft tells of the message it has become; where that stands and what proves it is added.
HistoryRow Client::own_row(const Draft& draft) const {
  HistoryRow row;
  row.id = draft.id;
  row.group = draft.group;
  row.time = draft.time;
  row.sender = store_.keys().device;
  row.person = store_.profile().person;
  row.name = store_.profile().name;
  row.own = true;
  row.overridden = draft.overrides();
  row.original = draft.original;
  row.content = draft.content.clone();
  row.commitment_key = draft.commitment_key.clone();
  return row;
}

Status Client::show_own(GroupSession& session, const v1::Deliver& delivered,
                        const identity::ReleaseToken& token) {
  CANDOUR_TRY(auto draft, store_.draft(token.message_id));
  if (!draft) return error(ErrorCode::state_damaged, "the draft of a submission is gone");
  HistoryRow row = own_row(*draft);
  row.seq = token.seq;
  row.submission = Submission(delivered.submission());
  row.token = from_wire(delivered.token());
  if (!draft->receipt.empty()) {
    CANDOUR_TRY(auto receipt, KeptReceipt::decode(draft->receipt));
    if (Status checked = check_receipt(receipt, token); !checked) {
      CANDOUR_TRY(alarm_receipt(row.group, row.id, checked.error()));
      stop(session, checked.error(), delivered.seq());
    } else {
      row.receipt = draft->receipt;
    }
  }
  return keep_own(*draft, row, token);
}

Status Client::keep_own(const Draft& draft, const HistoryRow& row,
                        const identity::ReleaseToken& token) {
  CANDOUR_TRY(store_.put_history(row));
  CANDOUR_TRY(watch_message(WatchKind::own, row.group, token, !row.receipt.empty()));
  CANDOUR_TRY(store_.erase_outbox(row.id));
  CANDOUR_TRY(store_.erase_draft(row.id));
  if (row.original) {
    CANDOUR_TRY(store_.erase_draft(*row.original));
    CANDOUR_TRY(store_.end_warning(*row.original, outcome_of(draft.field.type)));
  }
  outcome(row.id);

  Event told = event(row.overridden ? EventType::overridden : EventType::released);
  told.message_id = row.id;
  told.group = row.group;
  told.submission = row.submission.value;
  told.seq = row.seq.value;
  told.sender = row.sender;
  told.person = row.person;
  told.name = row.name;
  told.original = row.original;
  CANDOUR_TRY(told.content, messages::Content::decode(row.content.view()));
  tell(std::move(told));
  return ok();
}

void Client::tell_commit(GroupSession& session, const v1::Deliver& delivered,
                         const AcceptedCommit& commit) {
  Event changed = event(EventType::membership);
  changed.message_id = commit.token.message_id;
  changed.group = session.record().id;
  changed.name = session.record().name;
  changed.submission = delivered.submission();
  changed.seq = commit.token.seq.value;
  changed.action = commit.self_removed ? "removed" : "changed";
  changed.epoch = session.epoch().value;
  changed.members = session.mls().members().size();
  // Who was removed and added in one commit has new keys, and neither left nor joined.
  const auto add = [&](const std::vector<DeviceId>& of, const std::vector<DeviceId>& other,
                       std::vector<std::string>& people) {
    for (const DeviceId& device : of) {
      if (std::find(other.begin(), other.end(), device) != other.end()) continue;
      people.push_back(person_of(device));
    }
  };
  add(commit.joined, commit.removed, changed.people_joined);
  add(commit.removed, commit.joined, changed.people_left);
  tell(std::move(changed));
}

void Client::stop(GroupSession& session, const Error& reason, std::uint64_t seq) {
  if (session.progress().is_stopped()) return;
  session.stop(reason);
  Event stopped = event(EventType::stopped);
  stopped.group = session.record().id;
  stopped.name = session.record().name;
  stopped.seq = seq;
  stopped.code = code_name(reason.code);
  stopped.message = reason.message;
  tell(std::move(stopped));
}

// Tells the bot, signed, that a released commit does not stand here, so that it can add this
// device anew. When it cannot be sent the person sees the stopped group and asks.
void Client::report_failure(const GroupSession& session, const v1::Deliver& delivered) {
  SecretWriter report;
  report.id(session.record().id);
  report.number(session.epoch());
  report.raw(as_bytes(delivered.message_id()));
  report.id(store_.keys().device);
  report.number(clock_.now());
  report.id(store_.keys().signing.sign_labelled(kFailureReportLabel, report.view()));
  if (auto sent = send_to_bot(messages::ToBotType::failure_report, SecretBytes(report.take()));
      !sent) {
    Event refused = event(EventType::refused);
    refused.group = session.record().id;
    refused.code = code_name(sent.error().code);
    refused.message = "the bot could not be told of the failure: " + sent.error().message;
    tell(std::move(refused));
  }
}

}  // namespace candour::client
