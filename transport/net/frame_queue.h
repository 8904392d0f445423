// What waits to be sent to one session, and its WebSocket framing (RFC 6455 section 5.2): unmasked,
// unfragmented frames from messages that are encoded once and shared. Not thread-safe. For
// transport/net only.
#pragma once

#include <memory>
#include <vector>

#include "base/bytes.h"

namespace candour::net {

class FrameQueue {
 public:
  enum class Opcode : std::uint8_t { text = 1, binary = 2 };

  void push(std::shared_ptr<const Bytes> message, Opcode opcode);
  bool empty() const { return first_ == entries_.size(); }
  std::size_t size() const { return entries_.size() - first_; }
  /// Of the messages in it.
  std::size_t bytes() const { return bytes_; }
  /// Copies what comes next, as much as fits; how many bytes.
  std::size_t take(MutableByteView room);
  /// The last `take` ended within a frame.
  bool within_frame() const { return taken_ != 0; }
  /// Drops everything but a frame whose beginning was taken.
  void clear();

 private:
  struct Entry {
    std::shared_ptr<const Bytes> message;
    Opcode opcode;
  };
  void pop();

  std::vector<Entry> entries_;
  std::size_t first_ = 0;
  std::size_t taken_ = 0;  // of the first one, with its header
  std::size_t bytes_ = 0;
};

}  // namespace candour::net
