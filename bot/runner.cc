#include "bot/runner.h"

#include <algorithm>

#include "base/log.h"

namespace candour::bot {
namespace {

constexpr std::uint64_t kTurnMs = 200;
constexpr std::uint64_t kPauseMinMs = 200;
constexpr std::uint64_t kPauseMaxMs = 10'000;

// Failures of the way to the relay; they pass, or an operator mends them while the bot waits;
// or a new log is still to be witnessed.
bool passes(ErrorCode code) {
  return code == ErrorCode::cannot_connect || code == ErrorCode::disconnected ||
         code == ErrorCode::timed_out || code == ErrorCode::shutting_down ||
         code == ErrorCode::rate_limited || code == ErrorCode::checkpoint_stale;
}

Status serve(Bot& bot, client::Connection& connection, const Life& life, bool& ready_told,
             std::uint64_t& pause_ms) {
  CANDOUR_TRY(bot.attach(connection));
  pause_ms = kPauseMinMs;
  while (!life.stopping()) {
    if (life.reload_asked()) bot.reload_policy();
    CANDOUR_TRY(bot.turn(connection, kTurnMs));
    if (bot.ready() && !ready_told) {
      ready_told = true;
      life.on_ready();
    }
  }
  connection.close();
  return ok();
}

}  // namespace

Status run(Bot& bot, const Life& life) {
  bool ready_told = false;
  std::uint64_t pause_ms = kPauseMinMs;
  while (!life.stopping()) {
    Status ended = ok();
    std::uint64_t asked_ms = 0;  // by a relay that stops
    if (auto connection = life.connect()) {
      ended = serve(bot, *connection.value(), life, ready_told, pause_ms);
      asked_ms = connection.value()->retry_after_ms();
    } else {
      ended = std::move(connection).error();
    }
    if (ended) return ok();
    if (!passes(ended.error().code)) return ended;
    const std::uint64_t wait_ms = std::max(pause_ms, asked_ms);
    log::warning("relay_away", {{"code", ended.error().code},
                                {"why", log::LogSafe(ended.error().message)},
                                {"retry_in_ms", wait_ms}});
    for (std::uint64_t slept = 0; slept < wait_ms && !life.stopping(); slept += kTurnMs) {
      life.sleep(std::min(kTurnMs, wait_ms - slept));
    }
    pause_ms = std::min(pause_ms * 2, kPauseMaxMs);
  }
  return ok();
}

}  // namespace candour::bot
