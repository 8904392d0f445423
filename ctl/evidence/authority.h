// Whom the evidence believes, and why: the statements, certificates, revocations and policy
// versions of a bundle, each proven to be in the log. What was in force when is told by the log's
// order, not by anybody's clock: an object counts for what was logged after it.
//
// Values. Const calls are thread-safe.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "ctl/evidence/exhibits.h"
#include "identity/certificate.h"
#include "identity/statement.h"

namespace candour::ctl {

/// One line of the report of an examination.
struct Check {
  std::string what;
  bool passed = true;
  std::string detail;  // one sentence: numbers when it passed, what is wrong when it did not
};

/// A certificate and where the log has it.
struct Certified {
  identity::Certificate certificate;
  Digest note_hash;  // SHA-256 of the note: how records cite it
  std::uint64_t index = 0;
  std::optional<std::uint64_t> revoked_at;  // leaf index of the revocation
  /// Leaf indices of the device's acknowledgements of monitoring notices, with the time it gave.
  std::vector<std::pair<std::uint64_t, TimeMs>> acknowledgements;
};

/// Keys a verifier brings along.
struct PinnedKeys {
  identity::NoteKey root;
  std::optional<identity::NoteKey> log;
};

class Authority {
 public:
  /// wrong_root_key, statement_invalid or log_inconsistent when the case's own statement cannot be
  /// believed; what else is wrong is told in `checks`.
  static Result<Authority> build(const Exhibits& exhibits, const PinnedKeys& keys,
                                 std::vector<Check>& checks);

  /// The statement the case was run under.
  const identity::Statement& statement() const { return statement_; }
  /// The one in force for a leaf; the case's own when the bundle has no earlier one.
  const identity::Statement& statement_at(std::uint64_t leaf_index) const;
  /// By SHA-256 of the note; null when the bundle has none.
  const Certified* certificate(const Digest& note_hash) const;
  const std::vector<Certified>& certificates() const { return certificates_; }
  /// Leaf index of a policy version (SHA-256 of its note's text).
  std::optional<std::uint64_t> policy(const Digest& digest) const;

 private:
  Authority() = default;
  Status take(const DirectoryExhibit& exhibit, const identity::NoteKey& root);
  Status take_certificate(const DirectoryExhibit& exhibit);
  Status take_revocation(const DirectoryExhibit& exhibit);
  Status take_policy(const DirectoryExhibit& exhibit);
  Status take_acknowledgement(const DirectoryExhibit& exhibit);

  identity::Statement statement_;
  std::map<std::uint64_t, identity::Statement> statements_;  // by leaf index
  std::vector<Certified> certificates_;
  std::map<Digest, std::uint64_t> policies_;
};

}  // namespace candour::ctl
