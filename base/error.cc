#include "base/error.h"

#include <array>
#include <utility>

namespace candour {
namespace {

struct Entry {
  ErrorCode code;
  std::string_view name;
  int exit_status;
};

constexpr Entry kEntries[] = {
    {ErrorCode::internal, "internal", 1},
    {ErrorCode::unknown_device, "unknown_device", 4},
    {ErrorCode::device_revoked, "device_revoked", 4},
    {ErrorCode::wrong_root_key, "wrong_root_key", 1},
    {ErrorCode::foreign_certificate, "foreign_certificate", 1},
    {ErrorCode::certificate_expired, "certificate_expired", 4},
    {ErrorCode::certificate_invalid, "certificate_invalid", 1},
    {ErrorCode::client_build_unlisted, "client_build_unlisted", 4},
    {ErrorCode::login_invalid, "login_invalid", 4},
    {ErrorCode::login_replayed, "login_replayed", 4},
    {ErrorCode::not_logged_in, "not_logged_in", 4},
    {ErrorCode::notice_unacknowledged, "notice_unacknowledged", 4},
    {ErrorCode::frame_too_large, "frame_too_large", 4},
    {ErrorCode::frame_malformed, "frame_malformed", 4},
    {ErrorCode::rate_limited, "rate_limited", 4},
    {ErrorCode::queue_full, "queue_full", 4},
    {ErrorCode::too_many_connections, "too_many_connections", 4},
    {ErrorCode::too_many_groups, "too_many_groups", 4},
    {ErrorCode::too_many_members, "too_many_members", 4},
    {ErrorCode::resynchronise, "resynchronise", 4},
    {ErrorCode::group_unknown, "group_unknown", 4},
    {ErrorCode::group_stopped, "group_stopped", 4},
    {ErrorCode::not_a_member, "not_a_member", 4},
    {ErrorCode::epoch_stale, "epoch_stale", 4},
    {ErrorCode::epoch_pending, "epoch_pending", 4},
    {ErrorCode::message_id_reused, "message_id_reused", 4},
    {ErrorCode::token_missing, "token_missing", 1},
    {ErrorCode::token_invalid, "token_invalid", 1},
    {ErrorCode::bot_absent, "bot_absent", 4},
    {ErrorCode::bot_leaf_missing, "bot_leaf_missing", 4},
    {ErrorCode::not_permitted, "not_permitted", 4},
    {ErrorCode::policy_invalid, "policy_invalid", 1},
    {ErrorCode::config_invalid, "config_invalid", 2},
    {ErrorCode::usage, "usage", 2},
    {ErrorCode::input_invalid, "input_invalid", 2},
    {ErrorCode::not_found, "not_found", 2},
    {ErrorCode::already_exists, "already_exists", 2},
    {ErrorCode::cannot_connect, "cannot_connect", 3},
    {ErrorCode::disconnected, "disconnected", 3},
    {ErrorCode::timed_out, "timed_out", 3},
    {ErrorCode::state_damaged, "state_damaged", 5},
    {ErrorCode::state_locked, "state_locked", 2},
    {ErrorCode::signature_invalid, "signature_invalid", 1},
    {ErrorCode::decryption_failed, "decryption_failed", 1},
    {ErrorCode::mls_invalid, "mls_invalid", 1},
    {ErrorCode::warning_invalid, "warning_invalid", 4},
    {ErrorCode::approval_invalid, "approval_invalid", 4},
    {ErrorCode::approval_expired, "approval_expired", 4},
    {ErrorCode::approval_used, "approval_used", 4},
    {ErrorCode::justification_invalid, "justification_invalid", 2},
    {ErrorCode::statement_invalid, "statement_invalid", 1},
    {ErrorCode::note_malformed, "note_malformed", 1},
    {ErrorCode::warrant_signature_missing, "warrant_signature_missing", 1},
    {ErrorCode::warrant_signature_invalid, "warrant_signature_invalid", 1},
    {ErrorCode::warrant_same_person, "warrant_same_person", 1},
    {ErrorCode::warrant_conflict, "warrant_conflict", 1},
    {ErrorCode::warrant_expired, "warrant_expired", 1},
    {ErrorCode::warrant_not_logged, "warrant_not_logged", 1},
    {ErrorCode::warrant_not_witnessed, "warrant_not_witnessed", 1},
    {ErrorCode::warrant_invalid, "warrant_invalid", 1},
    {ErrorCode::warrant_revoked, "warrant_revoked", 1},
    {ErrorCode::cooling_off, "cooling_off", 1},
    {ErrorCode::daily_cap_reached, "daily_cap_reached", 1},
    {ErrorCode::checkpoint_stale, "checkpoint_stale", 1},
    {ErrorCode::out_of_scope, "out_of_scope", 1},
    {ErrorCode::custodians_too_few, "custodians_too_few", 1},
    {ErrorCode::partial_proof_invalid, "partial_proof_invalid", 1},
    {ErrorCode::share_invalid, "share_invalid", 1},
    {ErrorCode::evidence_incomplete, "evidence_incomplete", 1},
    {ErrorCode::bundle_invalid, "bundle_invalid", 1},
    {ErrorCode::record_disposed, "record_disposed", 1},
    {ErrorCode::log_inconsistent, "log_inconsistent", 1},
    {ErrorCode::storage_failed, "storage_failed", 5},
    {ErrorCode::storage_full, "storage_full", 4},
    {ErrorCode::shutting_down, "shutting_down", 3},
};

const Entry& entry(ErrorCode code) {
  for (const Entry& e : kEntries) {
    if (e.code == code) return e;
  }
  return kEntries[0];
}

}  // namespace

std::string_view code_name(ErrorCode code) { return entry(code).name; }

ErrorCode code_from_name(std::string_view name) {
  for (const Entry& e : kEntries) {
    if (e.name == name) return e.code;
  }
  return ErrorCode::internal;
}

int exit_status(ErrorCode code) { return entry(code).exit_status; }

}  // namespace candour
