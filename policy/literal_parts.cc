#include "policy/literal_parts.h"

#include <array>
#include <utility>

namespace candour::policy {
namespace {

constexpr std::size_t kRoundsMax =
    4;  // clauses kept of an alternation that is not of strings alone

std::optional<Literal> literal_of(std::string_view marked) {
  Literal out;
  for (std::size_t i = 0; i < marked.size(); ++i) {
    if (marked[i] != kBorder) {
      out.text += marked[i];
    } else if (out.text.empty()) {
      out.at_start = true;
    } else if (marked.find_first_not_of(kBorder, i) == std::string_view::npos) {
      out.at_end = true;
    }
  }
  // A border beside something that is no letter says that a letter stands on its other side.
  out.at_start = out.at_start && !out.text.empty() && is_literal_word(out.text.front());
  out.at_end = out.at_end && !out.text.empty() && is_literal_word(out.text.back());
  const bool whole = out.at_start && out.at_end;
  const bool sign = out.text.size() == 1 && !is_literal_word(out.text[0]) && out.text[0] != ' ' &&
                    out.text[0] != '\n' && out.text[0] != '.' && out.text[0] != '\'' &&
                    out.text[0] != ',';
  if (sign || whole || out.text.size() >= 3 || (out.text.size() == 2 && out.at_start)) return out;
  return std::nullopt;
}

// The clauses of one alternative, the rarest first.
std::vector<Clause> ranked_clauses(const Info& info) {
  std::vector<Clause> out = info.clauses;
  for (const auto& strings : {info.strings, info.prefix}) {
    if (!strings) continue;
    if (auto clause = clause_of(*strings)) out.push_back(std::move(*clause));
  }
  if (info.digits > 0) out.push_back(digits_clause(info.digits));
  std::stable_sort(out.begin(), out.end(),
                   [](const Clause& a, const Clause& b) { return commonness(a) < commonness(b); });
  return out;
}

}  // namespace

std::optional<Clause> clause_of(const std::set<std::string>& strings) {
  Clause out;
  for (const std::string& text : strings) {
    const auto literal = literal_of(text);
    if (!literal) return std::nullopt;
    out.insert(*literal);
  }
  if (out.empty()) return std::nullopt;
  return out;
}

Clause digits_clause(std::size_t digits) {
  return {Literal{std::string(std::min(digits, kDigitsMax), kDigit), false, false}};
}

Info any_of_all(const std::vector<Info>& all) {
  if (all.size() == 1) return all.front();
  Info out = all.front();
  out.strings.reset();
  out.prefix.reset();
  out.clauses.clear();
  std::set<std::string> strings;
  bool exact = true;
  std::size_t rounds = 0;
  std::vector<std::vector<Clause>> ranked;
  for (const Info& one : all) {
    exact = exact && one.strings.has_value();
    out.gap = out.gap && one.gap;
    out.closes = out.closes && one.closes;
    out.is_optional = out.is_optional || one.is_optional;
    out.digits = std::min(out.digits, one.digits);
    if (one.first != out.first) out.first = Info::Edge::unknown;
    if (one.last != out.last) out.last = Info::Edge::unknown;
    if (one.strings) strings.insert(one.strings->begin(), one.strings->end());
    ranked.push_back(ranked_clauses(one));
    rounds = std::max(rounds, ranked.back().size());
  }
  if (exact && strings.size() <= kStringsMax) {
    out.strings = std::move(strings);
    return out;
  }
  if (std::any_of(ranked.begin(), ranked.end(), [](const auto& one) { return one.empty(); })) {
    return out;
  }
  // Whichever alternative matches, all of its clauses are met: take one of each, some times over.
  for (std::size_t round = 0; round < std::min(rounds, kRoundsMax); ++round) {
    Clause clause;
    for (const auto& one : ranked) {
      const Clause& own = one[std::min(round, one.size() - 1)];
      clause.insert(own.begin(), own.end());
    }
    out.clauses.push_back(std::move(clause));
  }
  return out;
}

unsigned commonness(const Literal& literal) {
  // The commonest words of chat.
  constexpr std::string_view kCommon[] = {
      "a",      "about", "after", "again", "all",  "an",    "and",   "are",   "as",   "at",
      "back",   "be",    "been",  "but",   "by",   "call",  "can",   "check", "come", "did",
      "do",     "done",  "for",   "from",  "get",  "go",    "going", "got",   "had",  "has",
      "have",   "he",    "her",   "here",  "him",  "his",   "how",   "i",     "if",   "in",
      "is",     "it",    "job",   "just",  "know", "like",  "me",    "my",    "need", "no",
      "not",    "now",   "of",    "off",   "on",   "one",   "or",    "our",   "out",  "over",
      "please", "s",     "said",  "see",   "she",  "so",    "some",  "that",  "the",  "their",
      "them",   "there", "they",  "this",  "to",   "up",    "us",    "was",   "we",   "were",
      "what",   "when",  "who",   "will",  "with", "would", "you",   "your"};
  static_assert(std::is_sorted(std::begin(kCommon), std::end(kCommon)));
  if (literal.text[0] == kDigit) return 3000 / static_cast<unsigned>(literal.text.size());
  if (literal.text == kLetterDigit || literal.text == kDigitLetter) return 300;
  if (std::binary_search(std::begin(kCommon), std::end(kCommon), literal.text)) return 4000;
  constexpr std::array<unsigned, 7> kBySize = {4000, 4000, 2500, 800, 200, 60, 20};
  unsigned out = kBySize[std::min(literal.text.size(), kBySize.size() - 1)];
  if (literal.text.size() == 1 && !is_literal_word(literal.text[0])) out = 100;
  if (literal.at_start) out /= 2;
  if (literal.at_end) out /= 2;
  return out + 1;
}

unsigned commonness(const Clause& clause) {
  unsigned sum = 0;
  for (const Literal& literal : clause) sum += commonness(literal);
  return sum;
}

}  // namespace candour::policy
