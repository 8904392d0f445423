// The literal words that a pattern cannot do without, so that most patterns are spared most texts.
//
// `\b(?:kick|punch)(?:ed|ing)? (?:his|her) head\b` needs one of "kick", "punch" at the beginning of
// a word, and the word "his" or "her", and "head" at the end of a word: a list of clauses, all of
// which must be met, each by any one of its literals. Where nothing can be said for sure (unusual
// escapes) a clause is left out: to be candidate too often is harmless, to be missed
// is not.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace candour::policy {

/// Some bytes of a lower-case text, maybe only where a word begins or ends.
struct Literal {
  std::string text;
  bool at_start = false;  // no letter, digit or '_' stands before it
  bool at_end = false;    // ... after it
  bool operator==(const Literal&) const = default;
  // Not <=>: the library of Debian's emscripten has none for strings.
  bool operator<(const Literal& other) const {
    return std::tie(text, at_start, at_end) < std::tie(other.text, other.at_start, other.at_end);
  }
};

// Literals that are no bytes of the text. kDigit n times: the text has n digits or more, n up to
// kDigitsMax; a digit stands right after a letter, a letter right after a digit.
inline constexpr char kDigit = '\x02';
inline constexpr std::size_t kDigitsMax = 16;
inline constexpr std::string_view kLetterDigit = "\x03";
inline constexpr std::string_view kDigitLetter = "\x04";

/// Met by a text that has any of them. Never empty.
using Clause = std::set<Literal>;

/// Clauses that every text matched by `pattern` (RE2 syntax), made lower case, meets; the texts are
/// folded (policy/fold.h), so that case folding flags change nothing. With `ascii_only` no literal
/// has a byte of 0x80 or more.
std::vector<Clause> required_literals(std::string_view pattern, bool ascii_only);

/// How common texts with this literal are likely to be, by its length alone; larger is commoner.
unsigned commonness(const Literal& literal);
unsigned commonness(const Clause& clause);

}  // namespace candour::policy
