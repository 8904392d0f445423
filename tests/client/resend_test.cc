// Goal: what the relay only had no room for goes out again as it is, and what an epoch has
// overtaken is encrypted anew. Method: a relay in memory that refuses; the bytes it got are
// compared.
#include <unistd.h>

#include "tests/client/client_fixture.h"

namespace candour::client::test {
namespace {

TEST_F(ClientTest, WhatTheRelayHadNoRoomForGoesOutAgainAsItIs) {
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
    EXPECT_EQ(submission.SerializeAsString(), relay_.submissions[0].SerializeAsString());
  }
  // A generation of the own ratchet was used once: the next message's is the next.
  release_last();
  pump();
  EXPECT_EQ(sink_.count(EventType::released), 1u);
  EXPECT_EQ(client_->undecided(), 0u);
}

TEST_F(ClientTest, WhatWaitedThroughACommitIsEncryptedForTheNewEpoch) {
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
  EXPECT_NE(relay_.submissions[0].ciphertext(), relay_.submissions[1].ciphertext());
}

}  // namespace
}  // namespace candour::client::test
