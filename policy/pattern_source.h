// Patterns as authors write them, made into RE2 syntax.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"
#include "policy/pattern_lists.h"

namespace candour::policy {

/// `{name}` becomes the alternatives of that list, a space outside brackets one or more spaces
/// (with a `?` after it: any number), and with `whole_words` the pattern begins and ends on word
/// borders. policy_invalid when a list is unknown, lists name each other in a circle, or the result
/// is longer than `size_max`.
Result<std::string> expand_pattern(std::string_view source, const PatternLists& lists,
                                   bool whole_words, std::size_t size_max);

}  // namespace candour::policy
