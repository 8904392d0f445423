#include "transport/net/frame_queue.h"

#include <algorithm>
#include <array>

namespace candour::net {

namespace {

/// Kept for the next burst; a session that is idle for long has sent no more than this at once.
constexpr std::size_t kEntriesKept = 16;
constexpr std::size_t kHeaderSizeMax = 10;

std::size_t header_of(std::optional<FrameQueue::Opcode> opcode, std::size_t size,
                      std::array<std::uint8_t, kHeaderSizeMax>& out) {
  if (!opcode) return 0;
  out[0] = static_cast<std::uint8_t>(0x80 | static_cast<std::uint8_t>(*opcode));
  if (size < 126) {
    out[1] = static_cast<std::uint8_t>(size);
    return 2;
  }
  const std::size_t width = size < 65536 ? 2 : 8;
  out[1] = width == 2 ? 126 : 127;
  for (std::size_t i = 0; i < width; ++i) {
    out[2 + i] = static_cast<std::uint8_t>(std::uint64_t{size} >> (8 * (width - 1 - i)));
  }
  return 2 + width;
}

}  // namespace

void FrameQueue::push(std::shared_ptr<const Bytes> message, Opcode opcode) {
  bytes_ += message->size();
  entries_.push_back({std::move(message), opcode});
}

void FrameQueue::push_frame(ByteView frame) {
  frame_bytes_ += frame.size();
  entries_.push_back({std::make_shared<const Bytes>(to_bytes(frame)), std::nullopt});
}

void FrameQueue::pop() {
  bytes_of(entries_[first_]) -= entries_[first_].message->size();
  entries_[first_].message.reset();
  ++first_;
  taken_ = 0;
  if (first_ < entries_.size()) {
    if (first_ < 1024 || first_ < entries_.size() / 2) return;
    entries_.erase(entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
    return;
  }
  first_ = 0;
  if (entries_.capacity() > kEntriesKept) {
    std::vector<Entry>().swap(entries_);
  } else {
    entries_.clear();
  }
}

std::size_t FrameQueue::take(MutableByteView room) {
  std::size_t size = 0;
  while (!empty() && size < room.size()) {
    const Entry& entry = entries_[first_];
    const Bytes& message = *entry.message;
    std::array<std::uint8_t, kHeaderSizeMax> header{};
    const std::size_t head = header_of(entry.opcode, message.size(), header);
    while (taken_ < head && size < room.size()) room[size++] = header[taken_++];
    if (taken_ < head) break;
    const std::size_t from = taken_ - head;
    const std::size_t part = std::min(room.size() - size, message.size() - from);
    std::copy_n(message.begin() + static_cast<std::ptrdiff_t>(from), part, &room[size]);
    size += part;
    taken_ += part;
    if (taken_ == head + message.size()) pop();
  }
  return size;
}

void FrameQueue::clear() {
  const std::size_t keep = taken_ != 0 ? first_ + 1 : first_;
  while (entries_.size() > keep) {
    bytes_of(entries_.back()) -= entries_.back().message->size();
    entries_.pop_back();
  }
}

}  // namespace candour::net
