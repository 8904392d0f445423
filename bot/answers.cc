#include "bot/answers.h"

#include "base/log.h"

namespace candour::bot {

Status Answers::send(const DeviceId& device, messages::Answer answer) {
  // As with replies: whoever is refused because the certificate expired is told so.
  const identity::Certificate* certificate = context_.trust.find(device);
  if (certificate == nullptr || context_.trust.revoked(device)) return ok();
  const auto id = context_.random.id<messages::MailId>();
  const auto sealed = answer.seal(certificate->subject.sealing_key, device, id,
                                  context_.keys.signing, context_.random);
  if (!sealed) {
    log::warning("answer_not_sealed", {{"device", device}, {"code", sealed.error().code}});
    return ok();
  }
  v1::BotMail mail;
  mail.set_mail_id(client::wire_bytes(id.view()));
  mail.set_sealed(client::wire_bytes(sealed.value()));
  mail.set_device(client::wire_bytes(device.view()));
  return outbox_.put(mail);
}

Status Answers::refuse(const DeviceId& device, const messages::MailId& mail,
                       const messages::RefusedMail& what, const Error& why) {
  messages::Answer answer;
  answer.type = messages::AnswerType::mail_refused;
  answer.about = *messages::Answer::About::from(mail.view());
  answer.code = code_name(why.code);
  answer.message = SecretText::copy_of(why.message);
  answer.body = what.encode();
  return send(device, std::move(answer));
}

}  // namespace candour::bot
