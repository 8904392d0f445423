// A seeded world around the relay's real domain and its real store: one thread, its own clocks, its
// own network. Devices and a bot submit, judge, read, acknowledge, come and go; the relay is killed
// at any point between two steps; clocks jump. What it promises is checked all the while, and
// again when everything has come to rest. The same seed always plays the same.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "tests/relay/world.h"
#include "transport/relay/relay.h"

namespace candour::sim {

using net::SessionId;
using tests::Body;

/// What all seeds share: keys, certificates, and a database in which they are published.
class Stage {
 public:
  static constexpr std::size_t kDevices = 4;
  Stage();
  ~Stage();
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  tests::World world;
  std::deque<tests::TestDevice> devices;
  std::filesystem::path template_db;
  std::filesystem::path folder;  // in memory where the machine has such a file system
};

class SimClock : public Clock {
 public:
  TimeMs now() const override { return now_; }
  void set(TimeMs now) { now_ = now; }

 private:
  TimeMs now_;
};

class SimSteady : public MonotonicClock {
 public:
  TimeMs now() const override { return now_; }
  void add(std::uint64_t ms) { now_ = TimeMs(now_.value + ms); }

 private:
  TimeMs now_{1'000};
};

class NoWitnesses : public relay::WitnessPort {
 public:
  std::size_t count() const override { return 0; }
  const std::string& name(std::size_t) const override { return none_; }
  void ask(std::size_t, const tlog::AddCheckpoint&, std::function<void(Answer)>) override {}
  void fetch(std::size_t, const std::string&, std::function<void(Answer)>) override {}

 private:
  std::string none_;
};

/// One connection, both directions in flight.
struct Link {
  std::deque<Bytes> to_relay;
  std::deque<net::SharedFrame> to_peer;
  bool closing = false;  // the relay said goodbye; what it sent before still arrives
};

/// A device: what it holds survives its connections, as on its disk.
struct Client {
  const tests::TestDevice* device = nullptr;
  SessionId session = 0;
  bool logged_in = false;
  bool revoked = false;                       // the relay was told, and is not to send any more
  std::optional<v1::ClientFrame> revocation;  // not yet acknowledged: a kill may have lost it
  bool member = false;
  bool lost = false;  // told to resynchronise
  std::uint64_t epoch = 0;
  std::uint64_t last = 0;  // newest seq it has
  std::uint64_t mail_last = 0;
  std::map<std::uint64_t, v1::Deliver> early;         // beyond a gap that a Welcome will close
  std::map<std::string, v1::ClientFrame> outbox;      // submitted, not acknowledged
  std::map<std::string, std::uint64_t> acknowledged;  // by message id: the submission
  std::map<std::uint64_t, std::string> asked;         // by request: the message id
  std::set<std::string> stale;                        // of the outbox: refused for their epoch
  std::uint64_t last_request = 100;
};

/// The bot: its verdicts and its chain survive.
struct Bot {
  SessionId session = 0;
  bool logged_in = false;
  bool hung = false;
  std::uint64_t newest_check = 0;                     // on this connection
  std::map<std::uint64_t, v1::ClientFrame> verdicts;  // by submission; sent again when asked again
  std::map<std::string, std::uint64_t> released;      // message id -> seq
  std::set<std::string> withheld;
  std::set<std::uint64_t> unconfirmed;    // verdicts the relay did not answer yet
  std::optional<v1::ClientFrame> commit;  // not acknowledged
  bool commit_judged = true;
  std::set<DeviceId> commit_members;
  std::set<DeviceId> commit_welcome;
  std::set<DeviceId> members;  // as the newest released commit says
};

class Simulation : public relay::Outlet {
 public:
  Simulation(Stage& stage, std::uint32_t seed);
  ~Simulation() override;

  /// Plays `steps` steps and then lets everything come to rest. The first broken promise in a
  /// sentence; empty when all were kept.
  std::string play(std::size_t steps);

  struct Played {
    std::uint64_t kills = 0, submitted = 0, released = 0, withheld = 0, repeats = 0,
                  resynchronised = 0, revoked = 0, deliveries = 0, commits = 0;
  };
  Played played;

 private:
  // The relay's way out.
  void send(SessionId session, const net::SharedFrame& frame) override;
  void close(SessionId session, std::uint16_t code, const std::string& reason) override;
  std::size_t queued(SessionId session) const override;

  /// In half of the worlds nothing goes before every member has it.
  static constexpr std::uint64_t kKeepsAll = 100'000;

  std::uint32_t draw(std::uint32_t below) { return die_() % below; }
  void start_relay();
  void kill_relay();
  void step();
  void step_machine();
  void step_network();
  void step_clients();
  bool run_completion();
  bool carry_to_relay();
  bool carry_to_peer();
  void cut(SessionId session);

  void connect(SessionId& session);
  void receive(SessionId session, const v1::ServerFrame& frame);
  void client_receives(Client& client, const v1::ServerFrame& frame);
  void delivered(Client& client, const v1::Deliver& deliver);
  void take_early(Client& client);
  void mailed(Client& client, const v1::MailItem& mail);
  void submitted(Client& client, const v1::Submitted& answer);
  void refused(Client& client, std::uint64_t request, const v1::Failure& failure);
  void client_acts(Client& client);
  void submit(Client& client, const std::string& message_id);
  void acknowledge(Client& client);
  void login(SessionId session, const tests::TestDevice& device, const std::string& build,
             const v1::Challenge& challenge);
  void bot_receives(const v1::ServerFrame& frame);
  void bot_acts();
  void judge(const v1::Check& check);
  void give(const v1::ClientFrame& verdict);
  void begin_commit();
  void revoke();
  void publish_revocation(Client& client);
  void put(SessionId session, const v1::ClientFrame& frame);
  void rest();
  void check_end();
  void broken(const std::string& what);

  Stage& stage_;
  std::mt19937 die_;
  std::filesystem::path folder_;
  tests::SeededRandom random_;
  SimClock clock_;
  SimSteady steady_;
  NoWitnesses witnesses_;
  relay::Bounds bounds_;
  std::unique_ptr<storage::RelayStore> store_;
  std::unique_ptr<relay::Relay> relay_;
  std::deque<std::function<void()>> completions_;
  std::map<SessionId, Link> links_;
  SessionId last_session_ = 0;

  GroupId group_;
  tests::TestJudge judge_;
  std::vector<Client> clients_;
  Bot bot_;
  bool resting_ = false;
  std::map<std::uint64_t, std::string> order_;    // what was delivered under each seq
  std::map<std::string, std::uint64_t> numbers_;  // device and message id -> submission
  std::string broken_;
};

}  // namespace candour::sim
