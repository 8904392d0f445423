// Goal: what the bot tells a device later than by a verdict is taken once and for what it is, and
// what a newer bot says harms nothing. Method: the whole client with its store; answers with the
// bot's real keys, handed over by the relay as the test says.
#include "client/messages/answer.h"

#include "client/messages/appeal.h"
#include "tests/client/client_fixture.h"

namespace candour::client::test {
namespace {

using messages::Answer;
using messages::AnswerType;

class AnswerTest : public ClientTest {
 protected:
  v1::MailItem mail_of(const Answer& answer) {
    const auto id = random_.id<messages::MailId>();
    const auto& keys = store_->keys();
    auto sealed =
        answer.seal(keys.sealing.public_key(), keys.device, id, organisation_.bot.signing, random_);
    EXPECT_VALUE(sealed);
    v1::MailItem mail;
    mail.set_kind(v1::ANSWER);
    mail.set_about(wire_bytes(id.view()));
    mail.set_body(wire_bytes(sealed.value()));
    return mail;
  }
  v1::MailItem named(const char* name) {
    Answer answer;
    answer.type = AnswerType::group_name;
    answer.about = *Answer::About::from(bot_.id.view());
    answer.message = SecretText::copy_of(name);
    return mail_of(answer);
  }
  /// Under a number of its own, whatever it had before.
  void hand_over(v1::MailItem mail) {
    mail.set_number(++mails_);
    relay_.push(mail);
    pump();
  }
  std::string name() { return client_->groups().at(bot_.id).record().name; }
  /// The outcome in the owner's own record after an answer to the message was released.
  WarningOutcome outcome(const MessageId& id) {
    release_last();
    pump();
    const auto warning = store_->warning(id).value();
    EXPECT_TRUE(warning);
    return warning ? warning->outcome : WarningOutcome::open;
  }
  MessageId withheld(bool block) {
    const MessageId id = send("a withheld text");
    relay_.push(bot_.warn(relay_.submissions.back(), store_->keys(), ++mails_, block));
    pump();
    return id;
  }
};

TEST_F(AnswerTest, AnswerOfALaterVersionIsNoFailure) {
  form();
  Answer answer;
  answer.type = static_cast<AnswerType>(99);
  auto mail = mail_of(answer);
  hand_over(mail);
  EXPECT_EQ(sink_.count(EventType::refused), 0u);
  // Signed by another, it is one.
  mail.set_about(std::string(16, 'x'));
  hand_over(mail);
  EXPECT_EQ(sink_.count(EventType::refused), 1u);
}

TEST_F(AnswerTest, I2NameIsNotPutBackByAnAnswerHandedOverAgain) {
  form();
  const auto first = named("Team B");
  hand_over(first);
  hand_over(named("Team C"));
  hand_over(first);
  EXPECT_EQ(name(), "Team C");
  crash();
  hand_over(first);
  EXPECT_EQ(name(), "Team C");
  hand_over(named("Team B"));
  EXPECT_EQ(name(), "Team B") << "the same name, in another mail";
}

TEST_F(AnswerTest, OwnRecordSaysHowAMessageWentOut) {
  form();
  const MessageId sent_anyway = withheld(false);
  ASSERT_VALUE(
      client_->override_warning(sent_anyway, SecretText::copy_of("a reason that is long enough")));
  pump();
  EXPECT_EQ(name_of(outcome(sent_anyway)), "overridden");

  const MessageId disputed = withheld(false);
  ASSERT_VALUE(client_->dispute(disputed, SecretText()));
  pump();
  EXPECT_EQ(name_of(outcome(disputed)), "cleared");

  const MessageId blocked = withheld(true);
  auto draft = store_->draft(blocked).value();
  ASSERT_TRUE(draft);
  draft->appeal = AppealState::approved;
  draft->approval = Bytes(messages::kApprovalSize, 1);
  draft->approval_expires = draft->expires;
  ASSERT_VALUE(store_->put_draft(*draft));
  ASSERT_VALUE(client_->resubmit(blocked));
  pump();
  EXPECT_EQ(name_of(outcome(blocked)), "approved");
}

TEST_F(AnswerTest, ReportWhoseProofDoesNotDecodeIsAnAlertNonetheless) {
  const auto id = random_.id<messages::AlertId>();
  messages::AlertBody body;
  body.time = kNow;
  body.group = bot_.id;
  body.message_id = random_.id<MessageId>();
  body.subject = {"", ben_->keys.device, "ben", "PC Ben"};
  body.proof = SecretBytes::copy_of(as_bytes("no proof"));
  const auto sealed = messages::SealedAlert::seal(id, body, organisation_.bot.signing, random_);
  const auto envelope = sealed.envelope_for(store_->keys().sealing.public_key(), random_);
  ASSERT_VALUE(envelope);
  v1::MailItem mail;
  mail.set_kind(v1::ALERT);
  mail.set_body(wire_bytes(messages::alert_mail(id, envelope.value(), sealed.body())));
  hand_over(mail);
  EXPECT_EQ(sink_.count(EventType::alert), 1u);
  const auto kept = store_->alert(id).value();
  ASSERT_TRUE(kept);
  ASSERT_TRUE(kept->checks);
  EXPECT_FALSE(kept->checks->token || kept->checks->content || kept->checks->sender);
}

}  // namespace
}  // namespace candour::client::test
