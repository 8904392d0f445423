// One run of `candour`: the opened state, the client on it, and the connection that comes back by
// itself.
#pragma once

#include <csignal>
#include <functional>
#include <memory>
#include <ostream>

#include "client/conversation.h"
#include "client/terminal/options.h"
#include "client/terminal/printer.h"
#include "transport/net/io_thread.h"

namespace candour::terminal {

class Session;

/// What a run needs from the outside; made by main.
struct World {
  const Clock& clock;
  Random& random;
  std::ostream& out;
  /// Set by SIGINT and SIGTERM.
  const volatile std::sig_atomic_t& stop;
  /// Where a program drives this one (driven.h): the session that stands while verbs come and go.
  /// Theirs share its client, and events, which it prints, are not printed again to `out`.
  Session* standing = nullptr;
};

/// For verbs that print what is kept and not what happens meanwhile.
class Silent : public client::EventSink {
 public:
  void on_event(const client::Event&) override {}
  bool shows_alarms() const override { return false; }
};

class Session {
 public:
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  /// Opens the state with its passphrase. `sink` is told of every event and outlives the session.
  static Result<std::unique_ptr<Session>> open(const Options& options, const World& world,
                                               client::EventSink& sink);

  client::Client& client() { return *base_->client; }
  client::Store& store() { return *base_->store; }
  const Options& options() const { return options_; }
  const World& world() const { return world_; }
  bool stopped() const { return world_.stop != 0; }
  /// Failures that may pass when one tries again.
  static bool passes(ErrorCode code);

  /// Connects and catches up, unless --offline.
  Status start();
  /// Handles what comes within `timeout_ms`. When the connection is lost it is made again, after
  /// the wait the relay asked for and with growing pauses, for as long as `give_up_ms` (0 = for
  /// ever).
  Result<bool> pump(std::uint64_t timeout_ms, std::uint64_t give_up_ms);
  /// What to do in the pauses while the connection is made again; that ends when it returns false.
  void while_away(std::function<bool()> work) { away_ = std::move(work); }
  /// Pumps until `done` says so; timed_out after --timeout without any progress.
  Status pump_until(const std::function<bool()>& done);

 private:
  /// The device's state and the client on it, with whoever is told of events.
  struct Base : client::EventSink {
    /// Acknowledges what is kept, and says goodbye.
    ~Base() override;
    void on_event(const client::Event& event) override;
    bool shows_alarms() const override { return owner->shows_alarms(); }

    net::Endpoint endpoint;
    client::EventSink* owner = nullptr;
    client::EventSink* verb = nullptr;  // of the session that shares this, if one does now
    std::ostream* verb_out = nullptr;
    std::unique_ptr<client::Store> store;
    std::unique_ptr<net::IoThread> io;
    std::unique_ptr<client::Client> client;
  };

  Session(const Options& options, const World& world) : options_(options), world_(world) {}
  Status connect(std::uint64_t timeout_ms);
  Status reconnect(std::uint64_t give_up_ms);
  /// Sleeps, unless it is told to stop; false when nobody waits for the connection any more.
  bool pause(std::uint64_t ms) const;
  /// Between half and all of it, so that not all come back at once.
  std::uint64_t spread(std::uint64_t ms) const;

  const Options& options_;
  World world_;
  std::shared_ptr<Base> base_;
  std::function<bool()> away_;
};

}  // namespace candour::terminal
