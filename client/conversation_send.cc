// Own messages on their way out. A message is a draft until its outcome is final; while it is
// submitted the outbox holds its exact bytes.
#include <algorithm>

#include "client/conversation.h"

namespace candour::client {
namespace {

// So many submissions without an outcome at a time; the relay's own bound for a group is higher.
constexpr std::size_t kUndecidedMax = 512;
constexpr std::uint64_t kRetryMs = 150;
constexpr unsigned kRetryDoublingsMax = 5;
constexpr std::uint64_t kProofRetryMs = 500;

std::uint64_t monotonic_ms() { return monotonic_clock().now().value; }

/// Failures that pass by themselves: the message is sent again.
bool is_passing(ErrorCode code) {
  switch (code) {
    case ErrorCode::epoch_stale:
    case ErrorCode::epoch_pending:
    case ErrorCode::rate_limited:
    case ErrorCode::queue_full:
    case ErrorCode::storage_full:
    case ErrorCode::bot_absent:
    case ErrorCode::shutting_down:
      return true;
    default:
      return false;
  }
}

/// Of those, the ones that say nothing about the bytes.
bool needs_new_bytes(ErrorCode code) {
  return code == ErrorCode::epoch_stale || code == ErrorCode::epoch_pending;
}

}  // namespace

Status Client::may_send(const GroupId& group) {
  CANDOUR_TRY(need_connection());
  GroupSession* known = session(group);
  if (known == nullptr) {
    return error(ErrorCode::group_unknown, "this device is not in group " + group.hex());
  }
  if (!notice_acknowledged_) {
    return error(
        ErrorCode::notice_unacknowledged,
        "read and acknowledge the monitoring notice first: `candour notice --acknowledge`");
  }
  return known->may_send(*trust_);
}

Result<Draft> Client::new_draft(const GroupId& group, SecretBytes content) {
  // What the receivers would refuse must not leave.
  CANDOUR_TRY(messages::Content::decode(content.view()));
  Draft draft;
  draft.id = random_.id<MessageId>();
  draft.group = group;
  draft.time = clock_.now();
  draft.content = std::move(content);
  draft.commitment_key = random_.secret<messages::CommitmentKey::kSize>();
  return draft;
}

Result<MessageId> Client::send(const GroupId& group, const messages::Content& content) {
  CANDOUR_TRY(auto ids, send_all(group, std::span(&content, 1)));
  return ids.front();
}

Result<std::vector<MessageId>> Client::send_all(const GroupId& group,
                                                std::span<const messages::Content> contents) {
  CANDOUR_TRY(may_send(group));
  std::vector<Draft> drafts;
  std::vector<MessageId> ids;
  for (const messages::Content& content : contents) {
    CANDOUR_TRY(check_content(group, content));
    CANDOUR_TRY(Draft draft, new_draft(group, content.encode()));
    ids.push_back(draft.id);
    drafts.push_back(std::move(draft));
  }
  CANDOUR_TRY(enqueue(std::move(drafts)));
  return ids;
}

Status Client::enqueue(std::vector<Draft> drafts, std::optional<MessageId> replaces) {
  Ready ready;
  CANDOUR_TRY(keep([&]() -> Status {
    for (Draft& draft : drafts) {
      CANDOUR_TRY(draft.order, store_.next_order());
      CANDOUR_TRY(store_.put_draft(draft));
      queued_[draft.id] = {draft.group, draft.order, TimeMs(), 0};
    }
    if (replaces) {
      CANDOUR_TRY(store_.erase_draft(*replaces));
      CANDOUR_TRY(store_.erase_outbox(*replaces));
      queued_.erase(*replaces);
    }
    return prepare_due(ready);
  }));
  return transmit(ready);
}

Status Client::submit_due() {
  if (queued_.empty()) return ok();
  Ready ready;
  const std::uint64_t now = monotonic_ms();
  const bool due = std::any_of(queued_.begin(), queued_.end(), [&](const auto& queued) {
    return queued.second.not_before.value <= now;
  });
  if (!due) return ok();
  CANDOUR_TRY(keep([&] { return prepare_due(ready); }));
  return transmit(ready);
}

// In the order they were written; a message that must wait holds back the later ones of its group.
Status Client::prepare_due(Ready& ready) {
  std::vector<std::pair<std::uint64_t, MessageId>> order;
  for (const auto& [id, queued] : queued_) order.emplace_back(queued.order, id);
  std::sort(order.begin(), order.end());
  const std::uint64_t now = monotonic_ms();
  std::set<GroupId> held;
  waiting_for_.clear();
  for (const auto& [number, id] : order) {
    Queued& queued = queued_.at(id);
    if (held.contains(queued.group)) continue;
    if (queued.not_before.value > now || waiting_.size() >= kUndecidedMax) {
      held.insert(queued.group);
      continue;
    }
    CANDOUR_TRY(auto draft, store_.draft(id));
    if (!draft) return error(ErrorCode::state_damaged, "the draft of a queued message is gone");
    if (Status allowed = may_send(draft->group); !allowed) {
      // The reason is told; the draft stays for the person to send again.
      CANDOUR_TRY(reject(std::move(*draft), allowed.error()));
      continue;
    }
    GroupSession& known = *session(draft->group);
    if (is_of_old_log(known) || known.progress().lost) {
      waiting_for_ = known.progress().lost
                         ? "this device missed too much of the group and is to be added to it anew"
                         : "the group is to be formed again, because the log was lost";
      queued.not_before = TimeMs(now + kProofRetryMs);
      held.insert(draft->group);
      continue;
    }
    if (!members_proven(known)) {
      waiting_for_ =
          "a member's certificate is not yet in a checkpoint that the witnesses cosigned";
      queued.not_before = TimeMs(now + kProofRetryMs);
      held.insert(draft->group);
      continue;
    }
    std::optional<v1::Submit> submit;
    CANDOUR_TRY(submit, encrypted_before(known, queued, *draft));
    if (!submit) {
      CANDOUR_TRY(submit, encrypt(known, *draft));
    }
    queued_.erase(id);
    waiting_.insert(id);
    ready.emplace_back(id, std::move(*submit));
  }
  return ok();
}

// Whoever has a later message of this device takes no earlier one any more. So everything encrypted
// later has to be waiting here too; of what is not, the relay may have had it. The counter, the
// drafts and the outbox are on disk, so this holds after a crash as well.
bool Client::is_overtaken(const GroupSession& known, const Queued& queued) const {
  const auto later = std::count_if(queued_.begin(), queued_.end(), [&](const auto& other) {
    return other.second.group == queued.group && other.second.counter > queued.counter;
  });
  return known.progress().counter != queued.counter + static_cast<std::uint64_t>(later);
}

Result<std::optional<v1::Submit>> Client::encrypted_before(const GroupSession& known,
                                                           const Queued& queued, Draft& draft) {
  std::optional<v1::Submit> submit;
  if (queued.counter == 0 || is_overtaken(known, queued)) return submit;
  CANDOUR_TRY(auto item, store_.outbox(draft.id));
  if (!item || item->epoch != known.epoch()) return submit;
  submit.emplace();
  if (!submit->ParseFromArray(item->submit.data(), static_cast<int>(item->submit.size()))) {
    return error(ErrorCode::state_damaged, "a kept submission does not parse");
  }
  draft.state = DraftState::submitted;
  CANDOUR_TRY(store_.put_draft(draft));
  return submit;
}

// Encrypts and keeps: when this returns and is committed, the bytes are final.
Result<v1::Submit> Client::encrypt(GroupSession& known, Draft& draft) {
  CANDOUR_TRY(Encrypted encrypted,
              known.encrypt(draft, trust_->newest_checkpoint(), clock_.now(), random_));
  const identity::Certificate* bot = trust_->find(known.record().bot);
  CANDOUR_TRY(Bytes field, draft.field.seal(bot->subject.sealing_key, encrypted.ciphertext_hash,
                                            draft.group, draft.id, random_));
  v1::Submit submit;
  submit.set_version(1);
  submit.set_group(wire_bytes(draft.group.view()));
  submit.set_message_id(wire_bytes(draft.id.view()));
  submit.set_epoch(encrypted.epoch.value);
  submit.set_kind(v1::APPLICATION);
  submit.set_ciphertext(wire_bytes(encrypted.ciphertext));
  submit.set_bot_field(wire_bytes(field));

  OutboxItem item;
  item.counter = known.progress().counter;
  item.group = draft.group;
  item.epoch = encrypted.epoch;
  item.ciphertext_hash = encrypted.ciphertext_hash;
  item.submit = to_bytes(submit.SerializeAsString());
  CANDOUR_TRY(store_.put_outbox(draft.id, item));
  draft.state = DraftState::submitted;
  CANDOUR_TRY(store_.put_draft(draft));
  return submit;
}

Status Client::transmit(const Ready& ready) {
  for (const auto& [id, submit] : ready) {
    v1::ClientFrame frame;
    *frame.mutable_submit() = submit;
    CANDOUR_TRY(const std::uint64_t request, connection_->send_request(std::move(frame)));
    requests_[request] = id;
  }
  return ok();
}

// In the order of encryption: what was encrypted anew goes after what had overtaken it.
Status Client::resend_outbox() {
  CANDOUR_TRY(auto items, store_.outbox_items());
  Ready ready;
  for (const auto& [id, item] : items) {
    if (queued_.contains(id)) continue;  // the relay did not take it; it has its time
    const GroupSession* known = session(item.group);
    // Of a group that is to be formed again it is encrypted anew then.
    if (known == nullptr || is_of_old_log(*known) || known->progress().lost ||
        !known->may_send(*trust_)) {
      continue;
    }
    v1::Submit submit;
    if (!submit.ParseFromArray(item.submit.data(), static_cast<int>(item.submit.size()))) {
      return error(ErrorCode::state_damaged, "a kept submission does not parse");
    }
    waiting_.insert(id);
    ready.emplace_back(id, std::move(submit));
  }
  return transmit(ready);
}

Status Client::handle_answer(const v1::ServerFrame& frame) {
  if (auto asked = proof_requests_.extract(frame.reply_to()); !asked.empty()) {
    // Checked once the frames at hand are durable: that may need further questions.
    proof_answers_.emplace_back(asked.mapped(), frame);
    return ok();
  }
  auto request = requests_.extract(frame.reply_to());
  if (request.empty()) return ok();
  const MessageId id = request.mapped();
  if (Status failure = failure_of(frame); !failure) {
    return handle_refusal(id, failure.error(),
                          std::min(frame.failure().retry_after_ms(), kRetryAfterMaxMs));
  }
  if (frame.body_case() != v1::ServerFrame::kSubmitted || !waiting_.contains(id)) return ok();
  submissions_[id] = frame.submitted().submission();
  CANDOUR_TRY(auto draft, store_.draft(id));
  Event submitted = event(EventType::submitted);
  submitted.message_id = id;
  submitted.submission = frame.submitted().submission();
  if (draft) {
    submitted.group = draft->group;
    submitted.original = draft->original;
  }
  tell(std::move(submitted));
  return ok();
}

std::uint64_t Client::with_jitter(std::uint64_t ms) {
  Bytes die(2);
  random_.fill(die);
  return ms + ms * (die[0] | die[1] << 8) / (2 * 0xFFFF);
}

Status Client::handle_refusal(const MessageId& id, const Error& reason,
                              std::uint64_t retry_after_ms) {
  if (!waiting_.contains(id)) return ok();
  // The relay has other bytes under this id, which means that it has the message: its outcome
  // will come.
  if (reason.code == ErrorCode::message_id_reused) return ok();
  // The relay's disk failed, before or after it had the message: the same bytes go out again on the
  // next connection.
  if (reason.code == ErrorCode::disconnected) return ok();
  CANDOUR_TRY(auto draft, store_.draft(id));
  if (!draft) return ok();
  if (!is_passing(reason.code)) return reject(std::move(*draft), reason);
  draft->state = DraftState::queued;
  CANDOUR_TRY(store_.put_draft(*draft));
  Queued& queued = queued_[id];
  queued.group = draft->group;
  queued.order = draft->order;
  queued.counter = 0;
  if (needs_new_bytes(reason.code)) {
    CANDOUR_TRY(store_.erase_outbox(id));
  } else {
    // Encrypting costs a generation of the own ratchet, and the others follow only so many.
    CANDOUR_TRY(const auto kept, store_.outbox(id));
    if (kept) queued.counter = kept->counter;
  }
  waiting_.erase(id);
  unsigned& attempts = attempts_[id];
  attempts = std::min(attempts + 1, kRetryDoublingsMax);
  const std::uint64_t wait = std::max(retry_after_ms, kRetryMs << (attempts - 1));
  queued.not_before = TimeMs(monotonic_ms() + with_jitter(wait));
  waiting_for_ = reason.message;
  return ok();
}

Status Client::reject(Draft draft, const Error& reason) {
  CANDOUR_TRY(store_.erase_outbox(draft.id));
  draft.state = DraftState::rejected;
  draft.code = code_name(reason.code);
  draft.message = reason.message;
  CANDOUR_TRY(store_.put_draft(draft));
  Event rejected = event(EventType::rejected);
  rejected.message_id = draft.id;
  rejected.group = draft.group;
  rejected.original = draft.original;
  if (auto number = submissions_.find(draft.id); number != submissions_.end()) {
    rejected.submission = number->second;
  }
  rejected.code = draft.code;
  rejected.message = draft.message;
  tell(std::move(rejected));
  outcome(draft.id);
  return ok();
}

void Client::outcome(const MessageId& id) {
  waiting_.erase(id);
  queued_.erase(id);
  attempts_.erase(id);
  submissions_.erase(id);
}

}  // namespace candour::client
