// A WebSocket client that says exactly what a test wants said, right or wrong, over plain TCP to
// 127.0.0.1, and reads frames without forgiving anything.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace candour::testing {

struct RawFrame {
  std::uint8_t opcode = 0;
  Bytes payload;
  bool operator==(const RawFrame&) const = default;
};

inline constexpr std::uint8_t kContinuation = 0, kText = 1, kBinary = 2, kClose = 8, kPing = 9,
                              kPong = 10;

/// How a frame's length is written: as short as it can be, or longer than it may.
enum class Length { minimal, two_bytes, eight_bytes };

struct FrameForm {
  bool fin = true;
  std::uint8_t reserved = 0;  // bits 0x40, 0x20, 0x10
  bool masked = true;
  Length length = Length::minimal;
};

/// One frame as a client sends it.
Bytes client_frame(std::uint8_t opcode, ByteView payload, FrameForm form = {});
/// The payload of a close frame.
Bytes close_payload(unsigned code, std::string_view reason = "");

/// A request for an upgrade that is right in every field; tests change it.
std::string good_upgrade();

class RawClient {
 public:
  explicit RawClient(std::uint16_t port);
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  bool write(ByteView bytes);
  /// In pieces of `size` bytes, each in a segment of its own.
  bool write_in_pieces(ByteView bytes, std::size_t size);
  /// Nothing follows from here (TCP FIN).
  void end_writing();
  /// Head of the HTTP answer; empty when there is none.
  std::string read_head();
  /// The upgrade; the head of the answer.
  std::string upgrade(const std::string& request = good_upgrade());
  /// Every frame until the server ends the connection. Adds to `faults` what a server must not
  /// send: masked frames, reserved bits, fragments, half a frame, no end within five seconds.
  std::vector<RawFrame> read_frames(std::vector<std::string>& faults);

 private:
  bool read_more();
  int descriptor_ = -1;
  Bytes in_;
  bool timed_out_ = false;
};

}  // namespace candour::testing
