// Keeping the relay's cursor where this device is: cumulative acknowledgements, and what happens
// when the cursor fell behind what the relay still has (docs/protocol.md, "Being away too long").
//
// A device that has everything (its acknowledgement was lost) says so and deliveries go on. One
// that missed messages cannot follow the MLS group any more: it tells the bot, signed, and waits to
// be removed and added in one commit. What it missed stays missed; the history says so in one line.
#include <algorithm>

#include "client/conversation.h"
#include "client/error_kinds.h"
#include "client/welcome_patience.h"

namespace candour::client {
namespace {

constexpr std::size_t kOwedMax = 32;
constexpr std::uint64_t kOwedMs = 1'000;
constexpr std::uint64_t kReportRetryMs = 5'000;
// The bot has the report, or lost it; a welcome may have failed. A bot at work on the report passes
// over the next one.
constexpr std::uint64_t kReportAgainMs = 600'000;

std::uint64_t monotonic_ms() { return monotonic_clock().now().value; }

}  // namespace

void Client::owe(const GroupId& group, Seq through) {
  Owed& owed = acks_[group];
  owed.through = through;
  ++owed.messages;
}

std::uint64_t Client::until_acknowledgement_ms() const {
  if (owed_since_ == 0) return acks_.empty() && !mail_ack_ ? UINT64_MAX : kOwedMs;
  const std::uint64_t passed = monotonic_ms() - owed_since_;
  return passed < kOwedMs ? kOwedMs - passed : 0;
}

// A lost acknowledgement costs a repetition at the next login, nothing else: what is repeated is
// recognised by its place in the chain, and mail by its number.
void Client::acknowledge(bool all) {
  if (connection_ == nullptr || broken_) return;
  const bool now = all || (owed_since_ != 0 && until_acknowledgement_ms() == 0);
  std::erase_if(acks_, [&](const auto& entry) {
    const auto& [group, owed] = entry;
    if (!now && owed.messages < kOwedMax) return false;
    v1::ClientFrame frame;
    frame.mutable_delivery_ack()->set_group(wire_bytes(group.view()));
    frame.mutable_delivery_ack()->set_seq(owed.through.value);
    (void)connection_->send(std::move(frame));
    return true;
  });
  if (mail_ack_ && (now || mails_owed_ >= kOwedMax)) {
    v1::ClientFrame frame;
    frame.mutable_mail_ack()->set_through(*mail_ack_);
    mail_ack_.reset();
    mails_owed_ = 0;
    (void)connection_->send(std::move(frame));
  }
  if (acks_.empty() && !mail_ack_) {
    owed_since_ = 0;
  } else if (owed_since_ == 0 || now) {
    owed_since_ = monotonic_ms();
  }
}

void Client::take_resynchronise(const v1::Resynchronise& told) {
  const auto group = GroupId::from(as_bytes(told.group()));
  if (!group) return;
  // A welcome to the group may be among the mail that follows.
  const std::uint64_t patience = session(*group) == nullptr ? kWelcomePatienceMs : 0;
  behind_[*group] = {Seq(told.oldest()), TimeMs(monotonic_ms() + patience)};
}

Status Client::resynchronise() {
  const std::uint64_t now = monotonic_ms();
  for (auto entry = behind_.begin(); entry != behind_.end();) {
    auto& [group, behind] = *entry;
    GroupSession* known = session(group);
    // What waits for its policy version is here, but not yet read.
    if (behind.not_before.value > now || held_.contains(group)) {
      ++entry;
      continue;
    }
    if (known != nullptr && (known->progress().is_stopped() || known->progress().removed)) {
      entry = behind_.erase(entry);
      continue;
    }
    if (known != nullptr && !known->progress().lost &&
        known->progress().seq.next() >= behind.oldest) {
      owe(group, known->progress().seq);
      acks_[group].messages = kOwedMax;
      entry = behind_.erase(entry);
      continue;
    }
    const Status told = report_lost(known, group);
    if (told && known == nullptr) {
      entry = behind_.erase(entry);
      continue;
    }
    if (told) {
      // Until a welcome is accepted.
      behind.not_before = TimeMs(now + with_jitter(kReportAgainMs));
      ++entry;
      continue;
    }
    if (is_lost(told.error()) || is_final(told.error())) return told;
    // The bot's mailbox is full, or there is no bot: later.
    behind.not_before = TimeMs(now + with_jitter(kReportRetryMs));
    ++entry;
  }
  acknowledge(false);
  return ok();
}

Status Client::report_lost(GroupSession* known, const GroupId& group) {
  messages::LostReport report;
  report.group = group;
  report.device = store_.keys().device;
  report.time = clock_.now();
  if (known != nullptr) {
    report.seq = known->progress().seq;
    if (!known->progress().lost) {
      CANDOUR_TRY(keep([&]() -> Status {
        known->lose();
        Event lost = event(EventType::membership);
        lost.group = group;
        lost.name = known->record().name;
        lost.action = "lost";
        lost.seq = known->progress().seq.value;
        lost.epoch = known->epoch().value;
        tell(std::move(lost));
        return ok();
      }));
    }
  }
  CANDOUR_TRY(send_to_bot(messages::ToBotType::lost_group,
                          SecretBytes::copy_of(report.sign(store_.keys().signing))));
  return ok();
}

Status Client::settle_gap(GroupSession& session, const GroupProgress& before,
                          const MessageId& commit) {
  proven_epochs_.erase(session.record().id);
  const std::uint64_t missed = session.progress().seq.value - before.seq.value - 1;
  if (missed == 0) return ok();
  HistoryRow gap;
  gap.id = commit;
  gap.group = session.record().id;
  gap.seq = session.progress().seq;
  gap.time = clock_.now();
  gap.missed = missed;
  CANDOUR_TRY(store_.put_history(gap));
  CANDOUR_TRY(const auto drafts, store_.drafts());
  for (const Draft& draft : drafts) {
    if (draft.group != gap.group || draft.state != DraftState::submitted) continue;
    CANDOUR_TRY(settle_own(draft));
  }
  return ok();
}

// Mail is in order, so of everything judged before the welcome the reply is here. An own message
// with a receipt was released within the gap: the token is missed, the receipt proves it.
Status Client::settle_own(const Draft& draft) {
  if (draft.receipt.empty()) return ok();  // nobody has it; it is encrypted anew
  CANDOUR_TRY(const auto receipt, KeptReceipt::decode(draft.receipt));
  HistoryRow row = own_row(draft);
  row.seq = receipt.seq;
  row.submission = receipt.submission;
  row.receipt = draft.receipt;
  identity::ReleaseToken token;
  token.message_id = row.id;
  token.leaf_hash = receipt.leaf_hash;
  return keep_own(draft, row, token);
}

}  // namespace candour::client
