// Goal: configuration is read strictly, and each mistake is named with file, line, column and key.
// Method: write files into a folder of the test, load them with an environment of the test's own,
// and compare whole messages.
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <map>

#include "config/bot_config.h"
#include "config/client_profile.h"
#include "config/relay_config.h"

namespace candour::config {
namespace {

class FakeEnvironment : public Environment {
 public:
  std::map<std::string, std::string> values;
  const char* get(const std::string& name) const override {
    const auto found = values.find(name);
    return found == values.end() ? nullptr : found->second.c_str();
  }
};

constexpr std::string_view kRelay = R"(state_dir = "state"
[listen]
address = "127.0.0.1"
port = 8443
[tls]
certificate_file = "tls.crt"
private_key_file = "/etc/candour/tls.key"
[organisation]
root_vkey_file = "../root.vkey"
bootstrap = ["statement.note", "notice.note"]
[log]
key_file = "log.key"
[[witnesses]]
vkey_file = "witness.vkey"
host = "127.0.0.1"
port = 9600
)";

constexpr std::string_view kBot = R"(state_dir = "state"
[relay]
host = "127.0.0.1"
port = 8443
tls_name = "localhost"
ca_file = "tls.crt"
[organisation]
root_vkey_file = "root.vkey"
statement_file = "statement.note"
[policy]
pack_dir = "policy"
[retention]
keys_file = "retention.keys"
)";

constexpr std::string_view kClient = R"([relay]
host = "127.0.0.1"
port = 8443
tls_name = "localhost"
ca_file = "tls.crt"
[organisation]
root_vkey_file = "root.vkey"
[device]
person = "p-1042"
)";

class Config : public testing::Test {
 protected:
  Config() {
    folder_ = std::filesystem::temp_directory_path() /
              ("candour-config-" + std::to_string(getpid()) + "-" +
               testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::create_directories(folder_);
  }
  ~Config() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path file(std::string_view text) {
    const auto path = folder_ / "candour.toml";
    std::ofstream(path, std::ios::trunc) << text;
    return path;
  }

  static std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
    std::string out(text);
    const auto at = out.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return out.replace(at, from.size(), to);
  }

  // Loads the text as the relay's and returns the message of the error without the folder's name.
  std::string relay_error(std::string_view text) {
    const auto loaded = load_relay_config(file(text), environment_);
    EXPECT_FALSE(loaded.has_value()) << text;
    if (loaded.has_value()) return "";
    EXPECT_EQ(loaded.error().code, ErrorCode::config_invalid);
    std::string message = loaded.error().message;
    const std::string prefix = folder_.string() + "/";
    const auto at = message.find(prefix);
    return at == std::string::npos ? message : message.erase(at, prefix.size());
  }

  std::filesystem::path folder_;
  FakeEnvironment environment_;
};

TEST_F(Config, RelayLoadsWithDefaultsAndRelativePaths) {
  const auto config = load_relay_config(file(kRelay), environment_);
  ASSERT_TRUE(config.has_value()) << config.error().message;
  const RelayConfig& c = config.value();
  EXPECT_EQ(c.state_dir, folder_ / "state");
  EXPECT_EQ(c.tls_private_key_file, "/etc/candour/tls.key");
  EXPECT_EQ(c.root_vkey_file, folder_.parent_path() / "root.vkey");
  ASSERT_EQ(c.bootstrap.size(), 2u);
  EXPECT_EQ(c.bootstrap[1], folder_ / "notice.note");
  ASSERT_EQ(c.witnesses.size(), 1u);
  EXPECT_EQ(c.witnesses[0].port, 9600);
  EXPECT_EQ(c.listen.port, 8443);
  EXPECT_EQ(c.admin.address, "127.0.0.1");
  EXPECT_EQ(c.limits.submits_per_second, 50u);
  EXPECT_EQ(c.log_level, "info");
  EXPECT_TRUE(c.origins.empty());
}

TEST_F(Config, EveryLimitOfTheRelayIsReadShownAndBounded) {
  const std::vector<std::pair<std::string, std::uint64_t RelayLimits::*>> keys = {
      {"submits_per_second", &RelayLimits::submits_per_second},
      {"writes_per_second", &RelayLimits::writes_per_second},
      {"frame_bytes", &RelayLimits::frame_bytes},
      {"sessions", &RelayLimits::sessions},
      {"unauthenticated", &RelayLimits::unauthenticated},
      {"queue_frames", &RelayLimits::queue_frames},
      {"queue_bytes", &RelayLimits::queue_bytes},
      {"pending_per_group", &RelayLimits::pending_per_group},
      {"groups", &RelayLimits::groups},
      {"group_members", &RelayLimits::group_members},
      {"messages_per_group", &RelayLimits::messages_per_group},
      {"database_bytes", &RelayLimits::database_bytes}};
  EXPECT_EQ(sizeof(RelayLimits), keys.size() * sizeof(std::uint64_t)) << "a limit is missing here";
  for (const auto& [key, value] : keys) {
    const std::uint64_t changed = RelayLimits().*value == 0 ? 4096 : RelayLimits().*value - 1;
    const std::string text =
        std::string(kRelay) + "[limits]\n" + key + " = " + std::to_string(changed) + "\n";
    const auto config = load_relay_config(file(text), environment_);
    ASSERT_TRUE(config.has_value()) << config.error().message;
    EXPECT_EQ(config.value().limits.*value, changed) << key;
    EXPECT_NE(show(config.value(), false).find(key + " = " + std::to_string(changed) + "\n"),
              std::string::npos);
    EXPECT_NE(relay_error(std::string(kRelay) + "[limits]\n" + key + " = 9000000000000000000\n")
                  .find("key 'limits." + key + "': must be a whole number from "),
              std::string::npos);
  }
}

TEST_F(Config, OriginsAreAListOfTexts) {
  const auto loaded = [&](const std::string& value) {
    return load_relay_config(
        file(replaced(kRelay, "port = 8443\n", "port = 8443\norigins = " + value + "\n")),
        environment_);
  };
  const auto two = loaded(R"(["https://a.example", "https://b.example"])");
  ASSERT_TRUE(two.has_value()) << two.error().message;
  EXPECT_EQ(two.value().origins,
            (std::vector<std::string>{"https://a.example", "https://b.example"}));
  EXPECT_NE(
      show(two.value(), false).find(R"(origins = ["https://a.example", "https://b.example"])"),
      std::string::npos);
  EXPECT_FALSE(loaded("[\"\"]").has_value());
  EXPECT_FALSE(loaded("\"https://a.example\"").has_value());
  environment_.values["CANDOUR_LISTEN__ORIGINS"] = "https://c.example https://d.example";
  const auto outside = loaded("[]");
  EXPECT_EQ(outside.value().origins.size(), 2u);
}

TEST_F(Config, WebHostsAreReadAndShown) {
  const auto loaded = load_relay_config(
      file(replaced(kRelay, "port = 8443\n",
                    "port = 8443\nweb_hosts = [\"chat.example.org\", \"127.0.0.1:8443\"]\n")),
      environment_);
  ASSERT_TRUE(loaded.has_value()) << loaded.error().message;
  EXPECT_EQ(loaded.value().web_hosts,
            (std::vector<std::string>{"chat.example.org", "127.0.0.1:8443"}));
  EXPECT_NE(
      show(loaded.value(), false).find(R"(web_hosts = ["chat.example.org", "127.0.0.1:8443"])"),
      std::string::npos);
}

TEST_F(Config, TheBrowserAppIsServedOnlyWhereSaid) {
  EXPECT_TRUE(load_relay_config(file(kRelay), environment_).value().web_root.empty());
  const auto loaded = load_relay_config(file(replaced(kRelay, "state_dir = \"state\"\n",
                                                      "state_dir = \"state\"\nweb_root = \"web\"\n"
                                                      "policy_root = \"packs\"\n")),
                                        environment_);
  ASSERT_TRUE(loaded.has_value()) << loaded.error().message;
  EXPECT_EQ(loaded.value().web_root, folder_ / "web");
  const auto again = load_relay_config(file(show(loaded.value(), false)), environment_);
  EXPECT_EQ(again.value().web_root, folder_ / "web");
  EXPECT_EQ(again.value().policy_root, folder_ / "packs");
  EXPECT_EQ(show(loaded.value(), true).find(folder_.string()), std::string::npos);
  environment_.values["CANDOUR_WEB_ROOT"] = "/srv/candour";
  EXPECT_EQ(load_relay_config(file(kRelay), environment_).value().web_root, "/srv/candour");
}

TEST_F(Config, BotAndClientLoad) {
  const auto bot = load_bot_config(file(kBot), environment_);
  ASSERT_TRUE(bot.has_value()) << bot.error().message;
  EXPECT_EQ(bot.value().relay.tls_name, "localhost");
  EXPECT_TRUE(bot.value().attempts_log_warned);
  EXPECT_EQ(bot.value().policy_pack_dir, folder_ / "policy");
  const auto client = load_client_profile(file(kClient), environment_);
  ASSERT_TRUE(client.has_value()) << client.error().message;
  EXPECT_EQ(client.value().person, "p-1042");
  EXPECT_TRUE(client.value().certificate_file.empty());
}

TEST_F(Config, I12UnknownKeyIsRefusedWithItsPlace) {
  EXPECT_EQ(relay_error(replaced(kRelay, "port = 8443", "port = 8443\nprot = 1")),
            "candour.toml:5:1: key 'listen.prot': unknown key; remove it or correct its spelling");
  EXPECT_EQ(relay_error(std::string("[lisen]\nport = 1\n") + std::string(kRelay)).substr(0, 33),
            "candour.toml:1:2: key 'lisen': un");
  EXPECT_EQ(relay_error(replaced(kRelay, "port = 9600", "port = 9600\n  colour = 'red'")),
            "candour.toml:17:3: key 'witnesses[0].colour': unknown key; remove it or correct its "
            "spelling");
}

TEST_F(Config, I12WrongTypeIsRefusedWithItsPlace) {
  EXPECT_EQ(relay_error(replaced(kRelay, "port = 8443", "port = \"8443\"")),
            "candour.toml:4:8: key 'listen.port': must be a whole number, not a string");
  EXPECT_EQ(relay_error(replaced(kRelay, "\"state\"", "7")),
            "candour.toml:1:13: key 'state_dir': must be a string, not a whole number");
  EXPECT_EQ(relay_error(replaced(kRelay, "\"notice.note\"", "5")),
            "candour.toml:10:32: key 'organisation.bootstrap': each element must be a string that "
            "is not empty");
  EXPECT_EQ(relay_error(std::string("tls = 3\n") + std::string(kRelay.substr(0, 60))),
            "candour.toml:1:7: key 'tls': must be a table, not a whole number");
}

TEST_F(Config, I12OutOfRangeIsRefusedWithItsPlace) {
  EXPECT_EQ(relay_error(replaced(kRelay, "8443", "70000")),
            "candour.toml:4:8: key 'listen.port': must be a whole number from 0 to 65535, not "
            "70000");
  EXPECT_EQ(relay_error(replaced(kRelay, "8443", "-1")),
            "candour.toml:4:8: key 'listen.port': must be a whole number from 0 to 65535, not -1");
  EXPECT_EQ(relay_error(replaced(kRelay, "9600", "0")),
            "candour.toml:16:8: key 'witnesses[0].port': must be a whole number from 1 to 65535, "
            "not 0");
  EXPECT_EQ(relay_error(std::string(kRelay) + "[limits]\nsubmits_per_second = 0\n"),
            "candour.toml:18:22: key 'limits.submits_per_second': must be a whole number from 1 "
            "to 200, not 0");
  EXPECT_EQ(relay_error("log_level = \"loud\"\n" + std::string(kRelay)),
            "candour.toml:1:13: key 'log_level': must be one of 'debug', 'info', 'warning', "
            "'error', not 'loud'");
}

TEST_F(Config, I12MissingKeyIsNamed) {
  EXPECT_EQ(relay_error(replaced(kRelay, "address = \"127.0.0.1\"\n", "")),
            "candour.toml:2:1: key 'listen.address': missing, but required");
  EXPECT_EQ(relay_error(replaced(kRelay, "[log]\nkey_file = \"log.key\"\n", "")),
            "candour.toml:1:1: key 'log.key_file': missing, but required");
  EXPECT_EQ(relay_error(replaced(kRelay, "state_dir = \"state\"", "state_dir = \"\"")),
            "candour.toml:1:13: key 'state_dir': must not be empty");
}

TEST_F(Config, I12SyntaxErrorHasItsPlaceAndAbsentFileIsNotFound) {
  EXPECT_EQ(relay_error("state_dir = \"a\"\n[listen\nport = 1\n").substr(0, 18),
            "candour.toml:2:8: ");
  EXPECT_EQ(relay_error("a = 1\na = 2\n").substr(0, 16), "candour.toml:2:5");
  const auto absent = load_relay_config(folder_ / "none.toml", environment_);
  ASSERT_FALSE(absent.has_value());
  EXPECT_EQ(absent.error().code, ErrorCode::not_found);
}

TEST_F(Config, TheFirstMistakeOfTheFileIsTheOneReported) {
  EXPECT_EQ(relay_error(replaced(replaced(kRelay, "9600", "true"), "8443", "[]")),
            "candour.toml:4:8: key 'listen.port': must be a whole number, not an array");
}

TEST_F(Config, EnvironmentOverridesEveryKindOfKey) {
  environment_.values = {{"CANDOUR_LISTEN__PORT", "0"},
                         {"CANDOUR_STATE_DIR", "elsewhere"},
                         {"CANDOUR_LOG_LEVEL", "debug"},
                         {"CANDOUR_WITNESSES__0__HOST", "witness.example"},
                         {"CANDOUR_ORGANISATION__BOOTSTRAP", "/a.note:b.note"},
                         {"CANDOUR_LIMITS__SESSIONS", "10"}};
  const auto config = load_relay_config(file(kRelay), environment_);
  ASSERT_TRUE(config.has_value()) << config.error().message;
  EXPECT_EQ(config.value().listen.port, 0);
  EXPECT_EQ(config.value().state_dir, folder_ / "elsewhere");
  EXPECT_EQ(config.value().log_level, "debug");
  EXPECT_EQ(config.value().witnesses[0].host, "witness.example");
  EXPECT_EQ(config.value().limits.sessions, 10u);
  const std::vector<std::filesystem::path> bootstrap = {"/a.note", folder_ / "b.note"};
  EXPECT_EQ(config.value().bootstrap, bootstrap);

  environment_.values = {{"CANDOUR_ATTEMPTS__LOG_WARNED", "false"},
                         {"CANDOUR_ATTEMPTS__WARNING_LIFETIME_MS", "5000"}};
  const auto bot = load_bot_config(file(kBot), environment_);
  ASSERT_TRUE(bot.has_value());
  EXPECT_FALSE(bot.value().attempts_log_warned);
  EXPECT_EQ(bot.value().warning_lifetime_ms, 5000u);
}

TEST_F(Config, I12WrongEnvironmentVariableIsNamed) {
  environment_.values = {{"CANDOUR_LISTEN__PORT", "84x"}};
  EXPECT_EQ(relay_error(kRelay),
            "environment variable CANDOUR_LISTEN__PORT: must be a whole number from 0 to 65535");
  environment_.values = {{"CANDOUR_LOG_LEVEL", "loud"}};
  EXPECT_EQ(relay_error(kRelay),
            "environment variable CANDOUR_LOG_LEVEL: must be one of 'debug', "
            "'info', 'warning', 'error'");
  environment_.values = {{"CANDOUR_ATTEMPTS__LOG_WARNED", "yes"}};
  const auto bot = load_bot_config(file(kBot), environment_);
  ASSERT_FALSE(bot.has_value());
  EXPECT_EQ(bot.error().message,
            "environment variable CANDOUR_ATTEMPTS__LOG_WARNED: must be true or false");
}

TEST_F(Config, ShownTextLoadsAgainToTheSame) {
  const auto relay = load_relay_config(file(kRelay), environment_);
  const std::string shown = show(relay.value(), false);
  const auto again = load_relay_config(file(shown), environment_);
  ASSERT_TRUE(again.has_value()) << again.error().message << "\n" << shown;
  EXPECT_EQ(show(again.value(), false), shown);
  const auto bot = load_bot_config(file(kBot), environment_);
  const auto bot_again = load_bot_config(file(show(bot.value(), false)), environment_);
  ASSERT_TRUE(bot_again.has_value()) << bot_again.error().message;
  EXPECT_EQ(show(bot_again.value(), false), show(bot.value(), false));
  const auto client = load_client_profile(file(kClient), environment_);
  const auto client_again = load_client_profile(file(show(client.value(), false)), environment_);
  ASSERT_TRUE(client_again.has_value()) << client_again.error().message;
}

TEST_F(Config, RedactedTextNamesNoFile) {
  const auto relay = load_relay_config(file(kRelay), environment_);
  const std::string shown = show(relay.value(), true);
  EXPECT_EQ(shown.find(folder_.string()), std::string::npos);
  EXPECT_EQ(shown.find("tls.key"), std::string::npos);
  EXPECT_NE(shown.find("private_key_file = \"(redacted)\""), std::string::npos);
  EXPECT_NE(shown.find("port = 8443"), std::string::npos);
}

}  // namespace
}  // namespace candour::config
