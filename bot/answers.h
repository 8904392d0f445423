// Answers of the bot to the mail of devices (client/messages/answer.h).
#pragma once

#include "bot/outbox.h"
#include "client/messages/answer.h"

namespace candour::bot {

class Answers {
 public:
  Answers(Context& context, Outbox& outbox) : context_(context), outbox_(outbox) {}

  /// Within a batch. Nothing goes to a device that has no certificate or was revoked.
  Status send(const DeviceId& device, messages::Answer answer);
  /// Within a batch: this mail of the device was not done, and why.
  Status refuse(const DeviceId& device, const messages::MailId& mail,
                const messages::RefusedMail& what, const Error& why);

 private:
  Context& context_;
  Outbox& outbox_;
};

}  // namespace candour::bot
