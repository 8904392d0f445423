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

 private:
  Context& context_;
  Outbox& outbox_;
};

}  // namespace candour::bot
