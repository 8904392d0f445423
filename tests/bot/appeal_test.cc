// Goal: a blocked message goes out only when a supervisor who may decide about it signed for this
// very content, once and in time, and each other way is refused with its own code. Method: a bot
// with real desks; appeals, decisions and approvals made by hand, one thing wrong at a time.
#include "client/messages/appeal.h"

#include "base/limits.h"
#include "crypto/hash.h"
#include "tests/bot/alert_world.h"

namespace candour::tests {
namespace {

using messages::AlertAction;
using messages::Resolution;

class BotAppeals : public AlertWorld {
 protected:
  void SetUp() override {
    AlertWorld::SetUp();
    blocked = amy.send("The worstword of all.");
    warning = amy.warning(*blocked);
    ASSERT_TRUE(warning.block);
  }
  messages::Appeal appeal_of(const Officer& by) const {
    messages::Appeal appeal;
    appeal.signed_warning = warning.signed_warning;
    appeal.content = blocked->content.clone();
    appeal.commitment_key = blocked->key.clone();
    appeal.reason = SecretText::copy_of("It is what the witness said, word for word.");
    appeal.device = by.device.id;
    appeal.time = world.clock.now();
    return appeal;
  }
  void mail(const messages::Appeal& appeal, const crypto::SigningKey& key) {
    world.mail_to_bot(messages::ToBotType::appeal, appeal.sign(key));
    world.run();
  }
  void appeal() { mail(appeal_of(amy), amy.device.signing); }
  /// The one appeal on this desk.
  std::optional<messages::OpenedAlert> desk_item(const Officer& desk) const {
    std::optional<messages::OpenedAlert> found;
    for (auto& alert : alerts_of(desk)) {
      if (alert.body.outcome != messages::AlertOutcome::appealed) continue;
      EXPECT_FALSE(found.has_value());
      found = std::move(alert);
    }
    return found;
  }
  messages::Approval approval_by(const Officer& desk) const {
    messages::Approval approval;
    approval.group = world.group;
    approval.content_commitment =
        messages::content_commitment(blocked->key, blocked->content.view());
    approval.warning_hash = crypto::sha256(warning.signed_warning);
    approval.approver = desk.device.id;
    approval.issued = world.clock.now();
    approval.expires = TimeMs(approval.issued.value + limits::kApprovalLifetimeMs);
    return approval;
  }
  void decide(const Officer& desk, AlertAction action, Bytes approval,
              std::string_view reason = "It is evidence; keep it in the case file.") {
    ++world.clock.time_ms;
    messages::AlertStep step;
    step.alert = desk_item(grace)->id;
    step.action = action;
    step.resolution = messages::resolution_of(action);
    step.argument = SecretText::copy_of(reason);
    step.envelope = std::move(approval);
    step.device = desk.device.id;
    step.time = world.clock.now();
    world.mail_to_bot(messages::ToBotType::alert_step, step.sign(desk.device.signing));
    world.run();
  }
  messages::BotField cite(const Bytes& approval) const {
    messages::BotField field;
    field.type = messages::BotFieldType::approval;
    field.warning = warning.signed_warning;
    field.approval = approval;
    return field;
  }
  /// What the bot makes of the same content with this approval.
  std::string resubmit(const Bytes& approval) {
    return amy.rejection(amy.answer(*blocked, cite(approval)));
  }
  std::string last_code() const {
    const auto answers = amy.answers();
    return answers.empty() ? "none" : answers.back().code;
  }

  std::optional<Officer::Draft> blocked;
  messages::WarningReply warning;
};

TEST_F(BotAppeals, ApprovedContentGoesOutOnce) {
  const std::size_t records = world.relay.records.size();
  appeal();
  ASSERT_EQ(amy.answers().size(), 1u);
  EXPECT_EQ(amy.answers()[0].code, "");
  const auto item = desk_item(grace);
  ASSERT_TRUE(item.has_value());
  ASSERT_TRUE(item->body.appeal.has_value());
  EXPECT_EQ(messages::Content::decode(item->body.appeal->content.view()).value().text.expose(),
            "The worstword of all.");
  EXPECT_EQ(item->body.justification.expose(), "It is what the witness said, word for word.");
  EXPECT_FALSE(desk_item(hugh).has_value());

  const Bytes approval = approval_by(grace).sign(grace.device.signing);
  decide(grace, AlertAction::approve, approval);
  const auto answers = amy.answers();
  ASSERT_EQ(answers.size(), 2u);
  EXPECT_EQ(answers[1].type, messages::AnswerType::appeal_decided);
  EXPECT_EQ(answers[1].body, approval);
  // The appeal on its desk, its end: on record. Nothing went out by itself.
  EXPECT_EQ(world.relay.records.size(), records + 2);
  ben.catch_up();
  EXPECT_TRUE(ben.shown.empty());

  const std::size_t alerts = alerts_of(grace).size();
  const auto sent = amy.answer(*blocked, cite(approval));
  EXPECT_FALSE(amy.receipt(sent).overridden);
  ben.catch_up();
  ASSERT_EQ(ben.shown.size(), 1u);
  EXPECT_EQ(ben.shown[0], "The worstword of all.");
  EXPECT_EQ(alerts_of(grace).size(), alerts);  // who approved it knows
  EXPECT_EQ(resubmit(approval), "approval_used");
}

TEST_F(BotAppeals, RefusedStaysBlocked) {
  appeal();
  decide(grace, AlertAction::refuse, {}, "short");
  EXPECT_EQ(amy.answers().size(), 1u);  // a refusal has a reason
  decide(grace, AlertAction::refuse, {});
  ASSERT_EQ(amy.answers().size(), 2u);
  EXPECT_TRUE(amy.answers()[1].body.empty());
  EXPECT_EQ(amy.answers()[1].message.expose(), "It is evidence; keep it in the case file.");
  EXPECT_EQ(resubmit(Bytes(messages::kApprovalSize)), "approval_invalid");
  decide(grace, AlertAction::approve, approval_by(grace).sign(grace.device.signing));
  EXPECT_EQ(amy.answers().size(), 2u);  // decided is decided
}

TEST_F(BotAppeals, WhatIsWrongWithAnApprovalIsSaid_I12) {
  const auto with = [&](const std::function<void(messages::Approval&)>& change) {
    messages::Approval approval = approval_by(grace);
    change(approval);
    return resubmit(approval.sign(grace.device.signing));
  };
  EXPECT_EQ(with([](auto& a) { a.group = {}; }), "approval_invalid");
  EXPECT_EQ(with([](auto& a) { a.content_commitment = {}; }), "approval_invalid");
  EXPECT_EQ(with([](auto& a) { a.warning_hash = {}; }), "approval_invalid");
  EXPECT_EQ(with([&](auto& a) { a.approver = amy.device.id; }), "approval_invalid");
  EXPECT_EQ(with([&](auto& a) { a.approver = world.dice.id<DeviceId>(); }), "approval_invalid");
  EXPECT_EQ(with([](auto& a) { a.expires.value += 1; }), "approval_invalid");
  EXPECT_EQ(with([](auto& a) {
              a.issued.value += 2 * limits::kClockSkewMs;
              a.expires = a.issued;
            }),
            "approval_invalid");
  EXPECT_EQ(with([](auto& a) { a.expires = a.issued; }), "approval_expired");
  EXPECT_EQ(resubmit({}), "approval_invalid");
  Bytes forged = approval_by(grace).sign(amy.device.signing);
  EXPECT_EQ(resubmit(forged), "approval_invalid");
}

TEST_F(BotAppeals, OnlyThoseMayApproveWhoAreItsDesk_I12) {
  const auto by = [&](const Officer& approver) {
    return resubmit(approval_by(approver).sign(approver.device.signing));
  };
  EXPECT_EQ(by(hugh), "not_permitted");  // another unit's supervisor
  EXPECT_EQ(by(ben), "not_permitted");   // no supervisor
  EXPECT_EQ(by(amy), "not_permitted");   // the author
  Officer self(world, "p-101", "supervisor", "team-a");
  EXPECT_EQ(by(self), "not_permitted");  // the author's other device
  world.revoke(grace.device);
  EXPECT_EQ(by(grace), "approval_invalid");
}

TEST_F(BotAppeals, ContentHasToBeTheSame_I5) {
  const Bytes approval = approval_by(grace).sign(grace.device.signing);
  Officer::Options options;
  options.field = cite(approval);
  EXPECT_EQ(amy.rejection(amy.send("Another worstword.", std::move(options))), "warning_invalid");
  Officer::Options of_ben;
  of_ben.field = cite(approval);
  EXPECT_EQ(ben.rejection(ben.send("The worstword of all.", std::move(of_ben))), "warning_invalid");
}

TEST_F(BotAppeals, AppealsThatCannotBeAreAnswered_I12) {
  appeal();
  appeal();
  EXPECT_EQ(last_code(), "already_exists");
  const auto with = [&](const std::function<void(messages::Appeal&)>& change) {
    messages::Appeal bad = appeal_of(amy);
    change(bad);
    mail(bad, amy.device.signing);
    return last_code();
  };
  EXPECT_EQ(with([](auto& a) { a.reason = SecretText::copy_of("please"); }),
            "justification_invalid");
  EXPECT_EQ(with([](auto& a) { a.commitment_key = messages::CommitmentKey(); }), "warning_invalid");
  const auto warned = amy.send("A grumble.");
  const auto mild = amy.warning(warned);
  EXPECT_EQ(with([&](auto& a) { a.signed_warning = mild.signed_warning; }), "warning_invalid");
  world.advance(world.warning_lifetime_ms + 1);
  EXPECT_EQ(with([](auto&) {}), "warning_invalid");
  EXPECT_EQ(alerts_of(grace).size(), 2u);  // the block itself, and one appeal

  // Somebody else's word for her: nothing comes of it, and nobody is told.
  const std::size_t answers = amy.answers().size();
  mail(appeal_of(amy), ben.device.signing);
  mail(appeal_of(ben), ben.device.signing);
  EXPECT_EQ(amy.answers().size(), answers);
  ASSERT_EQ(ben.answers().size(), 1u);
  EXPECT_EQ(ben.answers()[0].code, "warning_invalid");
}

TEST_F(BotAppeals, ApproveAndCloseDoNotStandForEachOther_I12) {
  appeal();
  const auto item = desk_item(grace);
  const std::size_t records = world.relay.records.size();
  step(grace, item->id, AlertAction::close);  // an appeal is decided, not closed
  decide(hugh, AlertAction::approve, approval_by(hugh).sign(hugh.device.signing));
  decide(grace, AlertAction::approve, approval_by(hugh).sign(hugh.device.signing));
  messages::Approval other = approval_by(grace);
  other.content_commitment = {};
  decide(grace, AlertAction::approve, other.sign(grace.device.signing));
  EXPECT_EQ(world.relay.records.size(), records);
  EXPECT_EQ(amy.answers().size(), 1u);
}

TEST_F(BotAppeals, ASupervisorNamedInItDoesNotDecide) {
  Officer second(world, "p-203", "supervisor", "team-a");
  Officer inspector(world, "p-301", "investigator", "psd");
  messages::Content content;
  content.text = SecretText::copy_of("The worstword about you know whom.");
  content.mentions = {"p-201"};
  blocked = amy.send(content);
  warning = amy.warning(*blocked);
  appeal();
  EXPECT_FALSE(desk_item(grace).has_value());
  EXPECT_TRUE(desk_item(second).has_value());
  EXPECT_EQ(resubmit(approval_by(grace).sign(grace.device.signing)), "not_permitted");
  const Bytes good = approval_by(second).sign(second.device.signing);
  EXPECT_GT(amy.receipt(amy.answer(*blocked, cite(good))).seq, Seq(0));
}

TEST_F(BotAppeals, SurvivesTheBotsDeath_I4) {
  world.mail_to_bot(messages::ToBotType::appeal, appeal_of(amy).sign(amy.device.signing));
  world.kill();
  world.start();
  ASSERT_TRUE(desk_item(grace).has_value());
  const Bytes approval = approval_by(grace).sign(grace.device.signing);
  decide(grace, AlertAction::approve, approval);
  world.kill();
  world.start();
  EXPECT_EQ(amy.answers().size(), 2u);
  amy.receipt(amy.answer(*blocked, cite(approval)));
  world.kill();
  world.start();
  EXPECT_EQ(resubmit(approval), "approval_used");
}

TEST_F(BotAppeals, WarningsExpireAsConfigured) {
  world.kill();
  world.warning_lifetime_ms = 5'000;
  world.start();
  const auto draft = amy.send("A grumble.");
  const auto short_lived = amy.warning(draft);
  world.advance(5'001);
  EXPECT_EQ(amy.rejection(amy.answer(draft, override_field(short_lived, "said in evidence"))),
            "warning_invalid");
  messages::BotField dispute;
  dispute.type = messages::BotFieldType::dispute;
  const auto again = amy.send("A grumble again.");
  dispute.warning = amy.warning(again).signed_warning;
  EXPECT_FALSE(amy.warning(amy.answer(again, std::move(dispute))).block);  // no reason given
}

}  // namespace
}  // namespace candour::tests
