#include "client/mentions.h"

#include <algorithm>

namespace candour::client {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_word(char c) {
  const char l = lower(c);
  return (l >= 'a' && l <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
         (static_cast<unsigned char>(c) & 0x80) != 0;
}

bool begins_with(std::string_view text, std::string_view id) {
  if (text.size() < id.size()) return false;
  for (std::size_t i = 0; i < id.size(); ++i) {
    if (lower(text[i]) != lower(id[i])) return false;
  }
  const std::string_view rest = text.substr(id.size());
  const bool dotted = rest.size() > 1 && rest[0] == '.' && is_word(rest[1]);
  return rest.empty() || !(is_word(rest[0]) || dotted);
}

}  // namespace

std::vector<std::string> mentions_in(std::string_view text,
                                     const std::vector<std::string>& people) {
  std::vector<std::string> out;
  for (const std::string& person : people) {
    if (person.empty()) continue;
    for (std::size_t at = text.find('@'); at != std::string_view::npos;
         at = text.find('@', at + 1)) {
      const bool inside_a_word = at > 0 && is_word(text[at - 1]);  // an address, say
      if (inside_a_word || !begins_with(text.substr(at + 1), person)) continue;
      if (std::find(out.begin(), out.end(), person) == out.end()) out.push_back(person);
      break;
    }
  }
  return out;
}

}  // namespace candour::client
