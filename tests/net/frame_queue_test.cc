// Goal: what a session sends is its messages, framed by RFC 6455 section 5.2, whole and in order,
// however little room there is at a time. Method: the bytes taken in every size of room against
// frames written out by hand.
#include "transport/net/frame_queue.h"

#include <gtest/gtest.h>

namespace candour::testing {
namespace {

using net::FrameQueue;

Bytes message(std::size_t size) {
  Bytes out(size);
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<std::uint8_t>(i * 7 + size);
  return out;
}

void push(FrameQueue& queue, const Bytes& bytes,
          FrameQueue::Opcode opcode = FrameQueue::Opcode::binary) {
  queue.push(std::make_shared<const Bytes>(bytes), opcode);
}

Bytes take_all(FrameQueue& queue, std::size_t room_size) {
  Bytes out;
  while (!queue.empty()) {
    Bytes room(room_size);
    const std::size_t size = queue.take(room);
    EXPECT_GT(size, 0u);
    append(out, ByteView(room).first(size));
  }
  return out;
}

Bytes framed(Bytes header, const Bytes& payload) {
  append(header, payload);
  return header;
}

TEST(FrameQueue, FramesHaveTheShortestLength) {
  const std::pair<std::size_t, Bytes> cases[] = {
      {0, {0x82, 0}},
      {125, {0x82, 125}},
      {126, {0x82, 126, 0, 126}},
      {65535, {0x82, 126, 0xFF, 0xFF}},
      {65536, {0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0}},
  };
  for (const auto& [size, header] : cases) {
    FrameQueue queue;
    push(queue, message(size));
    EXPECT_EQ(take_all(queue, 16 * 1024), framed(header, message(size))) << size;
  }
  FrameQueue queue;
  push(queue, message(1), FrameQueue::Opcode::text);
  EXPECT_EQ(take_all(queue, 100), framed({0x81, 1}, message(1)));
}

TEST(FrameQueue, EverySizeOfRoomGivesTheSameBytes) {
  const auto fill = [](FrameQueue& queue) {
    for (const std::size_t size : {3u, 0u, 130u, 1u, 70'000u, 125u}) push(queue, message(size));
  };
  FrameQueue whole;
  fill(whole);
  const Bytes expected = take_all(whole, 200'000);
  for (const std::size_t room : {1u, 2u, 3u, 7u, 100u, 131u, 4096u, 16384u}) {
    FrameQueue queue;
    fill(queue);
    EXPECT_EQ(take_all(queue, room), expected) << room;
    EXPECT_EQ(queue.bytes(), 0u);
  }
}

TEST(FrameQueue, ClearingKeepsTheFrameThatHasBegun) {
  FrameQueue queue;
  push(queue, message(100));
  push(queue, message(50));
  Bytes room(10);
  ASSERT_EQ(queue.take(room), 10u);
  queue.push_frame(message(20));
  queue.clear();
  EXPECT_EQ(queue.frame_bytes(), 0u);
  EXPECT_EQ(queue.size(), 1u);
  EXPECT_EQ(queue.bytes(), 100u);
  append(room, take_all(queue, 64));
  EXPECT_EQ(room, framed({0x82, 100}, message(100)));
  push(queue, message(5));
  queue.clear();
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.bytes(), 0u);
}

TEST(FrameQueue, WholeFramesKeepTheirPlace) {
  FrameQueue queue;
  push(queue, message(3));
  queue.push_frame(Bytes{0x8A, 1, 7});
  push(queue, message(4));
  EXPECT_EQ(queue.bytes(), 7u);
  EXPECT_EQ(queue.frame_bytes(), 3u);
  Bytes expected = framed({0x82, 3}, message(3));
  append(expected, framed({0x8A, 1}, {7}));
  append(expected, framed({0x82, 4}, message(4)));
  EXPECT_EQ(take_all(queue, 2), expected);
  EXPECT_EQ(queue.frame_bytes(), 0u);
}

TEST(FrameQueue, ALongQueueKeepsItsOrder) {
  FrameQueue queue;
  Bytes expected;
  Bytes got;
  for (std::size_t i = 0; i < 5'000; ++i) {
    const Bytes one = message(i % 100);
    push(queue, one);
    append(expected, framed({0x82, static_cast<std::uint8_t>(one.size())}, one));
    if (i % 3 != 0) continue;
    Bytes room(90);
    append(got, ByteView(room).first(queue.take(room)));
  }
  append(got, take_all(queue, 16384));
  EXPECT_EQ(got, expected);
}

}  // namespace
}  // namespace candour::testing
