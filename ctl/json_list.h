// Lists inside the JSON lines that verbs print.
#pragma once

#include <string>
#include <vector>

#include "base/json_text.h"

namespace candour::ctl {

/// "[...]" of what `print` makes of each item: JSON that is already encoded.
template <class List, class Print>
std::string json_array(const List& list, Print print) {
  std::string out;
  for (const auto& item : list) out += (out.empty() ? "" : ",") + print(item);
  return "[" + out + "]";
}

/// "[...]" of strings.
inline std::string json_texts(const std::vector<std::string>& texts) {
  return json_array(texts, [](const std::string& text) { return json_quote(text); });
}

}  // namespace candour::ctl
