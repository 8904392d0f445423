// The bot's life: connect, take turns, connect again when the relay goes away, stop when told.
#pragma once

#include <functional>

#include "bot/bot.h"

namespace candour::bot {

struct Life {
  /// Opens a logged-in connection.
  std::function<Result<std::unique_ptr<client::Connection>>()> connect;
  /// Asked several times a second; may be set by a signal.
  std::function<bool()> stopping;
  /// Whether the policy is to be read again; asked as often, and true once for each wish.
  std::function<bool()> reload_asked;
  /// Called once, when the bot judges and has seen what was waiting.
  std::function<void()> on_ready;
  /// Sleeps; a parameter so that tests need not wait.
  std::function<void(std::uint64_t ms)> sleep;
};

/// Runs until `stopping`. A relay that is not there is tried again, after pauses that grow to ten
/// seconds; a refused login or a failing disk ends it with that error.
Status run(Bot& bot, const Life& life);

}  // namespace candour::bot
