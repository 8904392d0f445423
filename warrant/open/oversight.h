// The auditor's copy of whatever is logged as an opening: oversight does not depend on being told.
//
//   copy = HPKE (crypto/hpke.h) to the auditor's sealing key, info "candour oversight copy v1" 00
//          entry 34, of: version u8 = 1, opening 130, object vec
//
// The object is the signed note as it was logged. Pure but for `random`; thread-safe.
#pragma once

#include <string>

#include "crypto/hpke.h"
#include "tlog/leaf.h"

namespace candour::warrant {

struct OversightCopy {
  std::string object;  // signed note, verbatim
  tlog::LeafOpening opening;
};

/// input_invalid when the auditor's key is of low order.
Result<Bytes> seal_oversight_copy(const OversightCopy& copy, const SealingPublicKey& auditor,
                                  Random& random);

/// Opens a copy and checks that it is of the logged `entry`: decryption_failed when it is not
/// sealed to this key and entry; log_inconsistent when object and opening do not give the entry:
/// whoever logged it keeps the true object from the auditor.
Result<OversightCopy> open_oversight_copy(ByteView sealed, ByteView entry,
                                          const crypto::SealingKey& auditor);

/// The opening of a leaf of class `opening` over a signed note: the note's SHA-256 as object hash,
/// a fresh salt, the other fields zero.
tlog::LeafOpening make_note_opening(tlog::LeafKind kind, std::string_view note, Random& random);
/// log_inconsistent unless `opening` is of this kind and over this note.
Status check_note_opening(const tlog::LeafOpening& opening, tlog::LeafKind kind,
                          std::string_view note);

}  // namespace candour::warrant
