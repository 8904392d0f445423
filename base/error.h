// The error codes people and programs see. They are contract: a code is never given another
// meaning, and each is printed exactly as `code_name` spells it (`docs/protocol.md`).
#pragma once

#include <string>
#include <string_view>

namespace candour {

enum class ErrorCode {
  internal,  // a bug of ours or a failing machine; the message says which
  unknown_device,
  device_revoked,
  wrong_root_key,
  foreign_certificate,
  certificate_expired,
  certificate_invalid,
  client_build_unlisted,
  login_invalid,
  login_replayed,
  not_logged_in,
  notice_unacknowledged,
  frame_too_large,
  frame_malformed,
  rate_limited,
  queue_full,
  too_many_connections,
  too_many_groups,
  too_many_members,
  resynchronise,  // messages this device had not fetched are gone; it has to be added anew
  group_unknown,
  group_stopped,
  not_a_member,
  epoch_stale,
  epoch_pending,
  message_id_reused,
  token_missing,
  token_invalid,
  bot_absent,
  bot_leaf_missing,
  not_permitted,
  policy_invalid,
  config_invalid,
  usage,
  input_invalid,
  not_found,
  already_exists,
  cannot_connect,
  disconnected,
  timed_out,
  state_damaged,
  state_locked,
  signature_invalid,
  decryption_failed,
  mls_invalid,
  warning_invalid,
  justification_invalid,
  approval_invalid,
  approval_expired,
  approval_used,
  statement_invalid,
  note_malformed,
  warrant_signature_missing,
  warrant_signature_invalid,
  warrant_same_person,
  warrant_conflict,
  warrant_expired,
  warrant_not_logged,
  warrant_not_witnessed,
  warrant_invalid,
  warrant_revoked,
  cooling_off,
  daily_cap_reached,
  checkpoint_stale,
  out_of_scope,
  custodians_too_few,
  partial_proof_invalid,
  share_invalid,
  evidence_incomplete,
  bundle_invalid,
  record_disposed,
  log_inconsistent,
  storage_failed,
  storage_full,
  shutting_down,
};

/// The contract spelling of a code, for example "epoch_stale".
std::string_view code_name(ErrorCode code);

/// The code with this spelling, or `internal` when there is none.
ErrorCode code_from_name(std::string_view name);

/// The exit status a program ends with when this error ends it (see `docs/protocol.md`):
/// 1 a check failed, 2 wrong usage or configuration, 3 cannot connect, 4 refused by the other
/// side, 5 own state damaged.
int exit_status(ErrorCode code);

/// An expected failure. `message` is one sentence: what is wrong, where, what to do. It never
/// holds text of people or a secret.
struct Error {
  ErrorCode code = ErrorCode::internal;
  std::string message;
};

inline Error error(ErrorCode code, std::string message) { return {code, std::move(message)}; }

}  // namespace candour
