// Undoing disguise: words written so that a reader sees them and a list of words does not.
//
//   w.o.m.e.n  w-o-m-e-n  w o m e n    letters set apart
//   w0m3n      w*men                   digits, signs and stars for letters
//   wooomen    wmoen      wmen         letters repeated, swapped, left out
//   ihatewomen wo men                  words run together, a word cut in two
//
// Only words that the pack names as worth disguising are looked for, and a word that the pack knows
// as it stands is never touched. Look-alike letters, invisible characters and reversed text are
// policy/fold.h's.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "policy/fold.h"
#include "policy/lexicon.h"

namespace candour::policy {

class Disguises {
 public:
  /// `targets` are tags. The lexicon outlives this, and gets no words afterwards.
  void build(const Lexicon& lexicon, const std::vector<Tag>& targets);
  /// From now on `written` is read as `meant`, a word of the lexicon; false when it is none.
  bool add_spelling(const std::string& written, std::string_view meant);

  /// The text with disguised words written plainly; unchanged text comes back as it is.
  Folded undo(Folded text) const;

 private:
  friend class Unmasker;
  struct ShortText {
    std::array<char, 48> bytes{};
    std::size_t size = 0;
    std::string_view view() const { return {bytes.data(), size}; }
    bool add(char c);
    void set(std::string_view text);
  };

  bool is_target(std::uint32_t word) const { return word != 0 && is_target_[word]; }
  bool is_target(std::string_view word) const { return is_target(lexicon_->find(word)); }
  bool unmask(std::string_view core, ShortText& out) const;
  bool read_signs(std::string_view core, char one, ShortText& out) const;
  bool fill_stars(std::string_view core, ShortText& out) const;
  bool fill_stars_from(std::string_view core, char first, ShortText& out) const;
  bool drop_repeats(std::string_view core, ShortText& out) const;
  bool correct(std::string_view core, ShortText& out) const;
  bool drop_separators(std::string_view core, ShortText& out) const;
  bool split(std::string_view joined, ShortText& out) const;
  bool may_hold_target(std::string_view joined) const;

  const Lexicon* lexicon_ = nullptr;
  std::vector<bool> is_target_;
  // Looked up by view: a text's words are never copied into a string.
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };
  using WordMap = std::unordered_map<std::string, std::uint32_t, Hash, std::equal_to<>>;
  WordMap misspelt_;
  WordMap without_repeats_;
  std::vector<bool> beginnings_;  // by hash of the first letters of targets
  std::map<std::pair<std::size_t, char>, std::vector<std::uint32_t>> by_shape_;  // size, letter
};

}  // namespace candour::policy
