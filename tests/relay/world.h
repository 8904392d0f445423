// An example organisation with its relay, devices and a bot for tests: real keys, certificates,
// tokens and wss; ciphertexts and sealed records are random bytes from a seed.
#pragma once

#include <deque>
#include <map>
#include <random>

#include "identity/roster.h"
#include "identity/token.h"
#include "tests/identity/organisation.h"
#include "tests/net/certificates.h"
#include "tlog/leaf.h"
#include "tlog/record_label.h"
#include "transport/net/client.h"
#include "transport/relay/app.h"
#include "transport/wire/frames.h"

namespace candour::tests {

using Body = v1::ServerFrame::BodyCase;

class TestClock : public Clock {
 public:
  TimeMs now() const override { return TimeMs(now_.load()); }
  void set(std::uint64_t ms) { now_ = ms; }

 private:
  std::atomic<std::uint64_t> now_{1'769'846'400'000 + 86'400'000};
};

class SeededRandom : public Random {
 public:
  explicit SeededRandom(std::uint32_t seed) : engine_(seed) {}
  void fill(MutableByteView out) override {
    std::lock_guard guard(mutex_);
    for (auto& b : out) b = static_cast<std::uint8_t>(engine_());
  }
  Bytes bytes(std::size_t size) {
    Bytes out(size);
    fill(out);
    return out;
  }

 private:
  std::mutex mutex_;
  std::mt19937 engine_;
};

/// A device: its key and its certificate note.
struct TestDevice {
  crypto::SigningKey key;
  std::string certificate;
  DeviceId id() const { return identity::device_id(key.public_key()); }
};

class World;

/// What the relay takes for a sealed record: a good label and nonsense behind it.
Bytes record_like(World& world, const RecordId& id, const GroupId& group, const DeviceId& sender,
                  const std::string& origin = "example.org/log");

/// One connection, speaking raw frames.
class Peer {
 public:
  explicit Peer(World& world);

  /// Sends and returns the answer; other frames that come meanwhile are kept for `next`.
  v1::ServerFrame call(v1::ClientFrame frame);
  /// The code of the failure the call is answered with; `internal` when it succeeded.
  ErrorCode refusal(v1::ClientFrame frame);
  void send(v1::ClientFrame frame);
  void send_raw(Bytes bytes) { ASSERT_TRUE(socket_->send(std::move(bytes))); }
  /// The next unasked frame with this body; empty body when none comes in time.
  v1::ServerFrame next(Body body, std::uint64_t timeout_ms = 10'000);
  /// True when no frame with this body comes for a while.
  bool quiet(Body body) { return next(body, 300).body_case() != body; }

  v1::ClientFrame login_frame(const TestDevice& device,
                              const std::string& build = "candour/0.1.0") const;
  v1::ServerFrame login(const TestDevice& device) { return call(login_frame(device)); }
  v1::ServerFrame login_role(const std::string& name, const crypto::SigningKey& key);
  /// Waits until the relay closes; the close code.
  std::uint16_t closed();

  const v1::Challenge& challenge() const { return challenge_; }
  const Bytes& channel_binding() const { return socket_->channel_binding(); }

 private:
  std::optional<v1::ServerFrame> receive(std::uint64_t timeout_ms);
  std::unique_ptr<net::WsClient> socket_;
  std::deque<v1::ServerFrame> kept_;
  v1::Challenge challenge_;
  std::uint64_t last_request_ = 0;
};

/// What the bot of a healthy world says about submissions; knows no connection.
class TestJudge {
 public:
  explicit TestJudge(World& world) : world_(world) {}

  v1::ClientFrame commit_frame(const GroupId& group, const MessageId& id, std::uint64_t epoch);
  /// A release verdict for a check.
  v1::ClientFrame release(const v1::Check& check, const std::vector<DeviceId>& members = {});
  v1::ClientFrame withhold(const v1::Check& check, const DeviceId& reply_to);
  /// The chain moves on when a release was accepted.
  void accepted(const v1::Verdict& verdict);

  struct Chain {
    std::uint64_t seq = 0;
    Digest previous;
    std::uint64_t epoch = 0;
  };
  std::map<GroupId, Chain> chains;

 protected:
  World& world_;
};

/// The bot as far as the relay can tell: it judges what it is sent.
class TestBot : public TestJudge {
 public:
  explicit TestBot(World& world);
  Peer& peer() { return peer_; }

  /// Creates the group with these members (the bot is one anyway).
  void create_group(const GroupId& group, const std::vector<DeviceId>& members);
  /// Changes the membership by a commit.
  void commit(const GroupId& group, const std::vector<DeviceId>& members);
  v1::Check next_check();
  v1::ServerFrame give(const v1::ClientFrame& verdict);
  /// Checks and releases the next submission.
  v1::ServerFrame release_next();

 private:
  Peer peer_;
};

/// What a refusal must leave as it was.
struct WorldState {
  std::uint64_t directory = 0;
  std::string log_size, groups, pending;  // as the metrics print them
  bool operator==(const WorldState&) const = default;
};

class World {
 public:
  World();
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  /// The first time with the statement as it is then: what a test adds to it before counts.
  void start();
  void write_statement() const;
  void stop() { app.reset(); }
  /// A certified and published device that has acknowledged the notice.
  TestDevice& device(const std::string& person, bool acknowledge = true);
  TestDevice make_device(std::uint8_t number, const std::string& person, const std::string& role,
                         std::uint64_t lifetime_ms = 30ull * 86'400'000);
  /// Publishes as registrar 1; the leaf index.
  v1::ServerFrame publish(v1::ObjectKind kind, const std::string& object);
  ErrorCode publish_refusal(v1::ObjectKind kind, const std::string& object);
  std::string revocation(const DeviceId& device);
  void acknowledge(Peer& peer, const TestDevice& device);
  WorldState state();
  /// Runs what is to be refused and compares the state before and after.
  void expect_unchanged(const std::function<void()>& refused);
  net::Endpoint endpoint() const;
  net::HttpReply admin(const std::string& target);
  net::HttpReply get(const std::string& target);

  testing::TemporaryFolder folder;
  testing::CertificateFiles tls;
  config::RelayConfig config;
  TestClock clock;
  SeededRandom random{20260131};
  net::IoThread io;
  identity::Statement statement;
  std::string notice;
  Digest notice_digest;
  std::unique_ptr<relay::App> app;
  std::uint16_t program_port = 0;  // of a relay in a process of its own; then `app` is not used
  TestDevice bot;

 private:
  std::map<std::string, std::unique_ptr<TestDevice>> devices_;
  std::uint8_t next_number_ = 60;
};

v1::ClientFrame submit_frame(World& world, const GroupId& group, const MessageId& id,
                             std::uint64_t epoch);

/// A relay, a bot, a group "group" of two members a and b.
class RelayTest : public ::testing::Test {
 protected:
  void SetUp() override {
    world.start();
    bot = std::make_unique<TestBot>(world);
    a = std::make_unique<Peer>(world);
    b = std::make_unique<Peer>(world);
    ASSERT_EQ(a->login(amy).body_case(), Body::kLoggedIn);
    ASSERT_EQ(b->login(ben).body_case(), Body::kLoggedIn);
    bot->create_group(group, {amy.id(), ben.id()});
  }
  v1::ClientFrame submit(std::uint64_t epoch = 1) {
    return submit_frame(world, group, world.random.id<MessageId>(), epoch);
  }

  World world;
  std::unique_ptr<TestBot> bot;
  std::unique_ptr<Peer> a;
  std::unique_ptr<Peer> b;
  GroupId group = world.random.id<GroupId>();
  TestDevice& amy = world.device("p-amy");
  TestDevice& ben = world.device("p-ben");
};

}  // namespace candour::tests
