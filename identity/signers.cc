#include "identity/signers.h"

namespace candour::identity {

Result<std::vector<RoleKey>> signers_of(const SignedNote& note, const Statement& statement,
                                        std::string_view role) {
  std::vector<RoleKey> out;
  for (const RoleKey& entry : statement.roles) {
    if (entry.role != role) continue;
    CANDOUR_TRY(auto signer, note.verify({entry.key}));
    if (!signer.empty()) out.push_back(entry);
  }
  return out;
}

Status signed_by_two_people(const SignedNote& note, const Statement& statement,
                            std::string_view first_role, std::string_view second_role) {
  CANDOUR_TRY(auto first, signers_of(note, statement, first_role));
  CANDOUR_TRY(auto second, signers_of(note, statement, second_role));
  for (const RoleKey& a : first) {
    for (const RoleKey& b : second) {
      if (a.person != b.person) return ok();
    }
  }
  const auto missing = [](std::string_view role) {
    return error(ErrorCode::signature_invalid, "the note lacks the signature of a " +
                                                   std::string(role) + " of this organisation");
  };
  if (first.empty()) return missing(first_role);
  if (second.empty()) return missing(second_role);
  return error(ErrorCode::signature_invalid, "the note is signed by one person only ('" +
                                                 first.front().person +
                                                 "'); two different people must sign it");
}

}  // namespace candour::identity
