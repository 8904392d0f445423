#include "policy/pattern_lists.h"

namespace candour::policy {

bool is_list_name(std::string_view name) {
  const auto is_lower = [](char c) { return c >= 'a' && c <= 'z'; };
  if (name.empty() || !is_lower(name[0])) return false;
  for (const char c : name) {
    if (!is_lower(c) && !(c >= '0' && c <= '9') && c != '_') return false;
  }
  return true;
}

}  // namespace candour::policy
