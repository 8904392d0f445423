// What the load generator speaks: the floor servers' broadcast, or candour.v1 with its login,
// acknowledgements and receipts.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "tests/bench/relay_load_socket.h"
#include "tests/bench/relay_world.h"

namespace candour::bench {

/// What a protocol tells the run.
class LoadEvents {
 public:
  virtual ~LoadEvents() = default;
  /// The connection may submit and is delivered to.
  virtual void on_ready(LoadSocket& socket) = 0;
  virtual void on_delivered(LoadSocket& socket, std::uint32_t group, ByteView payload) = 0;
  /// The server said that it has the oldest unanswered submission of this connection.
  virtual void on_acknowledged(LoadSocket& socket) = 0;
  virtual void on_refused(LoadSocket& socket, const std::string& why) = 0;
};

class Protocol {
 public:
  virtual ~Protocol() = default;
  virtual std::string path(std::uint32_t connection) const = 0;
  virtual std::string subprotocol() const = 0;
  virtual void on_open(LoadSocket& socket) = 0;
  virtual void on_message(LoadSocket& socket, ByteView message) = 0;
  virtual void submit(LoadSocket& socket, std::uint32_t group, const Bytes& payload) = 0;
  /// Once a second: what waits for time to pass.
  virtual void tick() {}
  /// Holds logins back until `release`.
  virtual void hold() {}
  virtual void release() {}
  virtual bool held(std::uint32_t) const { return false; }
};

/// The floor servers: path /g/N, every frame goes to the whole group as it is. The connection with
/// the number `bot` is the bot: it sends every frame back.
std::unique_ptr<Protocol> broadcast_protocol(LoadEvents& events, const RelayWorldSize& size,
                                             std::uint32_t bot);

/// Real logins with the devices' keys; deliveries acknowledged every 32 messages or second,
/// receipts too. `acknowledge_nothing` leaves every cursor where it is.
struct CandourOptions {
  RelayWorldSize size;
  Digest notice;
  std::uint32_t senders = 0;  // of each group; they acknowledge the notice
  bool acknowledge_nothing = false;
};
/// `sockets` finds the connection of a device; it is called only for those that are open.
std::unique_ptr<Protocol> candour_protocol(LoadEvents& events, const CandourOptions& options,
                                           std::function<LoadSocket&(std::uint32_t)> sockets);

}  // namespace candour::bench
