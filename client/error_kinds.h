// What an endpoint does next depends on what kind of failure it met. Inner to this folder.
#pragma once

#include "base/result.h"

namespace candour::client {

/// The device's own state can no longer be relied on: nothing may go on.
inline bool is_final(const Error& e) {
  return e.code == ErrorCode::storage_failed || e.code == ErrorCode::state_damaged;
}

/// The relay does not answer: the connection is dropped and a new one tried.
inline bool is_lost(const Error& e) {
  return e.code == ErrorCode::disconnected || e.code == ErrorCode::timed_out;
}

/// The relay did not answer a question that it may answer later: nothing follows from it about what
/// was asked for.
inline bool is_unanswered(const Error& e) {
  return is_lost(e) || e.code == ErrorCode::rate_limited || e.code == ErrorCode::queue_full ||
         e.code == ErrorCode::shutting_down;
}

}  // namespace candour::client
