// One run of `candour`: the opened state, the client on it, and the connection that comes back by
// itself.
#pragma once

#include <csignal>
#include <memory>
#include <ostream>

#include "client/conversation.h"
#include "client/terminal/options.h"
#include "client/terminal/printer.h"
#include "transport/net/io_thread.h"

namespace candour::terminal {

/// What a run needs from the outside; made by main.
struct World {
  const Clock& clock;
  Random& random;
  std::ostream& out;
  /// Set by SIGINT and SIGTERM.
  const volatile std::sig_atomic_t& stop;
};

/// For verbs that print what is kept and not what happens meanwhile.
class Silent : public client::EventSink {
 public:
  void on_event(const client::Event&) override {}
  bool shows_alarms() const override { return false; }
};

class Session {
 public:
  /// Opens the state with its passphrase. `sink` is told of every event and outlives the session.
  static Result<std::unique_ptr<Session>> open(const Options& options, const World& world,
                                               client::EventSink& sink);

  client::Client& client() { return *client_; }
  client::Store& store() { return *store_; }
  const Options& options() const { return options_; }
  const World& world() const { return world_; }
  bool stopped() const { return world_.stop != 0; }

  /// Connects and catches up, unless --offline.
  Status start();
  /// Handles what comes within `timeout_ms`. When the connection is lost it is made again, with
  /// growing pauses, for as long as `give_up_ms` (0 = for ever).
  Result<bool> pump(std::uint64_t timeout_ms, std::uint64_t give_up_ms);
  /// Pumps until `done` says so; timed_out after --timeout without any progress.
  Status pump_until(const std::function<bool()>& done);

 private:
  Session(const Options& options, const World& world) : options_(options), world_(world) {}
  Status connect();
  Status reconnect(std::uint64_t give_up_ms);

  const Options& options_;
  World world_;
  net::Endpoint endpoint_;
  std::unique_ptr<client::Store> store_;
  std::unique_ptr<net::IoThread> io_;
  std::unique_ptr<client::Client> client_;
};

}  // namespace candour::terminal
