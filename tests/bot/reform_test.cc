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
  /// Asks for a re-form; what came of it.
  std::string ask(Officer& by) {
    messages::GroupRequest request;
    request.organisation = "example-constabulary";
    request.request = world.dice.id<messages::RequestId>();
    request.action = "reform";
    request.group = world.group;
    request.by = by.device.id;
    request.issued = world.clock.now();
    const std::size_t before = by.answers().size();
    world.mail_to_bot(messages::ToBotType::member_request, request.sign(by.device.signing));
    world.run();
    const auto answers = by.answers();
    return answers.size() == before ? "no answer" : answers.back().code;
  }
  void change(std::string_view action, const Officer& member) {
    auto wish = world.create_request({&amy, &ben});
    wish.request = world.dice.id<messages::RequestId>();
    wish.action = action;
    wish.name = wish.group_class = wish.unit = "";
    wish.owners.clear();
    wish.members = {member.device.id};
    world.request(wish);
  }
  RelayDouble::GroupRow& row() { return world.relay.groups.at(world.group); }
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

TEST_F(BotReform, AStoppedGroupComesBackAsItsPeopleWantIt) {
  const std::uint64_t seq = row().seq;
  row().stopped = true;
  amy.send("Refused by the relay.");
  EXPECT_EQ(group().chain.seq, Seq(seq + 1));
  change("remove", ben);
  change("add", eve);  // no key package yet
  ASSERT_EQ(ask(amy), "");
  EXPECT_FALSE(row().stopped);
  EXPECT_EQ(row().seq, seq + 1);
  EXPECT_FALSE(group().wanted.contains(ben.device.id));
  EXPECT_TRUE(group().wanted.at(amy.device.id).owner);
  EXPECT_EQ(group().mls.members().size(), 2u);
  eve.publish_key_package();
  world.advance(60'000);
  EXPECT_EQ(group().mls.members().size(), 3u);
  EXPECT_TRUE(world.relay.violations.empty());
}

TEST_F(BotReform, AStoppedGroupWaitsForAWord) {
  const Bytes before = mls_group();
  world.kill();
  const fs::path copy = world.state / "copy.db";
  fs::copy_file(world.state / "bot.db", copy);
  world.start();
  talk(amy, "Later.");
  world.kill();
  for (const char* name : {"bot.db-wal", "bot.db-shm"}) fs::remove(world.state / name);
  fs::rename(copy, world.state / "bot.db");
  row().stopped = true;
  world.start();
  EXPECT_EQ(mls_group(), before);
  ASSERT_EQ(ask(amy), "");
  EXPECT_NE(mls_group(), before);
  join_again();
  talk(amy, "After.");
}

TEST_F(BotReform, ALostAndStoppedGroupWaitsForARegistrar) {
  lose_memory();
  row().stopped = true;
  world.start();
  EXPECT_FALSE(world.robot().groups().all().contains(world.group));
  auto wish = world.create_request({&amy, &ben});
  wish.request = world.dice.id<messages::RequestId>();
  wish.issued = TimeMs(world.clock.time_ms + 1);
  world.request(wish);
  join_again();
  talk(amy, "After.");
}

TEST_F(BotReform, NoNumberIsSignedTwiceOnTheRelaysWord) {
  const Bytes before = mls_group();
  const auto older = row();
  talk(amy, "More.");
  world.relay.shown[world.group] = older;
  EXPECT_EQ(ask(amy), "log_inconsistent");
  EXPECT_EQ(mls_group(), before);
  auto ahead = row();
  ahead.seq += 5;
  world.relay.shown[world.group] = ahead;
  world.advance(7'200'000);
  EXPECT_EQ(ask(amy), "log_inconsistent");
  EXPECT_EQ(mls_group(), before);
  talk(ben, "As before.");
}

TEST_F(BotReform, NobodyComesBackByAnOldRoster) {
  const std::string roster = row().roster;  // of an MLS group before, with ben
  ASSERT_EQ(ask(amy), "");
  change("remove", ben);
  auto old = row();
  old.roster = roster;
  world.relay.shown[world.group] = old;
  amy.publish_key_package();
  world.advance(7'200'000);
  ASSERT_EQ(ask(amy), "");
  EXPECT_FALSE(group().wanted.contains(ben.device.id));
  EXPECT_EQ(group().mls.members().size(), 2u);
}

TEST_F(BotReform, NotWhileAVerdictIsUnderWay) {
  const Bytes before = mls_group();
  world.relay.drop_answers = true;
  const auto draft = amy.send("Released, but the bot does not know.");
  EXPECT_EQ(ask(amy), "no answer");
  EXPECT_EQ(mls_group(), before);
  const std::uint64_t seq = row().seq;
  world.relay.drop_answers = false;
  world.kill();
  world.start();
  world.run();
  EXPECT_NE(mls_group(), before);
  EXPECT_EQ(row().seq, seq + 1);
  EXPECT_EQ(amy.answers().back().code, "");
  join_again();
  // The bot still knows what it released: the same message id is not taken again.
  Officer::Options again;
  again.id = draft.id;
  amy.send("Under a used id.", std::move(again));
  std::size_t times = 0;
  for (const v1::Deliver& deliver : world.relay.delivered) {
    if (as_text(draft.id.view()) == deliver.message_id()) ++times;
  }
  EXPECT_EQ(times, 1u);
  EXPECT_TRUE(world.relay.violations.empty());
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
