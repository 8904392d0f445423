// A blocking TLS peer below WebSocket and HTTP, for sending what no well-behaved client sends.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/bytes.h"

namespace candour::testing {

class RawTls {
 public:
  /// Connects to 127.0.0.1; `version_max` is TLS1_2_VERSION or TLS1_3_VERSION. Does not check the
  /// server's certificate. Nothing when the handshake fails.
  static std::unique_ptr<RawTls> connect(std::uint16_t port, int version_max);
  /// With the ticket `before` was given, if it was (it has to have read something).
  static std::unique_ptr<RawTls> resume(std::uint16_t port, const RawTls& before);
  ~RawTls();
  RawTls(const RawTls&) = delete;
  RawTls& operator=(const RawTls&) = delete;

  /// The handshake went by a ticket.
  bool resumed() const;
  /// How much early data the ticket allows; 0 also when there is none.
  std::size_t early_data_max() const;
  /// As transport/net exports it.
  Bytes channel_binding() const;

  bool write(ByteView bytes);
  /// What comes next, at most 16 KB; empty when the peer has closed or 5 s passed.
  Bytes read();
  /// Everything until the peer closes.
  Bytes read_all();
  /// The WebSocket upgrade of candour.v1; true on status 101.
  bool upgrade(const std::string& extra_fields = "");
  /// One masked frame (RFC 6455 section 5.2) with `opcode`, as one message unless `fin` is false.
  bool write_frame(std::uint8_t opcode, ByteView payload, bool fin = true);

 private:
  struct Impl;
  static std::unique_ptr<RawTls> open(std::uint16_t port, int version_max, const Impl* before);
  explicit RawTls(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace candour::testing
