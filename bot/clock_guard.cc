#include "bot/clock_guard.h"

#include "base/log.h"

namespace candour::bot {
namespace {

constexpr std::uint64_t kTellEveryMs = 60'000;

}  // namespace

void ClockGuard::logged_in(std::uint64_t relay_time_ms) {
  relay_time_ = relay_time_ms;
  at_ = steady_.now();
}

bool ClockGuard::agrees() {
  if (relay_time_ == 0) return true;
  const TimeMs steady = steady_.now();
  const std::uint64_t relay = relay_time_ + (steady.value - at_.value);
  const std::uint64_t own = wall_.now().value;
  const bool ahead = own > relay;
  const std::uint64_t apart = ahead ? own - relay : relay - own;
  if (apart <= kClockDisagreementMaxMs) {
    if (told_.value != 0) log::info("clock_agrees_again", {{"apart_ms", apart}});
    told_ = TimeMs();
    return true;
  }
  if (told_.value == 0 || steady.value - told_.value >= kTellEveryMs) {
    told_ = TimeMs(std::max<std::uint64_t>(steady.value, 1));
    log::error(
        "clock_disagrees",
        {{"apart_ms", apart},
         {"own", log::LogSafe(ahead ? "ahead of the relay's" : "behind the relay's")},
         {"hint", log::LogSafe("nothing is judged, nobody removed and nothing cosigned until "
                               "the clocks of bot and relay agree again")}});
  }
  return false;
}

bool ClockGuard::ask_again() { return !agrees() && steady_.now().value - at_.value >= kAskAgainMs; }

}  // namespace candour::bot
