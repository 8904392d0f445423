// The question "did two different people in the right roles sign this?", asked of certificates,
// notices, policy packs and warrants in the same words.
#pragma once

#include "identity/statement.h"

namespace candour::identity {

/// The role keys of `statement` with this role that signed `note`. signature_invalid when a line
/// of such a key does not verify.
Result<std::vector<RoleKey>> signers_of(const SignedNote& note, const Statement& statement,
                                        std::string_view role);

/// Signed by a key of `first_role` and by a key of `second_role` (which may be the same role) that
/// belong to two different people. signature_invalid otherwise; the message says who is missing.
Status signed_by_two_people(const SignedNote& note, const Statement& statement,
                            std::string_view first_role, std::string_view second_role);

}  // namespace candour::identity
