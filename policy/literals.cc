#include "policy/literals.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <cstdint>
#include <optional>
#include <utility>

namespace candour::policy {
namespace {

constexpr std::size_t kStringsMax = 512;  // of an alternation
constexpr std::size_t kProductMax = 128;  // of two sets in a row
constexpr std::size_t kStringSizeMax = 40;
constexpr std::size_t kClassSizeMax = 4;
constexpr int kDepthMax = 100;
constexpr std::size_t kRoundsMax =
    4;  // clauses kept of an alternation that is not of strings alone

// Stands in strings where a word begins or ends.
constexpr char kBorder = '\x01';

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}
bool is_digit(char c) { return c >= '0' && c <= '9'; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

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
    if (is_digit(c)) return Edge::digit;
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ? Edge::letter : Edge::unknown;
  }
  static Info unknown() { return {}; }
};

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
  out.at_start = out.at_start && !out.text.empty() && is_word(out.text.front());
  out.at_end = out.at_end && !out.text.empty() && is_word(out.text.back());
  const bool whole = out.at_start && out.at_end;
  const bool sign = out.text.size() == 1 && !is_word(out.text[0]) && out.text[0] != ' ' &&
                    out.text[0] != '\n' && out.text[0] != '.' && out.text[0] != '\'' &&
                    out.text[0] != ',';
  if (sign || whole || out.text.size() >= 3 || (out.text.size() == 2 && out.at_start)) return out;
  return std::nullopt;
}

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

// What one after the other gives.
class Row {
 public:
  /// `bordered`: a word begins or ends where the row begins.
  explicit Row(bool bordered) : run_({bordered ? std::string(1, kBorder) : std::string()}) {}

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
    if (run_.size() > 1 && next.size() > 1 && run_.size() * next.size() > kProductMax) {
      flush();
      run_ = next;
      return;
    }
    for (const std::string& a : run_) {
      for (const std::string& b : next) {
        if (a.size() + b.size() > kStringSizeMax) {
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

Clause digits_clause(std::size_t digits) {
  return {Literal{std::string(std::min(digits, kDigitsMax), kDigit), false, false}};
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

// Reads RE2 syntax; `gave_up()` when there is something in it that it does not know.
class Reader {
 public:
  Reader(std::string_view source, bool ascii_only) : rest_(source), ascii_only_(ascii_only) {}

  Info read() {
    Info out = choice(0, false);
    if (!rest_.empty()) gave_up_ = true;
    return out;
  }
  bool gave_up() const { return gave_up_; }

 private:
  bool take(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }
  char next() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }
  Info give_up() {
    gave_up_ = true;
    rest_ = {};
    return Info::unknown();
  }

  Info choice(int depth, bool bordered) {
    if (depth > kDepthMax) return give_up();
    std::vector<Info> all;
    do {
      Row row(bordered);
      while (!rest_.empty() && rest_.front() != '|' && rest_.front() != ')') {
        row.add(repeated(depth, row.is_bordered()));
      }
      all.push_back(row.finish());
    } while (take("|"));
    return any_of_all(all);
  }

  Info repeated(int depth, bool bordered) {
    Info one = atom(depth, bordered);
    while (!rest_.empty()) {
      if (take("*")) {
        one = any_number(one);
      } else if (take("+")) {
        one = at_least_once(one);
      } else if (take("?")) {
        one = perhaps(one);
      } else if (rest_.front() == '{') {
        const std::optional<std::size_t> least = counted();
        if (!least) break;
        const std::size_t digits = one.digits * std::min<std::size_t>(*least, kDigitsMax);
        one = *least == 0 ? any_number(one) : at_least_once(one);
        one.digits = digits;
      } else {
        break;
      }
      take("?");  // lazy or not, the language is the same
    }
    return one;
  }

  static Info any_number(const Info& one) {
    Info out;
    out.closes = one.closes;
    return out;
  }

  static Info at_least_once(const Info& one) {
    Info out;
    out.gap = one.gap;
    out.closes = one.closes;
    out.is_optional = one.is_optional;
    out.digits = one.digits;
    // What may match nothing says nothing of its edges once it is repeated.
    const bool empties = one.first == Info::Edge::nothing || one.last == Info::Edge::nothing;
    out.first = empties ? Info::Edge::unknown : one.first;
    out.last = empties ? Info::Edge::unknown : one.last;
    if (!one.strings) {
      out.clauses = one.clauses;
      return out;
    }
    // It begins and ends with the one, but what stands beside it may be the one again.
    std::set<std::string> bare;
    for (std::string text : *one.strings) {
      std::erase(text, kBorder);
      bare.insert(std::move(text));
    }
    out.prefix = std::move(bare);
    return out;
  }

  static Info perhaps(Info one) {
    if (!one.strings || one.strings->size() >= kStringsMax) return any_number(one);
    one.strings->insert("");
    one.is_optional = true;
    one.digits = 0;
    one.first = one.last = Info::Edge::unknown;
    return one;
  }

  // {n}, {n,} or {n,m}: n. Nothing, and nothing read, when the brace is one of the text.
  std::optional<std::size_t> counted() {
    std::size_t i = 1;
    std::size_t least = 0;
    const std::size_t first = i;
    while (i < rest_.size() && is_digit(rest_[i]) && i < first + 5) {
      least = least * 10 + static_cast<std::size_t>(rest_[i++] - '0');
    }
    if (i == first) return std::nullopt;
    if (i < rest_.size() && rest_[i] == ',') {
      ++i;
      while (i < rest_.size() && is_digit(rest_[i])) ++i;
    }
    if (i >= rest_.size() || rest_[i] != '}') return std::nullopt;
    rest_.remove_prefix(i + 1);
    return least;
  }

  Info atom(int depth, bool bordered) {
    const char c = next();
    switch (c) {
      case '(':
        return group(depth, bordered);
      case '[':
        return bracketed();
      case '.':
        return Info::unknown();
      case '^':
      case '$':
        return Info::exact("");
      case '\\':
        return escaped();
      case '*':
      case '+':
      case '?':
        return give_up();
      default:
        return character(c);
    }
  }

  Info character(char c) const {
    if (ascii_only_ && static_cast<unsigned char>(c) >= 0x80) return Info::unknown();
    return Info::exact(std::string(1, lower(c)));
  }

  Info group(int depth, bool bordered) {
    if (take("?")) {
      if (take("P<") || take("<")) {
        const std::size_t close = rest_.find('>');
        if (close == std::string_view::npos) return give_up();
        rest_.remove_prefix(close + 1);
      } else {
        while (!rest_.empty() && (rest_.front() == 'i' || rest_.front() == 's')) next();
        if (take(")")) return Info::exact("");  // flags for what follows
        if (!take(":")) return give_up();
      }
    }
    Info inner = choice(depth + 1, bordered);
    if (!take(")")) return give_up();
    return inner;
  }

  Info escaped() {
    if (rest_.empty()) return give_up();
    const char c = next();
    switch (c) {
      case 'b':
        return Info::exact(std::string(1, kBorder));
      case 'B':
      case 'A':
      case 'z':
        return Info::exact("");
      case 'd':
        return digit();
      case 's':
        return gap();
      case 'W':
        return Info::unknown();  // may be part of a character that is no gap to us
      case 'w':
      case 'D':
      case 'S':
        return Info::unknown();
      case 'n':
        return Info::exact("\n");
      case 't':
        return Info::exact("\t");
      case 'p':
      case 'P':
        return property();
      case 'x':
        return hexadecimal();
      default:
        if (is_word(c) || static_cast<unsigned char>(c) >= 0x80) return give_up();
        return Info::exact(std::string(1, c));
    }
  }

  Info property() {
    if (rest_.empty()) return give_up();
    if (next() != '{') return Info::unknown();
    const std::size_t close = rest_.find('}');
    if (close == std::string_view::npos) return give_up();
    rest_.remove_prefix(close + 1);
    return Info::unknown();
  }

  Info hexadecimal() {
    const std::size_t skip = rest_.starts_with("{") ? rest_.find('}') : 1;
    if (skip == std::string_view::npos || skip >= rest_.size()) return give_up();
    rest_.remove_prefix(skip + 1);
    return Info::unknown();
  }

  static Info digit() {
    Info out;
    out.digits = 1;
    out.is_optional = false;
    out.first = out.last = Info::Edge::digit;
    return out;
  }
  static Info gap() {
    Info out;
    out.gap = true;
    out.closes = true;
    out.is_optional = false;
    return out;
  }

  // [...]: a few ASCII characters are as good as an alternation.
  Info bracketed() {
    std::bitset<128> set;
    bool other = take("^");  // knows more characters than it names
    bool first = true;
    while (!rest_.empty() && (first || rest_.front() != ']')) {
      first = false;
      char from = next();
      if (from == '[' && rest_.starts_with(":")) return give_up();
      if (from == '\\') {
        if (rest_.empty()) return give_up();
        from = next();
        if (is_word(from)) {
          if (!in_class(from, set, other)) return give_up();
          continue;
        }
      }
      if (rest_.size() >= 2 && rest_[0] == '-' && rest_[1] != ']') {
        next();
        const char to = next();
        if (to == '\\' || static_cast<unsigned char>(from) >= 0x80 ||
            static_cast<unsigned char>(to) >= 0x80 || to < from) {
          other = true;
          if (to == '\\') return give_up();
          continue;
        }
        for (char c = from; c < to; ++c) set.set(static_cast<std::size_t>(c));
        set.set(static_cast<std::size_t>(to));
      } else if (static_cast<unsigned char>(from) >= 0x80) {
        other = true;
      } else {
        set.set(static_cast<std::size_t>(from));
      }
    }
    if (!take("]")) return give_up();
    return other ? Info::unknown() : of_characters(set);
  }

  // \d and \s in brackets; the rest makes the set unknown.
  bool in_class(char c, std::bitset<128>& set, bool& other) {
    if (c == 'd') {
      for (char digit_char = '0'; digit_char <= '9'; ++digit_char) {
        set.set(static_cast<std::size_t>(digit_char));
      }
    } else if (c == 's' || c == 'n' || c == 't' || c == 'r') {
      for (const char space : {' ', '\t', '\n', '\r', '\f'})
        set.set(static_cast<std::size_t>(space));
    } else if (c == 'w' || c == 'W' || c == 'S' || c == 'D') {
      other = true;
    } else {
      return false;
    }
    return true;
  }

  static Info of_characters(const std::bitset<128>& set) {
    bool digits = set.any();
    bool letters = set.any();
    bool gaps = set.any();
    std::set<std::string> strings;
    for (std::size_t i = 0; i < set.size(); ++i) {
      if (!set[i]) continue;
      const char c = static_cast<char>(i);
      digits = digits && is_digit(c);
      letters = letters && Info::edge_of(c) == Info::Edge::letter;
      gaps = gaps && !is_word(c);
      strings.insert(std::string(1, lower(c)));
    }
    if (digits) return digit();
    if (gaps && strings.size() > 1) return gap();
    Info out;
    out.is_optional = false;
    if (letters) out.first = out.last = Info::Edge::letter;
    if (!strings.empty() && strings.size() <= kClassSizeMax) out.strings = std::move(strings);
    return out;
  }

  std::string_view rest_;
  bool ascii_only_;
  bool gave_up_ = false;
};

}  // namespace

std::vector<Clause> required_literals(std::string_view pattern, bool ascii_only) {
  Reader reader(pattern, ascii_only);
  Row row(false);
  row.add(reader.read());
  row.add(Info::unknown());
  if (reader.gave_up()) return {};
  const Info info = row.finish();
  std::vector<Clause> out = info.clauses;
  if (info.digits > 0) out.push_back(digits_clause(info.digits));
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
  if (literal.text.size() == 1 && !is_word(literal.text[0])) out = 100;
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
