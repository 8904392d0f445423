// What is known of the texts that a part of a pattern matches, and how parts add up: the reasoning
// of policy/literals.cc. Not for use outside this folder.
#pragma once

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "policy/literals.h"

namespace candour::policy {

inline constexpr std::size_t kStringsMax = 512;         // of an alternation
inline constexpr std::size_t kLiteralProductMax = 128;  // of two sets in a row
inline constexpr std::size_t kLiteralSizeMax = 40;
inline constexpr std::size_t kClassSizeMax = 4;

// Stands in strings where a word begins or ends.
inline constexpr char kBorder = '\x01';

inline bool is_literal_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}
inline bool is_literal_digit(char c) { return c >= '0' && c <= '9'; }
inline char literal_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// What is known of the texts that a part of a pattern matches.
struct Info {
  // They are exactly these strings (with borders marked); else nothing is known but the clauses.
  std::optional<std::set<std::string>> strings;
  std::vector<Clause> clauses;
  // They begin with one of these.
  std::optional<std::set<std::string>> prefix;
  bool gap = false;         // at least one character, none of which stands in a word
  bool closes = false;      // a match that is not empty ends with such a character
  bool is_optional = true;  // it may be empty
  std::size_t digits = 0;   // at least so many
  // What stands first and last in every match.
  enum class Edge { unknown, nothing, letter, digit };
  Edge first = Edge::unknown;
  Edge last = Edge::unknown;

  static Info exact(std::string text) {
    Info out;
    const bool bare = text.empty() || text[0] == kBorder;
    out.first = bare ? Edge::nothing : edge_of(text[0]);
    out.last = out.first;
    out.digits = out.first == Edge::digit ? 1 : 0;
    out.closes = bare;
    out.is_optional = bare;
    out.strings = {std::move(text)};
    return out;
  }
  static Edge edge_of(char c) {
    if (is_literal_digit(c)) return Edge::digit;
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ? Edge::letter : Edge::unknown;
  }
  static Info unknown() { return {}; }
};

/// The clause of some strings; nothing when one of them is too short to look for.
std::optional<Clause> clause_of(const std::set<std::string>& strings);
Clause digits_clause(std::size_t digits);
/// What alternatives, of which there is one or more, have in common.
Info any_of_all(const std::vector<Info>& all);

// What one after the other gives.
class LiteralRow {
 public:
  /// `bordered`: a word begins or ends where the row begins.
  explicit LiteralRow(bool bordered) : run_({bordered ? std::string(1, kBorder) : std::string()}) {}

  bool is_bordered() const {
    return std::all_of(run_.begin(), run_.end(),
                       [](const std::string& text) { return text.ends_with(kBorder); });
  }
  void add(const Info& next) {
    join(next);
    if (next.strings) {
      cross(*next.strings);
      return;
    }
    if (next.gap) cross({std::string(1, kBorder)});
    if (next.prefix) cross(*next.prefix);
    const bool bordered = next.closes && (!next.is_optional || is_bordered());
    flush();
    clauses_.insert(clauses_.end(), next.clauses.begin(), next.clauses.end());
    run_ = {bordered ? std::string(1, kBorder) : std::string()};
  }
  Info finish() {
    Info out;
    out.digits = digits_;
    out.first = first_;
    out.last = last_;
    out.closes = closes_;
    out.is_optional = is_optional_;
    // Strings carry no such clause: they are broken up where one is to be kept.
    if (!broken_ && !(joined_ && run_.size() > 1)) {
      out.strings = std::move(run_);
      return out;
    }
    flush();
    out.clauses = std::move(clauses_);
    return out;
  }

 private:
  using Edge = Info::Edge;
  void join(const Info& next) {
    digits_ += next.digits;
    closes_ = next.closes && (closes_ || !next.is_optional);
    is_optional_ = is_optional_ && next.is_optional;
    if (last_ == Edge::letter && next.first == Edge::digit) add_joint(kLetterDigit);
    if (last_ == Edge::digit && next.first == Edge::letter) add_joint(kDigitLetter);
    if (first_ == Edge::nothing) first_ = next.first;
    if (next.last != Edge::nothing) last_ = next.last;
  }
  void add_joint(std::string_view what) {
    joined_ = true;
    clauses_.push_back({Literal{std::string(what), false, false}});
  }
  void cross(const std::set<std::string>& next) {
    std::set<std::string> product;
    if (run_.size() > 1 && next.size() > 1 && run_.size() * next.size() > kLiteralProductMax) {
      flush();
      run_ = next;
      return;
    }
    for (const std::string& a : run_) {
      for (const std::string& b : next) {
        if (a.size() + b.size() > kLiteralSizeMax) {
          flush();
          run_ = next;
          return;
        }
        product.insert(a + b);
      }
    }
    run_ = std::move(product);
  }
  void flush() {
    broken_ = true;
    if (auto clause = clause_of(run_)) clauses_.push_back(std::move(*clause));
  }

  std::set<std::string> run_;
  std::vector<Clause> clauses_;
  bool broken_ = false;
  bool joined_ = false;
  bool closes_ = true;
  bool is_optional_ = true;
  std::size_t digits_ = 0;
  Edge first_ = Edge::nothing;
  Edge last_ = Edge::nothing;
};

}  // namespace candour::policy
