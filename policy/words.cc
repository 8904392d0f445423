#include "policy/words.h"

#include <array>

namespace candour::policy {
namespace {

// Bytes of the symbol or emoji at `i`, or 0 when a letter stands there. Arrows to dingbats and the
// pictographs of the supplementary plane are symbols.
std::size_t symbol_size(std::string_view text, std::size_t i) {
  const auto byte = [&](std::size_t k) {
    return k < text.size() ? static_cast<unsigned>(static_cast<unsigned char>(text[k])) : 0u;
  };
  if (byte(i) == 0xE2 && byte(i + 1) >= 0x86 && byte(i + 1) <= 0xAF && i + 2 < text.size()) {
    return 3;
  }
  if (byte(i) == 0xF0 && byte(i + 1) == 0x9F && i + 3 < text.size()) return 4;
  return 0;
}

// Bytes of a contraction's ending at the apostrophe `i`, with it, or 0.
std::size_t ending_size(std::string_view text, std::size_t i) {
  constexpr std::array<std::string_view, 6> kEndings = {"s", "m", "d", "re", "ve", "ll"};
  for (const std::string_view ending : kEndings) {
    if (text.substr(i + 1, ending.size()) != ending) continue;
    const std::size_t after = i + 1 + ending.size();
    if (after >= text.size() || (!is_word_byte(text[after]) && text[after] != '\'')) {
      return 1 + ending.size();
    }
  }
  return 0;
}

bool ends_sentence(std::string_view text, std::size_t i) {
  const char c = text[i];
  if (c == '\n') return true;
  if (c != '.' && c != '!' && c != '?') return false;
  return i + 1 == text.size() || text[i + 1] == ' ' || text[i + 1] == '\n' || text[i + 1] == '\t' ||
         text[i + 1] == '"' || text[i + 1] == '\'';
}

std::size_t end_of_word(std::string_view text, std::size_t i) {
  while (i < text.size()) {
    if (is_word_byte(text[i])) {
      if (static_cast<unsigned char>(text[i]) >= 0x80 && symbol_size(text, i) != 0) return i;
      ++i;
    } else if (text[i] == '\'' && i + 1 < text.size() && is_word_byte(text[i + 1]) &&
               ending_size(text, i) == 0) {
      ++i;
    } else {
      return i;
    }
  }
  return i;
}

}  // namespace

void split_words(std::string_view text, std::vector<Word>& words) {
  words.clear();
  bool stop = false;
  std::size_t i = 0;
  while (i < text.size()) {
    std::size_t end = i;
    if (is_word_byte(text[i])) {
      const std::size_t symbol =
          static_cast<unsigned char>(text[i]) >= 0x80 ? symbol_size(text, i) : 0;
      end = symbol != 0 ? i + symbol : end_of_word(text, i);
    } else if (text[i] == '\'' && (i == 0 || is_word_byte(text[i - 1]))) {
      end = i + ending_size(text, i);
    }
    if (end == i) {
      stop = stop || ends_sentence(text, i);
      ++i;
      continue;
    }
    words.push_back({static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(end), stop});
    stop = false;
    i = end;
  }
}

}  // namespace candour::policy
