#include "bot/appeals.h"

#include <algorithm>

#include "base/limits.h"
#include "client/messages/bot_field.h"
#include "crypto/hash.h"

namespace candour::bot {
namespace {

// Beside the ids of group requests, which are shorter.
Bytes key_of(const messages::Appeal& appeal) {
  Writer out;
  out.raw(as_bytes("appeal"));
  out.id(crypto::sha256(appeal.signed_warning));
  return out.take();
}

/// The signed appeal of a device that is certified now.
Result<messages::Appeal> signed_appeal(ByteView bytes, const Context& context) {
  CANDOUR_TRY(const auto unchecked, messages::Appeal::decode(bytes));
  CANDOUR_TRY(const identity::Certificate* by, context.trust.device(unchecked.device));
  return messages::Appeal::verify(bytes, by->subject.signing_key);
}

messages::Answer answer_about(const MessageId& message) {
  messages::Answer answer;
  answer.type = messages::AnswerType::appeal;
  answer.about = *messages::Answer::About::from(message.view());
  return answer;
}

}  // namespace

Result<messages::Warning> Appeals::check(const messages::Appeal& appeal, const Group& group) const {
  const auto wrong = [](const char* what) {
    return error(ErrorCode::warning_invalid, std::string("the block cannot be appealed: ") + what);
  };
  CANDOUR_TRY(const auto warning,
              messages::Warning::verify(appeal.signed_warning, context_.keys.signing.public_key()));
  if (!warning.block) return wrong("it is a warning; edit, withdraw or override it");
  if (warning.device != appeal.device) return wrong("it was given to another device");
  if (warning.content_commitment != appeal.commitment()) return wrong("the content is another");
  if (warning.expires <= context_.clock.now()) return wrong("it has expired; send it again");
  const auto members = group.mls.members();
  const bool member = std::any_of(members.begin(), members.end(), [&](const mls::Member& one) {
    return device_of(one) == appeal.device;
  });
  if (!member) {
    return error(ErrorCode::not_a_member, "the device that appeals is not in the group");
  }
  if (appeal.content.size() > limits::kAppealContentSizeMax) {
    return error(ErrorCode::input_invalid, "a message of more than " +
                                               std::to_string(limits::kAppealContentSizeMax) +
                                               " bytes cannot be appealed; shorten it");
  }
  CANDOUR_TRY(messages::check_justification(appeal.reason.expose()));
  return warning;
}

Status Appeals::receive(ByteView bytes) {
  CANDOUR_TRY(const auto appeal, signed_appeal(bytes, context_));
  CANDOUR_TRY(const auto named,
              messages::Warning::verify(appeal.signed_warning, context_.keys.signing.public_key()));
  const Group* group = groups_.find(named.group);
  if (group == nullptr) return error(ErrorCode::group_unknown, "the bot is not in this group");
  CANDOUR_TRY(const auto warning, check(appeal, *group));
  CANDOUR_TRY(const bool before, context_.store.request_done(key_of(appeal)));
  if (before) {
    return error(ErrorCode::already_exists, "this block was appealed already; wait for the answer");
  }
  Opened opened;
  opened.message_id = warning.message_id;
  opened.sender = appeal.device;
  CANDOUR_TRY(opened.certificate, context_.trust.device(appeal.device));
  CANDOUR_TRY(opened.content, messages::Content::decode(appeal.content.view()));
  opened.commitment = appeal.commitment();
  const policy::Judgement judgement = recall_.judge(opened, *group, warning.message_id);
  const auto finding = std::find_if(
      judgement.findings.begin(), judgement.findings.end(),
      [](const policy::Finding& one) { return one.severity == policy::Severity::block; });
  if (finding == judgement.findings.end()) {
    return error(ErrorCode::not_permitted,
                 "the policy in force does not block this message any more; send it again");
  }
  CANDOUR_TRY(context_.store.put_request_done(key_of(appeal)));
  CANDOUR_TRY(alerts_.raise_appeal(opened, appeal, *finding, *group));
  return answers_.send(appeal.device, answer_about(warning.message_id));
}

Status Appeals::answer_refused(ByteView bytes, const Error& reason) {
  const auto appeal = signed_appeal(bytes, context_);
  if (!appeal) return ok();
  const auto warning =
      messages::Warning::verify(appeal.value().signed_warning, context_.keys.signing.public_key());
  if (!warning) return ok();
  messages::Answer answer = answer_about(warning.value().message_id);
  answer.code = code_name(reason.code);
  answer.message = SecretText::copy_of(reason.message);
  return answers_.send(appeal.value().device, std::move(answer));
}

}  // namespace candour::bot
