// Checkpoints (C2SP tlog-checkpoint): "at this size the log had this root", as a note signed by the
// log (type 01) and cosigned by witnesses (C2SP tlog-cosignature, type 04).
//
//   example.org/log
//   20852163
//   CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
//
//   — example.org/log Az3grlg...
//   — witness.example.org jWbPPwA...
//
// Values; functions are pure and thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "identity/statement.h"

namespace candour::tlog {

struct Checkpoint {
  std::string origin;  // the name of the log's key
  std::uint64_t size = 0;
  Digest root;
  /// Further lines; our log writes none, but a witness may see some of others.
  std::vector<std::string> extensions;

  /// The note text.
  std::string print() const;
  /// note_malformed with the line at fault.
  static Result<Checkpoint> parse(std::string_view text);
  bool operator==(const Checkpoint&) const = default;
};

/// The checkpoint as a note with the log's signature; the key's name is the origin.
identity::SignedNote sign_checkpoint(const Checkpoint& checkpoint,
                                     const crypto::SigningKey& log_key);

/// Parses and checks the log's own signature: log_inconsistent when the origin is another,
/// signature_invalid when the signature is missing or bad.
Result<Checkpoint> verify_log_signature(const identity::SignedNote& note,
                                        const identity::NoteKey& log);

/// A witness' type 04 signature line over a checkpoint at `time_s` (seconds since 1970). The caller
/// has checked what a witness must check (tlog/witness.h).
identity::NoteSignature make_cosignature(const identity::SignedNote& checkpoint,
                                         std::string_view witness_name,
                                         const crypto::SigningKey& key, std::uint64_t time_s);

struct Cosigner {
  std::string name;
  std::uint64_t time_s = 0;
};

struct VerifiedCheckpoint {
  Checkpoint checkpoint;
  std::vector<Cosigner> cosigned_by;  // witnesses of the statement, each once
  bool quorum = false;                // at least as many as the statement asks for
};

/// The log's signature, then every cosignature by a witness of the statement. Fails like
/// verify_log_signature; a missing quorum is no failure, see `quorum`.
Result<VerifiedCheckpoint> verify_checkpoint(std::string_view note,
                                             const identity::Statement& statement);

/// Adds a cosignature line ("— name base64") that came from a witness to the log's copy of the
/// checkpoint: signature_invalid unless it is by a witness of the statement and verifies. A line of
/// the same witness with an earlier time is replaced; nothing changes when it is as new or newer.
Status add_cosignature(identity::SignedNote& checkpoint, std::string_view line,
                       const identity::Statement& statement);

}  // namespace candour::tlog
