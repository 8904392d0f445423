// Goal: no alert is forgotten once somebody has put a hand on it, none is told of for ever, a burst
// is one alert, and one that fails stops no other. Method: the clock is moved past each deadline;
// rows of the bot's store are damaged.
#include "bot/alert_book.h"
#include "tests/bot/alert_world.h"

namespace candour::tests {
namespace {

using messages::AlertAction;
using messages::AlertState;
using messages::Resolution;

constexpr std::uint64_t kMinuteMs = 60'000;
constexpr std::uint64_t kHourMs = 60 * kMinuteMs;
constexpr std::uint64_t kDayMs = 24 * kHourMs;

class AlertTimes : public AlertWorld {
 protected:
  Officer inspector{world, "p-301", "investigator", "psd"};

  storage::BotAlert row_of(const messages::OpenedAlert& alert) {
    return std::move(*world.process->store->alert(alert.id.view()).value());
  }
  bool kept(const messages::OpenedAlert& alert) {
    return world.process->store->alert(alert.id.view()).value().has_value();
  }
  std::vector<AlertAction> actions(const Officer& officer, const messages::OpenedAlert& alert) {
    std::vector<AlertAction> out;
    for (const auto& update : told(officer, alert)) out.push_back(update.action);
    return out;
  }
  void write(const storage::BotAlert& row) {
    ASSERT_TRUE(world.process->store->begin());
    ASSERT_TRUE(world.process->store->put_alert(row));
    ASSERT_TRUE(world.process->store->commit());
  }
};

TEST_F(AlertTimes, WhatIsAcknowledgedAndNotClosedComesBackAndIsThenPassedOn) {
  amy.send("That is a badword.");
  const auto alert = only_alert_of(grace);
  step(grace, alert.id, AlertAction::acknowledge);
  world.advance(6 * kDayMs);
  EXPECT_EQ(told(grace, alert).size(), 1u);
  world.advance(1 * kDayMs + kMinuteMs);
  ASSERT_EQ(told(grace, alert).size(), 2u);
  EXPECT_EQ(told(grace, alert)[1].action, AlertAction::returned);
  EXPECT_EQ(told(grace, alert)[1].state, AlertState::open);
  restart();
  step(grace, alert.id, AlertAction::acknowledge);
  EXPECT_TRUE(alerts_of(inspector).empty());
  world.advance(7 * kDayMs + kMinuteMs);
  EXPECT_EQ(told(grace, alert).back().action, AlertAction::overdue);
  EXPECT_EQ(told(grace, alert).back().state, AlertState::escalated);
  EXPECT_EQ(alerts_of(inspector).size(), 1u);
}

TEST_F(AlertTimes, WhatCameBackAndNobodyTakesIsPassedOn) {
  amy.send("That is a gravestword.");
  const auto alert = only_alert_of(grace);
  step(grace, alert.id, AlertAction::acknowledge);
  world.advance(kDayMs + kMinuteMs);  // serious ones wait less
  EXPECT_EQ(told(grace, alert).back().action, AlertAction::returned);
  world.advance(kHourMs + kMinuteMs);
  EXPECT_EQ(told(grace, alert).back().action, AlertAction::overdue);
  EXPECT_EQ(alerts_of(inspector).size(), 1u);
}

TEST_F(AlertTimes, AssigningItToAndFroDoesNotPutItOff) {
  amy.send("That is a gravestword.");
  const auto alert = only_alert_of(grace);
  step(grace, alert.id, AlertAction::acknowledge);
  for (int i = 0; i < 23; ++i) {
    world.advance(kHourMs);
    step(grace, alert.id, AlertAction::assign);
  }
  world.advance(kHourMs);
  EXPECT_EQ(told(grace, alert).back().action, AlertAction::returned);
}

TEST_F(AlertTimes, ProfessionalStandardsAreRemindedButNotForEver) {
  amy.send("That is a gravestword.");
  const auto alert = only_alert_of(grace);
  step(grace, alert.id, AlertAction::acknowledge);
  step(grace, alert.id, AlertAction::escalate);
  for (int days = 0; days < 80; ++days) world.advance(kDayMs);
  const auto all = actions(inspector, only_alert_of(inspector));
  EXPECT_EQ(std::count(all.begin(), all.end(), AlertAction::remind), 6);
  // The control: it is not lost, and can be closed still.
  step(inspector, alert.id, AlertAction::close);
  EXPECT_EQ(told(inspector, only_alert_of(inspector)).back().state, AlertState::closed);
}

TEST_F(AlertTimes, ReportsAreRemindedOfButNotForEver) {
  const auto seen = ben.send("Something that was not caught.");
  amy.catch_up();
  report(amy, seen);
  const auto got = only_alert_of(inspector);
  for (int days = 0; days < 80; ++days) world.advance(kDayMs);
  EXPECT_EQ(actions(inspector, got), std::vector(6, AlertAction::remind));
}

TEST_F(AlertTimes, StepsAreComparedWithTheOnesOfTheSameDeviceOnly_I12) {
  Officer second(world, "p-203", "supervisor", "team-a");
  amy.send("That is a badword.");
  const auto alert = only_alert_of(grace);
  const auto send_at = [&](const Officer& by, AlertAction action, std::uint64_t time_ms) {
    messages::AlertStep step;
    step.alert = alert.id;
    step.action = action;
    if (action == AlertAction::close) step.resolution = Resolution::training;
    step.device = by.device.id;
    step.time = TimeMs(time_ms);
    world.mail_to_bot(messages::ToBotType::alert_step, step.sign(by.device.signing));
    world.run();
  };
  const std::uint64_t now = world.clock.time_ms;
  send_at(grace, AlertAction::acknowledge, now + 200'000);  // her clock is ahead
  EXPECT_EQ(told(grace, alert).back().state, AlertState::acknowledged);
  send_at(second, AlertAction::assign, now - 400'000);  // and his is behind
  EXPECT_EQ(told(grace, alert).back().state, AlertState::assigned);
  const std::size_t before = told(grace, alert).size();
  send_at(second, AlertAction::close, now - 400'000);  // no step can be sent twice
  EXPECT_EQ(told(grace, alert).size(), before);
  send_at(second, AlertAction::close, now - 399'000);
  EXPECT_EQ(told(grace, alert).back().state, AlertState::closed);
}

TEST_F(AlertTimes, ClosedOnesAreForgottenButCounted) {
  amy.send("That is a badword.");
  const auto alert = only_alert_of(grace);
  step(grace, alert.id, AlertAction::acknowledge);
  step(grace, alert.id, AlertAction::close);
  world.advance(89 * kDayMs);
  EXPECT_TRUE(kept(alert));
  world.advance(2 * kDayMs);
  EXPECT_FALSE(kept(alert));
  amy.send("That is a badword.");
  const auto second = std::move(alerts_of(grace).back());
  EXPECT_EQ(second.body.earlier.all, 1u);
  EXPECT_EQ(second.body.earlier.acted_upon, 1u);
  step(grace, second.id, AlertAction::acknowledge);
  step(grace, second.id, AlertAction::close);
  EXPECT_TRUE(kept(second));
  for (int months = 0; months < 10; ++months) world.advance(30 * kDayMs);
  EXPECT_FALSE(kept(second));
  amy.send("That is a badword.");
  EXPECT_EQ(alerts_of(grace).back().body.earlier.all, 1u);  // of the last year only
}

TEST_F(AlertTimes, OneThatFailsStopsNoOther) {
  amy.send("That is a badword.");
  const auto bad = only_alert_of(grace);
  amy.send("Another badword.");
  const auto good = std::move(alerts_of(grace).back());
  storage::BotAlert row = row_of(bad);
  row.sealed = to_bytes("no alert");
  write(row);
  world.advance(61 * kMinuteMs);
  EXPECT_TRUE(told(grace, bad).empty());
  ASSERT_EQ(told(grace, good).size(), 1u);
  EXPECT_EQ(world.process->store->number("alerts_failed").value(), 1u);
  step(grace, bad.id, AlertAction::acknowledge);  // refused, and nothing more
  step(grace, good.id, AlertAction::acknowledge);
  EXPECT_EQ(told(grace, good).back().state, AlertState::acknowledged);
  Officer late(world, "p-204", "supervisor", "team-a");
  world.advance(1'000);
  EXPECT_EQ(told(grace, good).back().action, AlertAction::want);
  restart();
  world.advance(62 * kMinuteMs);
  EXPECT_EQ(world.process->store->number("alerts_failed").value(), 2u);
  amy.receipt(amy.send("Good evening."));
}

TEST_F(AlertTimes, WhatNobodyCouldBeGivenIsPassedOnWhenSomebodyIsThereAgain) {
  world.certificate_days = 1;
  Officer away{world, "p-302", "investigator", "psd"};
  world.certificate_days = 300;
  world.revoke(inspector.device);
  world.advance(23 * kHourMs + 30 * kMinuteMs);
  amy.send("That is a gravestword.");
  const auto alert = only_alert_of(grace);
  for (int days = 0; days < 30; ++days) world.advance(kDayMs);  // past every reminder
  EXPECT_TRUE(alerts_of(away).empty());
  EXPECT_EQ(told(grace, alert).size(), world.alerts.reminders_max);
  restart();
  world.enrol(away.device, "investigator", "psd");
  world.advance(25 * kHourMs);
  EXPECT_EQ(alerts_of(away).size(), 1u);
  EXPECT_EQ(actions(grace, alert).back(), AlertAction::overdue);
  EXPECT_EQ(told(grace, alert).back().state, AlertState::escalated);
}

TEST_F(AlertTimes, OfWhatNobodyCanReadNobodyIsAskedToLetOthersIn) {
  world.alerts.delay_max_ms = 60'000;
  restart();
  amy.send("That is a gravestword.");
  world.revoke(grace.device);
  world.revoke(inspector.device);
  world.advance(61'000);
  Officer late(world, "p-204", "supervisor", "team-a");
  Officer later(world, "p-302", "investigator", "psd");
  world.advance(1'000);
  const std::size_t before = records_of(tlog::LeafKind::alert_step);
  for (int i = 0; i < 240 && records_of(tlog::LeafKind::alert_step) == before; ++i) {
    world.advance(kMinuteMs);
  }
  EXPECT_EQ(records_of(tlog::LeafKind::alert_step), before + 1) << "the reminder alone";
}

TEST_F(AlertTimes, ANewNextLineIsLetInByADesk) {
  world.revoke(inspector.device);
  amy.send("That is a gravestword.");
  const auto alert = only_alert_of(grace);
  for (int days = 0; days < 30; ++days) world.advance(kDayMs);
  Officer later{world, "p-302", "investigator", "psd"};
  world.advance(25 * kHourMs);
  ASSERT_EQ(actions(grace, alert).back(), AlertAction::want);
  EXPECT_EQ(told(grace, alert).back().to, later.device.id);
  messages::AlertStep share;
  share.alert = alert.id;
  share.action = AlertAction::share;
  share.to = later.device.id;
  share.envelope =
      messages::wrap_alert_keys(alert.id, alert.keys, later.device.sealing.public_key(), world.dice)
          .value();
  share.device = grace.device.id;
  share.time = world.clock.now();
  world.mail_to_bot(messages::ToBotType::alert_step, share.sign(grace.device.signing));
  world.run();
  EXPECT_EQ(only_alert_of(later).body.rule, "grave");
}

class AlertBursts : public AlertTimes {
 protected:
  void SetUp() override {
    world.alerts.fold_within_ms = 10 * kMinuteMs;
    AlertTimes::SetUp();
  }
};

TEST_F(AlertBursts, MessagesAlikeWithinMinutesAreOneAlertWithACount) {
  for (int i = 0; i < 11; ++i) amy.send("That is a badword.");
  const auto alert = only_alert_of(grace);
  // Told at 1, 2, 4 and 8.
  ASSERT_EQ(actions(grace, alert), std::vector(4, AlertAction::repeat));
  EXPECT_EQ(told(grace, alert).back().repeats, 8u);
  step(grace, alert.id, AlertAction::acknowledge);
  EXPECT_EQ(told(grace, alert).back().repeats, 10u);  // all there are, with whatever is told
  world.advance(11 * kMinuteMs);
  amy.send("That is a badword.");
  EXPECT_EQ(alerts_of(grace).size(), 2u);
}

TEST_F(AlertBursts, WhatCannotBeFoldedIsAnAlertOfItsOwnAndNoMessageIsRefused) {
  amy.send("That is a badword.");
  const auto first = only_alert_of(grace);
  storage::BotAlert row = row_of(first);
  const storage::BotDesk desk = row.desks.front();
  row.desks.assign(20'000, desk);  // more than one frame can tell
  write(row);
  const auto draft = amy.send("That is a badword.");
  EXPECT_EQ(amy.warning(draft).block, false);
  EXPECT_EQ(alerts_of(grace).size(), 2u);
}

TEST_F(AlertBursts, OnlyWhatIsAlikeIsFolded) {
  amy.send("That is a badword.");
  ben.send("That is a badword.");  // another person
  EXPECT_EQ(alerts_of(grace).size(), 2u);
  amy.send("That is a gravestword.");  // another rule
  EXPECT_EQ(alerts_of(grace).size(), 3u);
  const auto draft = amy.send("That is a badword.");
  EXPECT_EQ(alerts_of(grace).size(), 3u);
  // Sent anyway: each reason is to be read.
  amy.answer(draft, override_field(amy.warning(draft), "quoting what the suspect said"));
  EXPECT_EQ(alerts_of(grace).size(), 4u);
  const auto again = amy.send("That is a badword.");
  amy.answer(again, override_field(amy.warning(again), "quoting what the suspect said"));
  EXPECT_EQ(alerts_of(grace).size(), 5u);
}

TEST_F(AlertBursts, NothingIsFoldedIntoAClosedOne) {
  amy.send("That is a badword.");
  const auto alert = only_alert_of(grace);
  step(grace, alert.id, AlertAction::acknowledge);
  step(grace, alert.id, AlertAction::close);
  amy.send("That is a badword.");
  EXPECT_EQ(alerts_of(grace).size(), 2u);
}

TEST_F(AlertBursts, WhatRepeatedBeforeItLeftIsTold) {
  world.alerts.delay_max_ms = 60'000;
  restart();
  for (int i = 0; i < 4; ++i) amy.send("That is a badword.");
  world.advance(61'000);
  const auto alert = only_alert_of(grace);
  ASSERT_FALSE(told(grace, alert).empty());
  EXPECT_EQ(told(grace, alert).back().repeats, 3u);
}

}  // namespace
}  // namespace candour::tests
