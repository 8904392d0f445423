// Goal: every refusal of a submission has its own code and changes nothing (I12); what is accepted
// is kept until it is judged (I4, I11). Method: raw submissions, each wrong in one way; the state
// is read back through the number the next good submission gets.
#include "base/limits.h"
#include "tests/relay/world.h"

namespace candour::tests {
namespace {

class Submitting : public RelayTest {
 protected:
  /// The next accepted submission's number tells whether anything was counted before it.
  std::uint64_t next_number() {
    const auto answer = a->call(submit());
    EXPECT_EQ(answer.body_case(), Body::kSubmitted) << answer.failure().message();
    EXPECT_EQ(bot->release_next().body_case(), Body::kDone);
    return answer.submitted().submission();
  }
};

TEST_F(Submitting, I12_EachRefusalHasItsCodeAndChangesNothing) {
  EXPECT_EQ(next_number(), 2u);  // 1 was the commit that made the group
  EXPECT_EQ(
      a->refusal(submit_frame(world, world.random.id<GroupId>(), world.random.id<MessageId>(), 1)),
      ErrorCode::group_unknown);
  auto& outsider = world.device("p-outside");
  Peer outside(world);
  ASSERT_EQ(outside.login(outsider).body_case(), Body::kLoggedIn);
  EXPECT_EQ(outside.refusal(submit()), ErrorCode::not_a_member);
  EXPECT_EQ(a->refusal(submit(0)), ErrorCode::epoch_stale);
  EXPECT_EQ(a->refusal(submit(2)), ErrorCode::epoch_stale);
  auto commit = submit();
  commit.mutable_submit()->set_kind(v1::COMMIT);
  EXPECT_EQ(a->refusal(commit), ErrorCode::not_permitted);
  auto empty = submit();
  empty.mutable_submit()->clear_ciphertext();
  EXPECT_EQ(a->refusal(empty), ErrorCode::frame_malformed);
  auto bare = submit();
  bare.mutable_submit()->clear_bot_field();
  EXPECT_EQ(a->refusal(bare), ErrorCode::frame_malformed);
  auto unknown_kind = submit();
  unknown_kind.mutable_submit()->set_kind(static_cast<v1::SubmissionKind>(7));
  EXPECT_EQ(a->refusal(unknown_kind), ErrorCode::frame_malformed);
  auto odd_id = submit();
  odd_id.mutable_submit()->set_message_id("short");
  EXPECT_EQ(a->refusal(odd_id), ErrorCode::frame_malformed);
  v1::ClientFrame verdict;
  verdict.mutable_verdict();
  EXPECT_EQ(a->refusal(verdict), ErrorCode::not_permitted);
  v1::ClientFrame append;
  append.mutable_append_record();
  EXPECT_EQ(a->refusal(append), ErrorCode::not_permitted);
  v1::ClientFrame cosign;
  cosign.mutable_cosignature();
  EXPECT_EQ(a->refusal(cosign), ErrorCode::not_permitted);
  EXPECT_EQ(next_number(), 3u);
}

TEST_F(Submitting, I12_OversizedCiphertextIsRefused) {
  world.expect_unchanged([&] {
    auto large = submit();
    large.mutable_submit()->set_ciphertext(std::string(limits::kCiphertextSizeMax + 1, 'x'));
    EXPECT_EQ(a->refusal(large), ErrorCode::frame_too_large);
  });
  EXPECT_EQ(next_number(), 2u);
}

TEST_F(Submitting, I12_ReusedIdWithOtherBytesIsRefused) {
  auto frame = submit();
  ASSERT_EQ(a->call(frame).body_case(), Body::kSubmitted);
  world.expect_unchanged([&] {
    frame.mutable_submit()->set_ciphertext("other bytes");
    EXPECT_EQ(a->refusal(frame), ErrorCode::message_id_reused);
  });
  ASSERT_EQ(bot->release_next().body_case(), Body::kDone);
  EXPECT_EQ(next_number(), 3u);
}

TEST_F(Submitting, NothingIsSentBeforeTheNoticeIsAcknowledged) {
  auto& new_one = world.device("p-new", false);
  bot->commit(group, {amy.id(), ben.id(), new_one.id()});
  Peer peer(world);
  ASSERT_EQ(peer.login(new_one).body_case(), Body::kLoggedIn);
  auto frame = submit(2);
  EXPECT_EQ(peer.refusal(frame), ErrorCode::notice_unacknowledged);
  world.acknowledge(peer, new_one);
  EXPECT_EQ(peer.call(frame).body_case(), Body::kSubmitted);
}

TEST_F(Submitting, I4_SameBytesGetTheFirstAnswerOtherBytesAnError) {
  auto frame = submit();
  const auto first = a->call(frame).submitted();
  const auto again = a->call(frame).submitted();
  EXPECT_FALSE(first.duplicate());
  EXPECT_TRUE(again.duplicate());
  EXPECT_EQ(first.submission(), again.submission());
  auto other = frame;
  other.mutable_submit()->set_ciphertext("other bytes");
  EXPECT_EQ(a->refusal(other), ErrorCode::message_id_reused);
  ASSERT_EQ(bot->release_next().body_case(), Body::kDone);
  EXPECT_TRUE(a->call(frame).submitted().duplicate());
  EXPECT_TRUE(bot->peer().quiet(Body::kCheck));
  // The same id from another device is another message.
  EXPECT_FALSE(b->call(frame).submitted().duplicate());
}

TEST_F(Submitting, WhileACommitIsPendingOthersWait) {
  const auto id = world.random.id<MessageId>();
  ASSERT_EQ(bot->peer().call(bot->commit_frame(group, id, 1)).body_case(), Body::kSubmitted);
  EXPECT_EQ(a->refusal(submit()), ErrorCode::epoch_pending);
  EXPECT_EQ(bot->peer().refusal(bot->commit_frame(group, world.random.id<MessageId>(), 1)),
            ErrorCode::epoch_pending);
  ASSERT_EQ(bot->give(bot->release(bot->next_check(), {amy.id(), ben.id()})).body_case(),
            Body::kDone);
  EXPECT_EQ(a->refusal(submit(1)), ErrorCode::epoch_stale);
  EXPECT_EQ(a->call(submit(2)).body_case(), Body::kSubmitted);
}

TEST_F(Submitting, CommitIsCheckedAfterWhatWasAcceptedBefore) {
  ASSERT_EQ(a->call(submit()).body_case(), Body::kSubmitted);
  ASSERT_EQ(b->call(submit()).body_case(), Body::kSubmitted);
  ASSERT_EQ(bot->peer().call(bot->commit_frame(group, world.random.id<MessageId>(), 1)).body_case(),
            Body::kSubmitted);
  const auto first = bot->next_check();
  const auto second = bot->next_check();
  const auto third = bot->next_check();
  EXPECT_EQ(first.submission() + 1, second.submission());
  EXPECT_EQ(third.submit().kind(), v1::COMMIT);
  EXPECT_EQ(bot->peer().refusal(bot->release(third, {amy.id()})), ErrorCode::input_invalid);
  EXPECT_EQ(bot->give(bot->release(first)).body_case(), Body::kDone);
  EXPECT_EQ(bot->give(bot->release(second)).body_case(), Body::kDone);
  EXPECT_EQ(bot->give(bot->release(third, {amy.id()})).body_case(), Body::kDone);
}

TEST_F(Submitting, I11_WithoutTheBotMessagesWaitAndNothingIsDelivered) {
  bot.reset();
  EXPECT_FALSE(a->next(Body::kBotPresence).bot_presence().present());
  std::vector<v1::ClientFrame> sent;
  for (int i = 0; i < 5; ++i) {
    sent.push_back(submit());
    ASSERT_EQ(a->call(sent.back()).body_case(), Body::kSubmitted);
  }
  EXPECT_TRUE(b->quiet(Body::kDeliver));
  bot = std::make_unique<TestBot>(world);
  EXPECT_TRUE(a->next(Body::kBotPresence).bot_presence().present());
  for (const auto& frame : sent) {
    EXPECT_EQ(bot->next_check().submit().message_id(), frame.submit().message_id());
  }
}

TEST_F(Submitting, I11_ReturningBotGetsEverythingUnjudgedAgain) {
  const auto frame = submit();
  ASSERT_EQ(a->call(frame).body_case(), Body::kSubmitted);
  EXPECT_EQ(bot->next_check().submit().message_id(), frame.submit().message_id());
  const auto chains = bot->chains;
  bot = std::make_unique<TestBot>(world);  // replaces the old session
  bot->chains = chains;
  const auto again = bot->next_check();
  EXPECT_EQ(again.submit().SerializeAsString(), frame.submit().SerializeAsString());
  EXPECT_EQ(bot->give(bot->release(again)).body_case(), Body::kDone);
  EXPECT_EQ(b->next(Body::kDeliver).deliver().message_id(), frame.submit().message_id());
}

TEST_F(Submitting, I12_FullQueueIsRefused) {
  world.stop();
  a.reset();
  b.reset();
  bot.reset();
  world.config.limits.pending_per_group = 3;
  world.start();
  a = std::make_unique<Peer>(world);
  ASSERT_EQ(a->login(amy).body_case(), Body::kLoggedIn);
  for (int i = 0; i < 3; ++i) ASSERT_EQ(a->call(submit()).body_case(), Body::kSubmitted);
  EXPECT_EQ(a->refusal(submit()), ErrorCode::queue_full);
}

TEST_F(Submitting, I12_TooManyASecondAreRefused) {
  world.stop();
  a.reset();
  b.reset();
  bot.reset();
  world.config.limits.submits_per_second = 1;
  world.start();
  a = std::make_unique<Peer>(world);
  ASSERT_EQ(a->login(amy).body_case(), Body::kLoggedIn);
  const auto frame = submit();
  ASSERT_EQ(a->call(frame).body_case(), Body::kSubmitted);
  bool limited = false;
  for (int i = 0; i < 50 && !limited; ++i) {
    const auto answer = a->call(submit(0));
    limited = answer.failure().code() == code_name(ErrorCode::rate_limited);
    if (!limited) continue;
    EXPECT_GE(answer.failure().retry_after_ms(), 1u);
    EXPECT_LE(answer.failure().retry_after_ms(), 1'001u) << "one a second: there is room in one";
  }
  EXPECT_TRUE(limited);
}

TEST_F(Submitting, KeyPackagesAreHandedOutOnce) {
  v1::ClientFrame put;
  put.mutable_put_key_packages()->add_key_packages("first");
  put.mutable_put_key_packages()->add_key_packages("second");
  EXPECT_EQ(a->call(put).done().number(), 2u);
  v1::ClientFrame fetch;
  fetch.mutable_fetch_key_packages()->add_devices(wire::to_field(amy.id()));
  fetch.mutable_fetch_key_packages()->add_devices(wire::to_field(ben.id()));
  EXPECT_EQ(a->refusal(fetch), ErrorCode::not_permitted);
  const auto one = bot->peer().call(fetch).key_packages();
  ASSERT_EQ(one.key_packages_size(), 2);
  EXPECT_EQ(one.key_packages(0).key_package(), "first");
  EXPECT_TRUE(one.key_packages(1).key_package().empty());
  EXPECT_EQ(bot->peer().call(fetch).key_packages().key_packages(0).key_package(), "second");
  EXPECT_TRUE(bot->peer().call(fetch).key_packages().key_packages(0).key_package().empty());
  v1::ClientFrame many;
  for (std::size_t i = 0; i <= limits::kKeyPackagesPerDeviceMax; ++i) {
    many.mutable_put_key_packages()->add_key_packages("x");
  }
  EXPECT_EQ(a->refusal(many), ErrorCode::queue_full);
}

}  // namespace
}  // namespace candour::tests
