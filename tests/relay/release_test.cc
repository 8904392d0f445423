// Goal: releases that are decided close to each other go out together, once to each member and in
// order, whoever comes and goes meanwhile; and however many releases a session of the bot has
// given, no commit passes without its signature. Method: the domain without sockets, verdicts given
// before those in front of them are durable.
#include "tests/relay/core_fixture.h"

namespace candour::tests {
namespace {

class Releases : public CoreTest {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(start({.submits_per_second = 1'000}));
    ASSERT_NO_FATAL_FAILURE(everybody_in());
    ASSERT_EQ(commit(group, {devices[0].id(), devices[1].id(), devices[2].id()}),
              ErrorCode::internal);
    settle();
    for (net::SessionId s = 1; s <= devices.size(); ++s) (void)take(s, Body::kDeliver);
  }
  /// Submits so many and judges them all before anything of the verdicts is durable.
  void decide(int count) {
    for (int i = 0; i < count; ++i) {
      ASSERT_EQ(ask(1, message(group)).body_case(), Body::kSubmitted);
    }
    settle();
    for (int i = 0; i < count; ++i) {
      const auto verdict = judge.release(await(kBotSession, Body::kCheck).check());
      core->frame(kBotSession, wire::serialise(verdict));
      judge.accepted(verdict.verdict());
    }
  }
  std::vector<std::uint64_t> delivered(net::SessionId session) {
    std::vector<std::uint64_t> out;
    for (const auto& frame : take(session, Body::kDeliver)) out.push_back(frame.deliver().seq());
    return out;
  }

  GroupId group = world.random.id<GroupId>();
  using Numbers = std::vector<std::uint64_t>;
};

TEST_F(Releases, GoOutTogetherOnceAndInOrder) {
  decide(5);
  settle();
  for (net::SessionId s = 1; s <= 3; ++s) EXPECT_EQ(delivered(s), (Numbers{2, 3, 4, 5, 6}));
  EXPECT_EQ(delivered(4), Numbers());
  decide(40);  // more than are held
  settle();
  EXPECT_EQ(delivered(2).size(), 40u);
}

TEST_F(Releases, ReachThoseWhoComeMeanwhileOnceAndThoseWhoLeaveNoMore) {
  decide(3);
  core->closed(2);
  outlet.to.clear();
  login(12, devices[1]);
  ASSERT_EQ(commit(group, {devices[0].id(), devices[1].id(), devices[3].id()}),
            ErrorCode::internal);
  settle();
  EXPECT_EQ(delivered(1), (Numbers{2, 3, 4, 5}));
  settle();  // the backlog
  ASSERT_TRUE(turn.run_until([&] { return outlet.to[12].size() >= 5; }));
  EXPECT_EQ(delivered(12), (Numbers{2, 3, 4, 5}));
  decide(2);
  settle();
  EXPECT_EQ(delivered(1), (Numbers{6, 7}));
  EXPECT_EQ(delivered(4), (Numbers{6, 7}));
  EXPECT_EQ(delivered(12), (Numbers{6, 7}));
  const auto gone = delivered(3);
  // The commit, number 5, tells its device of it, where everything before it went there.
  EXPECT_TRUE(gone.empty() || gone.back() <= 5) << "a removed member got what came after";
}

TEST_F(Releases, I12_NoCommitPassesWithoutTheBotsSignature) {
  for (int i = 0; i < 7; ++i) decide(10);
  settle();
  const auto frame = judge.commit_frame(group, world.random.id<MessageId>(), 1);
  ASSERT_EQ(ask(kBotSession, frame).body_case(), Body::kSubmitted);
  const auto good = judge.release(await(kBotSession, Body::kCheck).check(), {devices[0].id()});
  auto forged = good;
  auto token = identity::ReleaseToken::decode(as_bytes(good.verdict().token())).value();
  forged.mutable_verdict()->set_token(wire::to_field(token.sign(amy.key)));
  EXPECT_EQ(refusal(kBotSession, forged), ErrorCode::token_invalid);
  EXPECT_EQ(ask(kBotSession, good).body_case(), Body::kDone);
}

}  // namespace
}  // namespace candour::tests
