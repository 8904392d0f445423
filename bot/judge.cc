#include "bot/judge.h"

#include "base/limits.h"
#include "bot/alerts.h"
#include "client/messages/appeal.h"
#include "crypto/hash.h"

namespace candour::bot {
namespace {

Error invalid(const char* why) {
  return error(ErrorCode::warning_invalid, std::string("the warning cannot be answered: ") + why);
}

Answer answer_to(policy::Verdict verdict) {
  switch (verdict) {
    case policy::Verdict::release:
      return Answer::release;
    case policy::Verdict::warn:
      return Answer::warn;
    case policy::Verdict::block:
      return Answer::block;
  }
  return Answer::block;
}

}  // namespace

Result<messages::Warning> Judge::own_warning(const Opened& opened, const Group& group) const {
  auto verified =
      messages::Warning::verify(opened.field.warning, context_.keys.signing.public_key());
  if (!verified) return invalid("it is not signed by this bot");
  const messages::Warning warning = std::move(verified).value();
  const std::uint64_t now = context_.clock.now().value;
  if (warning.group != group.id()) return invalid("it is of another group");
  if (warning.device != opened.sender) return invalid("it was given to another device");
  if (warning.content_commitment != opened.commitment) {
    return invalid("the content is not the one that was warned about");
  }
  if (warning.issued.value > now + limits::kClockSkewMs) return invalid("it is of the future");
  if (!context_.trust.knows_policy(warning.policy_digest)) {
    return invalid("its policy version is not in the log");
  }
  return warning;
}

Result<messages::Warning> Judge::check_warning(const Opened& opened, const Group& group) const {
  CANDOUR_TRY(auto warning, own_warning(opened, group));
  if (warning.expires > context_.clock.now()) return warning;
  return invalid("it has expired; send the message again");
}

// Who approved is compared with who may, now: the unit's desks as they are for this very message,
// without its author and whoever it names.
Status Judge::check_approval(const Opened& opened, const Group& group) const {
  const auto refused = [](const char* why) {
    return error(ErrorCode::approval_invalid, std::string("the approval does not count: ") + why);
  };
  CANDOUR_TRY(const auto unchecked, messages::Approval::decode(opened.field.approval));
  const auto approver = context_.trust.device(unchecked.approver);
  if (!approver) return refused("its approver has no certificate that is good now");
  CANDOUR_TRY(
      const auto approval,
      messages::Approval::verify(opened.field.approval, approver.value()->subject.signing_key));
  if (approval.group != group.id()) return refused("it is for another group");
  if (approval.content_commitment != opened.commitment) return refused("it is for other content");
  if (approval.warning_hash != crypto::sha256(opened.field.warning)) {
    return refused("it is for another block");
  }
  const std::uint64_t now = context_.clock.now().value;
  if (approval.issued.value > now + limits::kClockSkewMs ||
      approval.expires.value > approval.issued.value + limits::kApprovalLifetimeMs) {
    return refused("it is of the future, or lasts longer than an approval may");
  }
  if (approval.expires.value <= now) {
    return error(ErrorCode::approval_expired, "the approval has expired; appeal again");
  }
  if (!alerts_.may_decide(opened, group, *approver.value())) {
    return error(ErrorCode::not_permitted,
                 "the approval is by somebody who may not decide about this message");
  }
  return ok();
}

Result<Decision> Judge::decide_approved(const Opened& opened, const Group& group) const {
  CANDOUR_TRY(const messages::Warning warning, own_warning(opened, group));
  if (!warning.block) return invalid("it blocked nothing, so nothing can be approved");
  CANDOUR_TRY(check_approval(opened, group));
  const Digest used = crypto::sha256(opened.field.approval);
  CANDOUR_TRY(const bool before, context_.store.warning_used(used));
  if (before) {
    return error(ErrorCode::approval_used, "the approval was used already; it is good once");
  }
  CANDOUR_TRY(const auto approval, messages::Approval::decode(opened.field.approval));
  Decision decision;
  decision.judgement = recall_.judge(opened, group, warning.message_id);
  decision.answer = Answer::release;
  decision.approved = true;
  decision.warning_used = used;
  decision.warning_expires = approval.expires;
  return decision;
}

Result<Decision> Judge::decide_override(const Opened& opened, const Group& group) const {
  CANDOUR_TRY(const messages::Warning warning, check_warning(opened, group));
  if (warning.block) return invalid("a blocked message cannot be sent anyway");
  const Digest used = crypto::sha256(opened.field.warning);
  CANDOUR_TRY(const bool before, context_.store.warning_used(used));
  if (before) return invalid("it was used already");
  CANDOUR_TRY(messages::check_justification(opened.field.reason.expose()));
  Decision decision;
  decision.judgement = recall_.judge(opened, group, warning.message_id);
  // The policy may have changed since: what is a block now is not sent on the word of a warning.
  decision.answer =
      decision.judgement.verdict == policy::Verdict::block ? Answer::block : Answer::release;
  decision.warning_used = used;
  decision.warning_expires = warning.expires;
  return decision;
}

Result<Decision> Judge::decide_dispute(const Opened& opened, const Group& group) const {
  CANDOUR_TRY(const messages::Warning warning, check_warning(opened, group));
  if (!opened.field.reason.empty()) {
    CANDOUR_TRY(messages::check_justification(opened.field.reason.expose()));
  }
  Decision decision;
  decision.judgement = recall_.judge(opened, group, warning.message_id);
  decision.disputed_findings = warning.findings_hash;
  decision.answer = Answer::dispute;
  return decision;
}

// A report that proves nothing would only cost its reader time; an honest client's always does.
Status Judge::check_report(const Opened& opened, const Group& group) const {
  CANDOUR_TRY(messages::check_justification(opened.field.reason.expose()));
  CANDOUR_TRY(const auto seen, context_.store.seen(group.id(), opened.field.reported));
  const auto bots = context_.trust.bot_keys();
  const messages::ReportChecks checks = messages::check_report(
      *opened.report, group.id(), opened.field.reported, seen ? seen->sender : DeviceId(), bots);
  if (checks.all()) return ok();
  return error(ErrorCode::input_invalid,
               std::string("the report does not prove itself: ") +
                   (!checks.token     ? "its release token is not signed by a bot"
                    : !checks.content ? "its content is not what the token stands for"
                    : !checks.place   ? "its token is of another message"
                                      : "the message's sender is another"));
}

Result<Decision> Judge::decide(const Opened& opened, const Group& group) const {
  switch (opened.field.type) {
    case messages::BotFieldType::override_warning:
      return decide_override(opened, group);
    case messages::BotFieldType::dispute:
      return decide_dispute(opened, group);
    case messages::BotFieldType::approval:
      return decide_approved(opened, group);
    case messages::BotFieldType::nothing:
    case messages::BotFieldType::report:
      break;
  }
  Decision decision;
  decision.judgement = recall_.judge(opened, group, std::nullopt);
  decision.answer = answer_to(decision.judgement.verdict);
  if (opened.field.type == messages::BotFieldType::report) {
    CANDOUR_TRY(check_report(opened, group));
    decision.answer = Answer::report;
  }
  return decision;
}

}  // namespace candour::bot
