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
        const Status answered = whole([&] { return answer_refused(mail, opened.error()); });
        if (!answered && is_fatal(answered.error())) return answered;
        log::warning("mail_refused", {{"code", opened.error().code},
                                      {"why", log::LogSafe(opened.error().message)}});
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
      return steward_.failure_report(opened.body.view());
    case messages::ToBotType::lost_group:
      return steward_.lost_group(opened.body.view());
    case messages::ToBotType::appeal:
      return appeals_.receive(opened.body.view());
    case messages::ToBotType::member_request:
      return steward_.member_request(opened.body.view());
  }
  return error(ErrorCode::input_invalid, "mail to the bot of an unknown type");
}

// Whoever signed an appeal or a group request is told why it was refused.
Status Bot::answer_refused(const v1::MailItem& mail, const Error& reason) {
  const auto id = messages::MailId::from(as_bytes(mail.about()));
  if (!id) return ok();
  CANDOUR_TRY(const messages::ToBot opened,
              messages::ToBot::open(as_bytes(mail.body()), context_.keys.sealing, *id));
  if (opened.type == messages::ToBotType::appeal) {
    return appeals_.answer_refused(opened.body.view(), reason);
  }
  if (opened.type == messages::ToBotType::member_request) {
    return steward_.answer_refused(opened.body.view(), reason);
  }
  return ok();
}

}  // namespace candour::bot
