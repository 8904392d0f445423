// Checking a relay's log without believing anything the relay computed: each entry against its
// opening, each record and directory object against its hash, every stored hash and every
// checkpoint's root against a tree built anew, every signature and cosignature against the
// organisation statement.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "ctl/log/db.h"
#include "identity/statement.h"
#include "tlog/leaf.h"

namespace candour::ctl {

/// The first thing found wrong. Nothing after it was believed.
struct Fault {
  std::optional<std::uint64_t> index;  // log index, where one can be named
  std::string reason;
};

struct AuditOptions {
  /// Pinned root; without it no signature can be checked, only hashes.
  std::optional<identity::NoteKey> root;
  /// Versions of the statement known from elsewhere, checked by the caller.
  std::vector<identity::Statement> statements;
  /// Checkpoint notes others hold: what a witness cosigned, what came with a proof. The log must
  /// be at least as large, with the same root at their size.
  std::vector<std::string> shown;
  /// Also certificates and other directory objects, release tokens and the proofs of sealed
  /// records.
  bool signatures = false;
};

struct AuditReport {
  std::uint64_t size = 0;
  Digest root;
  std::uint64_t records = 0;                      // sealed records whose hash was checked
  std::map<tlog::LeafKind, std::uint64_t> kinds;  // how many leaves of each
  std::uint64_t checkpoints = 0;
  std::uint64_t cosigned_size = 0;  // largest checkpoint with a quorum; 0 without a statement
  std::uint64_t signatures = 0;     // how many signatures and proofs were checked
  std::optional<Fault> fault;

  bool ok() const { return !fault; }
};

/// A fault is a result, not an error; errors are usage (signatures without a root).
Result<AuditReport> audit_log(LogDb& db, const AuditOptions& options);

/// Every version of the statement: those given, and those in the directory that the root signed.
std::vector<identity::Statement> all_statements(LogDb& db, const AuditOptions& options);

/// The notice of every opening, signed under some version of the statement. Throws
/// SQLite::Exception.
std::optional<Fault> audit_openings(LogDb& db, const AuditOptions& options, AuditReport& report);

/// The part of --signatures. Throws SQLite::Exception.
std::optional<Fault> audit_signatures(LogDb& db, const AuditOptions& options, AuditReport& report);

}  // namespace candour::ctl
