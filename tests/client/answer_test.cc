// Goal: what the bot tells a device later than by a verdict is taken once and for what it is, and
// what a newer bot says harms nothing. Method: the whole client with its store; answers with the
// bot's real keys, handed over by the relay as the test says.
#include "client/messages/answer.h"

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
  /// Under a number of its own, whatever it had before.
  void hand_over(v1::MailItem mail) {
    mail.set_number(++mails_);
    relay_.push(mail);
    pump();
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

}  // namespace
}  // namespace candour::client::test
