// Public bytes that are mostly of one length: up to N of them lie in the value itself, more on the
// heap. A ratchet tree holds a dozen such fields a member, and a vector each would cost more than
// what is in it.
#pragma once

#include <algorithm>
#include <cstring>
#include <initializer_list>
#include <utility>

#include "base/bytes.h"

namespace candour::mls {

template <std::size_t N>
class ShortBytes {
  static_assert(N >= sizeof(Bytes*) && N < 255);

 public:
  ShortBytes() = default;
  ShortBytes(ByteView bytes) { assign(bytes); }
  ShortBytes(const Bytes& bytes) { assign(bytes); }
  ShortBytes(std::initializer_list<std::uint8_t> bytes) { assign({bytes.begin(), bytes.size()}); }
  ShortBytes(const ShortBytes& other) { assign(other); }
  ShortBytes(ShortBytes&& other) noexcept { take(other); }
  ShortBytes& operator=(const ShortBytes& other) {
    if (this != &other) *this = ShortBytes(other);
    return *this;
  }
  ShortBytes& operator=(ShortBytes&& other) noexcept {
    if (this == &other) return *this;
    drop();
    take(other);
    return *this;
  }
  ~ShortBytes() { drop(); }

  std::size_t size() const { return size_ == kLong ? heap()->size() : size_; }
  bool empty() const { return size() == 0; }
  const std::uint8_t* data() const { return size_ == kLong ? heap()->data() : here_.data(); }
  std::uint8_t* data() { return size_ == kLong ? heap()->data() : here_.data(); }
  operator ByteView() const { return {data(), size()}; }
  std::uint8_t& operator[](std::size_t i) { return data()[i]; }
  void clear() { *this = ShortBytes(); }
  void pop_back() { *this = ShortBytes(ByteView(*this).first(size() - 1)); }
  bool operator==(const ShortBytes& other) const { return same(*this, other); }

 private:
  static constexpr std::uint8_t kLong = 255;

  void assign(ByteView bytes) {
    if (bytes.size() <= N) {
      std::copy(bytes.begin(), bytes.end(), here_.begin());
      size_ = static_cast<std::uint8_t>(bytes.size());
      return;
    }
    Bytes* long_one = new Bytes(bytes.begin(), bytes.end());
    std::memcpy(here_.data(), &long_one, sizeof long_one);
    size_ = kLong;
  }
  void take(ShortBytes& other) noexcept {
    here_ = other.here_;
    size_ = std::exchange(other.size_, 0);
  }
  void drop() {
    if (size_ == kLong) delete heap();
    size_ = 0;
  }
  Bytes* heap() const {
    Bytes* out = nullptr;
    std::memcpy(&out, here_.data(), sizeof out);
    return out;
  }

  std::array<std::uint8_t, N> here_;  // or, of a long one, the pointer to it
  std::uint8_t size_ = 0;
};

}  // namespace candour::mls
