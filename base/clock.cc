#include "base/clock.h"

#include <chrono>

namespace candour {
namespace {

template <class C>
TimeMs read() {
  return TimeMs(static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(C::now().time_since_epoch()).count()));
}

class SystemClock final : public Clock {
  TimeMs now() const override { return read<std::chrono::system_clock>(); }
};

class SteadyClock final : public MonotonicClock {
  TimeMs now() const override { return read<std::chrono::steady_clock>(); }
};

}  // namespace

const Clock& system_clock() {
  static const SystemClock clock;
  return clock;
}

const MonotonicClock& monotonic_clock() {
  static const SteadyClock clock;
  return clock;
}

}  // namespace candour
