// Warrants and requests in the words of those who decide on them: what a custodian reads before
// approving. Plain text; nothing here checks anything.
#pragma once

#include <string>

#include "warrant/open/request.h"

namespace candour::warrant {

/// Who, what for, how far, until when; how long it still runs at `now`, and whose signature is
/// missing.
std::string describe(const Warrant& warrant, const identity::SignedNote& note,
                     const identity::Statement& statement, TimeMs now);

/// What a request asks for, in a few lines.
std::string describe(const Request& request);

/// The scope as one sentence per rule: "records by p-1 (device 0a1b...) in group ...".
std::string describe_scope(const Warrant& warrant);

}  // namespace candour::warrant
