// Many patterns, of which only those are run whose literals a text has.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "policy/literal_scan.h"
#include "policy/pattern.h"

namespace candour::policy {

/// How often each literal stood in sample texts, by pattern_set.cc's name for it.
using LiteralCounts = std::vector<std::pair<std::string, std::uint32_t>>;

/// Filled, then finished, then immutable.
class PatternSet {
 public:
  /// Compiles one; `cased` ones are matched against text with capitals. policy_invalid as
  /// Pattern::compile.
  Status add(const std::string& source, bool cased);
  std::size_t size() const { return patterns_.size(); }
  const Pattern& pattern(std::size_t number) const { return patterns_[number]; }

  /// Builds the scan, which can then count().
  void build();
  /// Adds one to the counts of the literals in a sample text.
  void count(std::string_view text, std::vector<std::uint32_t>& counts) const;
  LiteralCounts named(const std::vector<std::uint32_t>& counts) const;
  std::vector<std::uint32_t> numbered(const LiteralCounts& counts) const;
  /// Chooses the clauses each pattern is found by: the rarest. The choice changes speed alone.
  void finish(const std::vector<std::uint32_t>& counts);

  /// Looks for literals in a lower-case text; hits of several forms of one text may be added up.
  void scan(std::string_view text, LiteralHits& hits) const { scan_.scan(text, hits); }
  void begin(LiteralHits& hits) const { hits.reset(scan_.size()); }
  /// Numbers, in order, of the patterns that may match.
  void candidates(const LiteralHits& hits, std::vector<std::uint32_t>& out) const;

 private:
  // One bit for each literal, but only the words that are not zero.
  using ClauseBits = std::vector<std::pair<std::uint32_t, std::uint64_t>>;
  using Numbers = std::vector<std::uint32_t>;
  static bool is_met(const ClauseBits& bits, const LiteralHits& hits);
  static ClauseBits bits_of(const Numbers& literals);

  std::vector<Pattern> patterns_;
  std::vector<std::vector<Numbers>> clauses_;    // by pattern, until finish()
  std::vector<std::vector<ClauseBits>> others_;  // by pattern: what else it needs
  LiteralScan scan_;
  std::vector<std::vector<std::uint32_t>> by_literal_;
  std::vector<std::uint32_t> always_;  // those that nothing is known of
};

}  // namespace candour::policy
