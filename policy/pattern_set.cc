#include "policy/pattern_set.h"

#include <algorithm>
#include <map>

namespace candour::policy {
namespace {

constexpr std::size_t kClausesMax = 6;
constexpr std::uint64_t kWeightMax = 60'000;

std::string name_of(const Literal& literal) {
  return (literal.at_start ? "<" : "") + literal.text + (literal.at_end ? ">" : "");
}

}  // namespace

Status PatternSet::add(const std::string& source, bool cased) {
  CANDOUR_TRY(Pattern pattern, Pattern::compile(source));
  patterns_.push_back(std::move(pattern));
  auto& clauses = clauses_.emplace_back();
  for (const Clause& clause : required_literals(source, cased)) {
    auto& numbers = clauses.emplace_back();
    for (const Literal& literal : clause) numbers.push_back(scan_.add(literal));
  }
  return ok();
}

void PatternSet::build() { scan_.build(); }

void PatternSet::count(std::string_view text, std::vector<std::uint32_t>& counts) const {
  LiteralHits hits;
  begin(hits);
  scan(text, hits);
  counts.resize(scan_.size());
  for (const std::uint32_t number : hits.list()) ++counts[number];
}

LiteralCounts PatternSet::named(const std::vector<std::uint32_t>& counts) const {
  LiteralCounts out;
  for (std::uint32_t i = 0; i < counts.size(); ++i) {
    if (counts[i] != 0) out.emplace_back(name_of(scan_.literal(i)), counts[i]);
  }
  return out;
}

std::vector<std::uint32_t> PatternSet::numbered(const LiteralCounts& counts) const {
  std::map<std::string, std::uint32_t> by_name(counts.begin(), counts.end());
  std::vector<std::uint32_t> out(scan_.size());
  for (std::uint32_t i = 0; i < out.size(); ++i) {
    const auto found = by_name.find(name_of(scan_.literal(i)));
    if (found != by_name.end()) out[i] = found->second;
  }
  return out;
}

void PatternSet::finish(const std::vector<std::uint32_t>& counts) {
  const auto weight = [&](const Numbers& clause) {
    std::uint64_t sum = 0;
    for (const std::uint32_t number : clause) {
      const std::uint64_t seen = number < counts.size() ? counts[number] : 0;
      sum += 1 + 100 * seen + commonness(scan_.literal(number));
    }
    return sum;
  };
  // Only literals that decide something are looked for from now on.
  LiteralScan used;
  const auto renumbered = [&](const Numbers& clause) {
    Numbers out;
    for (const std::uint32_t number : clause) out.push_back(used.add(scan_.literal(number)));
    return out;
  };
  others_.resize(patterns_.size());
  for (std::uint32_t i = 0; i < clauses_.size(); ++i) {
    auto& clauses = clauses_[i];
    if (clauses.empty()) always_.push_back(i);
    std::stable_sort(clauses.begin(), clauses.end(),
                     [&](const Numbers& a, const Numbers& b) { return weight(a) < weight(b); });
    for (std::size_t k = 0; k < clauses.size() && k < kClausesMax; ++k) {
      // What nearly every text meets is not worth looking for.
      if (k > 0 && weight(clauses[k]) > kWeightMax) break;
      const Numbers literals = renumbered(clauses[k]);
      if (k > 0) {
        others_[i].push_back(bits_of(literals));
        continue;
      }
      by_literal_.resize(std::max(by_literal_.size(), used.size()));
      for (const std::uint32_t literal : literals) by_literal_[literal].push_back(i);
    }
  }
  by_literal_.resize(used.size());
  clauses_ = {};
  scan_ = std::move(used);
  scan_.build();
}

PatternSet::ClauseBits PatternSet::bits_of(const Numbers& literals) {
  std::map<std::uint32_t, std::uint64_t> words;
  for (const std::uint32_t number : literals) {
    words[number / 64] |= std::uint64_t{1} << (number % 64);
  }
  return {words.begin(), words.end()};
}

bool PatternSet::is_met(const ClauseBits& bits, const LiteralHits& hits) {
  return std::any_of(bits.begin(), bits.end(),
                     [&](const auto& word) { return (hits.word(word.first) & word.second) != 0; });
}

void PatternSet::candidates(const LiteralHits& hits, std::vector<std::uint32_t>& out) const {
  out = always_;
  for (const std::uint32_t literal : hits.list()) {
    for (const std::uint32_t number : by_literal_[literal]) {
      const auto& bits = others_[number];
      if (std::all_of(bits.begin(), bits.end(),
                      [&](const ClauseBits& clause) { return is_met(clause, hits); })) {
        out.push_back(number);
      }
    }
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
}

}  // namespace candour::policy
