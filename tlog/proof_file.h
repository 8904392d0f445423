// Offline proof files (C2SP tlog-proof, suffix .tlog-proof): that an entry is in a log, with the
// checkpoint that says so. The form in which proofs are exhibits.
#pragma once

#include <optional>

#include "tlog/checkpoint.h"
#include "tlog/tree.h"

namespace candour::tlog {

struct ProofFile {
  std::optional<Bytes> extra;  // not authenticated; we put the leaf's opening here
  std::uint64_t index = 0;
  Proof proof;
  std::string checkpoint;  // signed note, verbatim

  std::string print() const;
  /// note_malformed with the line at fault.
  static Result<ProofFile> parse(std::string_view text);
  /// The leaf is in the log of the statement, in a checkpoint with a quorum of witnesses:
  /// log_inconsistent, signature_invalid, or warrant_not_witnessed without a quorum.
  Result<VerifiedCheckpoint> verify(const Digest& leaf_hash,
                                    const identity::Statement& statement) const;
};

}  // namespace candour::tlog
