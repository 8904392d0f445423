// Mail for the bot: each kind goes to the part that it concerns.
#include "base/log.h"
#include "bot/bot.h"
#include "client/messages/to_bot.h"

namespace candour::bot {

Status Bot::handle_mail(const v1::MailItem& mail) {
  if (mail.number() > mail_through_) {
    if (mail.kind() == v1::TO_BOT) {
      const Status opened = whole([&] { return open_mail(mail); });
      if (!opened) {
        if (is_fatal(opened.error())) return std::move(opened).error();
        // The sentence is for the sender: it may name people.
        log::warning("mail_refused", {{"code", opened.error().code}});
        const Status answered = whole([&] { return answer_refused(mail, opened.error()); });
        if (!answered && is_fatal(answered.error())) return answered;
      }
    }
    mail_through_ = mail.number();
    CANDOUR_TRY(context_.store.put_number(kMailThrough, mail_through_));
  }
  v1::ClientFrame frame;
  frame.mutable_mail_ack()->set_through(mail_through_);
  outbox_.tell(std::move(frame));
  return ok();
}

Status Bot::open_mail(const v1::MailItem& mail) {
  const auto id = messages::MailId::from(as_bytes(mail.about()));
  if (!id) return error(ErrorCode::frame_malformed, "mail to the bot without a mail id");
  CANDOUR_TRY(const messages::ToBot opened,
              messages::ToBot::open(as_bytes(mail.body()), context_.keys.sealing, *id));
  switch (opened.type) {
    case messages::ToBotType::alert_step:
      return alerts_.step(opened.body.view());
    case messages::ToBotType::group_request:
      return steward_.request(as_text(opened.body.view()));
    case messages::ToBotType::failure_report:
      return steward_.failure_report(opened.body.view(), *id);
    case messages::ToBotType::lost_group:
      return steward_.lost_group(opened.body.view(), *id);
    case messages::ToBotType::key_renewal:
      return steward_.key_renewal(opened.body.view());
    case messages::ToBotType::appeal:
      return appeals_.receive(opened.body.view());
    case messages::ToBotType::member_request:
      return steward_.member_request(opened.body.view());
  }
  return error(ErrorCode::input_invalid, "mail to the bot of an unknown type");
}

// Whoever signed a mail is told why it was refused: an appeal or a group request as such, anything
// else by the id of the mail. What nobody signed is answered to nobody.
Status Bot::answer_refused(const v1::MailItem& mail, const Error& reason) {
  const auto id = messages::MailId::from(as_bytes(mail.about()));
  if (!id) return ok();
  CANDOUR_TRY(const messages::ToBot opened,
              messages::ToBot::open(as_bytes(mail.body()), context_.keys.sealing, *id));
  switch (opened.type) {
    case messages::ToBotType::appeal:
      return appeals_.answer_refused(opened.body.view(), reason);
    case messages::ToBotType::member_request:
      return steward_.answer_refused(opened.body.view(), reason);
    case messages::ToBotType::alert_step:
    case messages::ToBotType::failure_report:
    case messages::ToBotType::lost_group:
    case messages::ToBotType::key_renewal:
      if (const auto sender = signed_sender(opened)) {
        return answers_.refuse(sender->device, *id, sender->mail, reason);
      }
      return ok();
    case messages::ToBotType::group_request:
      return ok();  // a registrar has no mailbox; the group, or its absence, shows it
  }
  return ok();
}

// A device whose certificate has ended is told that; only its signature counts here.
std::optional<Bot::SignedMail> Bot::signed_sender(const messages::ToBot& mail) const {
  const auto about = [&](const auto& checked, const DeviceId& device, ByteView subject) {
    std::optional<SignedMail> out;
    if (!checked) return out;
    out.emplace();
    out->device = device;
    out->mail.type = mail.type;
    if (const auto id = messages::RefusedMail::Subject::from(subject)) out->mail.about = *id;
    return out;
  };
  const auto key_of = [&](const DeviceId& device) {
    const identity::Certificate* certificate = context_.trust.find(device);
    return certificate == nullptr ? SigningPublicKey() : certificate->subject.signing_key;
  };
  const ByteView body = mail.body.view();
  if (mail.type == messages::ToBotType::alert_step) {
    const auto step = messages::AlertStep::decode(body);
    if (!step) return std::nullopt;
    const DeviceId device = step.value().device;
    auto out =
        about(messages::AlertStep::verify(body, key_of(device)), device, step.value().alert.view());
    if (out) out->mail.action = static_cast<std::uint8_t>(step.value().action);
    return out;
  }
  if (mail.type == messages::ToBotType::failure_report) {
    const auto report = messages::FailureReport::decode(body);
    if (!report) return std::nullopt;
    const DeviceId device = report.value().device;
    return about(messages::FailureReport::verify(body, key_of(device)), device,
                 report.value().group.view());
  }
  if (mail.type == messages::ToBotType::key_renewal) {
    const auto renewal = messages::KeyRenewal::decode(body);
    if (!renewal) return std::nullopt;
    const DeviceId device = renewal.value().device;
    return about(messages::KeyRenewal::verify(body, key_of(device)), device,
                 renewal.value().group.view());
  }
  const auto report = messages::LostReport::decode(body);
  if (!report) return std::nullopt;
  const DeviceId device = report.value().device;
  return about(messages::LostReport::verify(body, key_of(device)), device,
               report.value().group.view());
}

}  // namespace candour::bot
