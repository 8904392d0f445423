// What `custodian` and `keeper` share: reviewing a package, answering it, hearing of revocations.
#pragma once

#include <functional>

#include "ctl/custody/state.h"
#include "warrant/open/answer.h"

namespace candour::ctl {

/// Whose memory, and by which key.
struct CustodyPlace {
  std::string dir;
  warrant::CustodyRole role = warrant::CustodyRole::custodian;
  std::string root;  // --root, or empty
};

/// Runs every check and prints the package for people. Nothing is remembered. The exit status is 0
/// also when the checks refuse: reading is no decision; "passed" says it.
Result<int> review_package(const Context& context, const CustodyPlace& place,
                           const std::string& own_key, const std::string& package);

/// Computes the answer to a request that passed; called under the folder's lock, so that secrets
/// it reads there are the newest.
using Answer = std::function<Result<warrant::ApprovalFile>(const warrant::Approved& approved)>;

/// Checks, computes, remembers durably, then writes `out`; in this order. already_exists when `out`
/// is there.
Result<int> answer_package(const Context& context, const CustodyPlace& place,
                           const std::string& own_key, const std::string& package,
                           const std::string& out, const Answer& answer);

/// Remembers the revocation in `note`; `statement` is the --statement option, or empty when one is
/// kept from a request.
Result<int> hear_revocation(const Context& context, const CustodyPlace& place,
                            const std::string& note, const std::string& statement);

/// "--root", for the first time.
void add_root_option(CLI::App& verb, CustodyPlace& place);

}  // namespace candour::ctl
