// Goal: own messages get out whatever the relay has no room for, each once and readable by the
// others (I4). Method: the whole client with its store, a relay in memory that refuses what the
// test says, and a member who checks what is released.
#include <unistd.h>

#include <algorithm>

#include "tests/client/client_fixture.h"

namespace candour::client::test {
namespace {

class SendTest : public ClientTest {
 protected:
  void send_all(std::initializer_list<const char*> texts) {
    std::vector<messages::Content> contents;
    for (const char* text : texts) {
      contents.emplace_back();
      contents.back().text = SecretText::copy_of(text);
    }
    ASSERT_VALUE(client_->send_all(bot_.id, contents));
    pump();
  }
  /// Until so many submissions came in all.
  void await_submissions(std::size_t count) {
    for (int i = 0; i < 1'000 && relay_.submissions.size() < count; ++i) {
      ASSERT_VALUE(client_->pump(0));
      ::usleep(10'000);
    }
    ASSERT_EQ(relay_.submissions.size(), count);
  }
  const v1::Submit& sent(std::size_t index) const { return relay_.submissions.at(index); }
  /// To Amy and Ben; Ben refuses what is older than what he has of her.
  void release(std::size_t index) {
    const auto delivered = bot_.release(sent(index));
    EXPECT_VALUE(ben_->session->accept(delivered, *ben_->trust, ben_->log, kNow));
    relay_.push(delivered);
    pump();
  }
};

TEST_F(SendTest, PassingFailuresAreEncryptedAndSentAgainUnderTheSameId) {
  form();
  relay_.refuse_next(ErrorCode::epoch_pending);
  const MessageId id = send("patient");
  EXPECT_EQ(client_->undecided(), 1u);
  for (int i = 0; i < 100 && relay_.submissions.size() < 2; ++i) {
    ASSERT_VALUE(client_->pump(0));
    ::usleep(10'000);
  }
  ASSERT_EQ(relay_.submissions.size(), 2u);
  EXPECT_EQ(relay_.submissions[0].message_id(), relay_.submissions[1].message_id());
  EXPECT_FALSE(relay_.submissions[0].ciphertext() == relay_.submissions[1].ciphertext());
  EXPECT_EQ(relay_.submissions[1].message_id(), wire_bytes(id.view()));
  release_last();
  pump();
  EXPECT_EQ(sink_.count(EventType::released), 1u);
}

TEST_F(SendTest, WhatTheRelayHadNoRoomForGoesOutAgainAsItIs) {
  form();
  relay_.refuse_next(ErrorCode::queue_full);
  relay_.refuse_next(ErrorCode::rate_limited);
  send("patient");
  crash();  // what waits to go out again survives
  for (int i = 0; i < 300 && relay_.submissions.size() < 3; ++i) {
    ASSERT_VALUE(client_->pump(0));
    ::usleep(10'000);
  }
  ASSERT_EQ(relay_.submissions.size(), 3u);
  for (const auto& submission : relay_.submissions) {
    EXPECT_TRUE(submission.SerializeAsString() == relay_.submissions[0].SerializeAsString());
  }
  // A generation of the own ratchet was used once: the next message's is the next.
  release_last();
  pump();
  EXPECT_EQ(sink_.count(EventType::released), 1u);
  EXPECT_EQ(client_->undecided(), 0u);
}

TEST_F(SendTest, WhatWaitedThroughACommitIsEncryptedForTheNewEpoch) {
  form();
  relay_.refuse_next(ErrorCode::queue_full, 300);
  send("patient");
  Officer cat(organisation_, "cat");
  const auto added = bot_.add({cat.key_package(organisation_)});
  relay_.push(added.commit);
  for (int i = 0; i < 300 && relay_.submissions.size() < 2; ++i) {
    ASSERT_VALUE(client_->pump(0));
    ::usleep(10'000);
  }
  ASSERT_EQ(relay_.submissions.size(), 2u);
  EXPECT_EQ(relay_.submissions[1].epoch(), relay_.submissions[0].epoch() + 1);
  EXPECT_FALSE(relay_.submissions[0].ciphertext() == relay_.submissions[1].ciphertext());
}

TEST_F(SendTest, WaitsDouble) {
  form();
  for (int i = 0; i < 3; ++i) relay_.refuse_next(ErrorCode::storage_full);
  const auto began = monotonic_clock().now().value;
  send("into a full disk");
  for (int i = 0; i < 1'000 && relay_.submissions.size() < 4; ++i) {
    ASSERT_VALUE(client_->pump(0));
    ::usleep(10'000);
  }
  ASSERT_EQ(relay_.submissions.size(), 4u);
  // Never less than it promises; jitter only adds up to half: without doubling 675 ms at most.
  EXPECT_GE(monotonic_clock().now().value - began, 150u + 300u + 600u);
  release_last();
  pump();
  EXPECT_EQ(sink_.count(EventType::released), 1u);
}

TEST_F(SendTest, I4WhatWasOvertakenIsEncryptedAnew) {
  form();
  relay_.refuse_next(ErrorCode::rate_limited);
  send_all({"refused", "accepted"});
  ASSERT_EQ(relay_.submissions.size(), 2u);
  release(1);
  await_submissions(3);
  EXPECT_EQ(sent(2).message_id(), sent(0).message_id());
  EXPECT_FALSE(sent(2).ciphertext() == sent(0).ciphertext());
  release(2);
  EXPECT_EQ(sink_.count(EventType::released), 2u);
  EXPECT_EQ(client_->undecided(), 0u);
}

TEST_F(SendTest, I4WhatWasOvertakenIsEncryptedAnewAfterACrashToo) {
  form();
  relay_.refuse_next(ErrorCode::queue_full);
  send_all({"refused", "accepted"});
  release(1);
  crash();
  await_submissions(3);
  EXPECT_FALSE(sent(2).ciphertext() == sent(0).ciphertext());
  release(2);
  EXPECT_EQ(sink_.count(EventType::released), 2u);
}

TEST_F(SendTest, AllThatWereRefusedGoOutAgainAsTheyAre) {
  form();
  for (int i = 0; i < 3; ++i) relay_.refuse_next(ErrorCode::rate_limited);
  send_all({"one", "two", "three"});
  await_submissions(6);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_TRUE(sent(i).SerializeAsString() == sent(i + 3).SerializeAsString());
    release(i + 3);
  }
  EXPECT_EQ(sink_.count(EventType::released), 3u);
}

TEST_F(SendTest, I4WhatHasNoOutcomeIsSentAgainInTheOrderItWasEncrypted) {
  form();
  relay_.refuse_next(ErrorCode::rate_limited);
  send_all({"refused", "accepted"});
  await_submissions(3);
  crash();
  pump();
  await_submissions(5);
  EXPECT_TRUE(sent(3).SerializeAsString() == sent(1).SerializeAsString());
  EXPECT_TRUE(sent(4).SerializeAsString() == sent(2).SerializeAsString());
}

TEST_F(SendTest, AVerdictCountsAlthoughTheRelaySaidItDidNotTakeTheMessage) {
  form();
  relay_.refuse_next(ErrorCode::rate_limited, 60'000);
  const MessageId id = send("a warned text");
  EXPECT_CODE(client_->withdraw(id), "input_invalid");
  EXPECT_CODE(client_->edit(id, SecretText::copy_of("another text")), "input_invalid");
  relay_.push(bot_.warn(sent(0), store_->keys(), ++mails_));
  pump();
  EXPECT_EQ(sink_.count(EventType::warned), 1u);
  EXPECT_EQ(client_->undecided(), 0u);
  EXPECT_VALUE(client_->withdraw(id));
}

TEST_F(SendTest, WhatHasAnAnswerOnItsWayIsNotReplacedAsWell) {
  form();
  const MessageId id = send("a warned text");
  relay_.push(bot_.warn(sent(0), store_->keys(), ++mails_));
  pump();
  const SecretText reason = SecretText::copy_of("a reason that is long enough");
  ASSERT_VALUE(client_->override_warning(id, SecretText::copy_of(reason.expose())));
  EXPECT_CODE(client_->edit(id, SecretText::copy_of("another text")), "input_invalid");
  EXPECT_CODE(client_->withdraw(id), "input_invalid");
  EXPECT_CODE(client_->override_warning(id, SecretText::copy_of(reason.expose())), "input_invalid");
}

}  // namespace
}  // namespace candour::client::test
