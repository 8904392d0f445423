// Goal: a bot that lost its memory, or came back with an old one, forms its groups again with the
// members of the last signed roster and goes on from the relay's last number; it never signs a
// number twice and never lets anybody in by that way. Method: bot.db is deleted, or put back from a
// copy, between two processes; the relay double counts every number given twice.
#include "tests/bot/world.h"

namespace candour::tests {
namespace {

namespace fs = std::filesystem;

class BotReform : public ::testing::Test {
 protected:
  void SetUp() override {
    world.publish_policy();
    world.start();
    world.make_group({&amy, &ben});
    talk(amy, "Before.");
    for (Officer* officer : {&amy, &ben}) {
      officer->publish_key_package();
      officer->publish_key_package();
    }
  }
  void talk(Officer& by, std::string_view text) {
    const auto draft = by.send(text);
    by.receipt(draft);
    amy.catch_up();
    ben.catch_up();
  }
  void lose_memory() {
    world.kill();
    for (const char* name : {"bot.db", "bot.db-wal", "bot.db-shm"}) fs::remove(world.state / name);
  }
  void join_again() {
    for (Officer* officer : {&amy, &ben}) {
      officer->mls.reset();
      officer->catch_up();
      ASSERT_TRUE(officer->mls.has_value());
    }
  }
  const bot::Group& group() { return world.robot().groups().all().at(world.group); }
  Bytes mls_group() { return group().mls.group_id(); }

  World world;
  Officer amy{world, "p-101"};
  Officer ben{world, "p-102"};
  Officer eve{world, "p-666"};
};

TEST_F(BotReform, LostMemory) {
  const Bytes before = mls_group();
  const std::uint64_t seq = world.relay.groups.at(world.group).seq;
  lose_memory();
  world.start();
  ASSERT_NE(mls_group(), before);
  EXPECT_FALSE(group().reform);
  EXPECT_EQ(group().info.name, "Team A");
  EXPECT_EQ(group().info.unit, "team-a");
  EXPECT_EQ(group().mls.members().size(), 3u);
  EXPECT_TRUE(group().wanted.at(amy.device.id).owner);
  EXPECT_FALSE(group().wanted.at(ben.device.id).owner);
  EXPECT_EQ(world.relay.groups.at(world.group).seq, seq + 1);
  join_again();
  EXPECT_EQ(amy.group_name, "Team A");
  talk(amy, "After.");
  talk(ben, "Yes.");
  EXPECT_EQ(ben.shown, (std::vector<std::string>{"Before.", "After.", "(own)"}));
  // Once more: what is formed again is a group like any other.
  lose_memory();
  for (Officer* officer : {&amy, &ben}) officer->publish_key_package();
  world.start();
  join_again();
  talk(amy, "Again.");
  EXPECT_EQ(ben.shown.back(), "Again.");
}

TEST_F(BotReform, OldMemoryIsNotUsed) {
  world.kill();
  const fs::path copy = world.state / "copy.db";
  fs::copy_file(world.state / "bot.db", copy);
  world.start();
  talk(amy, "Later.");
  const Bytes before = mls_group();
  world.kill();
  for (const char* name : {"bot.db-wal", "bot.db-shm"}) fs::remove(world.state / name);
  fs::rename(copy, world.state / "bot.db");
  world.start();
  EXPECT_NE(mls_group(), before);
  join_again();
  talk(amy, "After.");
  EXPECT_EQ(ben.shown, (std::vector<std::string>{"Before.", "Later.", "After."}));
}

TEST_F(BotReform, AnOwnersWordAndNotTooOften) {
  world.readd = {.pause_ms = 60'000, .pause_max_ms = 3'600'000};
  world.kill();
  world.start();
  const auto ask = [&](Officer& by) {
    messages::GroupRequest request;
    request.organisation = "example-constabulary";
    request.request = world.dice.id<messages::RequestId>();
    request.action = "reform";
    request.group = world.group;
    request.by = by.device.id;
    request.issued = world.clock.now();
    world.mail_to_bot(messages::ToBotType::member_request, request.sign(by.device.signing));
    world.run();
    const auto answers = by.answers();
    EXPECT_FALSE(answers.empty());
    return answers.empty() ? "no answer" : answers.back().code;
  };
  const Bytes before = mls_group();
  EXPECT_EQ(ask(ben), "not_permitted");
  EXPECT_EQ(mls_group(), before);
  EXPECT_EQ(ask(amy), "");
  const Bytes after = mls_group();
  EXPECT_NE(after, before);
  join_again();
  talk(amy, "After.");
  EXPECT_EQ(ben.shown, (std::vector<std::string>{"Before.", "After."}));
  world.advance(1'000);
  EXPECT_EQ(ask(amy), "rate_limited");
  EXPECT_EQ(mls_group(), after);
  world.advance(60'000);
  for (Officer* officer : {&amy, &ben}) officer->publish_key_package();
  EXPECT_EQ(ask(amy), "");
  EXPECT_NE(mls_group(), after);
}

TEST_F(BotReform, GoodMemoryIsKept) {
  const Bytes before = mls_group();
  world.kill();
  world.start();
  EXPECT_EQ(mls_group(), before);
  talk(amy, "After.");
}

TEST_F(BotReform, NewRelayWithoutTheGroup) {
  const Bytes before = mls_group();
  const std::uint64_t seq = world.relay.groups.at(world.group).seq;
  world.kill();
  world.relay.groups.clear();
  world.relay.verdicts.clear();
  world.start();
  EXPECT_NE(mls_group(), before);
  EXPECT_EQ(world.relay.groups.at(world.group).seq, seq + 1);
  join_again();
  talk(ben, "After.");
}

TEST_F(BotReform, NobodyElseEntersWithTheFirstCommit) {
  auto more = world.create_request({&amy, &ben});
  more.request = world.dice.id<messages::RequestId>();
  more.action = "add";
  more.name = more.group_class = more.unit = "";
  more.owners.clear();
  more.members = {eve.device.id};
  world.request(more);  // no key package of hers yet
  world.kill();
  world.relay.groups.clear();
  world.relay.verdicts.clear();
  eve.publish_key_package();
  world.start();
  world.advance(60'000);
  std::size_t first = 0;
  for (const v1::Deliver& deliver : world.relay.delivered) {
    if (deliver.epoch() != 0) continue;
    const auto roster =
        identity::Roster::verify(as_bytes(deliver.roster()), world.keys->signing.public_key());
    first = roster.value().members.size();
  }
  EXPECT_EQ(first, 3u);
}

TEST_F(BotReform, WaitsForMembersAndGoesOnWithoutThem) {
  world.relay.key_packages[ben.device.id].clear();
  lose_memory();
  world.start();
  EXPECT_TRUE(group().reform);  // patient
  world.advance(31'000);
  EXPECT_FALSE(group().reform);
  EXPECT_EQ(group().mls.members().size(), 2u);
  ben.publish_key_package();
  world.advance(5'000);
  EXPECT_EQ(group().mls.members().size(), 3u);
  join_again();
  talk(ben, "Back.");
}

TEST_F(BotReform, WhatWaitedIsNotJudgedInTheNewGroup) {
  lose_memory();
  const auto lost = amy.send("In between.");  // encrypted for the group that is no more
  world.start();
  EXPECT_TRUE(world.relay.groups.at(world.group).pending.empty());
  EXPECT_FALSE(world.relay.mail_about(amy.device.id, lost.id.view()));
  join_again();
  talk(amy, "After.");
}

TEST_F(BotReform, RequestsFromBeforeTheLossAreNotRepeated) {
  auto old = world.create_request({&amy, &ben});
  old.request = world.dice.id<messages::RequestId>();
  old.action = "remove";
  old.name = old.group_class = old.unit = "";
  old.owners.clear();
  old.members = {ben.device.id};
  world.clock.time_ms += 1000;
  lose_memory();
  world.start();
  world.request(old);
  EXPECT_TRUE(group().wanted.contains(ben.device.id));
  old.issued = TimeMs(world.clock.time_ms + 1);
  world.request(old);
  EXPECT_FALSE(group().wanted.contains(ben.device.id));
}

TEST_F(BotReform, AnotherBotNeedsTheNameFromARegistrar) {
  lose_memory();
  world.keys->state = world.dice.secret<32>();
  world.start();
  EXPECT_FALSE(world.robot().groups().all().contains(world.group));
  auto wish = world.create_request({&amy, &ben});
  wish.request = world.dice.id<messages::RequestId>();
  wish.issued = TimeMs(world.clock.time_ms + 1);
  world.request(wish);
  join_again();
  talk(amy, "After.");
}

TEST_F(BotReform, KilledAtAnyMoment) {
  for (std::uint64_t draw = 1; draw < 60; draw += 7) {
    lose_memory();
    for (Officer* officer : {&amy, &ben}) {
      officer->publish_key_package();
      officer->publish_key_package();
    }
    world.bot_dice.kill_at = world.bot_dice.draws + draw;
    try {
      world.start();
    } catch (const Killed&) {
      ++world.kills;
      world.bot_dice.kill_at = 0;
      world.kill();
      world.start();
    }
    world.bot_dice.kill_at = 0;
    world.advance(5'000);
    join_again();
    talk(amy, "After.");
  }
  EXPECT_GT(world.kills, 4);
}

}  // namespace
}  // namespace candour::tests
