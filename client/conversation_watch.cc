// The watch over log and directory, in the background: asking for proofs, comparing checkpoints,
// and telling a person what is wrong, once.
#include <algorithm>

#include "base/encoding.h"
#include "client/conversation.h"
#include "client/error_kinds.h"
#include "crypto/hash.h"

namespace candour::client {
namespace {

// The most that one tick counts, whatever the clock says.
constexpr std::uint64_t kTickMaxMs = 5'000;
constexpr std::size_t kClaimsMax = 32;
constexpr std::size_t kClaimsPerTick = 4;
constexpr unsigned kClaimAttemptsMax = 5;
// A relay that makes trouble without end must not fill the disk with it.
constexpr std::ptrdiff_t kAlarmsMax = 2'000;

std::string in_seconds(std::uint64_t ms) { return std::to_string(ms / 1000) + " seconds"; }

}  // namespace

std::string Client::name_of_group(const GroupId& group) const {
  auto found = groups_.find(group);
  return found == groups_.end() ? group.hex().substr(0, 8) : found->second.record().name;
}

Status Client::raise(std::string code, ByteView subject, AlarmRecord alarm) {
  Writer what;
  what.vec(code);
  what.vec(subject);
  alarm.subject = crypto::sha256(what.view());
  CANDOUR_TRY(const bool known, store_.has_alarm(alarm.subject));
  if (known) return ok();
  CANDOUR_TRY(const auto kept, store_.alarms());
  // Counted for each code, so that much noise of one kind does not keep another from being told.
  const auto same_code = [&](const AlarmRecord& other) { return other.code == code; };
  if (std::count_if(kept.begin(), kept.end(), same_code) >= kAlarmsMax) return ok();
  alarm.time = clock_.now();
  alarm.code = std::move(code);
  alarm.shown = sink_.shows_alarms();
  CANDOUR_TRY(store_.put_alarm(alarm));
  if (alarm.shown) tell_alarm(alarm);
  return ok();
}

Status Client::tell_alarms() {
  if (!sink_.shows_alarms()) return ok();
  CANDOUR_TRY(auto kept, store_.alarms());
  for (AlarmRecord& alarm : kept) {
    if (std::exchange(alarm.shown, true)) continue;
    CANDOUR_TRY(store_.put_alarm(alarm));
    tell_alarm(alarm);
  }
  return ok();
}

void Client::tell_alarm(const AlarmRecord& alarm) {
  Event raised = event(EventType::alarm);
  raised.message_id = alarm.message_id;
  raised.group = alarm.group;
  if (alarm.device) raised.sender = *alarm.device;
  raised.code = alarm.code;
  raised.message = alarm.message;
  raised.time = alarm.time;
  tell(std::move(raised));
}

Status Client::alarm_log(const Error& reason) {
  AlarmRecord alarm;
  alarm.message = "The relay shows this device another log than before: " + reason.message +
                  ". Keep this device as it is and tell the auditor.";
  return raise("log_inconsistent", as_bytes(reason.message), std::move(alarm));
}

Status Client::alarm_receipt(const GroupId& group, const MessageId& message, const Error& reason) {
  AlarmRecord alarm;
  alarm.group = group;
  alarm.message_id = message;
  alarm.message = "What the compliance bot recorded of a message of yours in \"" +
                  name_of_group(group) + "\" is not what you sent: " + reason.message +
                  ". Keep this device as it is and tell the auditor.";
  return raise("receipt_invalid", message.view(), std::move(alarm));
}

Status Client::watch_message(WatchKind kind, const GroupId& group,
                             const identity::ReleaseToken& token, bool receipt) {
  WatchRecord record;
  record.leaf = token.leaf_hash;
  record.kind = kind;
  record.group = group;
  record.message = token.message_id;
  record.receipt = receipt;
  return watch_.add(std::move(record), clock_.now());
}

Status Client::watch_log(bool idle) {
  if (trust_->revision() != watched_revision_) {
    CANDOUR_TRY(keep([&]() -> Status {
      watched_revision_ = trust_->revision();
      tell_notice();
      CANDOUR_TRY(watch_devices());
      return deliver_held();
    }));
    acknowledge(false);
    if (lost_) return *lost_;
  }
  if (!proof_answers_.empty()) {
    CANDOUR_TRY(keep([&] { return take_proofs(); }));
  }
  const TimeMs now = clock_.now();
  if (ticked_.value == 0 || now < ticked_ || now.value - ticked_.value >= kInclusionAskMs) {
    const std::uint64_t passed =
        ticked_.value == 0 || now < ticked_ ? 0 : std::min(now.value - ticked_.value, kTickMaxMs);
    ticked_ = now;
    CANDOUR_TRY(keep([&] { return watch_tick(passed); }));
  }
  return ask_proofs(idle);
}

Status Client::watch_tick(std::uint64_t passed_ms) {
  if (!trust_->unproven().empty()) {
    CANDOUR_TRY(prove_pending());
  }
  CANDOUR_TRY(tell_unproven(passed_ms));
  CANDOUR_TRY(const auto late, watch_.tick(passed_ms));
  for (const WatchRecord& record : late) {
    CANDOUR_TRY(tell_late(record));
  }
  return check_claims();
}

// A wrong proof of one object is an alarm; the object does not take effect, and the rest goes on.
Status Client::prove_pending() {
  const Status proven = trust_->prove_pending(*connection_);
  if (proven || is_final(proven.error()) || is_lost(proven.error())) return proven;
  return alarm_log(proven.error());
}

// Somebody who can certify devices could put one of their own into this person's name, and with it
// words into their mouth.
Status Client::watch_devices() {
  for (const identity::Certificate* certificate : trust_->certificates()) {
    const DeviceId device = certificate->device();
    if (certificate->subject.person != store_.profile().person || device == store_.keys().device) {
      continue;
    }
    AlarmRecord alarm;
    alarm.device = device;
    alarm.message = "Another device is certified in your name: " + device.hex().substr(0, 8) +
                    ", valid from " + time_encode(certificate->not_before.value) +
                    (trust_->revoked(device) ? " (revoked since)" : "") +
                    ". If it is not yours, tell a registrar at once.";
    CANDOUR_TRY(raise("device_added", device.view(), std::move(alarm)));
  }
  return ok();
}

Status Client::take_proofs() {
  auto answers = std::move(proof_answers_);
  proof_answers_.clear();
  for (const auto& [leaf, answer] : answers) {
    CANDOUR_TRY(take_proof(leaf, answer));
  }
  return ok();
}

Status Client::take_proof(const Digest& leaf, const v1::ServerFrame& answer) {
  const TimeMs now = clock_.now();
  if (!failure_of(answer) || answer.body_case() != v1::ServerFrame::kProof) {
    return watch_.refused(leaf, now);
  }
  auto proof = trust_->check_leaf_proof(leaf, answer.proof(), *connection_);
  if (proof && proof.value().checkpoint.witnessed) {
    return watch_.included(leaf, proof.value().index, proof.value().checkpoint.size);
  }
  CANDOUR_TRY(watch_.refused(leaf, now));
  if (proof || proof.error().code == ErrorCode::not_found) return ok();
  if (is_final(proof.error()) || is_lost(proof.error())) return proof.error();
  return alarm_log(proof.error());
}

Status Client::ask_proofs(bool idle) {
  if (watch_.waiting().empty()) return ok();
  for (const Digest& leaf : watch_.questions(clock_.now(), idle)) {
    v1::ClientFrame frame;
    frame.mutable_get_proof()->set_leaf_hash(wire_bytes(leaf.view()));
    CANDOUR_TRY(const std::uint64_t request, connection_->send_request(std::move(frame)));
    proof_requests_[request] = leaf;
    watch_.asked(leaf);
  }
  return ok();
}

Status Client::tell_late(const WatchRecord& late) {
  AlarmRecord alarm;
  alarm.group = late.group;
  alarm.message_id = late.message;
  const std::string of = late.kind == WatchKind::received ? "A message"
                         : late.kind == WatchKind::report ? "A report of yours"
                                                          : "A message of yours";
  const std::string which =
      of + " in \"" + name_of_group(late.group) + "\" of " + time_encode(late.since.value);
  if (late.included) {
    alarm.message = which +
                    " was delivered, but the compliance bot has given no receipt for it in " +
                    in_seconds(late.waited_ms) + ". Tell the auditor.";
    return raise("receipt_missing", late.leaf.view(), std::move(alarm));
  }
  alarm.message = which + " was accepted, but in " + in_seconds(late.waited_ms) +
                  " the relay could not show that it is in the log. Keep this device as it is and "
                  "tell the auditor.";
  return raise("inclusion_late", late.leaf.view(), std::move(alarm));
}

Status Client::tell_unproven(std::uint64_t passed_ms) {
  const auto& objects = trust_->unproven();
  std::erase_if(unproven_objects_, [&](const auto& one) { return !objects.contains(one.first); });
  for (const auto& [number, object] : objects) {
    std::uint64_t& waited = unproven_objects_[number];
    waited += passed_ms;
    if (waited < kInclusionLateMs || waited - passed_ms >= kInclusionLateMs) continue;
    AlarmRecord alarm;
    alarm.message = "The relay gave this device a " + std::string(name_of(object.kind)) +
                    " (directory object " + std::to_string(number) + ") and in " +
                    in_seconds(waited) +
                    " could not show that it is in the log, where everybody would see it. Tell the "
                    "auditor.";
    CANDOUR_TRY(raise("directory_unproven", object.leaf_hash.view(), std::move(alarm)));
  }
  std::erase_if(unproven_members_, [&](const auto& one) { return trust_->proven(one.first); });
  for (auto& [device, waited] : unproven_members_) {
    waited += passed_ms;
    if (waited < kInclusionLateMs || waited - passed_ms >= kInclusionLateMs) continue;
    AlarmRecord alarm;
    alarm.device = device;
    alarm.message = "Device " + device.hex().substr(0, 8) + " (" + person_of(device) +
                    ") is in one of your groups, but its certificate is not shown to be in the "
                    "log. Nothing is sent into that group until it is. Tell the auditor.";
    CANDOUR_TRY(raise("device_unproven", device.view(), std::move(alarm)));
  }
  return ok();
}

// What a member says it saw is its own word, signed by no log: enough to raise the alarm, too
// little to silence the group, which any member could otherwise do with a false claim.
Status Client::see_claim(const GroupSession& session, const AcceptedMessage& message) {
  Claim claim;
  claim.checkpoint = {message.checkpoint.origin, message.checkpoint.size, message.checkpoint.root,
                      false};
  claim.device = message.sender;
  claim.group = session.record().id;
  claim.message = message.token.message_id;
  if (Status same_log = trust_->compare_checkpoint(claim.checkpoint); !same_log) {
    return alarm_claim(claim, same_log.error());
  }
  if (claim.checkpoint.size == 0 || trust_->knows_checkpoint(claim.checkpoint)) return ok();
  const bool queued = std::any_of(claims_.begin(), claims_.end(), [&](const Claim& other) {
    return other.checkpoint.size == claim.checkpoint.size &&
           other.checkpoint.root == claim.checkpoint.root;
  });
  if (queued) return ok();
  claims_.push_back(std::move(claim));
  if (claims_.size() > kClaimsMax) claims_.pop_front();
  return ok();
}

// Claims of other sizes than the one this device knows are compared by a consistency proof.
Status Client::check_claims() {
  const std::size_t count = std::min(claims_.size(), kClaimsPerTick);
  for (std::size_t i = 0; i < count; ++i) {
    Claim claim = std::move(claims_.front());
    claims_.pop_front();
    const Status checked = trust_->check_claim(claim.checkpoint, *connection_);
    if (checked) continue;
    if (is_final(checked.error()) || is_lost(checked.error())) return checked;
    if (checked.error().code == ErrorCode::log_inconsistent) {
      CANDOUR_TRY(alarm_claim(claim, checked.error()));
    } else if (++claim.attempts < kClaimAttemptsMax) {
      claims_.push_back(std::move(claim));
    }
  }
  return ok();
}

Status Client::alarm_claim(const Claim& claim, const Error& reason) {
  AlarmRecord alarm;
  alarm.group = claim.group;
  alarm.message_id = claim.message;
  alarm.device = claim.device;
  alarm.message = "The device of " + person_of(claim.device) + " (" +
                  claim.device.hex().substr(0, 8) + ") in \"" + name_of_group(claim.group) +
                  "\" says that it was shown another log than this one: " + reason.message +
                  ". Its messages are shown; compare with its owner and tell the auditor.";
  return raise("log_inconsistent", claim.device.view(), std::move(alarm));
}

}  // namespace candour::client
