// Named lists of alternatives that patterns and phrases may stand on.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace candour::policy {

/// An item is itself a pattern (or a phrase) and may name other lists.
using PatternLists = std::map<std::string, std::vector<std::string>, std::less<>>;

/// A letter, then letters, digits and '_', all lower case.
bool is_list_name(std::string_view name);

}  // namespace candour::policy
