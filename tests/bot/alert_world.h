// A unit with officers and supervisors, and what their desks get.
#pragma once

#include "client/messages/alert.h"
#include "tests/bot/world.h"

namespace candour::tests {

class AlertWorld : public ::testing::Test {
 protected:
  void SetUp() override {
    world.publish_policy();
    world.start();
    world.make_group({&amy, &ben});
  }
  std::vector<messages::OpenedAlert> alerts_of(const Officer& officer) const {
    std::vector<messages::OpenedAlert> out;
    for (const v1::Mail& mail : world.relay.mail_of(officer.device.id, v1::ALERT)) {
      if (messages::inspect_alert_mail(as_bytes(mail.body())).value().update) continue;
      auto opened = messages::open_alert(as_bytes(mail.body()), officer.device.sealing,
                                         world.keys->signing.public_key());
      EXPECT_TRUE(opened) << opened.error().message;
      if (opened) out.push_back(std::move(opened).value());
    }
    return out;
  }
  std::size_t updates_of(const Officer& officer) const {
    std::size_t count = 0;
    for (const v1::Mail& mail : world.relay.mail_of(officer.device.id, v1::ALERT)) {
      if (messages::inspect_alert_mail(as_bytes(mail.body())).value().update) ++count;
    }
    return count;
  }
  void step(const Officer& by, const messages::AlertId& alert, messages::AlertAction action,
            const crypto::SigningKey* key = nullptr, const std::string& argument = "note") {
    ++world.clock.time_ms;
    send_step(by, alert, action, key, argument);
  }
  /// At the world's present time.
  void send_step(const Officer& by, const messages::AlertId& alert, messages::AlertAction action,
                 const crypto::SigningKey* key, const std::string& argument) {
    messages::AlertStep step;
    step.alert = alert;
    step.action = action;
    step.argument = SecretText::copy_of(argument);
    if (action == messages::AlertAction::close) step.resolution = resolution;
    step.device = by.device.id;
    step.time = world.clock.now();
    world.mail_to_bot(messages::ToBotType::alert_step,
                      step.sign(key != nullptr ? *key : by.device.signing));
    world.run();
  }

  messages::Resolution resolution = messages::Resolution::advice_given;  // of steps that close
  World world;
  Officer amy{world, "p-101"};
  Officer ben{world, "p-102"};
  Officer grace{world, "p-201", "supervisor", "team-a"};
  Officer hugh{world, "p-202", "supervisor", "team-b"};
};

}  // namespace candour::tests
