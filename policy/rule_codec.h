// A rule set as bytes, for the compiled form of a pack (policy/compiled.h). Examples are left out.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "policy/rule.h"

namespace candour::policy {

Bytes encode_rules(const RuleSet& set);

/// policy_invalid for anything that encode_rules does not write; never reads or allocates beyond
/// what the bytes hold.
Result<RuleSet> decode_rules(ByteView bytes);

}  // namespace candour::policy
