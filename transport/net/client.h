// Client side of the network: a WebSocket connection over TLS 1.3 and single HTTP requests.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "transport/net/io_thread.h"

namespace candour::net {

/// Where a server is and how to know it.
struct Endpoint {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;
  std::string tls_name = "localhost";  // the name the certificate must carry
  std::string ca_file;                 // PEM; the only trust anchor used
};

/// One wss connection (subprotocol "candour.v1", path "/v1"), binary messages only. Blocking calls
/// from one thread at a time; sending and receiving may be done from two different threads.
class WsClient {
 public:
  /// cannot_connect with the reason (refused, TLS name, certificate, upgrade refused).
  static Result<std::unique_ptr<WsClient>> connect(IoThread& io, const Endpoint& endpoint,
                                                   std::uint64_t timeout_ms);
  ~WsClient();
  WsClient(const WsClient&) = delete;
  WsClient& operator=(const WsClient&) = delete;

  /// 32 bytes of TLS exporter "EXPORTER-candour-login-v1": the same on both ends of this
  /// connection and on no other.
  const Bytes& channel_binding() const;
  /// Queues one message; waits while more than a few MiB are queued. disconnected when the
  /// connection is gone.
  Status send(Bytes message);
  /// The next message; timed_out when none came within `timeout_ms`; disconnected (with the close
  /// reason of the server if it gave one) when there will be none.
  Result<Bytes> receive(std::uint64_t timeout_ms);
  /// What the server's close frame said, once `receive` returned disconnected; 0 when there was
  /// none (the connection was cut).
  std::uint16_t close_code() const;
  std::string close_reason() const;
  /// Sends a close frame and ends the connection; safe to call twice.
  void close();

 private:
  struct Impl;
  explicit WsClient(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

struct HttpReply {
  unsigned status = 0;
  std::string content_type;
  Bytes body;
};

/// One HTTP/1.1 request on a connection of its own; TLS when `endpoint.ca_file` is not empty.
/// Body of the answer bounded by `size_max`.
Result<HttpReply> http_request(IoThread& io, const Endpoint& endpoint, const std::string& method,
                               const std::string& target, ByteView body, std::uint64_t timeout_ms,
                               std::size_t size_max);

}  // namespace candour::net
