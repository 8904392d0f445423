#include "policy/literals.h"

#include <bitset>
#include <optional>
#include <utility>

#include "policy/literal_parts.h"

namespace candour::policy {
namespace {

constexpr int kDepthMax = 100;

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
      LiteralRow row(bordered);
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
    while (i < rest_.size() && is_literal_digit(rest_[i]) && i < first + 5) {
      least = least * 10 + static_cast<std::size_t>(rest_[i++] - '0');
    }
    if (i == first) return std::nullopt;
    if (i < rest_.size() && rest_[i] == ',') {
      ++i;
      while (i < rest_.size() && is_literal_digit(rest_[i])) ++i;
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
    return Info::exact(std::string(1, literal_lower(c)));
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
        if (is_literal_word(c) || static_cast<unsigned char>(c) >= 0x80) return give_up();
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
        if (is_literal_word(from)) {
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
      digits = digits && is_literal_digit(c);
      letters = letters && Info::edge_of(c) == Info::Edge::letter;
      gaps = gaps && !is_literal_word(c);
      strings.insert(std::string(1, literal_lower(c)));
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
  LiteralRow row(false);
  row.add(reader.read());
  row.add(Info::unknown());
  if (reader.gave_up()) return {};
  const Info info = row.finish();
  std::vector<Clause> out = info.clauses;
  if (info.digits > 0) out.push_back(digits_clause(info.digits));
  return out;
}

}  // namespace candour::policy
