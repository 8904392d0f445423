// What a connection needs from the network: frames out, frames in. The one over wss is made by
// `open_wss_channel`; tests bring their own.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "transport/net/client.h"

namespace candour::client {

/// Whole binary messages to and from the relay. Blocking; sending and receiving may be done from
/// two different threads.
class Channel {
 public:
  virtual ~Channel() = default;
  /// The same 32 bytes on both ends of this connection and on no other.
  virtual const Bytes& channel_binding() const = 0;
  virtual Status send(Bytes message) = 0;
  /// timed_out when nothing came within `timeout_ms`, disconnected when nothing will.
  virtual Result<Bytes> receive(std::uint64_t timeout_ms) = 0;
  virtual void close() = 0;
  /// Once `receive` returned disconnected: the close frame's code, 0 when there was none, and
  /// reason.
  virtual std::uint16_t close_code() const { return 0; }
  virtual std::string close_reason() const { return {}; }
};

/// TLS 1.3 and WebSocket to `endpoint`; cannot_connect with the reason. `io` outlives the channel.
Result<std::unique_ptr<Channel>> open_wss_channel(net::IoThread& io, const net::Endpoint& endpoint,
                                                  std::uint64_t timeout_ms);

}  // namespace candour::client
