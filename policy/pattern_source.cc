#include "policy/pattern_source.h"

namespace candour::policy {
namespace {

constexpr int kDepthMax = 8;

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }

class Expander {
 public:
  Expander(const PatternLists& lists, std::size_t size_max) : lists_(lists), size_max_(size_max) {}

  Status expand(std::string_view source, int depth) {
    bool in_brackets = false;
    for (std::size_t i = 0; i < source.size(); ++i) {
      const char c = source[i];
      if (c == '\\' && i + 1 < source.size()) {
        out_ += c;
        out_ += source[++i];
        // \p{Name} and \x{10ffff} have braces that are not ours.
        if ((source[i] == 'p' || source[i] == 'P' || source[i] == 'x') && i + 1 < source.size() &&
            source[i + 1] == '{') {
          while (i + 1 < source.size() && source[i] != '}') out_ += source[++i];
        }
      } else if (in_brackets) {
        out_ += c;
        in_brackets = c != ']';
      } else if (c == '[') {
        out_ += c;
        in_brackets = true;
      } else if (c == ' ') {
        const bool optional = i + 1 < source.size() && source[i + 1] == '?';
        out_ += optional ? "\\s*" : "\\s+";
        if (optional) ++i;
      } else if (c == '{' && i + 1 < source.size() && is_lower(source[i + 1])) {
        CANDOUR_TRY(const std::size_t end, insert_list(source, i, depth));
        i = end;
      } else {
        out_ += c;
      }
      if (out_.size() > size_max_) {
        return error(
            ErrorCode::policy_invalid,
            "a pattern grows beyond " + std::to_string(size_max_) + " bytes with its lists");
      }
    }
    return ok();
  }

  std::string take() { return std::move(out_); }

 private:
  /// Position of the closing brace.
  Result<std::size_t> insert_list(std::string_view source, std::size_t open, int depth) {
    const std::size_t close = source.find('}', open);
    const std::string name(
        source.substr(open + 1, close == std::string_view::npos ? close : close - open - 1));
    if (close == std::string_view::npos || !is_list_name(name)) {
      return error(ErrorCode::policy_invalid, "'{' of a list name without its '}'");
    }
    const auto found = lists_.find(name);
    if (found == lists_.end()) {
      return error(ErrorCode::policy_invalid, "there is no list named '" + name + "'");
    }
    if (depth == kDepthMax) {
      return error(ErrorCode::policy_invalid, "the list '" + name + "' names lists in a circle");
    }
    out_ += "(?:";
    bool first = true;
    for (const std::string& item : found->second) {
      if (!first) out_ += '|';
      first = false;
      CANDOUR_TRY(expand(item, depth + 1));
    }
    out_ += ')';
    return close;
  }

  const PatternLists& lists_;
  std::size_t size_max_;
  std::string out_;
};

}  // namespace

Result<std::string> expand_pattern(std::string_view source, const PatternLists& lists,
                                   bool whole_words, std::size_t size_max) {
  Expander expander(lists, size_max);
  CANDOUR_TRY(expander.expand(source, 0));
  std::string expanded = expander.take();
  if (whole_words) expanded = "\\b(?:" + expanded + ")\\b";
  return expanded;
}

}  // namespace candour::policy
