// Goal: another policy takes the place of the one in force between two messages, never within one,
// only when it holds, is signed by two people and proven to be in the log (I10); whatever is wrong
// with it, the one in force stays. Method: officers talk while packs appear on the bot's disk and
// in the log, in every order.
#include <unistd.h>

#include "base/files.h"
#include "bot/setup.h"
#include "crypto/hash.h"
#include "policy/compiled.h"
#include "tests/bot/world.h"

namespace candour::tests {
namespace {

class BotReload : public ::testing::Test {
 protected:
  void SetUp() override {
    world.publish_policy();
    world.start();
    world.make_group({&amy, &ben});
  }

  /// A pack that warns of `word` and of nothing else.
  policy::Pack pack_about(const std::string& word, const std::string& version) const {
    policy::RuleSet rules;
    rules.rules = {world.rule("word", policy::Severity::warn, word, false)};
    return world.signed_pack(version, policy::Engine::build(std::move(rules)).value());
  }
  void put_on_disk(const policy::Pack& pack) {
    world.pack_on_disk = std::make_shared<const policy::Pack>(pack);
  }
  void reload() {
    world.robot().reload_policy();
    world.run();
  }
  /// The version that judged the newest delivered message.
  Digest cited() const {
    const auto& token = world.relay.delivered.back().token();
    return identity::ReleaseToken::decode(as_bytes(token)).value().policy_digest;
  }
  Digest cited_by_warning(const Officer::Draft& draft) const {
    return messages::Warning::verify(amy.warning(draft).signed_warning,
                                     world.keys->signing.public_key())
        .value()
        .policy_digest;
  }
  const bot::Policies& policies() const { return world.process->policies; }

  World world;
  Officer amy{world, "p-101"};
  Officer ben{world, "p-102"};
};

TEST_F(BotReload, SwapsBetweenTwoMessagesAndEachCitesItsOwn_I10) {
  const policy::Pack next = pack_about("briefing", "2");
  const auto before = amy.send("A badword.");
  amy.receipt(amy.send("The briefing is at nine."));
  EXPECT_EQ(cited(), world.pack.digest);
  world.publish_policy(next);
  put_on_disk(next);
  reload();
  EXPECT_EQ(policies().pack().digest, next.digest);
  EXPECT_EQ(policies().waiting(), nullptr);

  amy.receipt(amy.send("A badword."));
  EXPECT_EQ(cited(), next.digest);
  EXPECT_EQ(cited_by_warning(amy.send("The briefing is at ten.")), next.digest);
  // A warning of the version before is still answered; what is released cites who judged it now.
  EXPECT_EQ(cited_by_warning(before), world.pack.digest);
  const auto anyway = amy.answer(before, override_field(amy.warning(before), "It is a quotation."));
  EXPECT_TRUE(amy.receipt(anyway).overridden);
  EXPECT_EQ(cited(), next.digest);
  ben.catch_up();
  EXPECT_EQ(ben.shown.size(), 3u);
}

TEST_F(BotReload, WhatIsNotInTheLogWaits_I10) {
  const policy::Pack next = pack_about("briefing", "2");
  put_on_disk(next);
  reload();
  EXPECT_EQ(policies().pack().digest, world.pack.digest);
  ASSERT_NE(policies().waiting(), nullptr);
  amy.receipt(amy.send("The briefing is at nine."));
  EXPECT_EQ(cited(), world.pack.digest);
  world.advance(120'000);
  EXPECT_EQ(policies().pack().digest, world.pack.digest);

  world.publish_policy(next);
  world.advance(2'000);
  EXPECT_EQ(policies().pack().digest, next.digest);
  amy.warning(amy.send("The briefing is at ten."));
}

TEST_F(BotReload, InTheDirectoryAndInNoTreeIsNotEnough_I10) {
  const policy::Pack next = pack_about("briefing", "2");
  world.relay.publish(v1::POLICY, next.raw_note, false);
  put_on_disk(next);
  reload();
  world.advance(120'000);
  EXPECT_EQ(policies().pack().digest, world.pack.digest);
  amy.receipt(amy.send("The briefing is at nine."));
}

TEST_F(BotReload, TheLogItselfAsksForIt) {
  const policy::Pack next = pack_about("briefing", "2");
  put_on_disk(next);
  world.publish_policy(next);
  world.advance(2'000);
  EXPECT_EQ(policies().pack().digest, next.digest);
}

TEST_F(BotReload, ABadPackLeavesTheOneInForce_I12) {
  world.pack_on_disk =
      error(ErrorCode::policy_invalid, "policy/a.toml:3: rule x: its example under 'matches' ...");
  reload();
  EXPECT_EQ(policies().pack().digest, world.pack.digest);
  EXPECT_EQ(policies().waiting(), nullptr);
  amy.warning(amy.send("A badword."));
  // The next one is good.
  const policy::Pack next = pack_about("briefing", "2");
  world.publish_policy(next);
  put_on_disk(next);
  reload();
  EXPECT_EQ(policies().pack().digest, next.digest);
}

TEST_F(BotReload, BothMustHaveSigned) {
  policy::Pack next = pack_about("briefing", "2");
  identity::SignedNote only_author{next.note_text, {}};
  identity::sign_note(only_author, "author", world.author);
  next.raw_note = only_author.print();
  // In the log it would be refused too; here it is the bot that must.
  world.relay.publish(v1::POLICY, next.raw_note);
  put_on_disk(next);
  reload();
  EXPECT_EQ(policies().pack().digest, world.pack.digest);
  EXPECT_EQ(policies().waiting(), nullptr);
  // The signatures of another pack.
  next = pack_about("briefing", "3");
  next.raw_note = world.pack.raw_note;
  put_on_disk(next);
  reload();
  EXPECT_EQ(policies().pack().digest, world.pack.digest);
}

TEST_F(BotReload, TheSameVersionAgainChangesNothing) {
  put_on_disk(world.pack);
  reload();
  EXPECT_EQ(policies().pack().digest, world.pack.digest);
  EXPECT_EQ(policies().waiting(), nullptr);
}

TEST_F(BotReload, MessagesThatWaitedAreJudgedByTheVersionInForceThen_I10) {
  const policy::Pack next = pack_about("briefing", "2");
  world.kill();
  const auto draft = amy.send("The briefing is at nine.");
  world.publish_policy(next);
  world.pack = next;  // the process starts with what is on disk
  world.start();
  EXPECT_EQ(cited_by_warning(draft), next.digest);
}

TEST(BotPack, IsAFolderOrTheFileCompiledFromIt) {
  const std::filesystem::path folder = std::string(CANDOUR_SOURCE_DIR) + "/config/policy/default";
  const auto of_folder = bot::load_pack_at(folder);
  ASSERT_TRUE(of_folder) << of_folder.error().message;
  const auto file = std::filesystem::temp_directory_path() /
                    ("candour-pack-" + std::to_string(::getpid()) + ".bin");
  Bytes bytes = policy::compile_pack(*of_folder.value());
  ASSERT_TRUE(write_file(file, bytes));
  const auto of_file = bot::load_pack_at(file);
  ASSERT_TRUE(of_file) << of_file.error().message;
  EXPECT_EQ(of_file.value()->digest, of_folder.value()->digest);
  EXPECT_EQ(of_file.value()->raw_note, of_folder.value()->raw_note);
  EXPECT_EQ(of_file.value()->engine->rules().size(), of_folder.value()->engine->rules().size());
  bytes[bytes.size() / 2] ^= 1;
  ASSERT_TRUE(write_file(file, bytes));
  const auto damaged = bot::load_pack_at(file);
  std::filesystem::remove(file);
  ASSERT_FALSE(damaged);
  EXPECT_EQ(damaged.error().code, ErrorCode::policy_invalid);
  EXPECT_EQ(damaged.error().message.find(file.string()), 0u);
  EXPECT_FALSE(bot::load_pack_at(folder / "nothing"));
}

}  // namespace
}  // namespace candour::tests
