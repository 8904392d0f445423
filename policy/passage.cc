#include "policy/passage.h"

#include <algorithm>

namespace candour::policy {
namespace {

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// A single quotation mark opens before a word and closes after one; inside a word it is an
// apostrophe.
bool opens(std::string_view text, std::size_t i) {
  return (i == 0 || !is_word(text[i - 1])) && i + 1 < text.size() && !is_space(text[i + 1]);
}
bool closes(std::string_view text, std::size_t i) {
  return i > 0 && !is_space(text[i - 1]) && (i + 1 == text.size() || !is_word(text[i + 1]));
}

bool ends_sentence(std::string_view text, std::size_t i) {
  const char c = text[i];
  if (c == '\n') return true;
  if (c != '.' && c != '!' && c != '?') return false;
  return i + 1 == text.size() || is_space(text[i + 1]);
}

}  // namespace

Passages::Passages(std::string_view text) : text_(text) {
  constexpr std::size_t kNone = std::string_view::npos;
  std::size_t double_open = kNone;
  std::size_t single_open = kNone;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') {
      if (double_open == kNone) {
        double_open = i;
      } else {
        quotations_.push_back({double_open + 1, i});
        double_open = kNone;
      }
      single_open = kNone;
    } else if (text[i] == '\'' && double_open == kNone) {
      if (single_open != kNone && closes(text, i)) {
        quotations_.push_back({single_open + 1, i});
        single_open = kNone;
      } else if (opens(text, i)) {
        single_open = i;
      }
    }
  }
}

Range Passages::quotation(Range match) const {
  // Quotations are in order and do not overlap: the last that begins at or before the match.
  auto after = std::upper_bound(
      quotations_.begin(), quotations_.end(), match.start,
      [](std::size_t start, const Range& quotation) { return start < quotation.start; });
  if (after == quotations_.begin()) return {};
  const Range candidate = *std::prev(after);
  return candidate.encloses(match) ? candidate : Range{};
}

Range Passages::sentence(Range match) const {
  const Range quoted = quotation(match);
  const Range core = quoted.end != 0 ? quoted : match;
  const std::size_t floor = core.start - std::min(core.start, kSentenceReachMax);
  const std::size_t ceiling = std::min(text_.size(), core.end + kSentenceReachMax);
  Range out = core;
  while (out.start > floor && !ends_sentence(text_, out.start - 1)) --out.start;
  while (out.end < ceiling && !ends_sentence(text_, out.end)) ++out.end;
  return out;
}

}  // namespace candour::policy
