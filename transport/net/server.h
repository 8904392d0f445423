// Server side of the network: a listener for WebSocket sessions and HTTP requests on one port,
// TLS 1.3 or (loopback only: admin, witness) plain.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"
#include "transport/net/io_thread.h"

namespace candour::net {

using SessionId = std::uint64_t;
/// Encoded once, shared by every session it goes to.
using SharedFrame = std::shared_ptr<const Bytes>;
/// A session that had more frames than this waiting is told when they are gone.
inline constexpr std::size_t kDrainedAbove = 64;

struct HttpRequest {
  std::string method;
  std::string target;
  Bytes body;
  std::string if_none_match;  // the field as it came
  bool accepts_gzip = false;
};

struct HttpResponse {
  unsigned status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  Bytes body;
  /// Sent instead of `body`: encoded once, shared by every answer.
  SharedFrame shared_body;
  std::string cache_control;
  /// Further header fields, name and value.
  std::vector<std::pair<std::string, std::string>> fields;
};

/// Called on the IoThread only, never concurrently; must not block.
class ServerHandler {
 public:
  virtual ~ServerHandler() = default;
  /// A session finished its TLS and WebSocket handshakes.
  virtual void on_open(SessionId session, ByteView channel_binding) = 0;
  virtual void on_frame(SessionId session, Bytes frame) = 0;
  /// A text message, valid UTF-8. False: not taken, and the session is closed with 1003.
  virtual bool on_text(SessionId, Bytes text) {
    (void)text;
    return false;
  }
  /// The session is gone; nothing more arrives for it.
  virtual void on_close(SessionId session) = 0;
  /// Any request that is no WebSocket upgrade.
  virtual HttpResponse on_http(const HttpRequest& request) = 0;
  /// For answers that take time: return true and call `answer` once, later, on the IoThread (the
  /// peer waits until then, within the handshake timeout). False: `on_http` answers.
  virtual bool on_http_later(const HttpRequest&, std::function<void(HttpResponse)> answer) {
    (void)answer;
    return false;
  }
  /// After more than kDrainedAbove frames waited: all have been handed to the socket.
  virtual void on_drained(SessionId) {}
};

/// When the certificate in a PEM file ceases to be valid, milliseconds since 1970.
Result<TimeMs> certificate_expiry(const std::string& certificate_file);

struct ServerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;        // 0 = any free one
  std::string certificate_file;  // PEM; empty = plain HTTP, loopback only
  std::string private_key_file;
  /// Without a certificate WebSocket is refused, except for tests of the protocol alone.
  bool plain_websocket = false;
  std::size_t frame_size_max = 0;  // larger messages: frame_too_large, session closed
  std::size_t http_body_size_max = 64 * 1024;
  std::size_t queue_frames_max = 0;  // a reader slower than this is closed (4008 "too slow")
  std::size_t queue_bytes_max = 16 * 1024 * 1024;  // the same by size
  std::size_t sessions_max = 0;                    // connections beyond are closed at once
  /// Connections that are not (yet) WebSocket sessions: beyond this the oldest of them is cut.
  std::size_t unopened_max = 4'096;
  /// TLS handshakes begun, and connections accepted, in one turn of the event loop.
  std::size_t handshakes_per_turn = 4;
  std::size_t accepts_per_turn = 32;
  std::uint64_t idle_timeout_ms = 60'000;       // pings keep it alive
  std::uint64_t handshake_timeout_ms = 10'000;  // for TLS, for one HTTP request, for closing
  /// Browsers say which site a page came from. Refused (403) unless it is this server itself
  /// ("https://" and the Host field) or one of these.
  std::vector<std::string> origins;
};

/// What of ServerOptions may change while the server runs.
struct ServerLimits {
  std::size_t queue_frames_max = 0;
  std::size_t queue_bytes_max = 0;
  std::size_t sessions_max = 0;
  std::vector<std::string> origins;
};

struct ServerCounters {
  std::uint64_t connections = 0;          // accepted
  std::uint64_t connections_open = 0;     // with those in a handshake and plain HTTP
  std::uint64_t connections_refused = 0;  // beyond sessions_max
  std::uint64_t connections_cut = 0;      // beyond unopened_max
  std::uint64_t unopened = 0;             // those that are not (yet) WebSocket sessions
  std::uint64_t handshakes_failed = 0;    // of TLS
  std::uint64_t handshakes_resumed = 0;   // of TLS, by a ticket
  std::uint64_t origins_refused = 0;
  std::uint64_t too_slow = 0;          // sessions closed with 4008
  std::uint64_t frames_too_large = 0;  // sessions closed with 1009
};

class Server {
 public:
  /// Listens; config_invalid when address, port or files do not serve. `handler` outlives it.
  static Result<std::unique_ptr<Server>> start(IoThread& io, const ServerOptions& options,
                                               ServerHandler& handler);
  /// Closes the listener and every session (code 1001) and waits for them, bounded. Not on the
  /// IoThread. Afterwards `handler` is not called any more.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::uint16_t port() const;
  /// Reads certificate and key files again; open sessions keep theirs. config_invalid leaves the
  /// old ones in use.
  Status reload_certificate();
  /// On the IoThread only. A session that is gone is ignored.
  void send(SessionId session, const SharedFrame& frame);
  /// Several, in this order.
  void send_together(SessionId session, std::span<const SharedFrame> frames);
  /// As a text message; it must be UTF-8.
  void send_text(SessionId session, const SharedFrame& text);
  /// Frames that wait for the socket. On the IoThread only; 0 for a session that is gone.
  std::size_t queued(SessionId session) const;
  /// No new connections from now on; open ones go on. On the IoThread only.
  void stop_accepting();
  /// For new frames and connections from now on. On the IoThread only.
  void set_limits(ServerLimits limits);
  /// On the IoThread only.
  ServerCounters counters() const;
  /// Sends what is queued, then closes with code and reason (at most 120 bytes).
  void close(SessionId session, std::uint16_t code, const std::string& reason);

 private:
  struct Impl;
  explicit Server(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace candour::net
