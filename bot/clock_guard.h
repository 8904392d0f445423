// Whether this machine's clock can be believed: it is held against the relay's, as of the login,
// carried on by the monotonic clock. So a jump shows at once, and a wrong clock at the next login.
// The monotonic clock may stand still while a machine sleeps, and either clock may be set right:
// while they disagree the bot logs in again every kAskAgainMs to hear the relay's time anew.
//
// While they disagree by more than kClockDisagreementMaxMs the bot judges nothing, removes nobody
// and cosigns nothing: a clock far ahead would let every certificate expire, and seal records under
// the wrong year's key. Which of the two clocks is wrong the bot cannot know; both cases are an
// operator's. Not thread-safe.
#pragma once

#include "base/clock.h"
#include "base/limits.h"

namespace candour::bot {

inline constexpr std::uint64_t kClockDisagreementMaxMs = limits::kClockSkewMs;
inline constexpr std::uint64_t kAskAgainMs = 10'000;

class ClockGuard {
 public:
  ClockGuard(const Clock& wall, const MonotonicClock& steady) : wall_(wall), steady_(steady) {}

  /// The relay's time as it said at login; 0 = it did not say, and nothing is compared.
  void logged_in(std::uint64_t relay_time_ms);
  /// Logs when that changes, and once a minute while they disagree.
  bool agrees();
  /// They disagree, and the relay's time is older than kAskAgainMs.
  bool ask_again();

 private:
  const Clock& wall_;
  const MonotonicClock& steady_;
  std::uint64_t relay_time_ = 0;
  TimeMs at_;    // monotonic
  TimeMs told_;  // monotonic; 0 = they agreed when last asked
};

}  // namespace candour::bot
