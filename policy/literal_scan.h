// Finds which of many literals a text has, in one pass (Aho, Corasick 1975), as a table of states
// by classes of bytes.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

#include "policy/literals.h"

namespace candour::policy {

/// Which literals were found. Cleared in time of what was found, so to be used again.
class LiteralHits {
 public:
  void reset(std::size_t literals);
  void add(std::uint32_t number) {
    std::uint64_t& word = bits_[number / 64];
    const std::uint64_t bit = std::uint64_t{1} << (number % 64);
    if ((word & bit) != 0) return;
    word |= bit;
    list_.push_back(number);
  }
  bool has(std::uint32_t number) const { return ((bits_[number / 64] >> (number % 64)) & 1) != 0; }
  std::uint64_t word(std::size_t index) const { return bits_[index]; }
  /// In the order they were found.
  const std::vector<std::uint32_t>& list() const { return list_; }

 private:
  std::vector<std::uint64_t> bits_;
  std::vector<std::uint32_t> list_;
};

/// Filled, then built, then immutable.
class LiteralScan {
 public:
  /// The literal's number: 0, 1, 2 ...; the same literal has the same number.
  std::uint32_t add(const Literal& literal);
  std::size_t size() const { return literals_.size(); }
  const Literal& literal(std::uint32_t number) const { return literals_[number]; }
  void build();
  /// Adds what stands in the text, which is lower case, to `hits`.
  void scan(std::string_view text, LiteralHits& hits) const;

 private:
  static constexpr std::uint32_t kHasOutputs = 1u << 31;
  struct Trie;
  bool borders_hold(const Literal& literal, std::string_view text, std::size_t end) const {
    const std::size_t start = end - literal.text.size();
    if (literal.at_start && start > 0 && is_word_[byte(text[start - 1])]) return false;
    return !(literal.at_end && end < text.size() && is_word_[byte(text[end])]);
  }
  void scan_digits(std::string_view text, LiteralHits& hits) const;
  bool add_special(const Literal& literal, std::uint32_t number);
  static std::uint8_t byte(char c) { return static_cast<std::uint8_t>(c); }

  std::map<Literal, std::uint32_t> numbers_;
  std::vector<Literal> literals_;
  std::array<bool, 256> is_word_{};
  std::array<std::uint8_t, 256> class_of_{};
  std::array<bool, 256> is_digit_{};
  std::array<bool, 256> is_letter_{};
  std::size_t classes_ = 1;
  // Where a state leads by class: the place of its row, and kHasOutputs. States near the beginning,
  // where a scan spends its time, lie together.
  std::vector<std::uint32_t> next_;
  std::vector<std::uint32_t> output_from_;  // by state, one more at the end
  std::vector<std::uint32_t> outputs_;
  // 1 + the numbers of literals that are no bytes of the text; 0: not asked for.
  std::array<std::uint32_t, kDigitsMax + 1> digits_{};
  std::uint32_t letter_digit_ = 0;
  std::uint32_t digit_letter_ = 0;
};

}  // namespace candour::policy
