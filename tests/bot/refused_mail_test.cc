// Goal: whoever mails the bot learns when it does not do it, and why. Method: steps and reports
// that have to be refused, and the answers opened as the sender's device opens them.
#include "client/messages/answer.h"
#include "client/messages/to_bot.h"
#include "tests/bot/alert_world.h"

namespace candour::tests {
namespace {

using messages::AlertAction;
using messages::AnswerType;

class RefusedMail : public AlertWorld {
 protected:
  static messages::RefusedMail what(const messages::Answer& answer) {
    EXPECT_EQ(answer.type, AnswerType::mail_refused);
    auto mail = messages::RefusedMail::decode(answer.body);
    EXPECT_TRUE(mail);
    return mail ? mail.value() : messages::RefusedMail();
  }
  static bool says(const messages::Answer& answer, std::string_view text) {
    return std::string_view(answer.message.expose()).find(text) != std::string_view::npos;
  }
  Officer gale{world, "p-203", "supervisor", "team-a"};
};

TEST_F(RefusedMail, AStepThatDoesNotFollowIsAnsweredWithItsCode) {
  amy.send("That is a badword.");
  const auto alert = only_alert_of(grace);
  step(grace, alert.id, AlertAction::close);
  const auto answers = grace.answers();
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0].code, "not_permitted");
  EXPECT_TRUE(says(answers[0], "is open"));
  const auto mail = what(answers[0]);
  EXPECT_EQ(mail.type, messages::ToBotType::alert_step);
  EXPECT_EQ(mail.action, static_cast<std::uint8_t>(AlertAction::close));
  EXPECT_TRUE(same(mail.about.view(), alert.id.view()));
  EXPECT_TRUE(told(grace, alert).empty());
}

TEST_F(RefusedMail, OfTwoDesksTheSlowerIsToldWhoWasFaster) {
  amy.send("That is a badword.");
  const auto alert = only_alert_of(grace);
  step(grace, alert.id, AlertAction::acknowledge);
  step(gale, alert.id, AlertAction::acknowledge);
  EXPECT_TRUE(grace.answers().empty());
  ASSERT_EQ(gale.answers().size(), 1u);
  EXPECT_TRUE(says(gale.answers()[0], "acknowledged, by PC p-201 (p-201)"));
  restart();  // who it was survives
  step(gale, alert.id, AlertAction::acknowledge);
  ASSERT_EQ(gale.answers().size(), 2u);
  EXPECT_TRUE(says(gale.answers()[1], "(p-201)"));
}

TEST_F(RefusedMail, DevicesWithoutTheAlertAreAnsweredAndForgersAreNot) {
  amy.send("That is a badword.");
  const auto alert = only_alert_of(grace);
  step(hugh, alert.id, AlertAction::acknowledge);
  ASSERT_EQ(hugh.answers().size(), 1u);
  EXPECT_EQ(hugh.answers()[0].code, "not_permitted");
  step(grace, alert.id, AlertAction::acknowledge, &hugh.device.signing);
  EXPECT_TRUE(grace.answers().empty());
  EXPECT_EQ(hugh.answers().size(), 1u);
}

TEST_F(RefusedMail, AReportOfALostGroupThatIsRefusedIsAnswered) {
  messages::LostReport report;
  report.group = world.group;
  report.seq = Seq(1'000);  // nothing was missed
  report.device = amy.device.id;
  report.time = world.clock.now();
  world.mail_to_bot(messages::ToBotType::lost_group,
                    SecretBytes::copy_of(report.sign(amy.device.signing)));
  world.run();
  ASSERT_EQ(amy.answers().size(), 1u);
  EXPECT_EQ(amy.answers()[0].code, "input_invalid");
  EXPECT_EQ(what(amy.answers()[0]).type, messages::ToBotType::lost_group);
  EXPECT_TRUE(same(what(amy.answers()[0]).about.view(), world.group.view()));
}

}  // namespace
}  // namespace candour::tests
