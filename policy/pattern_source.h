// Patterns as authors write them, made into RE2 syntax.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace candour::policy {

/// Named lists of alternatives; an item is itself a pattern and may name other lists.
using PatternLists = std::map<std::string, std::vector<std::string>, std::less<>>;

/// A letter, then letters, digits and '_', all lower case.
bool is_list_name(std::string_view name);

/// `{name}` becomes the alternatives of that list, a space outside brackets one or more spaces
/// (with a `?` after it: any number), and with `whole_words` the pattern begins and ends on word
/// borders. policy_invalid when a list is unknown, lists name each other in a circle, or the result
/// is longer than `size_max`.
Result<std::string> expand_pattern(std::string_view source, const PatternLists& lists,
                                   bool whole_words, std::size_t size_max);

}  // namespace candour::policy
