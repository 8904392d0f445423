// Goal: every member gets every released message once acknowledged, in the same order, online or
// later, and a revoked or removed device gets nothing more. Method: devices that disconnect and
// return, with and without acknowledging, and a relay that is stopped and started between.
#include "tests/relay/world.h"

namespace candour::tests {
namespace {

class Delivery : public RelayTest {
 protected:
  std::string released() {
    const auto frame = submit();
    EXPECT_EQ(a->call(frame).body_case(), Body::kSubmitted);
    EXPECT_EQ(bot->release_next().body_case(), Body::kDone);
    return frame.submit().message_id();
  }
  void ack(Peer& peer, std::uint64_t seq) {
    v1::ClientFrame frame;
    frame.mutable_delivery_ack()->set_group(wire::to_field(group));
    frame.mutable_delivery_ack()->set_seq(seq);
    peer.send(frame);
    v1::ClientFrame ping;
    ping.mutable_ping();
    ASSERT_EQ(peer.call(ping).body_case(), Body::kPong);
  }
  std::unique_ptr<Peer> reconnect(const TestDevice& device) {
    auto peer = std::make_unique<Peer>(world);
    EXPECT_EQ(peer->login(device).body_case(), Body::kLoggedIn);
    return peer;
  }
};

TEST_F(Delivery, AllMembersGetTheSameBytesInTheSameOrder) {
  std::vector<std::string> sent;
  for (int i = 0; i < 20; ++i) sent.push_back(released());
  for (int i = 0; i < 20; ++i) {
    const auto at_a = a->next(Body::kDeliver);
    const auto at_b = b->next(Body::kDeliver);
    EXPECT_EQ(at_a.SerializeAsString(), at_b.SerializeAsString());
    EXPECT_EQ(at_b.deliver().seq(), static_cast<std::uint64_t>(i) + 2);
    EXPECT_EQ(at_b.deliver().message_id(), sent[static_cast<std::size_t>(i)]);
    EXPECT_EQ(at_b.deliver().sender(), wire::to_field(amy.id()));
  }
}

TEST_F(Delivery, OfflineMemberGetsWhatItMissedAndAgainUntilAcknowledged) {
  b.reset();
  std::vector<std::string> sent;
  for (int i = 0; i < 10; ++i) sent.push_back(released());
  for (int round = 0; round < 2; ++round) {
    b = reconnect(ben);
    for (const auto& id : sent) EXPECT_EQ(b->next(Body::kDeliver).deliver().message_id(), id);
  }
  ack(*b, 6);
  b = reconnect(ben);
  EXPECT_EQ(b->next(Body::kDeliver).deliver().seq(), 7u);
}

TEST_F(Delivery, CursorSurvivesARestart) {
  released();
  const auto second = released();
  ASSERT_EQ(b->next(Body::kDeliver).deliver().seq(), 2u);
  ack(*b, 2);
  // The cursor is written by the tick, some time after the acknowledgement.
  std::this_thread::sleep_for(std::chrono::milliseconds(800));
  const auto chains = bot->chains;
  a.reset();
  b.reset();
  bot.reset();
  world.stop();
  world.start();
  b = reconnect(ben);
  const auto got = b->next(Body::kDeliver).deliver();
  EXPECT_EQ(got.seq(), 3u);
  EXPECT_EQ(got.message_id(), second);
}

TEST_F(Delivery, I4_PendingAndReleasedSurviveARestartExactlyOnce) {
  const auto before = released();
  const auto waiting = submit();
  ASSERT_EQ(a->call(waiting).body_case(), Body::kSubmitted);
  const auto verdict = bot->release(bot->next_check());
  const auto chains = bot->chains;
  a.reset();
  b.reset();
  bot.reset();
  world.stop();
  world.start();
  bot = std::make_unique<TestBot>(world);
  bot->chains = chains;
  // The bot's outbox repeats what it had decided before the relay went; the relay takes it once.
  ASSERT_EQ(bot->give(verdict).body_case(), Body::kDone);
  EXPECT_TRUE(bot->peer().call(verdict).done().duplicate());
  a = reconnect(amy);
  EXPECT_TRUE(a->call(waiting).submitted().duplicate());
  b = reconnect(ben);
  EXPECT_EQ(b->next(Body::kDeliver).deliver().message_id(), before);
  EXPECT_EQ(b->next(Body::kDeliver).deliver().message_id(), waiting.submit().message_id());
  EXPECT_TRUE(b->quiet(Body::kDeliver));
}

TEST_F(Delivery, I12_AcknowledgingWhatWasNotDeliveredIsRefused) {
  released();
  ASSERT_EQ(b->next(Body::kDeliver).deliver().seq(), 2u);
  v1::ClientFrame frame;
  frame.mutable_delivery_ack()->set_group(wire::to_field(group));
  frame.mutable_delivery_ack()->set_seq(99);
  EXPECT_EQ(b->refusal(frame), ErrorCode::input_invalid);
  b = reconnect(ben);
  EXPECT_EQ(b->next(Body::kDeliver).deliver().seq(), 2u);
}

TEST_F(Delivery, I9_AcknowledgementOfADeviceThatIsRemovedBeforeItIsWrittenHarmsNobody) {
  for (std::uint64_t round = 0; round < 3; ++round) {
    ASSERT_EQ(a->call(submit(1 + 2 * round)).body_case(), Body::kSubmitted);
    ASSERT_EQ(bot->release_next().body_case(), Body::kDone);
    const auto seq = b->next(Body::kDeliver).deliver().seq();
    ack(*b, seq);
    bot->commit(group, {amy.id()});  // acknowledgements are written every 200 ms
    bot->commit(group, {amy.id(), ben.id()});
    b = reconnect(ben);
    while (a->next(Body::kDeliver).deliver().seq() < seq + 2) {
    }
    ack(*a, seq + 2);  // the relay is still there
  }
}

TEST_F(Delivery, I9_WhoIsRemovedWhileConnectedGetsTheCommitThatSaysSoAndNothingMore) {
  released();
  ASSERT_EQ(b->next(Body::kDeliver).deliver().seq(), 2u);
  bot->commit(group, {amy.id()});
  const auto last = b->next(Body::kDeliver).deliver();
  EXPECT_EQ(last.seq(), 3u);
  EXPECT_EQ(last.kind(), v1::COMMIT);
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(a->call(submit(2)).body_case(), Body::kSubmitted);
    ASSERT_EQ(bot->release_next().body_case(), Body::kDone);
  }
  EXPECT_TRUE(b->quiet(Body::kDeliver));
  for (std::uint64_t seq = 2; seq < 7; ++seq) {
    EXPECT_EQ(a->next(Body::kDeliver).deliver().seq(), seq);
  }
  v1::ClientFrame ack;  // harms nobody
  ack.mutable_delivery_ack()->set_group(wire::to_field(group));
  ack.mutable_delivery_ack()->set_seq(3);
  b->send(ack);
  b = reconnect(ben);
  EXPECT_TRUE(b->quiet(Body::kDeliver));
}

TEST_F(Delivery, JoinerStartsJustAfterItsCommit) {
  released();
  auto& cat = world.device("p-cat");
  auto c = reconnect(cat);
  bot->commit(group, {amy.id(), ben.id(), cat.id()});
  ASSERT_EQ(a->call(submit(2)).body_case(), Body::kSubmitted);
  ASSERT_EQ(bot->release_next().body_case(), Body::kDone);
  EXPECT_EQ(c->next(Body::kDeliver).deliver().seq(), 4u);  // 1 creation, 2 message, 3 commit
  c = reconnect(cat);
  EXPECT_EQ(c->next(Body::kDeliver).deliver().seq(), 4u);
}

TEST_F(Delivery, I9_RevokedDeviceGetsNothingMoreAndOthersDo) {
  b.reset();
  released();
  b = reconnect(ben);
  ASSERT_EQ(b->next(Body::kDeliver).deliver().seq(), 2u);
  ASSERT_EQ(world.publish(v1::REVOCATION, world.revocation(ben.id())).body_case(), Body::kDone);
  EXPECT_EQ(bot->peer().next(Body::kDirectory).directory().objects(0).kind(), v1::REVOCATION);
  released();
  EXPECT_EQ(b->closed(), 4003);
  EXPECT_EQ(a->next(Body::kDeliver).deliver().seq(), 2u);
  EXPECT_EQ(a->next(Body::kDeliver).deliver().seq(), 3u);
  // A commit that still lists the device does not bring it back.
  bot->commit(group, {amy.id(), ben.id()});
  world.stop();
  a.reset();
  bot.reset();
  world.start();
  Peer again(world);
  EXPECT_EQ(again.refusal(again.login_frame(ben)), ErrorCode::device_revoked);
}

TEST_F(Delivery, MailWaitsUntilItIsAcknowledged) {
  a.reset();
  auto sender = reconnect(amy);
  ASSERT_EQ(sender->call(submit()).body_case(), Body::kSubmitted);
  sender.reset();
  const auto verdict = bot->withhold(bot->next_check(), amy.id());
  ASSERT_EQ(bot->give(verdict).body_case(), Body::kDone);
  std::uint64_t number = 0;
  for (int round = 0; round < 2; ++round) {
    auto peer = reconnect(amy);
    const auto mail = peer->next(Body::kMail).mail();
    EXPECT_EQ(mail.body(), verdict.verdict().mail(0).body());
    number = mail.number();
  }
  auto peer = reconnect(amy);
  ASSERT_EQ(peer->next(Body::kMail).mail().number(), number);
  v1::ClientFrame ack;
  ack.mutable_mail_ack()->set_through(number + 1);
  EXPECT_EQ(peer->refusal(ack), ErrorCode::input_invalid);
  ack.mutable_mail_ack()->set_through(number);
  peer->send(ack);
  v1::ClientFrame ping;
  ping.mutable_ping();
  ASSERT_EQ(peer->call(ping).body_case(), Body::kPong);
  peer = reconnect(amy);
  EXPECT_TRUE(peer->quiet(Body::kMail));
}

TEST_F(Delivery, MailToTheBotArrivesOnceWithItsId) {
  v1::ClientFrame frame;
  frame.mutable_bot_mail()->set_mail_id(std::string(16, 'm'));
  frame.mutable_bot_mail()->set_sealed("sealed bytes");
  EXPECT_FALSE(a->call(frame).done().duplicate());
  EXPECT_TRUE(a->call(frame).done().duplicate());
  const auto mail = bot->peer().next(Body::kMail).mail();
  EXPECT_EQ(mail.kind(), v1::TO_BOT);
  EXPECT_EQ(mail.about(), std::string(16, 'm'));
  EXPECT_EQ(mail.body(), "sealed bytes");
  EXPECT_TRUE(bot->peer().quiet(Body::kMail));
  frame.mutable_bot_mail()->set_sealed("other bytes");
  EXPECT_EQ(a->refusal(frame), ErrorCode::message_id_reused);
}

TEST_F(Delivery, TheBotsAnswerReachesItsDeviceOnce) {
  v1::ClientFrame answer;
  answer.mutable_bot_mail()->set_mail_id(std::string(16, 'n'));
  answer.mutable_bot_mail()->set_sealed("sealed answer");
  answer.mutable_bot_mail()->set_device(wire::to_field(amy.id()));
  // Devices do not write to each other past the bot, and the bot not to itself.
  EXPECT_EQ(a->refusal(answer), ErrorCode::not_permitted);
  v1::ClientFrame to_nobody = answer;
  to_nobody.mutable_bot_mail()->clear_device();
  EXPECT_EQ(bot->peer().refusal(to_nobody), ErrorCode::not_permitted);
  to_nobody.mutable_bot_mail()->set_device(std::string(32, 'x'));
  EXPECT_EQ(bot->peer().refusal(to_nobody), ErrorCode::unknown_device);
  EXPECT_FALSE(bot->peer().call(answer).done().duplicate());
  EXPECT_TRUE(bot->peer().call(answer).done().duplicate());
  const auto mail = a->next(Body::kMail).mail();
  EXPECT_EQ(mail.kind(), v1::ANSWER);
  EXPECT_EQ(mail.about(), std::string(16, 'n'));
  EXPECT_EQ(mail.body(), "sealed answer");
  EXPECT_TRUE(a->quiet(Body::kMail));
}

}  // namespace
}  // namespace candour::tests
