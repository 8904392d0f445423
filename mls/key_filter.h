// Whether a public key may be in a tree already: a Bloom filter, so "no" is certain and
// "maybe" is to be looked up. Keys are hashes in all but name, so their bytes serve as the hash
// functions; who picks keys to make it say "maybe" only makes others look.
#pragma once

#include <cstring>

#include "base/bytes.h"
#include "mls/shared_vector.h"

namespace candour::mls {

class KeyFilter {
 public:
  /// Room for so many keys; forgets all.
  void reset(std::size_t keys) {
    std::size_t words = 1;
    while (words * 64 < keys * kBitsAKey) words *= 2;
    bits_ = SharedVector<std::uint64_t>();
    bits_.resize(words);
    room_ = keys;
    added_ = 0;
  }
  /// Keys are never taken out, so it has to be made anew when this is false.
  bool has_room() const { return added_ < room_; }

  void add(ByteView key) {
    ++added_;
    for (std::size_t i = 0; i < kHashes; ++i) {
      const std::size_t bit = place(key, i);
      bits_.set(bit / 64, bits_[bit / 64] | std::uint64_t{1} << (bit % 64));
    }
  }
  bool may_have(ByteView key) const {
    if (bits_.empty()) return false;
    for (std::size_t i = 0; i < kHashes; ++i) {
      const std::size_t bit = place(key, i);
      if ((bits_[bit / 64] >> (bit % 64) & 1) == 0) return false;
    }
    return true;
  }

 private:
  static constexpr std::size_t kBitsAKey = 12;
  static constexpr std::size_t kHashes = 4;

  std::size_t place(ByteView key, std::size_t i) const {
    std::uint32_t word = 0;
    if (key.size() >= (i + 1) * sizeof word) {
      std::memcpy(&word, key.data() + i * sizeof word, sizeof word);
    }
    return word & (bits_.size() * 64 - 1);
  }

  SharedVector<std::uint64_t> bits_;
  std::size_t room_ = 0;
  std::size_t added_ = 0;
};

}  // namespace candour::mls
