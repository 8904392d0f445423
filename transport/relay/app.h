// candour-relay as an object: configuration in, listening sockets out. The program and the tests
// start the same thing.
#pragma once

#include <memory>

#include "base/clock.h"
#include "base/random.h"
#include "config/relay_config.h"

namespace candour::relay {

class App {
 public:
  /// Reads keys and files, opens the store (single instance), checks the log's head, listens.
  /// config_invalid, state_damaged, state_locked, wrong_root_key say why not. An example
  /// organisation is served on loopback only. Clocks and randomness outlive it.
  static Result<std::unique_ptr<App>> start(const config::RelayConfig& config, const Clock& clock,
                                            const MonotonicClock& monotonic, Random& random);
  /// Drains, within limits::kDrainMs and the time the disk takes: no new connections, what was
  /// accepted becomes durable and is answered, sessions are closed (1001) with a hint when to come
  /// back.
  ~App();
  App(const App&) = delete;
  App& operator=(const App&) = delete;

  std::uint16_t port() const;
  std::uint16_t admin_port() const;
  /// Takes over what may change while the relay runs (config/relay_config.h): reads certificate and
  /// bootstrap again; open sessions go on. Where something is wrong, limits and certificate stay as
  /// they were.
  Status reload(const config::RelayConfig& config);
  /// Whether the thread everything runs on takes its turn within `timeout_ms`.
  bool responds(std::uint64_t timeout_ms) const;

 private:
  struct Impl;
  explicit App(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace candour::relay
