#include "identity/pack_note.h"

#include "crypto/hash.h"
#include "identity/signers.h"

namespace candour::identity {

Result<PackNote> PackNote::verify(std::string_view note, const Statement& statement) {
  PackNote out;
  CANDOUR_TRY(out.note, SignedNote::parse(note));
  if (!out.note.text.starts_with("candour-policy/v1\n")) {
    return error(ErrorCode::note_malformed,
                 "the first line of a policy pack's note is 'candour-policy/v1'");
  }
  CANDOUR_TRY(signed_by_two_people(out.note, statement, "policy-author", "policy-approver"));
  out.digest = crypto::sha256(as_bytes(out.note.text));
  return out;
}

}  // namespace candour::identity
