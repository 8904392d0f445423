// Randomness of fuzz targets.
#pragma once

#include "base/random.h"

namespace candour::fuzz {

/// The same numbers in each run, so that an input always does the same.
class CountingRandom final : public Random {
 public:
  void fill(MutableByteView out) override {
    for (std::uint8_t& byte : out) {
      state_ = state_ * 6364136223846793005u + 1442695040888963407u;
      byte = static_cast<std::uint8_t>(state_ >> 56);
    }
  }

 private:
  std::uint64_t state_ = 1;
};

}  // namespace candour::fuzz
