#include "base/codec.h"

namespace candour {

std::uint64_t Reader::big_endian(int bytes) {
  ByteView b = raw(static_cast<std::size_t>(bytes));
  std::uint64_t v = 0;
  for (std::uint8_t byte : b) v = v << 8 | byte;
  return v;
}

ByteView Reader::raw(std::size_t n) {
  if (!ok_ || n > in_.size()) {
    fail();
    return {};
  }
  ByteView out = in_.first(n);
  in_ = in_.subspan(n);
  return out;
}

std::size_t Reader::length() {
  const std::uint8_t first = u8();
  std::size_t n = first & 0x3f;
  std::size_t smallest = 0;
  switch (first >> 6) {
    case 0:
      break;
    case 1:
      n = n << 8 | u8();
      smallest = 0x40;
      break;
    case 2:
      n = n << 8 | u8();
      n = n << 16 | u16();
      smallest = 0x4000;
      break;
    default:
      fail();
  }
  if (!ok_ || n < smallest || n > in_.size()) {
    fail();
    return 0;
  }
  return n;
}

ByteView Reader::vec(std::size_t size_max) {
  const std::size_t n = length();
  if (n > size_max) fail();
  return raw(n);
}

}  // namespace candour
