// Goal: a report proves itself to professional standards, looks like any other submission, and
// goes past the line, as does pressure on somebody who reported; the duty to report is mentioned
// and not nagged. Method: officers report with good and bad proofs; who gets what is opened.
#include "base/limits.h"
#include "tests/bot/alert_world.h"

namespace candour::tests {
namespace {

using messages::BotFieldType;

constexpr std::uint64_t kDayMs = 24ull * 3600 * 1000;

class Reports : public AlertWorld {
 protected:
  Officer inspector{world, "p-301", "investigator", "psd"};

  /// `by` reports `what` with this proof.
  Officer::Draft report_with(Officer& by, const MessageId& what,
                             const messages::ReportProof& proof) {
    Officer::Options options;
    options.field.type = BotFieldType::report;
    options.field.reported = what;
    options.field.reason = SecretText::copy_of("this was aimed at a colleague");
    options.field.proof = proof.encode();
    return by.send("report", std::move(options));
  }
  messages::ReportChecks checks_of(const messages::OpenedAlert& alert) const {
    const auto proof = messages::ReportProof::decode(alert.body.proof.view());
    EXPECT_TRUE(proof);
    if (!proof) return {};
    const SigningPublicKey bots[] = {world.keys->signing.public_key()};
    return messages::check_report(proof.value(), alert.body.group, alert.body.message_id,
                                  alert.body.subject.device, bots);
  }
};

TEST_F(Reports, CarryTheMessageAndProveIt) {
  const auto seen = ben.send("Something that was not caught.");
  amy.catch_up();
  report(amy, seen);
  const auto got = only_alert_of(inspector);
  EXPECT_TRUE(checks_of(got).all());
  EXPECT_EQ(got.body.excerpt.expose(), "Something that was not caught.");
  EXPECT_EQ(got.body.subject.person, "p-102");
  EXPECT_EQ(got.body.message_id, seen.id);
  // Whoever reported is nowhere in it.
  const SecretBytes body = got.body.encode();
  const std::string_view bytes = as_text(body.view());
  EXPECT_EQ(bytes.find("p-101"), std::string_view::npos);
  EXPECT_EQ(bytes.find(as_text(amy.device.id.view())), std::string_view::npos);
  EXPECT_NE(bytes.find("p-102"), std::string_view::npos);  // the control
}

TEST_F(Reports, OfALongMessageTravelInAParcelOnlyTheBotOpens) {
  const std::string text(limits::kContentSizeMax - 64, 'x');
  const auto seen = ben.send(text);
  amy.catch_up();
  Officer::Options options;
  options.field.type = BotFieldType::report;
  options.field.reported = seen.id;
  options.field.reason = SecretText::copy_of("this was aimed at a colleague");
  options.id = world.dice.id<MessageId>();
  messages::Content content;
  content.type = messages::ContentType::parcel;
  content.parcel =
      messages::seal_parcel(proof_of(world, seen).encode().view(), world.keys->sealing.public_key(),
                            world.group, *options.id, world.dice)
          .value();
  const std::size_t delivered = world.relay.delivered.size();
  const auto sent = amy.send(content, std::move(options));
  EXPECT_EQ(amy.receipt(sent).seq, Seq(0));
  EXPECT_EQ(world.relay.delivered.size(), delivered);
  const auto got = only_alert_of(inspector);
  EXPECT_TRUE(checks_of(got).all());
  const auto proof = messages::ReportProof::decode(got.body.proof.view()).value();
  EXPECT_EQ(messages::Content::decode(proof.content.view()).value().text.expose(), text);
}

TEST_F(Reports, AParcelThatReportsNothingIsRefused_I12) {
  messages::Content content;
  content.type = messages::ContentType::parcel;
  content.parcel = Bytes(messages::kParcelSize, 1);
  const std::size_t delivered = world.relay.delivered.size();
  EXPECT_EQ(amy.rejection(amy.send(content)), "input_invalid");
  EXPECT_EQ(world.relay.delivered.size(), delivered);
}

TEST_F(Reports, ThatProveNothingAreRefusedAndSaySo_I12) {
  const auto seen = ben.send("Something that was not caught.");
  const auto other = ben.send("Something else.");
  amy.catch_up();
  const auto refused = [&](const MessageId& what, const messages::ReportProof& proof) {
    return amy.rejection(report_with(amy, what, proof));
  };
  auto altered = proof_of(world, seen);
  altered.content = other.content.clone();
  EXPECT_EQ(refused(seen.id, altered), "input_invalid");
  auto unsigned_token = proof_of(world, seen);
  unsigned_token.token.back() ^= 1;
  EXPECT_EQ(refused(seen.id, unsigned_token), "input_invalid");
  EXPECT_EQ(refused(other.id, proof_of(world, seen)), "input_invalid");
  auto blamed = proof_of(world, seen);
  blamed.sender = amy.device.id;
  EXPECT_EQ(refused(seen.id, blamed), "input_invalid");
  EXPECT_EQ(refused(world.dice.id<MessageId>(), proof_of(world, seen)), "input_invalid");
  EXPECT_TRUE(alerts_of(inspector).empty());
  report(amy, seen);  // the control
  EXPECT_EQ(alerts_of(inspector).size(), 1u);
}

TEST_F(Reports, LookToTheRelayLikeAnyWithheldMessage) {
  const auto seen = ben.send("Something that was not caught.");
  amy.catch_up();
  const auto shape_of_last = [&] {
    const v1::Submit& submit = world.relay.submitted.back();
    return std::pair(submit.ciphertext().size(), submit.bot_field().size());
  };
  amy.warning(amy.send("badword"));
  const auto warned = shape_of_last();
  report(amy, seen);
  EXPECT_EQ(shape_of_last(), warned);
}

TEST_F(Reports, LeaveAfterALongerWhile) {
  world.alerts.report_delay_max_ms = 10 * 60'000;
  restart();
  int at_once = 0;
  for (int i = 0; i < 6; ++i) {
    const auto seen = ben.send("Something that was not caught.");
    amy.catch_up();
    const std::size_t before = alerts_of(inspector).size();
    report(amy, seen);
    at_once += alerts_of(inspector).size() > before ? 1 : 0;
  }
  EXPECT_LT(at_once, 3);
  world.advance(10 * 60'000 + 1);
  EXPECT_EQ(alerts_of(inspector).size(), 6u);
}

TEST_F(Reports, PressureOnAReporterGoesPastTheLineAndNamesNobody) {
  ben.send("We know p-101 is reprisalword to p-201.");
  EXPECT_TRUE(alerts_of(grace).empty());
  EXPECT_TRUE(alerts_of(hugh).empty());
  const auto got = only_alert_of(inspector);
  EXPECT_EQ(got.body.category, messages::kReprisalCategory);
  EXPECT_EQ(got.body.excerpt.expose(), "We know [name] is reprisalword to [name].");
  EXPECT_EQ(got.body.excerpt.expose().substr(got.body.start, got.body.end - got.body.start),
            "reprisalword");
  EXPECT_EQ(got.body.subject.person, "p-102");
}

TEST_F(Reports, PeopleNamedAsOfficersStayLeftOutWhenTheyArePromoted) {
  amy.send("That badword p-102 again.");
  const auto alert = only_alert_of(grace);
  Officer promoted(world, "p-102", "supervisor", "team-a");
  world.advance(1'000);
  EXPECT_TRUE(told(grace, alert).empty());
  Officer other(world, "p-209", "supervisor", "team-a");  // the control
  world.advance(1'000);
  ASSERT_EQ(told(grace, alert).size(), 1u);
  EXPECT_EQ(told(grace, alert)[0].to, other.device.id);
}

class DutyToReport : public AlertWorld {
 protected:
  bool mentioned(Officer& to) { return to.receipt(to.send("Morning.")).mention_duty; }
  void flag() {
    const auto draft = amy.send("A badword.");
    amy.receipt(amy.answer(draft, override_field(amy.warning(draft), "a good reason to say so")));
    ben.catch_up();
  }
};

TEST_F(DutyToReport, IsMentionedAfterAFlaggedMessageAndThenNotForALongWhile) {
  world.alerts.duty_one_in = 1;
  restart();
  flag();
  EXPECT_TRUE(mentioned(ben));
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(mentioned(ben));
  world.advance(20 * kDayMs);
  flag();
  EXPECT_FALSE(mentioned(ben));
  world.advance(11 * kDayMs);
  flag();
  EXPECT_TRUE(mentioned(ben));
}

// "Not about you", as clients say, has to be true.
TEST_F(DutyToReport, IsNotMentionedToWhomTheFlaggedMessageIsOf) {
  world.alerts.duty_one_in = 1;
  restart();
  const auto draft = amy.send("A badword.");
  const auto answer =
      amy.answer(draft, override_field(amy.warning(draft), "a good reason to say so"));
  EXPECT_FALSE(amy.receipt(answer).mention_duty);
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(mentioned(amy));
  EXPECT_TRUE(mentioned(ben));
}

TEST_F(DutyToReport, IsNotMentionedWhereItIsConfiguredNotToBe) {
  world.alerts.duty_one_in = 1;
  world.alerts.duty_every_ms = 0;
  restart();
  flag();
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(mentioned(ben));
}

// So that a mention does not tell that something was flagged.
TEST_F(DutyToReport, IsSometimesMentionedWhereNothingWasFlagged) {
  world.alerts.duty_one_in = 1;
  restart();
  int mentions = 0;
  for (int i = 0; i < 400; ++i) mentions += mentioned(ben) ? 1 : 0;
  EXPECT_EQ(mentions, 1);
}

class OwnAlerts : public AlertWorld {
 protected:
  Officer inspector{world, "p-301", "investigator", "psd"};

  void close(const Officer& by, const messages::AlertId& id, messages::Resolution how) {
    step(by, id, messages::AlertAction::acknowledge);
    resolution = how;
    step(by, id, messages::AlertAction::close);
  }
  std::vector<messages::ClosedAlert> told_of(Officer& officer) {
    return officer.receipt(officer.send("Morning.")).closed;
  }
};

TEST_F(OwnAlerts, AreToldOnceTheyAreClosedAndNoSooner) {
  const auto draft = amy.send("That is a badword.");
  const auto alert = only_alert_of(grace);
  EXPECT_TRUE(told_of(amy).empty());
  step(grace, alert.id, messages::AlertAction::acknowledge);
  EXPECT_TRUE(told_of(amy).empty());
  resolution = messages::Resolution::training;
  step(grace, alert.id, messages::AlertAction::close);
  restart();
  EXPECT_TRUE(told_of(ben).empty());
  const auto told = told_of(amy);
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].message_id, draft.id);
  EXPECT_EQ(told[0].resolution, messages::Resolution::training);
  const auto note = messages::OwnAlert::open(told[0].note, amy.device.sealing, draft.id);
  ASSERT_TRUE(note);
  EXPECT_EQ(note.value().rule, "warn");
  EXPECT_EQ(note.value().category, "test.warn");
  EXPECT_EQ(note.value().raised, alert.body.time);
  EXPECT_FALSE(messages::OwnAlert::open(told[0].note, ben.device.sealing, draft.id));
  EXPECT_TRUE(told_of(amy).empty());  // once
}

TEST_F(OwnAlerts, ReferredEscalatedAndReportedOnesAreNotTold) {
  amy.send("That is a badword.");
  close(grace, alerts_of(grace).at(0).id, messages::Resolution::referred);
  EXPECT_TRUE(told_of(amy).empty());
  amy.send("Another badword.");
  const auto escalated = alerts_of(grace).at(1).id;
  step(grace, escalated, messages::AlertAction::acknowledge);
  step(grace, escalated, messages::AlertAction::escalate);
  EXPECT_TRUE(told_of(amy).empty());
  const auto seen = amy.send("Something that was not caught.");
  ben.catch_up();
  report(ben, seen);
  for (const auto& alert : alerts_of(inspector)) {
    if (alert.body.outcome != messages::AlertOutcome::reported) continue;
    close(inspector, alert.id, messages::Resolution::no_action);
  }
  EXPECT_TRUE(told_of(amy).empty());
  // The control: what was escalated is told when professional standards close it.
  resolution = messages::Resolution::no_action;
  step(inspector, escalated, messages::AlertAction::close);
  EXPECT_EQ(told_of(amy).size(), 1u);
}

TEST_F(OwnAlerts, WhatIsDrawnForASecondLookIsNotToldBeforeThat) {
  world.alerts.sample_one_in = 1;
  restart();
  amy.send("That is a gravestword.");
  const auto alert = only_alert_of(grace);
  close(grace, alert.id, messages::Resolution::false_positive);
  EXPECT_TRUE(told_of(amy).empty());
  step(inspector, alert.id, messages::AlertAction::close);
  EXPECT_EQ(told_of(amy).size(), 1u);
}

TEST_F(OwnAlerts, ManyComeWithSeveralReceipts) {
  constexpr std::size_t kAlerts = 11;
  for (std::size_t i = 0; i < kAlerts; ++i) amy.send("That is a badword.");
  for (const auto& alert : alerts_of(grace)) {
    close(grace, alert.id, messages::Resolution::advice_given);
  }
  std::set<MessageId> told;
  for (int i = 0; i < 8; ++i) {
    for (const auto& one : told_of(amy)) EXPECT_TRUE(told.insert(one.message_id).second);
  }
  EXPECT_EQ(told.size(), kAlerts);
}

}  // namespace
}  // namespace candour::tests
