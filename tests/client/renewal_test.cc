// Goal: a device whose keys in a group are renewed loses nothing by it, whatever is lost or late on
// the way. Method: a client with its real store that is asked by a bot with real keys, and a relay
// in memory that breaks connections, keeps deliveries back and lets mail overtake them.
#include <algorithm>
#include <chrono>
#include <thread>

#include "client/messages/answer.h"
#include "client/messages/to_bot.h"
#include "tests/client/client_fixture.h"

namespace candour::client::test {
namespace {

/// Breaks when mail to the bot was handed over, before its answer is read.
class BreaksAfterBotMail : public Channel {
 public:
  explicit BreaksAfterBotMail(std::unique_ptr<Channel> inner) : inner_(std::move(inner)) {}
  const Bytes& channel_binding() const override { return inner_->channel_binding(); }
  Status send(Bytes message) override {
    const auto frame = wire::parse_client_frame(message);
    CANDOUR_TRY(inner_->send(std::move(message)));
    if (frame && frame.value().body_case() == v1::ClientFrame::kBotMail) inner_->close();
    return ok();
  }
  Result<Bytes> receive(std::uint64_t timeout_ms) override { return inner_->receive(timeout_ms); }
  void close() override { inner_->close(); }
  std::string close_reason() const override { return inner_->close_reason(); }

 private:
  std::unique_ptr<Channel> inner_;
};

class Renewal : public ClientTest {
 protected:
  DeviceKeys& keys() { return const_cast<DeviceKeys&>(store_->keys()); }
  /// The bot asks for new keys in the group.
  void ask() {
    messages::Answer answer;
    answer.type = messages::AnswerType::renew;
    answer.about = *messages::Answer::About::from(bot_.id.view());
    const auto id = random_.id<messages::MailId>();
    v1::MailItem mail;
    mail.set_number(++mails_);
    mail.set_kind(v1::ANSWER);
    mail.set_about(wire_bytes(id.view()));
    mail.set_body(wire_bytes(answer
                                 .seal(keys().sealing.public_key(), keys().device, id,
                                       organisation_.bot.signing, random_)
                                 .value()));
    relay_.push(mail);
  }
  std::optional<messages::ToBot> mail_to_bot() {
    if (relay_.bot_mail.empty()) return std::nullopt;
    const auto id = *messages::MailId::from(as_bytes(relay_.bot_mail.back().mail_id()));
    auto mail = messages::ToBot::open(as_bytes(relay_.bot_mail.back().sealed()),
                                      organisation_.bot.sealing, id);
    return mail ? std::optional(std::move(mail).value()) : std::nullopt;
  }
  /// What Amy sent is used: out and in again in one commit.
  FakeBot::Added renew() {
    const auto mail = mail_to_bot();
    EXPECT_TRUE(mail && mail->type == messages::ToBotType::key_renewal);
    const auto renewal =
        messages::KeyRenewal::verify(mail->body.view(), keys().signing.public_key());
    EXPECT_VALUE(renewal);
    auto added = bot_.add({{&keys(), renewal.value().key_package}});
    EXPECT_VALUE(ben_->session->accept(added.commit, *ben_->trust, ben_->log, kNow));
    return added;
  }
  v1::Deliver from_ben(const char* text) {
    const auto delivered = bot_.release(ben_->write(text));
    const auto token = identity::ReleaseToken::decode(as_bytes(delivered.token())).value();
    ben_->log.own[token.message_id] = {token.ciphertext_hash, token.content_commitment};
    EXPECT_TRUE(ben_->session->accept(delivered, *ben_->trust, ben_->log, kNow));
    return delivered;
  }
  void come_back(bool breaks = false) {
    relay_.groups[0].set_seq(bot_.chain.seq.value);
    std::unique_ptr<Channel> channel = relay_.connect();
    if (breaks) channel = std::make_unique<BreaksAfterBotMail>(std::move(channel));
    ASSERT_VALUE(client_->connect(std::move(channel), kTimeoutMs));
  }
  void push_welcome(FakeBot::Added& added) {
    relay_.push(welcome_mail(added.welcomes.at(keys().device)));
  }
  std::size_t memberships(std::string_view action) {
    return static_cast<std::size_t>(
        std::count_if(sink_.seen.begin(), sink_.seen.end(), [&](const auto& seen) {
          return seen.type == EventType::membership && seen.action == action;
        }));
  }
};

TEST_F(Renewal, I4WhatWasReleasedWhileAwayIsReadBeforeTheNewKeys) {
  for (const bool killed : {false, true}) {
    if (!killed) form();
    sink_.delivered.clear();
    ask();
    pump();
    client_->disconnect();
    std::vector<v1::Deliver> missed;
    for (int i = 0; i < 4; ++i) missed.push_back(from_ben("with the old keys"));
    auto added = renew();
    const auto after = from_ben("with the new keys");
    const std::size_t rows = history();
    if (killed) crash();
    if (!killed) come_back();
    push_welcome(added);  // mail is read first at login
    pump();
    for (const auto& delivered : missed) relay_.push(delivered);
    relay_.push(added.commit);
    relay_.push(after);
    pump();
    EXPECT_EQ(std::count(sink_.delivered.begin(), sink_.delivered.end(), "with the old keys"), 4);
    ASSERT_FALSE(sink_.delivered.empty());
    EXPECT_EQ(sink_.delivered.back(), "with the new keys");
    EXPECT_EQ(history(), rows + 5) << "and no line of a gap";
    EXPECT_EQ(client_->groups().at(bot_.id).progress().seq, bot_.chain.seq);
    ASSERT_VALUE(client_->sync(kTimeoutMs));
    EXPECT_EQ(relay_.mail_acknowledged, mails_) << "nothing waits behind the welcome";
    send("and on");
    release_last();
    pump();
  }
  EXPECT_EQ(memberships("renewed"), 1u);
  EXPECT_EQ(sink_.count(EventType::released), 2u);
  EXPECT_EQ(sink_.count(EventType::stopped), 0u);
  EXPECT_EQ(sink_.count(EventType::refused), 0u);
}

TEST_F(Renewal, I4WhatTheRelayHasNoMoreIsWaitedForNoLonger) {
  form();
  ask();
  pump();
  client_->disconnect();
  for (int i = 0; i < 3; ++i) (void)from_ben("missed");
  auto added = renew();
  come_back();
  push_welcome(added);
  pump();
  EXPECT_EQ(memberships("added again"), 0u);
  relay_.push_resynchronise(bot_.id, bot_.chain.seq.value);
  pump();
  EXPECT_EQ(memberships("added again"), 1u);
  relay_.push(from_ben("goes on"));
  pump();
  EXPECT_EQ(sink_.delivered, std::vector<std::string>{"goes on"});
  EXPECT_EQ(sink_.count(EventType::stopped), 0u);
}

TEST_F(Renewal, ThatTheRelayTookAndDidNotConfirmCanBeUsed) {
  form();
  come_back(true);
  ask();
  while (true) {
    const auto pumped = client_->pump(0);
    if (!pumped) break;
    ASSERT_TRUE(pumped.value()) << "the connection breaks at the mail to the bot";
  }
  ASSERT_EQ(relay_.bot_mail.size(), 1u);
  auto added = renew();
  come_back();
  relay_.push(added.commit);
  push_welcome(added);
  relay_.push(from_ben("with the new keys"));
  pump();
  EXPECT_EQ(memberships("renewed"), 1u);
  EXPECT_EQ(sink_.delivered, std::vector<std::string>{"with the new keys"});
  EXPECT_EQ(sink_.count(EventType::refused), 0u);
}

TEST_F(Renewal, WhoseWelcomeIsNotAcceptedIsToldToTheBotOnTheSameConnection) {
  form();
  ask();
  pump();
  auto added = renew();
  relay_.bot_mail.clear();
  relay_.push(added.commit);
  v1::WelcomeMail other = added.welcomes.at(keys().device);
  other.set_welcome(std::string(other.welcome().size(), 'x'));
  relay_.push(welcome_mail(other));
  pump();
  EXPECT_EQ(sink_.count(EventType::refused), 1u);
  // A welcome is given some seconds, of a clock that is not the test's.
  for (int i = 0; i < 1'000 && relay_.bot_mail.empty(); ++i) {
    pump();
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  const auto mail = mail_to_bot();
  ASSERT_TRUE(mail);
  EXPECT_EQ(mail->type, messages::ToBotType::lost_group);
}

}  // namespace
}  // namespace candour::client::test
