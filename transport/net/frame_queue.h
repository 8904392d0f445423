// What waits to be sent to one session, and its WebSocket framing (RFC 6455 section 5.2): unmasked,
// unfragmented frames from messages that are encoded once and shared, and whole control frames
// between them. Not thread-safe. For transport/net only.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "base/bytes.h"

namespace candour::net {

class FrameQueue {
 public:
  enum class Opcode : std::uint8_t { text = 1, binary = 2 };

  void push(std::shared_ptr<const Bytes> message, Opcode opcode);
  /// A frame, header and all.
  void push_frame(ByteView frame);
  bool empty() const { return first_ == entries_.size(); }
  std::size_t size() const { return entries_.size() - first_; }
  /// Of the messages in it.
  std::size_t bytes() const { return bytes_; }
  /// Of the frames pushed whole.
  std::size_t frame_bytes() const { return frame_bytes_; }
  /// Copies what comes next, as much as fits; how many bytes.
  std::size_t take(MutableByteView room);
  /// Drops everything but a frame whose beginning was taken.
  void clear();

 private:
  struct Entry {
    std::shared_ptr<const Bytes> message;
    std::optional<Opcode> opcode;  // nothing: a whole frame
  };
  std::size_t& bytes_of(const Entry& entry) { return entry.opcode ? bytes_ : frame_bytes_; }
  void pop();

  std::vector<Entry> entries_;
  std::size_t first_ = 0;
  std::size_t taken_ = 0;  // of the first one, with its header
  std::size_t bytes_ = 0;
  std::size_t frame_bytes_ = 0;
};

}  // namespace candour::net
