// Goal: groups get fresh keys on a schedule and not more often; members that lost a group are added
// again, once for each time they say so; a clock that jumped decides nothing (I9, I11).
// Method: whole conversations with real MLS on one clock that is moved, with and without time
// passing.
#include "tests/bot/world.h"

namespace candour::tests {
namespace {

constexpr std::uint64_t kHourMs = 3'600'000;
constexpr std::int64_t kYearsMs = 10ll * 365 * 24 * kHourMs;

class BotRotation : public ::testing::Test {
 protected:
  void start(config::RotationSettings rotation) {
    world.rotation = rotation;
    world.publish_policy();
    world.start();
    world.make_group({&amy, &ben});
  }
  bot::Group& group() { return *world.robot().groups().find(world.group); }
  Epoch epoch() { return group().mls.epoch(); }
  void say(std::string_view text) {
    amy.catch_up();
    amy.receipt(amy.send(text));
    ++said;
    ben.catch_up();
    EXPECT_EQ(ben.shown.size(), said);
  }
  void lost(const Officer& by, Seq seq) {
    messages::LostReport report;
    report.group = world.group;
    report.seq = seq;
    report.device = by.device.id;
    report.time = world.clock.now();
    last_report = report.sign(by.device.signing);
    say_lost();
  }
  void say_lost() {
    world.mail_to_bot(messages::ToBotType::lost_group, SecretBytes::copy_of(last_report));
    world.run();
  }

  World world;
  Officer amy{world, "p-101"};
  Officer ben{world, "p-102"};
  Officer chloe{world, "p-103"};
  Bytes last_report;
  std::size_t said = 0;
};

TEST_F(BotRotation, AfterSoManyMessages) {
  start({.messages = 8, .period_ms = 0});
  ASSERT_EQ(epoch(), Epoch(1));
  for (int i = 0; i < 5; ++i) say("not yet");
  EXPECT_EQ(epoch(), Epoch(1));
  for (int i = 0; i < 3; ++i) say("now");  // between six and eight, by the group's id
  EXPECT_EQ(epoch(), Epoch(2));
  for (int i = 0; i < 4; ++i) say("counted anew");
  EXPECT_EQ(epoch(), Epoch(2));
}

TEST_F(BotRotation, AfterSoLongWhereSomethingWasSaid) {
  start({.messages = 0, .period_ms = 24 * kHourMs});
  world.advance(48 * kHourMs);
  EXPECT_EQ(epoch(), Epoch(1)) << "nothing was said";
  say("something");
  world.advance(1'000);
  EXPECT_EQ(epoch(), Epoch(2)) << "long due";
  say("something more");
  world.advance(17 * kHourMs);
  EXPECT_EQ(epoch(), Epoch(2));
  world.kill();
  world.start();
  world.advance(1'000);
  EXPECT_EQ(epoch(), Epoch(2)) << "a restart is no reason";
  world.advance(7 * kHourMs);
  EXPECT_EQ(epoch(), Epoch(3));
  say("with the newest keys");
}

TEST_F(BotRotation, OnlyWhereItIsConfigured) {
  start({.messages = 0, .period_ms = 0});
  for (int i = 0; i < 20; ++i) say("again");
  world.advance(90 * 24 * kHourMs);
  say("three months later");
  EXPECT_EQ(epoch(), Epoch(1));
}

TEST_F(BotRotation, MemberThatLostTheGroupIsAddedAgainOnceForEachTime) {
  start({0, 0});
  say("before");
  ben.mls.reset();
  ben.publish_key_package();
  const Seq missed = group().chain.seq;
  lost(ben, missed);
  EXPECT_EQ(epoch(), Epoch(1)) << "it has everything";
  amy.receipt(amy.send("missed by Ben"));
  world.advance(1'000);
  const std::size_t records = world.relay.records.size();
  lost(ben, missed);
  EXPECT_EQ(epoch(), Epoch(2));
  EXPECT_EQ(group().mls.members().size(), 3u);
  EXPECT_EQ(world.relay.records.size(), records + 2) << "the report and the commit";
  amy.catch_up();
  ben.catch_up();
  amy.receipt(amy.send("There you are."));
  ben.catch_up();
  EXPECT_EQ(ben.shown.back(), "There you are.");
  ben.publish_key_package();
  say_lost();  // the relay hands it over again
  EXPECT_EQ(epoch(), Epoch(2));
}

TEST_F(BotRotation, OnlyMembersLoseAGroup_I12) {
  start({0, 0});
  say("before");
  chloe.publish_key_package();
  lost(chloe, Seq(0));
  EXPECT_EQ(epoch(), Epoch(1));
  EXPECT_EQ(group().mls.members().size(), 3u);
  lost(ben, Seq(0));
  const Epoch once = epoch();
  ben.publish_key_package();
  world.advance(5'000);
  EXPECT_EQ(epoch().value, once.value + 1) << "as soon as it has a key package";
}

TEST_F(BotRotation, WhoIsAddedAgainAndAgainWaitsLongerEachTime_I12) {
  world.readd = {.pause_ms = 60'000, .pause_max_ms = 24 * kHourMs};
  start({0, 0});
  say("before");
  const auto report_lost = [&] {
    ben.publish_key_package();
    world.advance(1'000);
    lost(ben, Seq(0));
  };
  Epoch now = epoch();
  report_lost();
  EXPECT_EQ(epoch(), now = now.next()) << "the first time at once";
  EXPECT_TRUE(ben.answers().empty());
  for (std::uint64_t pause = 60'000; pause <= 240'000; pause *= 2) {
    report_lost();
    EXPECT_EQ(epoch(), now);
    ASSERT_FALSE(ben.answers().empty());
    const auto answer = std::move(ben.answers().back());
    EXPECT_EQ(answer.code, "rate_limited");
    const auto what = messages::RefusedMail::decode(answer.body);
    ASSERT_TRUE(what);
    EXPECT_LE(what.value().retry_after_ms, pause);
    EXPECT_GE(what.value().retry_after_ms, pause - 10'000);
    world.advance(pause - 10'000);
    world.kill();
    world.start();  // the pause survives
    EXPECT_EQ(epoch(), now);
    world.advance(10'000);
    EXPECT_EQ(epoch(), now = now.next()) << "it need not report again";
  }
  world.advance(25 * kHourMs);
  report_lost();
  EXPECT_EQ(epoch(), now.next()) << "long ago is forgotten";
}

TEST_F(BotRotation, WhoIsAddedAgainAtOnceIsNotToldToWaitWhileTimePasses_I12) {
  world.readd = {.pause_ms = 60'000, .pause_max_ms = 24 * kHourMs};
  start({0, 0});
  say("before");
  const Epoch before = epoch();
  ben.publish_key_package();
  world.clock.per_look_ms = 1;
  lost(ben, Seq(0));
  EXPECT_EQ(epoch(), before.next());
  EXPECT_TRUE(ben.answers().empty());
}

TEST_F(BotRotation, AReportSignedByAnotherChangesNothing_I12) {
  start({0, 0});
  say("before");
  ben.publish_key_package();
  messages::LostReport report;
  report.group = world.group;
  report.device = ben.device.id;
  report.time = world.clock.now();
  last_report = report.sign(amy.device.signing);
  say_lost();
  EXPECT_EQ(epoch(), Epoch(1));
}

TEST_F(BotRotation, AClockFarAheadRemovesNobodyAndJudgesNothing_I11) {
  start({.messages = 0, .period_ms = 24 * kHourMs});
  say("before the jump");
  world.jump(kYearsMs);
  const auto waiting = amy.send("while the clock is wrong");
  world.revoke(chloe.device);  // the directory grows, which is when members are looked through
  world.run();
  EXPECT_EQ(group().mls.members().size(), 3u);
  EXPECT_EQ(epoch(), Epoch(1));
  EXPECT_FALSE(world.relay.mail_about(amy.device.id, waiting.id.view()).has_value());
  world.kill();
  world.start();  // a restart does not make it right
  EXPECT_EQ(group().mls.members().size(), 3u);
  EXPECT_FALSE(world.relay.mail_about(amy.device.id, waiting.id.view()).has_value());
  world.jump(-kYearsMs);
  amy.receipt(waiting);
  amy.catch_up();
  ben.catch_up();
  EXPECT_EQ(ben.shown.back(), "while the clock is wrong");
  EXPECT_EQ(group().mls.members().size(), 3u);
}

TEST_F(BotRotation, WhatWaitedForTheClockComesBeforeWhatCameLater) {
  start({0, 0});
  world.jump(kYearsMs);
  const auto first = amy.send("waits for the clock");
  // Right again, and the next message is there before the bot has looked.
  world.clock.time_ms -= kYearsMs;
  world.steady.jumped_ms -= kYearsMs;
  const auto second = amy.send("comes when it is right");
  amy.receipt(first);
  amy.receipt(second);
  ben.catch_up();
  ASSERT_GE(ben.shown.size(), 2u);
  EXPECT_EQ(ben.shown[ben.shown.size() - 2], "waits for the clock");
  EXPECT_EQ(ben.shown.back(), "comes when it is right");
}

TEST_F(BotRotation, AClockFarBehindJudgesNothing_I11) {
  start({0, 0});
  world.jump(-kYearsMs);
  const auto waiting = amy.send("in the past");
  EXPECT_FALSE(world.relay.mail_about(amy.device.id, waiting.id.view()).has_value());
  world.jump(kYearsMs);
  amy.receipt(waiting);
}

}  // namespace
}  // namespace candour::tests
