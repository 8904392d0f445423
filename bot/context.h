// What every part of the bot is given: its keys, its memory, what it trusts, the clock and the
// dice. Made once by main (or a test), outlives all parts; one thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "bot/keys.h"
#include "bot/policies.h"
#include "client/trust.h"
#include "config/bot_config.h"
#include "storage/bot_store.h"
#include "warrant/seal/retention.h"
#include "warrant/seal/seal.h"

namespace candour::bot {

struct Context {
  const Keys& keys;
  storage::BotStore& store;
  client::Trust& trust;
  Policies& policies;
  const warrant::RetentionKeys& retention;
  warrant::SealingPool& pool;
  const Clock& clock;
  Random& random;
  /// Whether withheld messages leave a record (attempts.log_warned).
  bool log_attempts = true;
  config::AlertSettings alerts = {};
  config::RotationSettings rotation = {};
  const MonotonicClock& steady = monotonic_clock();
  std::uint64_t warning_lifetime_ms = limits::kWarningLifetimeMs;
  /// Units whose officers may create groups themselves; "*" is all (groups.officers_create_in).
  std::vector<std::string> officers_create_in = {};

  config::ReaddSettings readd = {};

  /// The log's origin, as the statement names it.
  const std::string& origin() const { return trust.statement()->log.name; }
};

/// Failures of the bot's own memory: what the process holds is ahead of the disk, so it must be
/// dropped and started again. Everything else is an answer to somebody's bad input.
inline bool is_fatal(const Error& e) {
  return e.code == ErrorCode::storage_failed || e.code == ErrorCode::state_damaged;
}

}  // namespace candour::bot
