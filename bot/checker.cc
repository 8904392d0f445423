#include "bot/checker.h"

#include "base/limits.h"
#include "base/log.h"

namespace candour::bot {
namespace {

using client::wire_bytes;

v1::Verdict verdict_for(const Envelope& envelope, v1::Outcome outcome) {
  v1::Verdict verdict;
  verdict.set_group(wire_bytes(envelope.group.view()));
  verdict.set_submission(envelope.submission.value);
  verdict.set_message_id(wire_bytes(envelope.message_id.view()));
  verdict.set_outcome(outcome);
  return verdict;
}

}  // namespace

Status Checker::check(const Envelope& envelope) {
  Group* group = groups_.find(envelope.group);
  if (group == nullptr) {
    return refuse(envelope, error(ErrorCode::group_unknown, "the bot is not in this group"));
  }
  bool generation_used = false;
  auto opened = intake_.open(envelope, *group, generation_used);
  if (!opened) {
    if (is_fatal(opened.error())) return std::move(opened).error();
    if (generation_used) {
      CANDOUR_TRY(count_withheld(envelope, *group));
    }
    return refuse(envelope, opened.error());
  }
  CANDOUR_TRY(keep_counter(envelope, opened.value().inner.counter));
  auto decision = judge_.decide(opened.value(), *group);
  if (!decision) {
    if (is_fatal(decision.error())) return std::move(decision).error();
    CANDOUR_TRY(count_withheld(envelope, *group));
    return refuse(envelope, decision.error());
  }
  CANDOUR_TRY(remember(envelope));
  if (decision.value().answer == Answer::release) {
    return release(envelope, opened.value(), decision.value(), *group);
  }
  CANDOUR_TRY(count_withheld(envelope, *group));
  return withhold(envelope, opened.value(), decision.value(), *group);
}

Status Checker::release(const Envelope& envelope, const Opened& opened, const Decision& decision,
                        Group& group) {
  v1::Verdict verdict = verdict_for(envelope, v1::RELEASE);
  CANDOUR_TRY(Logged logged, scribe_.log_message(opened, decision, group));
  CANDOUR_TRY(
      const Bytes token,
      scribe_.release(group, identity::SubmissionKind::application, opened.message_id,
                      opened.ciphertext_hash, opened.commitment, opened.epoch, logged.leaf_hash));
  if (decision.warning_used) {
    CANDOUR_TRY(context_.store.put_warning_used(*decision.warning_used, decision.warning_expires,
                                                context_.clock.now()));
  }
  messages::Receipt receipt;
  receipt.seq = group.chain.seq;
  receipt.submission = envelope.submission;
  receipt.leaf_hash = logged.leaf_hash;
  receipt.opening = std::move(logged.opening);
  receipt.overridden = decision.warning_used.has_value() && !decision.approved;
  CANDOUR_TRY(receipt.closed, alerts_.closed_about(*opened.certificate));
  const std::string& author = opened.certificate->subject.person;
  if (decision.judgement.verdict != policy::Verdict::release) {
    CANDOUR_TRY(duty_.flagged(group.id(), author));
  }
  CANDOUR_TRY(receipt.mention_duty, duty_.mention(group.id(), author));
  verdict.set_token(wire_bytes(token));
  *verdict.add_log() = std::move(logged.entry);
  if (auto mail = scribe_.reply(receipt, group.id(), envelope.message_id, envelope.sender)) {
    *verdict.add_mail() = std::move(*mail);
  }
  // Whoever approved knows, and the record says so.
  if (!decision.approved) {
    CANDOUR_TRY(alerts_.raise(opened, decision, group));
  }
  CANDOUR_TRY(keep_released(opened, group));
  CANDOUR_TRY(recall_.remember(opened, group, decision.judgement.features, true));
  return outbox_.put(verdict);
}

Status Checker::withhold(const Envelope& envelope, const Opened& opened, const Decision& decision,
                         Group& group) {
  v1::Verdict verdict = verdict_for(envelope, v1::WITHHOLD);
  messages::Receipt receipt;  // of a report: seq 0, it is delivered to nobody
  receipt.submission = envelope.submission;
  const bool always = decision.answer == Answer::report || decision.answer == Answer::dispute;
  if (always || context_.log_attempts) {
    CANDOUR_TRY(Logged logged, scribe_.log_message(opened, decision, group));
    receipt.leaf_hash = logged.leaf_hash;
    receipt.opening = std::move(logged.opening);
    *verdict.add_log() = std::move(logged.entry);
  }
  const messages::Reply reply =
      decision.answer == Answer::report
          ? messages::Reply(std::move(receipt))
          : messages::Reply(scribe_.warning(opened, decision, group.id()));
  if (auto mail = scribe_.reply(reply, group.id(), envelope.message_id, envelope.sender)) {
    *verdict.add_mail() = std::move(*mail);
  }
  CANDOUR_TRY(alerts_.raise(opened, decision, group));
  // A dispute is the same draft again, and a report is no draft at all.
  if (!always) {
    CANDOUR_TRY(recall_.remember(opened, group, decision.judgement.features, false));
  }
  return outbox_.put(verdict);
}

Status Checker::refuse(const Envelope& envelope, const Error& why) {
  log::info("submission_rejected", {{"group", envelope.group},
                                    {"submission", envelope.submission},
                                    {"device", envelope.sender},
                                    {"code", why.code}});
  v1::Verdict verdict = verdict_for(envelope, v1::WITHHOLD);
  const messages::Rejected rejected{std::string(code_name(why.code)), why.message};
  if (auto mail = scribe_.reply(rejected, envelope.group, envelope.message_id, envelope.sender)) {
    *verdict.add_mail() = std::move(*mail);
  }
  CANDOUR_TRY(remember(envelope));
  return outbox_.put(verdict);
}

Status Checker::remember(const Envelope& envelope) {
  CANDOUR_TRY(const auto seen, context_.store.seen(envelope.group, envelope.message_id));
  if (seen) return ok();
  return context_.store.put_seen(envelope.group, envelope.message_id,
                                 {envelope.submission, envelope.sender});
}

Status Checker::keep_counter(const Envelope& envelope, std::uint64_t counter) {
  CANDOUR_TRY(auto found, context_.store.sender(envelope.group, envelope.sender));
  storage::BotSender sender = found.value_or(storage::BotSender());
  sender.group = envelope.group;
  sender.device = envelope.sender;
  sender.counter = counter;
  return context_.store.put_sender(sender);
}

Status Checker::keep_released(const Opened& opened, const Group& group) {
  CANDOUR_TRY(auto sender, context_.store.sender(group.id(), opened.sender));
  if (!sender) return ok();
  sender->released_generations = std::uint64_t{opened.generation} + 1;
  return context_.store.put_sender(*sender);
}

Status Checker::count_withheld(const Envelope& envelope, Group& group) {
  CANDOUR_TRY(auto found, context_.store.sender(envelope.group, envelope.sender));
  storage::BotSender sender = found.value_or(storage::BotSender());
  sender.group = envelope.group;
  sender.device = envelope.sender;
  if (sender.withheld_epoch != group.mls.epoch()) {
    sender.withheld_epoch = group.mls.epoch();
    sender.withheld = 0;
  }
  ++sender.withheld;
  if (sender.withheld >= limits::kWithheldGenerationsMax) group.rekey = true;
  return context_.store.put_sender(sender);
}

}  // namespace candour::bot
