// What a person asks of other people: appeals and their decision, changes of groups; and the bot's
// answers to that.
#include <algorithm>

#include "client/conversation.h"
#include "client/messages/appeal.h"
#include "crypto/hash.h"

namespace candour::client {

using messages::Answer;
using messages::AnswerType;

Status Client::appeal(const MessageId& id, SecretText reason) {
  CANDOUR_TRY(Draft draft, withheld_draft(id));
  CANDOUR_TRY(may_send(draft.group));
  CANDOUR_TRY(messages::check_justification(reason.expose()));
  if (draft.state != DraftState::blocked) {
    return error(ErrorCode::warning_invalid, "message " + id.hex() + " was " +
                                                 std::string(name_of(draft.state)) +
                                                 ", not blocked; only a block can be appealed");
  }
  if (draft.appeal != AppealState::none) {
    return error(ErrorCode::already_exists,
                 "the block of message " + id.hex() +
                     " was appealed already: " + std::string(name_of(draft.appeal)));
  }
  if (draft.content.size() > limits::kAppealContentSizeMax) {
    return error(ErrorCode::input_invalid, "a message of more than " +
                                               std::to_string(limits::kAppealContentSizeMax) +
                                               " bytes cannot be appealed; shorten it");
  }
  if (draft.expires <= clock_.now()) {
    return error(ErrorCode::warning_invalid,
                 "the block has expired; send the message again to get a new one");
  }
  GroupSession* known = session(draft.group);
  CANDOUR_TRY(const SigningPublicKey bot, known->bot_key());
  CANDOUR_TRY(const auto warning, messages::Warning::verify(draft.signed_warning, bot));
  messages::Appeal appeal;
  appeal.signed_warning = draft.signed_warning;
  appeal.content = draft.content.clone();
  appeal.commitment_key = draft.commitment_key.clone();
  appeal.reason = std::move(reason);
  appeal.device = store_.keys().device;
  appeal.time = clock_.now();
  CANDOUR_TRY(send_to_bot(messages::ToBotType::appeal, appeal.sign(store_.keys().signing)));
  draft.appeal = AppealState::sent;
  draft.appealed = warning.message_id;
  return keep([&]() -> Status {
    CANDOUR_TRY(store_.put_draft(draft));
    tell_appeal(draft, "", "");
    return ok();
  });
}

void Client::tell_appeal(const Draft& draft, std::string_view code, std::string_view message) {
  Event told = event(EventType::appeal);
  told.message_id = draft.id;
  told.group = draft.group;
  told.action = name_of(draft.appeal);
  told.code = code;
  told.message = message;
  told.expires = draft.approval_expires;
  told.note = draft.decision.clone();
  tell(std::move(told));
}

Result<MessageId> Client::resubmit(const MessageId& id) {
  CANDOUR_TRY(Draft approved, withheld_draft(id));
  CANDOUR_TRY(may_send(approved.group));
  if (approved.appeal != AppealState::approved) {
    return error(ErrorCode::approval_invalid,
                 "nobody approved message " + id.hex() + "; see `candour drafts`");
  }
  if (approved.approval_expires <= clock_.now()) {
    return error(ErrorCode::approval_expired,
                 "the approval has expired; send the message again, and appeal again");
  }
  CANDOUR_TRY(Draft draft, new_draft(approved.group, approved.content.clone()));
  // The same content under the same commitment: what was approved is what is sent.
  draft.commitment_key = approved.commitment_key.clone();
  draft.original = id;
  draft.field.type = messages::BotFieldType::approval;
  draft.field.warning = approved.signed_warning;
  draft.field.approval = approved.approval;
  const MessageId sent = draft.id;
  std::vector<Draft> drafts;
  drafts.push_back(std::move(draft));
  CANDOUR_TRY(enqueue(std::move(drafts)));
  return sent;
}

Result<messages::MailId> Client::decide_appeal(const messages::AlertId& id, bool approve,
                                               SecretText reason) {
  CANDOUR_TRY(auto known, store_.alert(id));
  if (!known) {
    return error(ErrorCode::not_found,
                 "this device has no alert " + id.hex() + "; see `candour alerts`");
  }
  CANDOUR_TRY(const auto body, messages::AlertBody::decode(known->body.view()));
  if (!body.appeal) {
    return error(ErrorCode::not_permitted, "alert " + id.hex() + " is no appeal");
  }
  CANDOUR_TRY(check_follows(
      *known, approve ? messages::AlertAction::approve : messages::AlertAction::refuse));
  CANDOUR_TRY(approve ? messages::check_optional_reason(reason.expose())
                      : messages::check_justification(reason.expose()));
  messages::AlertStep step;
  step.alert = id;
  step.action = approve ? messages::AlertAction::approve : messages::AlertAction::refuse;
  step.resolution = messages::resolution_of(step.action);
  step.argument = std::move(reason);
  step.device = store_.keys().device;
  step.time = clock_.now();
  if (approve) {
    messages::Approval approval;
    approval.group = body.group;
    approval.content_commitment = body.appeal->commitment();
    approval.warning_hash = body.appeal->warning_hash;
    approval.approver = step.device;
    approval.issued = step.time;
    approval.expires = TimeMs(step.time.value + limits::kApprovalLifetimeMs);
    step.envelope = approval.sign(store_.keys().signing);
  }
  return send_to_bot(messages::ToBotType::alert_step, step.sign(store_.keys().signing));
}

Result<messages::RequestId> Client::request_group(messages::GroupRequest request) {
  CANDOUR_TRY(need_connection());
  if (!notice_acknowledged_) {
    return error(
        ErrorCode::notice_unacknowledged,
        "read and acknowledge the monitoring notice first: `candour notice --acknowledge`");
  }
  request.organisation = store_.profile().organisation;
  request.request = random_.id<messages::RequestId>();
  request.by = store_.keys().device;
  request.issued = clock_.now();
  const SecretBytes bytes = request.sign(store_.keys().signing);
  // What the bot would refuse for its form is said here.
  CANDOUR_TRY(messages::GroupRequest::decode_signed(bytes.view()));
  CANDOUR_TRY(send_to_bot(messages::ToBotType::member_request, bytes.clone()));
  requests_to_bot_[request.request] = {request.action, request.group};
  return request.request;
}

Status Client::handle_bots_answer(const v1::MailItem& mail) {
  const auto id = messages::MailId::from(as_bytes(mail.about()));
  if (!id) return error(ErrorCode::frame_malformed, "an answer of the bot has no mail id");
  CANDOUR_TRY(const identity::Certificate* bot, trust_->bot());
  CANDOUR_TRY(auto answer, Answer::open(as_bytes(mail.body()), store_.keys().sealing,
                                        store_.keys().device, *id, bot->subject.signing_key));
  switch (answer.type) {
    case AnswerType::appeal:
    case AnswerType::appeal_decided:
      return take_appeal_answer(answer);
    case AnswerType::group_request:
      take_group_answer(answer);
      return ok();
    case AnswerType::group_name:
      return take_group_name(*id, answer);
    case AnswerType::mail_refused:
      return take_refused_mail(answer);
    case AnswerType::renew:
      renewals_due_.insert(*GroupId::from(answer.about.view()));
      return ok();
    case AnswerType::other:
      break;
  }
  return ok();
}

Status Client::take_appeal_answer(const Answer& answer) {
  CANDOUR_TRY(auto drafts, store_.drafts());
  const auto found = std::find_if(drafts.begin(), drafts.end(), [&](const Draft& draft) {
    return draft.appealed && same(draft.appealed->view(), answer.about.view());
  });
  if (found == drafts.end()) return ok();  // withdrawn or edited meanwhile
  Draft& draft = *found;
  std::string_view why;
  if (answer.type == AnswerType::appeal) {
    if (draft.appeal != AppealState::sent) return ok();
    draft.appeal = answer.code.empty() ? AppealState::received : AppealState::none;
    why = answer.message.expose();
  } else if (answer.body.empty()) {
    draft.appeal = AppealState::refused;
    draft.decision = answer.message.clone();
  } else {
    CANDOUR_TRY(const auto approval, messages::Approval::decode(answer.body));
    if (approval.group != draft.group || approval.content_commitment != draft.commitment() ||
        approval.warning_hash != crypto::sha256(draft.signed_warning)) {
      return error(ErrorCode::approval_invalid,
                   "an approval from the bot is not about message " + draft.id.hex());
    }
    draft.appeal = AppealState::approved;
    draft.approval = answer.body;
    draft.approval_expires = approval.expires;
    draft.decision = answer.message.clone();
  }
  CANDOUR_TRY(store_.put_draft(draft));
  tell_appeal(draft, answer.code, why);
  return ok();
}

void Client::take_group_answer(const Answer& answer) {
  Event told = event(EventType::group_request);
  const auto request = *messages::RequestId::from(answer.about.view());
  told.request = request.hex();
  if (auto asked = requests_to_bot_.extract(request); !asked.empty()) {
    told.action = asked.mapped().first;
    told.group = asked.mapped().second;
  }
  told.code = answer.code;
  told.message = answer.message.expose();
  tell(std::move(told));
}

Status Client::take_refused_mail(const Answer& answer) {
  CANDOUR_TRY(const auto what, messages::RefusedMail::decode(answer.body));
  // Sharing is this client's own doing, and another desk may have been faster.
  const bool step = what.type == messages::ToBotType::alert_step;
  if (step && what.action == static_cast<std::uint8_t>(messages::AlertAction::share)) return ok();
  Event refused = event(EventType::mail_refused);
  refused.request = messages::MailId::from(answer.about.view())->hex();
  refused.action = step                                               ? "alert_step"
                   : what.type == messages::ToBotType::failure_report ? "failure_report"
                   : what.type == messages::ToBotType::lost_group     ? "lost_group"
                   : what.type == messages::ToBotType::key_renewal    ? "key_renewal"
                                                                      : "mail";
  if (step) {
    refused.about = what.about.hex();
  } else {
    refused.group = GroupId::from(what.about.view());
  }
  refused.retry_after_ms = what.retry_after_ms;
  refused.code = answer.code;
  refused.message = answer.message.expose();
  tell(std::move(refused));
  return ok();
}

Status Client::take_group_name(const messages::MailId& mail, const Answer& answer) {
  const auto group = GroupId::from(answer.about.view());
  GroupSession* known = session(*group);
  if (known == nullptr || known->progress().removed) return ok();
  // The relay may hand over again what it handed over before: no name comes back with it.
  const auto& before = known->record().renames;
  if (std::find(before.begin(), before.end(), mail) != before.end()) return ok();
  known->rename(std::string(answer.message.expose()), mail);
  Event renamed = event(EventType::membership);
  renamed.group = *group;
  renamed.name = known->record().name;
  renamed.action = "renamed";
  renamed.epoch = known->epoch().value;
  renamed.members = known->mls().members().size();
  tell(std::move(renamed));
  return ok();
}

}  // namespace candour::client
