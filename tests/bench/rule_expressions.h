// A pack's rules as one regular expression each: what one would run without an engine. For
// comparison.
#pragma once

#include <string>
#include <vector>

#include "policy/rule.h"

namespace candour::policy {

/// In the order of the rules. A tag becomes an alternation of its words (all their forms) and of
/// the phrases of its compounds; a gap of n words up to n runs of letters; `!<tag>` and references
/// are left out.
std::vector<std::string> rules_as_expressions(const RuleSet& set);

}  // namespace candour::policy
