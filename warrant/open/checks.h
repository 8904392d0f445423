// The one check that custodians and keepers make before they help (invariant I7). It rests on
// nothing but the pinned root key, the caller's own rules and memory, and its clock: whoever made
// the package, the relay included, is not trusted.
//
// A request passes when all of this holds, checked in this order:
//   1. The statement is signed by the pinned root and not older than one seen before, and lists the
//      own key in the own role.
//   2. The warrant: signed by requester and authoriser, two people with these roles; nobody who
//   acts
//      is concerned by it, the owner of the own key included; no registrar or auditor requests,
//      authorises or, as custodian, opens; the author devices are certified as theirs.
//   3. It has begun, is not expired, not revoked.
//   4. Its commitment is a leaf of the statement's log in a checkpoint with the quorum of
//   witnesses,
//      and the cooling-off has passed since they saw it.
//   5. The request is by the same requester for this warrant, logged and witnessed in a checkpoint
//      that is fresh and not older than, or other than, one seen before.
//   6. The daily cap is not exceeded.
//   7. Every record: in the scope, in the log as an ordinary leaf, among those the request names,
//      there once, and with a ciphertext whose proof binds it to its label.
//
// Pure; thread-safe.
#pragma once

#include <set>
#include <vector>

#include "crypto/ristretto.h"
#include "warrant/open/package.h"
#include "warrant/open/request.h"

namespace candour::warrant {

/// What a custodian or keeper sets for itself.
struct CustodyRules {
  std::uint64_t cooling_off_ms = 86'400'000;
  std::uint64_t records_per_day = 20'000;  // in any 24 hours
  std::uint64_t checkpoint_age_ms_max = 86'400'000;
};

enum class CustodyRole { custodian, keeper };
/// "custodian" or "keeper": as roles are called in the statement.
std::string_view role_name(CustodyRole role);

/// A checkpoint as far as it is remembered.
struct KnownCheckpoint {
  std::uint64_t size = 0;
  Digest root;
  bool operator==(const KnownCheckpoint&) const = default;
};

/// The newest statement accepted so far; version 0 before the first.
struct KnownStatement {
  std::uint64_t version = 0;
  Digest digest;  // of its text
  bool operator==(const KnownStatement&) const = default;
};

struct PastApproval {
  TimeMs time;
  Digest request;  // digest of the request's text
  std::uint64_t records = 0;
};

struct CheckContext {
  identity::NoteKey root;
  CustodyRole role = CustodyRole::custodian;
  std::string own_key;  // name of the own role key
  TimeMs now;
  CustodyRules rules;
  std::vector<PastApproval> approvals;  // of the last 24 hours at least
  std::optional<KnownCheckpoint> checkpoint;
  KnownStatement statement;
  std::set<Digest> revoked;  // digests of warrants
};

/// A request that passed, with what is needed to answer it and what is to be remembered.
struct Approved {
  identity::Statement statement;
  KnownStatement statement_known;
  KnownCheckpoint checkpoint;
  Warrant warrant;
  Request request;
  Digest request_digest;
  std::vector<crypto::Point> points;      // u of each record, in order
  std::vector<tlog::RecordLabel> labels;  // of each record, in order
  bool repeated = false;                  // approved before: does not count again
};

/// The error's code names the rule that failed, its message the record (by its place in the package
/// from 0, and its leaf) where one is at fault, and what to do.
Result<Approved> check_request(const RequestPackage& package, const CheckContext& context);

/// The part of the checks above that says when the quorum of witnesses had seen a checkpoint:
/// warrant_not_witnessed without a quorum, or when the statement asks for no witness.
struct WitnessedCheckpoint {
  KnownCheckpoint checkpoint;
  TimeMs first_seen;  // by then a quorum had cosigned it
  TimeMs last_seen;   // a quorum cosigned it then or later
};
Result<WitnessedCheckpoint> witnessed_checkpoint(std::string_view note,
                                                 const identity::Statement& statement);

}  // namespace candour::warrant
