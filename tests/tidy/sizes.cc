// How long files and functions may be. Functions are found by braces: a block that stands in no
// other function and whose head has parentheses is one. Good enough for code that clang-format
// formats.
#include <algorithm>
#include <regex>

#include "tests/tidy/source_tree.h"

namespace candour::tidy {
namespace {

constexpr std::size_t kFileLinesMax = 500;
constexpr std::size_t kFunctionLinesMax = 70;

enum class Scope { outer, function, inner };

// What a block is, by the text between the last ';', '{' or '}' and its brace.
Scope scope_of(const std::string& head, Scope around) {
  if (around != Scope::outer) return Scope::inner;
  static const std::regex type(R"(^[^(]*\b(namespace|class|struct|union|enum|extern)\b)");
  if (std::regex_search(head, type)) return Scope::outer;
  static const std::regex value(R"((^|[^=!<>])=([^=]|$))");
  const std::size_t parenthesis = head.find('(');
  std::smatch assigned;
  const bool is_value = std::regex_search(head, assigned, value) &&
                        static_cast<std::size_t>(assigned.position()) < parenthesis;
  return parenthesis != std::string::npos && !is_value ? Scope::function : Scope::inner;
}

struct Block {
  Scope scope;
  std::size_t first_line;
};

void blank_directives(std::string& code) {
  bool continued = false;
  std::size_t at = 0;
  while (at < code.size()) {
    const std::size_t end = std::min(code.find('\n', at), code.size());
    const std::size_t first = code.find_first_not_of(" \t", at);
    const bool directive = continued || (first < end && code[first] == '#');
    continued = directive && end > at && code[end - 1] == '\\';
    if (directive)
      std::fill(code.begin() + static_cast<std::ptrdiff_t>(at),
                code.begin() + static_cast<std::ptrdiff_t>(end), ' ');
    at = end + 1;
  }
}

void check_functions(const SourceFile& file, std::vector<Violation>& out) {
  std::string code = code_only(file.text);
  blank_directives(code);
  std::vector<Block> blocks;
  std::string head;
  std::size_t line = 1;
  std::size_t head_line = 1;
  for (const char c : code) {
    if (c == '{') {
      const Scope around = blocks.empty() ? Scope::outer : blocks.back().scope;
      blocks.push_back({scope_of(head, around), head_line});
      head.clear();
    } else if (c == '}') {
      if (!blocks.empty() && blocks.back().scope == Scope::function) {
        const std::size_t length = line - blocks.back().first_line + 1;
        if (length > kFunctionLinesMax) {
          out.push_back({file.path, blocks.back().first_line,
                         "a function of " + std::to_string(length) + " lines; at most " +
                             std::to_string(kFunctionLinesMax)});
        }
      }
      if (!blocks.empty()) blocks.pop_back();
      head.clear();
    } else if (c == ';') {
      head.clear();
    } else {
      if (head.empty() && c != ' ' && c != '\n') head_line = line;
      if (!head.empty() || (c != ' ' && c != '\n')) head += c == '\n' ? ' ' : c;
    }
    if (c == '\n') ++line;
  }
}

}  // namespace

std::vector<Violation> check_sizes(const SourceTree& tree) {
  std::vector<Violation> out;
  for (const SourceFile& file : tree) {
    if (!file.is_cpp()) continue;
    const std::size_t lines = lines_of(file.text).size();
    if (lines > kFileLinesMax) {
      out.push_back({file.path, lines,
                     std::to_string(lines) + " lines; at most " + std::to_string(kFileLinesMax)});
    }
    if (file.is_header() && file.text.find("#pragma once\n") == std::string::npos) {
      out.push_back({file.path, 1, "a header without #pragma once"});
    }
    check_functions(file, out);
  }
  return out;
}

}  // namespace candour::tidy
