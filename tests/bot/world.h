// A small organisation with a bot, a relay double and officers with real MLS groups, all in one
// process and on one clock, so that whole conversations are deterministic.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <set>

#include "bot/bot.h"
#include "bot/trust_store.h"
#include "client/messages/answer.h"
#include "client/messages/reply.h"
#include "client/messages/to_bot.h"
#include "identity/roster.h"
#include "mls/group.h"
#include "tests/bot/relay_double.h"

namespace candour::tests {

/// SHA-256 of seed and counter; optionally throws Killed at the n-th draw.
class Dice : public Random {
 public:
  explicit Dice(std::uint64_t seed) : seed_(seed) {}
  void fill(MutableByteView out) override;
  std::uint64_t draws = 0;
  std::uint64_t kill_at = 0;  // 0 = never

 private:
  std::uint64_t seed_;
  std::uint64_t counter_ = 0;
};

class TestClock : public Clock {
 public:
  TimeMs now() const override { return TimeMs(time_ms += per_look_ms); }
  mutable std::uint64_t time_ms = 1'790'000'000'000;  // in 2026
  std::uint64_t per_look_ms = 0;                      // passes whenever it is read
};

/// Goes with the wall clock, but for the jumps.
class SteadyClock : public MonotonicClock {
 public:
  explicit SteadyClock(const TestClock& wall) : wall_(wall) {}
  TimeMs now() const override { return TimeMs(wall_.time_ms - jumped_ms); }
  std::uint64_t jumped_ms = 0;  // of the wall clock; wraps when it jumped back

 private:
  const TestClock& wall_;
};

/// A device of a person, with its certificate.
struct Device {
  Device(std::string person_id, Random& random);
  std::string person;
  crypto::SigningKey signing;
  crypto::SealingKey sealing;
  DeviceId id;
};

class World;

/// A member: sends, receives, checks what every client must check.
class Officer {
 public:
  Officer(World& world, std::string person, std::string role = "officer",
          std::string unit = "team-a");

  struct Draft {
    MessageId id;
    SecretBytes content;
    messages::CommitmentKey key;
    DeviceId sender;
  };
  struct Options {
    messages::BotField field;
    std::optional<MessageId> id;             // instead of a fresh one
    std::optional<MessageId> inner_id;       // authenticated data that says another id
    std::optional<DeviceId> claimed_sender;  // what the relay says
    std::optional<std::uint64_t> counter;
    std::optional<GroupId> group;
    bool broken_field = false;
    std::optional<std::uint64_t> epoch;
    messages::CheckpointSeen checkpoint;
  };

  void publish_key_package();
  /// A key package that nobody else has.
  Bytes make_key_package();
  /// Joins by mail and takes everything delivered; fails the test where a client would refuse.
  void catch_up();
  /// Leaves the first so many of what was delivered unread: those of another group.
  void skip_delivered(std::size_t through) { read_ = std::max(read_, through); }
  /// Uses up generations of the own ratchet without sending anything.
  void skip_generations(int count);
  /// Submits text and lets the bot run.
  Draft send(std::string_view text);
  Draft send(std::string_view text, Options options);
  /// The same for any other content.
  Draft send(const messages::Content& content);
  Draft send(const messages::Content& content, Options options);
  /// The same content again, as "send anyway", dispute or report would.
  Draft answer(const Draft& draft, messages::BotField field);
  /// The bot's answers to own mail, opened, oldest first.
  std::vector<messages::Answer> answers() const;
  /// The reply to a submission; fails the test when there is not exactly one.
  messages::Reply reply(const Draft& draft) const;
  messages::WarningReply warning(const Draft& draft) const;
  messages::Receipt receipt(const Draft& draft) const;
  /// The code of a rejection, or "".
  std::string rejection(const Draft& draft) const;

  World& world;
  Device device;
  std::optional<mls::Group> mls;
  identity::TokenChain chain;
  identity::Roster roster;
  std::string group_name;
  std::uint64_t counter = 0;
  std::vector<std::string> shown;
  bool removed = false;

 private:
  Draft submit(SecretBytes content, messages::CommitmentKey key, Options options);
  void join(const v1::Mail& mail);
  void take(const v1::Deliver& deliver);

  std::vector<mls::KeyPackageBundle> packages_;
  std::size_t read_ = 0;
  std::set<MessageId> own_;
};

/// The bot as a process: what it holds in memory dies with this value.
struct BotProcess {
  explicit BotProcess(World& world);
  std::unique_ptr<storage::BotStore> store;
  bot::BotTrustStore trust_store;
  std::unique_ptr<client::Trust> trust;
  bot::Policies policies;
  warrant::SealingPool pool;
  bot::Context context;
  bot::Bot robot;
  std::unique_ptr<client::Connection> connection;
};

class World {
 public:
  World();
  ~World();

  /// Starts the bot's process, connects, lets it run. `expect_ready` unless the policy is unknown.
  void start();
  /// The process is gone, as by kill -9: nothing is written, nothing said.
  void kill() { process.reset(); }
  /// Lets the bot take turns until there is nothing left to do. Where the dice or the
  /// relay (`kill_at_steps`) kill it, it is started again, once for each kill.
  void run();
  /// Certifies and publishes a device.
  void enrol(const Device& device, const std::string& role, const std::string& unit);
  void revoke(const Device& device);
  void publish_policy();
  void publish_policy(const policy::Pack& next);
  /// A rule of the category "test.ID".
  policy::Rule rule(const std::string& id, policy::Severity severity, const std::string& pattern,
                    bool alert) const;
  /// Signed by author and approver; as loaded from a folder.
  policy::Pack signed_pack(const std::string& version,
                           std::shared_ptr<const policy::Engine> engine) const;
  /// Seals a mail to the bot, which does not run yet.
  void mail_to_bot(messages::ToBotType type, SecretBytes body);
  /// A group request signed by registrar 1, mailed to the bot.
  void request(const messages::GroupRequest& request);
  /// The same, but the bot does not run yet.
  void mail_request(const messages::GroupRequest& request);
  messages::GroupRequest create_request(const std::vector<const Officer*>& members);
  /// A group with these members, everybody joined.
  void make_group(const std::vector<Officer*>& members);
  void advance(std::uint64_t ms);
  /// The bot's wall clock is set, ahead or (negative) back; no time passes.
  void jump(std::int64_t ms);
  bot::Bot& robot() { return process->robot; }
  Bytes everything_on_disk() const;

  Dice dice{1};      // everybody's but the bot's
  Dice bot_dice{2};  // the bot's
  TestClock clock;
  SteadyClock steady{clock};
  std::filesystem::path state;
  RelayDouble relay;
  crypto::SigningKey root, log, outside_witness, registrar1, registrar2, author, approver;
  std::optional<bot::Keys> keys;
  policy::Pack pack;
  /// What the bot finds when it reads its policy again.
  std::optional<bot::Policies::Loaded> pack_on_disk;
  warrant::RetentionKeys retention;
  std::optional<crypto::Point> escrow;
  GroupId group;
  std::map<std::string, std::string> names;  // of persons who are not "PC " and their id
  bool log_attempts = true;
  config::AlertSettings alerts{.delay_max_ms = 0,
                               .report_delay_max_ms = 0,
                               .fold_within_ms = 0};  // of bots that are started from now on
  config::RotationSettings rotation{0, 0, 0};         // of bots that are started from now on
  config::ReaddSettings readd{0, 1'000};              // of bots that are started from now on
  std::uint64_t warning_lifetime_ms = 24ull * 3'600'000;
  std::vector<std::string> officers_create_in;
  std::uint64_t certificate_days = 300;  // of devices that are enrolled from now on
  int kills = 0;
  std::unique_ptr<BotProcess> process;

 private:
  void turn_until_quiet();
};

messages::BotField override_field(const messages::WarningReply& warning, std::string_view reason);

}  // namespace candour::tests
