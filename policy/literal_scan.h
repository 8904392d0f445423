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
  struct Entry {
    std::uint64_t bytes = 0;  // the first eight of the literal, fewer where it is shorter
    std::uint64_t mask = 0;
    std::uint32_t number = 0;
    std::uint32_t size = 0;
    bool at_end = false;
  };
  // Literals by how they begin. `bits` are hashes of the first 2 bytes of those of one or two
  // bytes, 3 of those of three, 4 of those of four or five, 6 of longer ones: small enough to stay
  // near the processor. Buckets are of those of one or two bytes, then of the others, by 2 and 3
  // bytes.
  struct Beginnings {
    static constexpr std::size_t kBits = 32 * 1024;
    static constexpr std::size_t kBuckets = 4096;
    std::array<std::array<std::uint64_t, kBits / 64>, 4> bits{};
    std::size_t classes = 0;  // how many of the four are in use, by their order in `used`
    std::array<std::uint8_t, 4> used{};
    std::vector<std::uint32_t> bucket_from;
    std::vector<Entry> entries;

    /// `coarse`: of long literals too only the first three bytes, for places that are asked often.
    void add(const Literal& literal, std::uint32_t number, bool coarse);
    void finish();
    bool may_begin(std::uint64_t bytes) const;
    void compare(std::uint64_t bytes, std::string_view text, std::size_t start,
                 const LiteralScan& scan, LiteralHits& hits) const;
  };
  void scan_digits(std::string_view text, LiteralHits& hits) const;
  bool add_special(const Literal& literal, std::uint32_t number);
  static std::uint8_t byte(char c) { return static_cast<std::uint8_t>(c); }

  std::map<Literal, std::uint32_t> numbers_;
  std::vector<Literal> literals_;
  std::array<bool, 256> is_word_{};
  std::array<bool, 256> is_digit_{};
  std::array<bool, 256> is_letter_{};
  Beginnings at_words_;
  Beginnings anywhere_;
  // 1 + the numbers of literals that are no bytes of the text; 0: not asked for.
  std::array<std::uint32_t, kDigitsMax + 1> digits_{};
  std::uint32_t letter_digit_ = 0;
  std::uint32_t digit_letter_ = 0;
};

}  // namespace candour::policy
