// Time as a dependency. Nothing else in the tree asks the machine for the time.
#pragma once

#include "base/ids.h"

namespace candour {

/// Wall clock, for what people and certificates mean by time. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimeMs now() const = 0;
};

/// Only ever goes forward; for timeouts and leases. Thread-safe.
class MonotonicClock {
 public:
  virtual ~MonotonicClock() = default;
  virtual TimeMs now() const = 0;
};

/// The machine's clocks; both live for the whole process.
const Clock& system_clock();
const MonotonicClock& monotonic_clock();

}  // namespace candour
