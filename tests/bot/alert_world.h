// A unit with officers and supervisors, and what their desks get.
#pragma once

#include "client/messages/alert.h"
#include "tests/bot/world.h"

namespace candour::tests {

/// What a member who was shown `draft` can prove about it.
inline messages::ReportProof proof_of(const World& world, const Officer::Draft& draft) {
  messages::ReportProof proof;
  proof.content = draft.content.clone();
  proof.commitment_key = draft.key.clone();
  proof.sender = draft.sender;
  proof.time = world.clock.now();
  for (const v1::Deliver& delivered : world.relay.delivered) {
    const auto token = identity::ReleaseToken::decode(as_bytes(delivered.token()));
    if (token && token.value().message_id == draft.id) proof.token = to_bytes(delivered.token());
  }
  return proof;
}

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
  /// What a desk was told about its alert after it got it, opened.
  std::vector<messages::AlertUpdate> told(const Officer& officer,
                                          const messages::OpenedAlert& alert) const {
    std::vector<messages::AlertUpdate> out;
    for (const v1::Mail& mail : world.relay.mail_of(officer.device.id, v1::ALERT)) {
      const auto header = messages::inspect_alert_mail(as_bytes(mail.body())).value();
      if (!header.update || header.id != alert.id) continue;
      auto update = messages::open_alert_update(as_bytes(mail.body()), alert.keys.update,
                                                world.keys->signing.public_key());
      EXPECT_TRUE(update);
      if (update) out.push_back(std::move(update).value());
    }
    return out;
  }
  messages::OpenedAlert only_alert_of(const Officer& officer) const {
    auto alerts = alerts_of(officer);
    EXPECT_EQ(alerts.size(), 1u);
    return std::move(alerts.at(0));
  }
  std::size_t records_of(tlog::LeafKind kind) const {
    std::size_t count = 0;
    for (const v1::LogEntry& entry : world.relay.records) {
      const auto opening = tlog::LeafOpening::decode(as_bytes(entry.opening()));
      if (opening && opening.value().kind == kind) ++count;
    }
    return count;
  }
  void restart() {
    world.kill();
    world.start();
  }
  void step(const Officer& by, const messages::AlertId& alert, messages::AlertAction action,
            const crypto::SigningKey* key = nullptr, const std::string& argument = "note") {
    ++world.clock.time_ms;
    send_step(by, alert, action, key, argument);
  }
  /// `by`, who has seen it, reports what `draft` became.
  Officer::Draft report(Officer& by, const Officer::Draft& draft) {
    Officer::Options options;
    options.field.type = messages::BotFieldType::report;
    options.field.reported = draft.id;
    options.field.reason = SecretText::copy_of("this was aimed at a colleague");
    options.field.proof = proof_of(world, draft).encode();
    messages::Content cover;  // as the client's
    cover.type = messages::ContentType::reaction;
    cover.about = draft.id;
    cover.text = SecretText::copy_of("!");
    return by.send(cover, std::move(options));
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
