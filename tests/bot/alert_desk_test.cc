// Goal: alerts are not forgotten, not buried, and read by nobody who should not. Method: the clock
// is moved past the deadlines; desks come later; what the bot keeps is tried as keys.
#include "bot/alert_book.h"
#include "tests/bot/alert_world.h"

namespace candour::tests {
namespace {

using messages::AlertAction;
using messages::AlertState;
using messages::Resolution;

constexpr std::uint64_t kMinuteMs = 60'000;

class AlertDesk : public AlertWorld {
 protected:
  void share(const Officer& by, const messages::OpenedAlert& alert, const Officer& with) {
    messages::AlertStep step;
    step.alert = alert.id;
    step.action = AlertAction::share;
    step.to = with.device.id;
    step.envelope = messages::wrap_alert_keys(alert.id, alert.keys,
                                              with.device.sealing.public_key(), world.dice)
                        .value();
    step.device = by.device.id;
    step.time = world.clock.now();
    world.mail_to_bot(messages::ToBotType::alert_step, step.sign(by.device.signing));
    world.run();
  }
  Officer inspector{world, "p-301", "investigator", "psd"};
};

TEST_F(AlertDesk, WhatNobodyAcknowledgesIsRemindedOfAndPassedOn) {
  amy.send("That is a badword.");
  const auto alert = only_alert_of(grace);
  EXPECT_TRUE(alerts_of(inspector).empty());
  world.advance(59 * kMinuteMs);
  EXPECT_TRUE(told(grace, alert).empty());
  world.advance(2 * kMinuteMs);
  ASSERT_EQ(told(grace, alert).size(), 1u);
  EXPECT_EQ(told(grace, alert)[0].action, AlertAction::remind);
  restart();  // deadlines survive
  world.advance(8 * 60 * kMinuteMs);
  ASSERT_EQ(told(grace, alert).size(), 2u);
  EXPECT_EQ(told(grace, alert)[1].action, AlertAction::overdue);
  EXPECT_EQ(told(grace, alert)[1].state, AlertState::escalated);
  const auto passed_on = only_alert_of(inspector);
  EXPECT_EQ(passed_on.body.excerpt.expose(), alert.body.excerpt.expose());
  step(inspector, alert.id, AlertAction::close);
  EXPECT_EQ(told(grace, alert).back().state, AlertState::closed);
  world.advance(48 * 60 * kMinuteMs);
  EXPECT_EQ(told(grace, alert).size(), 3u);
}

TEST_F(AlertDesk, SeriousOnesWaitLess) {
  amy.send("That is a gravestword.");
  const auto alert = only_alert_of(grace);
  EXPECT_TRUE(alert.body.serious);
  world.advance(11 * kMinuteMs);
  EXPECT_EQ(told(grace, alert).size(), 1u);
  world.advance(50 * kMinuteMs);
  EXPECT_EQ(told(grace, alert).size(), 2u);
  EXPECT_EQ(alerts_of(inspector).size(), 1u);
}

TEST_F(AlertDesk, AcknowledgedInTimeGoesToNobodyElse) {
  amy.send("That is a gravestword.");
  const auto alert = only_alert_of(grace);
  step(grace, alert.id, AlertAction::acknowledge);
  world.advance(23 * 60 * kMinuteMs);
  EXPECT_EQ(told(grace, alert).size(), 1u);
  EXPECT_TRUE(alerts_of(inspector).empty());
}

TEST_F(AlertDesk, WithoutANextLineTheDesksAreRemindedAgain) {
  world.revoke(inspector.device);
  amy.send("That is a gravestword.");
  const auto alert = only_alert_of(grace);
  for (int hours = 0; hours < 4; ++hours) world.advance(60 * kMinuteMs);
  EXPECT_GE(told(grace, alert).size(), 3u);
  for (const auto& update : told(grace, alert)) {
    EXPECT_EQ(update.action, AlertAction::remind);
    EXPECT_EQ(update.state, AlertState::open);
  }
}

TEST_F(AlertDesk, ClosingASeriousOneAsNothingIsCountedAndDrawn) {
  world.alerts.sample_one_in = 1;
  restart();
  amy.send("That is a gravestword.");
  const auto alert = only_alert_of(grace);
  step(grace, alert.id, AlertAction::acknowledge);
  EXPECT_EQ(records_of(tlog::LeafKind::alert_dismissal), 0u);
  resolution = Resolution::no_action;
  step(grace, alert.id, AlertAction::close);
  // The desk's step, and that it was drawn.
  EXPECT_EQ(records_of(tlog::LeafKind::alert_dismissal), 2u);
  const auto drawn = only_alert_of(inspector);
  EXPECT_EQ(drawn.body.rule, "grave");
  ASSERT_EQ(told(inspector, drawn).size(), 1u);
  EXPECT_EQ(told(inspector, drawn)[0].action, AlertAction::sample);
  EXPECT_EQ(told(inspector, drawn)[0].resolution, Resolution::no_action);
}

TEST_F(AlertDesk, OtherClosingsAreNotDrawn) {
  world.alerts.sample_one_in = 1;
  restart();
  amy.send("That is a gravestword.");
  amy.send("That is a badword.");
  const auto alerts = alerts_of(grace);
  ASSERT_EQ(alerts.size(), 2u);
  step(grace, alerts[0].id, AlertAction::acknowledge);
  resolution = Resolution::training;
  step(grace, alerts[0].id, AlertAction::close);
  step(grace, alerts[1].id, AlertAction::acknowledge);
  resolution = Resolution::false_positive;  // but not of a serious one
  step(grace, alerts[1].id, AlertAction::close);
  EXPECT_EQ(records_of(tlog::LeafKind::alert_dismissal), 0u);
  EXPECT_TRUE(alerts_of(inspector).empty());
}

TEST_F(AlertDesk, OneInSoManyIsDrawn) {
  world.alerts.sample_one_in = 3;
  restart();
  resolution = Resolution::no_action;
  constexpr int kAlerts = 60;
  for (int i = 0; i < kAlerts; ++i) amy.send("That is a gravestword.");
  for (const auto& alert : alerts_of(grace)) {
    step(grace, alert.id, AlertAction::acknowledge);
    step(grace, alert.id, AlertAction::close);
  }
  // The dice are seeded: this is the same number in every run.
  EXPECT_GT(alerts_of(inspector).size(), 10u);
  EXPECT_LT(alerts_of(inspector).size(), 32u);
}

TEST_F(AlertDesk, PseudonymUntilItIsEscalated) {
  world.alerts.pseudonymous = true;
  restart();
  amy.send("That is a badword.");
  amy.send("Another badword.");
  ben.send("A badword too.");
  const auto alerts = alerts_of(grace);
  ASSERT_EQ(alerts.size(), 3u);
  for (const auto& alert : alerts) {
    EXPECT_FALSE(alert.body.subject.known());
    EXPECT_TRUE(alert.body.subject.name.empty());
    EXPECT_EQ(alert.body.subject.pseudonym.find("officer "), 0u);
  }
  EXPECT_EQ(alerts[0].body.subject.pseudonym, alerts[1].body.subject.pseudonym);
  EXPECT_NE(alerts[0].body.subject.pseudonym, alerts[2].body.subject.pseudonym);
  EXPECT_EQ(alerts[1].body.earlier.all, 1u);
  step(grace, alerts[0].id, AlertAction::acknowledge);
  EXPECT_FALSE(told(grace, alerts[0]).back().subject.known());
  step(grace, alerts[0].id, AlertAction::escalate);
  EXPECT_EQ(told(grace, alerts[0]).back().subject.person, "p-101");
  const auto escalated = only_alert_of(inspector);
  EXPECT_EQ(told(inspector, escalated).back().subject.person, "p-101");
  EXPECT_FALSE(escalated.body.subject.known());
}

TEST_F(AlertDesk, CountsWhatCameOfEarlierOnes) {
  for (const Resolution how : {Resolution::advice_given, Resolution::false_positive}) {
    amy.send("That is a badword.");
    const auto alert = std::move(alerts_of(grace).back());
    step(grace, alert.id, AlertAction::acknowledge);
    resolution = how;
    step(grace, alert.id, AlertAction::close);
  }
  amy.send("That is a badword.");
  const auto third = std::move(alerts_of(grace).back());
  EXPECT_EQ(third.body.earlier.all, 2u);
  EXPECT_EQ(third.body.earlier.acted_upon, 1u);
  EXPECT_EQ(third.body.earlier.dismissed, 1u);
  ben.send("That is a badword.");
  EXPECT_EQ(alerts_of(grace).back().body.earlier.all, 0u);
}

TEST_F(AlertDesk, NeverGoesToWhomTheMessageNames) {
  amy.send("That badword p-201 again.");  // who is "PC p-201" to everybody
  EXPECT_TRUE(alerts_of(grace).empty());
  EXPECT_EQ(alerts_of(hugh).size(), 1u);
  amy.send("That badword p-201 and p-202.");
  EXPECT_TRUE(alerts_of(grace).empty());
  EXPECT_EQ(alerts_of(hugh).size(), 1u);
  EXPECT_EQ(alerts_of(inspector).size(), 1u);
}

TEST_F(AlertDesk, DeskThatComesLaterGetsOpenAlertsFromAnother) {
  amy.send("That is a badword.");
  const auto alert = only_alert_of(grace);
  Officer late(world, "p-204", "supervisor", "team-a");
  world.advance(1'000);
  ASSERT_FALSE(told(grace, alert).empty());
  EXPECT_EQ(told(grace, alert).back().action, AlertAction::want);
  EXPECT_EQ(told(grace, alert).back().to, late.device.id);
  EXPECT_TRUE(alerts_of(late).empty());
  share(grace, alert, late);
  const auto shared = only_alert_of(late);
  EXPECT_EQ(shared.body.excerpt.expose(), alert.body.excerpt.expose());
  EXPECT_EQ(told(late, shared).back().state, AlertState::open);
  step(late, shared.id, AlertAction::acknowledge);
  EXPECT_EQ(told(grace, alert).back().person, "p-204");
  const std::size_t mails = world.relay.mail_of(late.device.id, v1::ALERT).size();
  share(grace, alert, late);  // once is enough
  EXPECT_EQ(world.relay.mail_of(late.device.id, v1::ALERT).size(), mails);
}

TEST_F(AlertDesk, ReportIsNeverForTheLine) {
  const auto seen = ben.send("Something that was not caught.");
  amy.catch_up();
  report(amy, seen);
  const auto got = only_alert_of(inspector);
  Officer late(world, "p-204", "supervisor", "team-a");
  world.advance(1'000);
  restart();
  world.advance(1'000);
  EXPECT_TRUE(told(inspector, got).empty());  // nobody is wanted
  share(inspector, got, grace);
  EXPECT_TRUE(alerts_of(grace).empty());
  EXPECT_TRUE(alerts_of(late).empty());
}

TEST_F(AlertDesk, NamingEverybodyLetsNobodyEscape) {
  amy.send("That badword p-201, p-202 and p-301.");
  const auto first = only_alert_of(grace);
  EXPECT_TRUE(alerts_of(inspector).empty());
  world.advance(61 * kMinuteMs);
  world.advance(8 * 60 * kMinuteMs);
  EXPECT_EQ(alerts_of(inspector).size(), 1u);
}

TEST_F(AlertDesk, WhatIsWithProfessionalStandardsIsTheirsToClose) {
  amy.send("That is a badword.");
  const auto alert = only_alert_of(grace);
  step(grace, alert.id, AlertAction::acknowledge);
  step(grace, alert.id, AlertAction::escalate);
  step(grace, alert.id, AlertAction::close);
  EXPECT_EQ(told(grace, alert).back().state, AlertState::escalated);
  step(inspector, alert.id, AlertAction::close);
  EXPECT_EQ(told(grace, alert).back().state, AlertState::closed);
}

TEST_F(AlertDesk, DeskCannotShareWithOthers_I12) {
  amy.send("That is a badword.");
  const auto alert = only_alert_of(grace);
  const std::size_t records = world.relay.records.size();
  share(grace, alert, hugh);       // of another unit
  share(grace, alert, ben);        // no supervisor
  share(grace, alert, inspector);  // that would be escalating
  share(hugh, alert, hugh);        // never had it
  EXPECT_EQ(world.relay.records.size(), records);
  EXPECT_TRUE(alerts_of(hugh).empty());
  EXPECT_TRUE(alerts_of(inspector).empty());
}

TEST_F(AlertDesk, TheBotCannotReadWhatItKeeps_I6) {
  amy.send("That is a badword.");
  const auto alert = only_alert_of(grace);
  auto kept = world.process->store->alert(alert.id.view());
  ASSERT_TRUE(kept && kept.value());
  const auto parts = bot::KeptAlert::decode(kept.value()->sealed);
  ASSERT_TRUE(parts);
  ASSERT_FALSE(parts.value().envelopes.empty());  // the next line's
  const auto opens = [&](const crypto::AeadKey& key) {
    return crypto::box_open(key, alert.id.view(), parts.value().body.ciphertext).has_value();
  };
  EXPECT_TRUE(opens(alert.keys.body));  // the control
  EXPECT_FALSE(opens(
      crypto::AeadKey::copy_of(kept.value()->update_key.view().first<crypto::AeadKey::kSize>())));
  for (const auto& envelope : parts.value().envelopes) {
    EXPECT_FALSE(crypto::open_sealed_box(world.keys->sealing, as_bytes("candour alert v1"),
                                         alert.id.view(), envelope.keys)
                     .has_value());
  }
}

TEST_F(AlertDesk, LeavesAfterARandomWhile) {
  world.alerts.delay_max_ms = 60'000;
  restart();
  int at_once = 0;
  for (int i = 0; i < 8; ++i) {
    const std::size_t before = alerts_of(grace).size();
    amy.send("That is a badword.");
    at_once += alerts_of(grace).size() > before ? 1 : 0;
  }
  EXPECT_LT(at_once, 8);
  world.advance(61'000);
  EXPECT_EQ(alerts_of(grace).size(), 8u);
}

}  // namespace
}  // namespace candour::tests
