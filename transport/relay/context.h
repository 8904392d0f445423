// What every part of the relay's domain is given: clocks, randomness, the store, the way out to
// sessions, and the shared model. IoThread only.
#pragma once

#include "base/clock.h"
#include "base/random.h"
#include "storage/relay_store.h"
#include "transport/relay/model.h"

namespace candour::relay {

/// The way to the sessions; sockets in the program, a recorder in tests.
class Outlet {
 public:
  virtual ~Outlet() = default;
  virtual void send(SessionId session, const net::SharedFrame& frame) = 0;
  /// Several, in this order.
  virtual void send_together(SessionId session, std::span<const net::SharedFrame> frames) {
    for (const auto& frame : frames) send(session, frame);
  }
  virtual void close(SessionId session, std::uint16_t code, const std::string& reason) = 0;
  /// Frames queued for a session and not yet handed to its socket.
  virtual std::size_t queued(SessionId session) const = 0;
};

/// Close codes of our own; the reason is a code name or a short sentence.
inline constexpr std::uint16_t kCloseStopping = 1001;
inline constexpr std::uint16_t kCloseRestarting = 1012;
inline constexpr std::uint16_t kCloseReplaced = 4001;
inline constexpr std::uint16_t kCloseLoginFailed = 4002;
inline constexpr std::uint16_t kCloseRevoked = 4003;
inline constexpr std::uint16_t kCloseRightsChanged = 4004;
inline constexpr std::uint16_t kCloseTooMany = 4009;

struct Context {
  const Clock& clock;
  const MonotonicClock& monotonic;
  Random& random;
  storage::RelayStore& store;
  Outlet& outlet;
  Bounds bounds;
  Model& model;

  net::SharedFrame encode(const v1::ServerFrame& frame) const;
  void send(SessionId session, const net::SharedFrame& frame);
  void send(SessionId session, const v1::ServerFrame& frame) { send(session, encode(frame)); }
  /// Answers a request; nothing when `request` is 0 (no answer wanted).
  void answer(SessionId session, std::uint64_t request, v1::ServerFrame frame);
  void done(SessionId session, std::uint64_t request, std::uint64_t number, bool duplicate = false);
  void refuse(SessionId session, std::uint64_t request, const Error& error);
  /// Counts that a limit was reached; returns the error as it is.
  Error reached(Limit limit, Error error) const;
  /// That the database may not grow.
  Error no_room() const;
  /// Sends to every logged-in session.
  void broadcast(const v1::ServerFrame& frame);
  /// True when the write is durable; otherwise marks the relay as failed and refuses the request.
  bool durable(const Status& status, SessionId session, std::uint64_t request);
};

}  // namespace candour::relay
