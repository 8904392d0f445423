// Who is meant by the `@person` in a text: ids of people in the group's roster. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace candour::client {

/// The people named as "@id" in `text`, each once, in the order of `people`. An id ends where no
/// letter, digit, '-', '_' or '.' with more behind it follows; the longest that fits is meant, and
/// upper and lower case of ASCII are alike. What fits nobody is plain text.
std::vector<std::string> mentions_in(std::string_view text, const std::vector<std::string>& people);

}  // namespace candour::client
