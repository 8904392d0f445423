// Goal: what an operator and a late device meet: a bot that hangs, limits that are reached,
// messages that are gone, clients older or newer than the relay. Method: the domain without
// sockets, on a clock that stands until told to go on.
#include "tests/relay/core_fixture.h"

namespace candour::tests {
namespace {

using relay::Limit;

class Operation : public CoreTest {
 protected:
  /// A group of the first two devices, both online.
  void begin(relay::Bounds bounds) {
    start(bounds);
    everybody_in();
    ASSERT_EQ(commit(group, {devices[0].id(), devices[1].id()}), ErrorCode::internal);
  }
  void acknowledge(net::SessionId session, std::uint64_t seq) {
    v1::ClientFrame frame;
    frame.mutable_delivery_ack()->set_group(wire::to_field(group));
    frame.mutable_delivery_ack()->set_seq(seq);
    core->frame(session, wire::serialise(frame));
  }
  void say_and_release() {
    ASSERT_EQ(ask(1, message(group)).body_case(), Body::kSubmitted);
    ASSERT_EQ(release_next(), ErrorCode::internal);
    acknowledge(1, await(1, Body::kDeliver).deliver().seq());
  }
  std::vector<std::string> alarms() {
    std::vector<std::string> out;
    (void)core->ready(out);
    return out;
  }
  bool alarm(const std::string& name) {
    const auto all = alarms();
    return std::find(all.begin(), all.end(), name) != all.end();
  }
  void pass(std::uint64_t ms) {
    for (std::uint64_t gone = 0; gone < ms; gone += 200) {
      monotonic.add(200);
      core->tick();
    }
  }

  const GroupId group = world.random.id<GroupId>();
};

TEST_F(Operation, I11_ABotThatHangsIsAbsentWithinFiveSecondsAndComesBackWithTheSameSession) {
  begin({});
  EXPECT_FALSE(alarm("bot_absent"));
  pass(60'000);
  EXPECT_FALSE(alarm("bot_absent")) << "a bot that owes nothing may be quiet";
  ASSERT_EQ(ask(1, message(group)).body_case(), Body::kSubmitted);
  pass(2'800);
  EXPECT_FALSE(alarm("bot_absent"));
  pass(400);
  EXPECT_TRUE(alarm("bot_absent"));
  const auto told = take(1, Body::kBotPresence);
  ASSERT_FALSE(told.empty());
  EXPECT_FALSE(told.back().bot_presence().present());
  // Who comes now is told the same, and may submit; it waits.
  login(11, devices[0]);
  EXPECT_FALSE(take(11, Body::kLoggedIn).back().logged_in().bot_present());
  ASSERT_EQ(ask(11, message(group)).body_case(), Body::kSubmitted);
  pass(1'000);
  EXPECT_GE(core->model().counters.bot_absent_ms, 1'000u);
  // Its next frame says that it is back, and the backlog drains in order.
  ASSERT_EQ(release_next(), ErrorCode::internal);
  EXPECT_FALSE(alarm("bot_absent"));
  EXPECT_TRUE(take(11, Body::kBotPresence).back().bot_presence().present());
  ASSERT_EQ(release_next(), ErrorCode::internal);
  EXPECT_EQ(await(11, Body::kDeliver).deliver().seq(), 2u);
  EXPECT_EQ(await(11, Body::kDeliver).deliver().seq(), 3u);
}

TEST_F(Operation, SendersAreToldWhenTheBotIsGoneForMoreThanAMoment) {
  begin({});
  core->closed(kBotSession);
  EXPECT_TRUE(alarm("bot_absent")) << "operators know at once";
  take(1, Body::kBotPresence);
  pass(600);
  EXPECT_TRUE(take(1, Body::kBotPresence).empty()) << "a moment is no absence";
  pass(1'000);
  EXPECT_FALSE(take(1, Body::kBotPresence).back().bot_presence().present());
}

TEST_F(Operation, WhoIsTooFarBehindIsToldToResynchroniseAndComesBackByAWelcome) {
  begin({.messages_per_group = 3});
  core->closed(2);
  for (int i = 0; i < 5; ++i) say_and_release();
  core->tick();
  settle();
  EXPECT_EQ(reached(Limit::messages_per_group), 1u);
  EXPECT_EQ(core->model().groups.at(group).passed, Seq(3));
  login(12, devices[1]);
  const auto state = take(12, Body::kLoggedIn).back().logged_in().groups(0);
  EXPECT_EQ(state.cursor(), 1u);
  EXPECT_EQ(state.oldest(), 4u);
  const auto told = await(12, Body::kResynchronise).resynchronise();
  EXPECT_EQ(told.group(), wire::to_field(group));
  EXPECT_EQ(told.oldest(), 4u);
  say_and_release();
  settle();
  EXPECT_TRUE(take(12, Body::kDeliver).empty()) << "nothing with a gap before it";
  // It cannot claim what it has not, and what was kept for others is kept by no cursor of its own.
  acknowledge(12, 2);
  EXPECT_EQ(core->model().groups.at(group).cursors.at(devices[1].id()), Seq(1));
  // Other commits change nothing for it; the one with its Welcome does.
  ASSERT_EQ(commit(group, {devices[0].id(), devices[1].id()}), ErrorCode::internal);
  settle();
  EXPECT_TRUE(take(12, Body::kDeliver).empty());
  ASSERT_EQ(commit(group, {devices[0].id(), devices[1].id()}, {devices[1].id()}),
            ErrorCode::internal);
  const std::uint64_t seq = judge.chains[group].seq;
  EXPECT_EQ(core->model().groups.at(group).cursors.at(devices[1].id()), Seq(seq));
  ASSERT_EQ(ask(1, message(group)).body_case(), Body::kSubmitted);
  ASSERT_EQ(release_next(), ErrorCode::internal);
  EXPECT_EQ(await(12, Body::kDeliver).deliver().seq(), seq + 1);
}

TEST_F(Operation, WhoHadEverythingAcknowledgesItAndGoesOn) {
  begin({.messages_per_group = 3});
  core->closed(2);  // with everything up to 3, of which nothing was acknowledged
  for (int i = 0; i < 5; ++i) say_and_release();
  core->tick();
  settle();
  login(12, devices[1]);
  await(12, Body::kResynchronise);
  acknowledge(12, 3);
  for (std::uint64_t seq = 4; seq <= 6; ++seq) {
    EXPECT_EQ(await(12, Body::kDeliver).deliver().seq(), seq);
  }
}

TEST_F(Operation, WhatIsGoneIsKnownAfterARestart) {
  begin({.messages_per_group = 3});
  core->closed(2);
  for (int i = 0; i < 5; ++i) say_and_release();
  core->tick();
  settle();
  open({.messages_per_group = 3}, 0);
  ASSERT_TRUE(core->start({}));
  EXPECT_EQ(core->model().groups.at(group).passed, Seq(3));
  login(12, devices[1]);
  EXPECT_EQ(await(12, Body::kResynchronise).resynchronise().oldest(), 4u);
}

TEST_F(Operation, I12_EveryLimitHasItsCodeAndItsCount) {
  begin({.submits_per_second = 3,
         .unauthenticated = 2,
         .pending_per_group = 2,
         .groups = 1,
         .group_members = 3});
  EXPECT_EQ(commit(world.random.id<GroupId>(), {amy.id()}), ErrorCode::too_many_groups);
  EXPECT_EQ(reached(Limit::groups), 1u);
  EXPECT_EQ(commit(group, {devices[0].id(), devices[1].id(), devices[2].id()}),
            ErrorCode::too_many_members);
  EXPECT_EQ(reached(Limit::group_members), 1u);
  // The refused commit is still pending: the bot withholds it.
  auto& asked = outlet.to[kBotSession];
  core->closed(kBotSession);
  asked.clear();
  login(kBotSession, world.bot);
  const auto check = await(kBotSession, Body::kCheck).check();
  ASSERT_EQ(ask(kBotSession, judge.withhold(check, amy.id())).body_case(), Body::kDone);

  ASSERT_EQ(ask(1, message(group)).body_case(), Body::kSubmitted);
  ASSERT_EQ(ask(1, message(group)).body_case(), Body::kSubmitted);
  EXPECT_EQ(refusal(1, message(group)), ErrorCode::queue_full);
  EXPECT_EQ(reached(Limit::pending_per_group), 1u);
  EXPECT_EQ(refusal(1, message(group)), ErrorCode::rate_limited);
  EXPECT_EQ(reached(Limit::submits_per_second), 1u);

  const Bytes binding(32, 5);
  for (net::SessionId session : {21, 22, 23}) core->opened(session, binding);
  EXPECT_EQ(outlet.closed.count(22), 0u);
  EXPECT_EQ(outlet.closed.at(23), relay::kCloseTooMany);
  EXPECT_EQ(reached(Limit::unauthenticated), 1u);
  pass(11'000);
  EXPECT_EQ(outlet.closed.at(21), relay::kCloseLoginFailed);
  core->opened(24, binding);
  EXPECT_EQ(outlet.closed.count(24), 0u) << "whoever does not log in makes room after a while";

  login(31, amy);
  EXPECT_EQ(outlet.closed.at(1), relay::kCloseReplaced);
  EXPECT_EQ(reached(Limit::logins_per_device), 1u);
  v1::ClientFrame packages;
  for (int i = 0; i < 65; ++i) packages.mutable_put_key_packages()->add_key_packages("x");
  EXPECT_EQ(refusal(31, packages), ErrorCode::queue_full);
  EXPECT_EQ(reached(Limit::key_packages), 1u);
}

TEST_F(Operation, NewBoundsHoldFromThenOn) {
  begin({.pending_per_group = 1});
  ASSERT_EQ(ask(1, message(group)).body_case(), Body::kSubmitted);
  EXPECT_EQ(refusal(1, message(group)), ErrorCode::queue_full);
  core->set_bounds({.pending_per_group = 2});
  EXPECT_EQ(ask(1, message(group)).body_case(), Body::kSubmitted);
}

TEST_F(Operation, AFullDatabaseTakesNothingNewAndLetsTheBotFinish) {
  begin({});
  ASSERT_EQ(ask(1, message(group)).body_case(), Body::kSubmitted);
  core->tick(true);
  EXPECT_TRUE(alarm("storage_full"));
  EXPECT_EQ(refusal(1, message(group)), ErrorCode::storage_full);
  EXPECT_EQ(reached(Limit::database_bytes), 1u);
  EXPECT_EQ(release_next(), ErrorCode::internal);
  core->tick(false);
  EXPECT_EQ(ask(1, message(group)).body_case(), Body::kSubmitted);
}

// A device that is told "not now" takes it that the relay does not have the message.
TEST_F(Operation, ARepeatIsAnsweredWhateverThePaceAndTheRoom) {
  begin({.submits_per_second = 2});
  const auto first = message(group);
  const auto second = message(group);
  ASSERT_EQ(ask(1, first).body_case(), Body::kSubmitted);
  ASSERT_EQ(ask(1, second).body_case(), Body::kSubmitted);
  ASSERT_EQ(refusal(1, message(group)), ErrorCode::rate_limited);
  EXPECT_TRUE(ask(1, first).submitted().duplicate());
  core->tick(true);
  ASSERT_EQ(refusal(1, message(group)), ErrorCode::storage_full);
  EXPECT_TRUE(ask(1, second).submitted().duplicate());
  // All that a client may have under way at once, and yet not without end.
  std::size_t answered = 0;
  while (answered < 2'000 && ask(1, first).submitted().duplicate()) ++answered;
  EXPECT_GE(answered, 1'000u);
  EXPECT_LT(answered, 1'100u);
  EXPECT_EQ(refusal(1, first), ErrorCode::message_id_reused);
}

TEST_F(Operation, ADrainingRelayAnswersNothingAndSpreadsTheReturn) {
  begin({});
  core->drain();
  EXPECT_TRUE(alarm("shutting_down"));
  outlet.to[1].clear();
  auto late = message(group);
  late.set_request(77);
  core->frame(1, wire::serialise(late));
  settle();
  EXPECT_TRUE(outlet.to[1].empty()) << "what is not answered comes again by its message id";
  EXPECT_EQ(store->load().value().pending.size(), 0u);
  core->opened(55, Bytes(32, 5));
  EXPECT_EQ(outlet.closed.at(55), 1001);
  core->end_sessions(1001, "the relay is stopping");
  EXPECT_EQ(outlet.closed.at(1), 1001);
  EXPECT_NE(outlet.reasons.at(1).find("; retry_after_ms="), std::string::npos);
  EXPECT_NE(outlet.reasons.at(1), outlet.reasons.at(2));
}

TEST_F(Operation, ALastResortIsHandedOutAgainAndAskedForAtTheNextLogin) {
  begin({});
  EXPECT_TRUE(core->model().devices.at(amy.id()).last_resort_due);
  v1::ClientFrame put;
  put.mutable_put_key_packages()->add_key_packages("single");
  put.mutable_put_key_packages()->set_last_resort("last resort");
  ASSERT_EQ(ask(1, put).done().number(), 1u);
  v1::ClientFrame fetch;
  for (int i = 0; i < 2; ++i) {
    fetch.mutable_fetch_key_packages()->add_devices(wire::to_field(amy.id()));
  }
  auto got = ask(kBotSession, fetch).key_packages();
  EXPECT_EQ(got.key_packages(0).key_package(), "single");
  EXPECT_FALSE(got.key_packages(0).last_resort());
  EXPECT_EQ(got.key_packages(1).key_package(), "last resort");
  EXPECT_TRUE(got.key_packages(1).last_resort());
  EXPECT_EQ(ask(kBotSession, fetch).key_packages().key_packages(0).key_package(), "last resort");
  login(41, amy);
  EXPECT_TRUE(take(41, Body::kLoggedIn).back().logged_in().last_resort_due());
  put.mutable_put_key_packages()->set_last_resort("another");
  ASSERT_EQ(ask(41, put).body_case(), Body::kDone);
  login(42, amy);
  EXPECT_FALSE(take(42, Body::kLoggedIn).back().logged_in().last_resort_due());
}

/// Appends a field no version of ours has, of number 4000, with a few bytes.
Bytes with_unknown_field(const v1::ClientFrame& frame) {
  Bytes out = wire::serialise(frame);
  const Bytes field{0x82, 0xfa, 0x01, 3, 'n', 'e', 'w'};
  out.insert(out.end(), field.begin(), field.end());
  return out;
}

TEST_F(Operation, ClientsOfTheNextVersionAreUnderstoodAndTheirFieldsSurvive) {
  begin({});
  auto frame = message(group);
  frame.set_request(900);
  const Bytes field{0x82, 0xfa, 0x01, 3, 'n', 'e', 'w'};
  ASSERT_TRUE(frame.mutable_submit()->MergeFromString(std::string(as_text(field))));
  core->frame(1, with_unknown_field(frame));
  settle();
  EXPECT_EQ(take(1, Body::kSubmitted).back().reply_to(), 900u);
  const auto check = await(kBotSession, Body::kCheck).check();
  EXPECT_EQ(check.submit().SerializeAsString(), frame.submit().SerializeAsString())
      << "the bot sees what the client sent, with what this relay does not know";
  // A body this relay does not know is an error of its own; the session goes on.
  v1::ClientFrame unknown;
  unknown.set_request(901);
  core->frame(1, with_unknown_field(unknown));
  const auto failed = take(1, Body::kFailure);
  ASSERT_FALSE(failed.empty());
  EXPECT_EQ(failed.back().reply_to(), 901u);
  EXPECT_EQ(failed.back().failure().code(), "frame_malformed");
}

TEST_F(Operation, ClientsOfTheVersionBeforeWork) {
  begin({});
  // 0.1 sends no last resort and reads neither `oldest` nor Resynchronise.
  v1::ClientFrame put;
  put.mutable_put_key_packages()->add_key_packages("one");
  ASSERT_EQ(ask(1, put).done().number(), 1u);
  v1::ClientFrame fetch;
  fetch.mutable_fetch_key_packages()->add_devices(wire::to_field(amy.id()));
  fetch.mutable_fetch_key_packages()->add_devices(wire::to_field(amy.id()));
  const auto got = ask(kBotSession, fetch).key_packages();
  EXPECT_EQ(got.key_packages(0).key_package(), "one");
  EXPECT_EQ(got.key_packages(1).key_package(), "");
  // Exactly the fields of 0.1 on the wire, byte by byte: request 7, submit with fields 1 to 7.
  const auto frame = message(group);
  Bytes old{0x08, 0x07, 0x1a};
  const std::string submit = frame.submit().SerializeAsString();
  for (std::size_t size = submit.size(); size > 0; size >>= 7) {
    old.push_back(static_cast<std::uint8_t>((size & 0x7f) | (size > 0x7f ? 0x80 : 0)));
  }
  old.insert(old.end(), submit.begin(), submit.end());
  core->frame(1, old);
  settle();
  EXPECT_EQ(take(1, Body::kSubmitted).back().reply_to(), 7u);
}

}  // namespace
}  // namespace candour::tests
