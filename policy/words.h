// The words of a folded text and where its sentences end.
//
// A word is a run of letters and digits of any script; an emoji is a word of its own; `'s`, `'re`,
// `'m`, `'ve`, `'ll` and `'d` are words of their own, other apostrophes stay within theirs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace candour::policy {

struct Word {
  std::uint32_t start = 0;  // bytes of the folded text, end exclusive
  std::uint32_t end = 0;
  bool stop_before = false;  // a sentence ended between this word and the one before it
};

/// Replaces `words` with those of `text`.
void split_words(std::string_view text, std::vector<Word>& words);

/// Whether `c` may stand within a word: a letter, a digit, or part of a non-ASCII character.
constexpr bool is_word_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         static_cast<unsigned char>(c) >= 0x80;
}

}  // namespace candour::policy
