// The signatures of a policy pack. What stands in the note (which files, which hashes) is read by
// policy/pack.h; here only who signed, and the digest every verdict cites.
#pragma once

#include "identity/statement.h"

namespace candour::identity {

struct PackNote {
  SignedNote note;
  Digest digest;  // SHA-256 of the note text: the policy version

  /// Parses `note` (first line "candour-policy/v1") and checks that a policy-author and a
  /// policy-approver of the statement, two different people, signed it. note_malformed,
  /// signature_invalid.
  static Result<PackNote> verify(std::string_view note, const Statement& statement);
};

}  // namespace candour::identity
