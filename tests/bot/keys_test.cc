// Goal: the bot's keys come into being once, stay private, and fit each other. Method: init in an
// empty folder, then every way of spoiling it.
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "bot/setup.h"
#include "tests/bot/world.h"

namespace candour::tests {
namespace {

namespace fs = std::filesystem;

class BotKeys : public ::testing::Test {
 protected:
  void SetUp() override {
    state = fs::temp_directory_path() / ("candour-bot-keys-" + std::to_string(::getpid()));
    fs::remove_all(state);
  }
  void TearDown() override { fs::remove_all(state); }
  Result<std::string> init() {
    return bot::init_keys(state, {"example-constabulary", "bot-1", "Compliance bot", "force", ""},
                          dice);
  }
  fs::path state;
  Dice dice{7};
};

TEST_F(BotKeys, RequestIsSignedByTheNewKey) {
  const auto note = init();
  ASSERT_TRUE(note) << note.error().message;
  const auto request = identity::Enrolment::verify(note.value());
  ASSERT_TRUE(request) << request.error().message;
  const auto keys = bot::load_keys(state).value();
  EXPECT_EQ(request.value().device(), keys.device);
  EXPECT_EQ(request.value().role, "bot");
  EXPECT_EQ(request.value().unit, "force");
  EXPECT_EQ(request.value().sealing_key, keys.sealing.public_key());
  EXPECT_NE(keys.witness.public_key(), keys.signing.public_key());
  EXPECT_EQ(keys.witness_name, "example-constabulary/bot-witness");
}

TEST_F(BotKeys, FilesAreForTheOwnerOnly) {
  ASSERT_TRUE(init());
  for (const char* name : {"bot.key", "bot-sealing.key", "bot-witness.key", "bot-state.key"}) {
    struct stat info {};
    ASSERT_EQ(::stat((state / name).c_str(), &info), 0) << name;
    EXPECT_EQ(info.st_mode & 0777, 0600u) << name;
  }
  fs::permissions(state / "bot.key", fs::perms::others_read, fs::perm_options::add);
  EXPECT_EQ(bot::load_keys(state).error().code, ErrorCode::state_damaged);
}

TEST_F(BotKeys, SecondInitIsRefused) {
  ASSERT_TRUE(init());
  EXPECT_EQ(init().error().code, ErrorCode::already_exists);
}

TEST_F(BotKeys, MissingAndDamagedKeysAreNamed) {
  EXPECT_EQ(bot::load_keys(state).error().code, ErrorCode::not_found);
  ASSERT_TRUE(init());
  std::ofstream(state / "bot-state.key") << "not hex\n";
  const auto damaged = bot::load_keys(state);
  ASSERT_FALSE(damaged);
  EXPECT_EQ(damaged.error().code, ErrorCode::state_damaged);
  EXPECT_NE(damaged.error().message.find("bot-state.key"), std::string::npos);
}

TEST_F(BotKeys, CertificateOfAnotherDeviceIsRefused_I12) {
  ASSERT_TRUE(init());
  World world;
  const Bytes other = bot::load_certificate(world.state).value();
  EXPECT_EQ(bot::store_certificate(state, as_text(other)).error().code,
            ErrorCode::certificate_invalid);
  EXPECT_EQ(bot::load_certificate(state).error().code, ErrorCode::not_found);
}

TEST(BotSetup, KnowsLoopback) {
  for (const char* host : {"127.0.0.1", "127.8.9.1", "::1", "localhost"}) {
    EXPECT_TRUE(bot::is_loopback(host)) << host;
  }
  for (const char* host : {"10.0.0.1", "127.evil.example", "localhost.example", "1270.0.0.1", ""}) {
    EXPECT_FALSE(bot::is_loopback(host)) << host;
  }
}

}  // namespace
}  // namespace candour::tests
