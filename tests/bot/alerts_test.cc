// Goal: serious findings reach the right desks and nobody else, and the steps taken on them are
// checked, logged and told. Method: supervisors of several units; their mail is opened with the
// keys each of them has.
#include "base/limits.h"
#include "client/messages/alert_states.h"
#include "tests/bot/alert_world.h"

namespace candour::tests {
namespace {

using messages::AlertAction;
using messages::AlertState;

using BotAlerts = AlertWorld;

TEST_F(BotAlerts, GoesToTheUnitsSupervisorsOnly) {
  const auto draft = amy.send("That is a badword, you know.");
  const auto alerts = alerts_of(grace);
  ASSERT_EQ(alerts.size(), 1u);
  const messages::AlertBody& body = alerts[0].body;
  EXPECT_EQ(body.message_id, draft.id);
  EXPECT_EQ(body.subject.person, "p-101");
  EXPECT_EQ(body.rule, "warn");
  EXPECT_EQ(body.outcome, messages::AlertOutcome::warned);
  EXPECT_EQ(body.group_name, "Team A");
  EXPECT_EQ(body.excerpt.expose().substr(body.start, body.end - body.start), "badword");
  EXPECT_TRUE(alerts_of(hugh).empty());
  EXPECT_TRUE(alerts_of(ben).empty());
}

TEST_F(BotAlerts, FindingThatAsksForNoneRaisesNone) {
  amy.warning(amy.send("A grumble."));
  EXPECT_TRUE(alerts_of(grace).empty());
}

TEST_F(BotAlerts, OverrideAlertCarriesTheJustification) {
  const auto draft = amy.send("That is a badword.");
  amy.answer(draft, override_field(amy.warning(draft), "quoting what the suspect said"));
  const auto alerts = alerts_of(grace);
  ASSERT_EQ(alerts.size(), 2u);
  EXPECT_EQ(alerts[1].body.outcome, messages::AlertOutcome::overridden);
  EXPECT_EQ(alerts[1].body.justification.expose(), "quoting what the suspect said");
}

TEST_F(BotAlerts, NeverGoesToItsAuthor) {
  Officer grace2(world, "p-201", "officer", "team-a");  // another device of the supervisor
  grace2.publish_key_package();
  messages::GroupRequest wish = world.create_request({&amy});
  wish.action = "add";
  wish.name = wish.group_class = wish.unit = "";
  wish.owners.clear();
  wish.members = {grace2.device.id};
  world.request(wish);
  grace2.catch_up();
  ASSERT_TRUE(grace2.mls.has_value());
  grace2.send("A badword from above.");
  EXPECT_TRUE(alerts_of(grace).empty());
  EXPECT_EQ(alerts_of(hugh).size(), 1u);
}

TEST_F(BotAlerts, RevokedDesksGetNothing_I9) {
  world.revoke(grace.device);
  amy.send("That is a badword.");
  EXPECT_TRUE(alerts_of(grace).empty());
  EXPECT_EQ(alerts_of(hugh).size(), 1u);
}

TEST_F(BotAlerts, ReportGoesPastTheLineAndIsNotDelivered) {
  Officer inspector(world, "p-301", "investigator", "psd");
  const auto seen = ben.send("Something that was not caught.");
  amy.catch_up();
  const std::size_t delivered = world.relay.delivered.size();
  const std::size_t records = world.relay.records.size();
  const auto reported = report(amy, seen);
  EXPECT_EQ(amy.receipt(reported).seq, Seq(0));
  EXPECT_EQ(world.relay.delivered.size(), delivered);
  EXPECT_EQ(world.relay.records.size(), records + 2);  // the report, and that it was passed on
  const auto alerts = alerts_of(inspector);
  ASSERT_EQ(alerts.size(), 1u);
  EXPECT_EQ(alerts[0].body.outcome, messages::AlertOutcome::reported);
  EXPECT_EQ(alerts[0].body.message_id, seen.id);
  EXPECT_EQ(alerts[0].body.subject.person, "p-102");
  EXPECT_TRUE(alerts_of(grace).empty());
}

TEST_F(BotAlerts, StepsAreLoggedAndTold) {
  Officer second(world, "p-203", "supervisor", "team-a");
  amy.send("That is a badword.");
  const auto alert = std::move(alerts_of(grace).at(0));
  const std::size_t records = world.relay.records.size();
  step(grace, alert.id, AlertAction::acknowledge);
  EXPECT_EQ(world.relay.records.size(), records + 1);
  EXPECT_EQ(updates_of(grace), 1u);
  EXPECT_EQ(updates_of(second), 1u);
  const auto update = messages::open_alert_update(
      as_bytes(world.relay.mail_of(second.device.id, v1::ALERT).back().body()), alert.keys.update,
      world.keys->signing.public_key());
  ASSERT_TRUE(update);
  EXPECT_EQ(update.value().state, AlertState::acknowledged);
  EXPECT_EQ(update.value().person, "p-201");

  // After a restart the bot still knows the alert and its state.
  world.kill();
  world.start();
  step(second, alert.id, AlertAction::acknowledge);  // acknowledged already
  EXPECT_EQ(updates_of(grace), 1u);
  step(second, alert.id, AlertAction::close);
  EXPECT_EQ(updates_of(grace), 2u);
}

TEST_F(BotAlerts, StepsOfOthersAreRefused_I12) {
  amy.send("That is a badword.");
  const auto alert = std::move(alerts_of(grace).at(0));
  const std::size_t records = world.relay.records.size();
  step(hugh, alert.id, AlertAction::acknowledge);                             // not his
  step(grace, alert.id, AlertAction::acknowledge, &hugh.device.signing);      // not her signature
  step(grace, alert.id, AlertAction::close);                                  // not seen yet
  step(grace, world.dice.id<messages::AlertId>(), AlertAction::acknowledge);  // no such alert
  EXPECT_EQ(world.relay.records.size(), records);
  EXPECT_EQ(updates_of(grace), 0u);
  EXPECT_TRUE(world.relay.bot_mail.empty());
}

TEST_F(BotAlerts, StepWithALongNoteChangesNothing_I12) {
  amy.send("That is a badword.");
  const auto alert = std::move(alerts_of(grace).at(0));
  const std::size_t records = world.relay.records.size();
  const std::size_t max = limits::kJustificationCodePointsMax;
  step(grace, alert.id, AlertAction::acknowledge, nullptr, std::string(max + 1, 'x'));
  step(grace, alert.id, AlertAction::acknowledge, nullptr, std::string(40'000, 'x'));
  step(grace, alert.id, AlertAction::acknowledge, nullptr, std::string(40'000, ' ') + "x");
  step(grace, alert.id, AlertAction::acknowledge, nullptr, "\xff\xfe");
  EXPECT_EQ(world.relay.records.size(), records);
  EXPECT_EQ(updates_of(grace), 0u);
  EXPECT_TRUE(world.relay.bot_mail.empty());
  // The alert is as open as before, and what was refused left nothing on the way to the relay.
  step(grace, alert.id, AlertAction::acknowledge, nullptr, std::string(max, 'x'));
  EXPECT_EQ(world.relay.records.size(), records + 1);
  EXPECT_EQ(updates_of(grace), 1u);
}

TEST_F(BotAlerts, StepMustBeLaterThanTheLastOne_I12) {
  amy.send("That is a badword.");
  const auto alert = std::move(alerts_of(grace).at(0));
  step(grace, alert.id, AlertAction::acknowledge);
  step(grace, alert.id, AlertAction::assign);
  ASSERT_EQ(updates_of(grace), 2u);
  send_step(grace, alert.id, AlertAction::assign, nullptr, "note");  // the same once more
  --world.clock.time_ms;
  send_step(grace, alert.id, AlertAction::assign, nullptr, "older");
  EXPECT_EQ(updates_of(grace), 2u);
  world.kill();
  world.start();
  send_step(grace, alert.id, AlertAction::close, nullptr, "older");
  EXPECT_EQ(updates_of(grace), 2u);
  world.clock.time_ms += 2;
  send_step(grace, alert.id, AlertAction::close, nullptr, "later");
  EXPECT_EQ(updates_of(grace), 3u);
}

TEST(AlertStates, FollowTheDesign) {
  using messages::next_state;
  EXPECT_EQ(next_state(AlertState::open, AlertAction::acknowledge), AlertState::acknowledged);
  for (AlertAction action : {AlertAction::assign, AlertAction::escalate, AlertAction::close}) {
    EXPECT_EQ(next_state(AlertState::open, action), std::nullopt);
    EXPECT_NE(next_state(AlertState::acknowledged, action), std::nullopt);
    EXPECT_EQ(next_state(AlertState::closed, action), std::nullopt);
  }
  EXPECT_EQ(next_state(AlertState::assigned, AlertAction::escalate), AlertState::escalated);
  EXPECT_EQ(next_state(AlertState::escalated, AlertAction::close), AlertState::closed);
  EXPECT_EQ(next_state(AlertState::escalated, AlertAction::assign), std::nullopt);
}

}  // namespace
}  // namespace candour::tests
