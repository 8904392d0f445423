// Goal: members' own keys do not stay as they were when they were added: each device is asked for
// new ones, and what a copy of its old state can read ends with the commit that brings them.
// Method: whole conversations with real MLS on a clock that is moved; the old state is kept and
// tried.
#include "tests/bot/world.h"

namespace candour::tests {
namespace {

constexpr std::uint64_t kDayMs = 24ull * 3'600'000;

class BotRenewal : public ::testing::Test {
 protected:
  void SetUp() override {
    world.rotation = {0, 0, 7 * kDayMs};
    world.publish_policy();
    world.start();
    world.make_group({&amy, &ben});
  }
  bot::Group& group() { return *world.robot().groups().find(world.group); }
  std::size_t asked(const Officer& officer) {
    std::size_t count = 0;
    for (const messages::Answer& answer : officer.answers()) {
      if (answer.type != messages::AnswerType::renew) continue;
      EXPECT_TRUE(same(answer.about.view(), world.group.view()));
      ++count;
    }
    return count;
  }
  void renew(Officer& by, const crypto::SigningKey* key = nullptr) {
    messages::KeyRenewal renewal;
    renewal.group = world.group;
    renewal.key_package = by.make_key_package();
    renewal.device = by.device.id;
    renewal.time = world.clock.now();
    world.mail_to_bot(messages::ToBotType::key_renewal,
                      SecretBytes::copy_of(renewal.sign(key ? *key : by.device.signing)));
    world.run();
  }
  void say(std::string_view text) {
    amy.catch_up();
    amy.receipt(amy.send(text));
    ben.catch_up();
    EXPECT_EQ(ben.shown.back(), text);
  }

  World world;
  Officer amy{world, "p-101"};
  Officer ben{world, "p-102"};
};

TEST_F(BotRenewal, OldKeysAreAskedForAndReplacedInOneCommit) {
  world.advance(8 * kDayMs);
  EXPECT_EQ(asked(ben), 0u) << "where nothing is said there is nothing to protect anew";
  say("before");
  world.advance(61'000);
  EXPECT_EQ(asked(amy), 1u);
  EXPECT_EQ(asked(ben), 1u);
  const Epoch before = group().mls.epoch();
  mls::Group old = std::move(*ben.mls);
  ben.mls.reset();
  renew(ben);
  EXPECT_EQ(group().mls.epoch(), before.next());
  EXPECT_EQ(group().mls.members().size(), 3u);
  EXPECT_FALSE(group().wanted.at(ben.device.id).owner);
  auto staged =
      old.process_commit(as_bytes(world.relay.delivered.back().ciphertext()), world.clock.now());
  ASSERT_TRUE(staged);
  EXPECT_TRUE(staged.value().removes_own_leaf());
  ASSERT_TRUE(old.merge(std::move(staged).value()));
  say("after");
  EXPECT_FALSE(old.unprotect(as_bytes(world.relay.delivered.back().ciphertext())));
  EXPECT_EQ(asked(ben), 1u);
}

TEST_F(BotRenewal, OnlyWhoIsAskedAndOnlyByItsOwnWord_I12) {
  say("before");
  renew(ben);  // nobody asked
  ASSERT_EQ(ben.answers().size(), 1u);
  EXPECT_EQ(ben.answers()[0].code, "not_permitted");
  world.advance(8 * kDayMs);
  EXPECT_EQ(asked(ben), 1u);
  renew(ben, &amy.device.signing);
  EXPECT_EQ(group().mls.epoch(), Epoch(1));
}

TEST_F(BotRenewal, WhoDoesNotAnswerStaysAndIsAskedAgainAfterADay) {
  say("before");
  world.advance(8 * kDayMs);
  EXPECT_EQ(asked(ben), 1u);
  world.advance(kDayMs / 2);
  EXPECT_EQ(asked(ben), 1u);
  world.advance(kDayMs);
  EXPECT_EQ(asked(ben), 2u);
  say("still here");
}

}  // namespace
}  // namespace candour::tests
