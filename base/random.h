// Randomness as a dependency, so that simulations can be repeated from a seed.
#pragma once

#include "base/bytes.h"
#include "base/ids.h"
#include "base/secret.h"

namespace candour {

/// Thread-safe.
class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(MutableByteView out) = 0;

  template <class IdType>
  IdType id() {
    IdType value;
    fill(value.mutable_view());
    return value;
  }
  template <std::size_t N>
  Secret<N> secret() {
    Secret<N> value;
    fill(value.mutable_view());
    return value;
  }
};

/// The kernel's generator (getrandom); lives for the whole process.
Random& system_random();

}  // namespace candour
