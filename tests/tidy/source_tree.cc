#include "tests/tidy/source_tree.h"

#include <algorithm>
#include <iterator>

#include "base/files.h"

namespace candour::tidy {
namespace {

constexpr std::size_t kFileSizeMax = 4u << 20;
constexpr std::string_view kEndings[] = {".h",  ".cc", ".proto", ".cmake", ".md", ".sh",     ".py",
                                         ".ts", ".js", ".toml",  ".txt",   ".in", ".service"};

bool is_text(const std::filesystem::path& path) {
  const std::string name = path.filename().string();
  if (name.find('.') == std::string::npos) return path.parent_path().filename() == "script";
  return std::any_of(std::begin(kEndings), std::end(kEndings),
                     [&](std::string_view ending) { return name.ends_with(ending); });
}

bool is_left_out(const std::filesystem::path& folder) {
  const std::string name = folder.filename().string();
  return name.starts_with(".") || name.starts_with("build") || name == "var" ||
         name == "node_modules" || name == "dist";
}

// Blanks text[from, to) but for line ends.
void blank(std::string& text, std::size_t from, std::size_t to) {
  for (std::size_t i = from; i < std::min(to, text.size()); ++i) {
    if (text[i] != '\n') text[i] = ' ';
  }
}

// The end of the literal that begins with the quote at `at`, just after the closing quote.
std::size_t end_of_literal(std::string_view text, std::size_t at) {
  const char quote = text[at];
  if (quote == '"' && at > 0 && text[at - 1] == 'R') {
    const std::size_t open = text.find('(', at);
    if (open == std::string_view::npos) return text.size();
    const std::string close = ")" + std::string(text.substr(at + 1, open - at - 1)) + "\"";
    const std::size_t end = text.find(close, open);
    return end == std::string_view::npos ? text.size() : end + close.size();
  }
  std::size_t i = at + 1;
  while (i < text.size() && text[i] != quote && text[i] != '\n') i += text[i] == '\\' ? 2 : 1;
  return std::min(i + 1, text.size());
}

bool is_digit_separator(std::string_view text, std::size_t at) {
  return at > 0 && std::isxdigit(static_cast<unsigned char>(text[at - 1])) != 0 &&
         at + 1 < text.size() && std::isxdigit(static_cast<unsigned char>(text[at + 1])) != 0;
}

}  // namespace

std::string_view SourceFile::folder() const {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string_view() : std::string_view(path).substr(0, slash);
}

std::string_view SourceFile::name() const {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string_view(path)
                                    : std::string_view(path).substr(slash + 1);
}

bool SourceFile::under(std::string_view folder_path) const {
  return path.starts_with(std::string(folder_path) + "/");
}

SourceTree load_tree(const std::filesystem::path& root) {
  SourceTree tree;
  auto walk = std::filesystem::recursive_directory_iterator(root);
  for (auto it = std::filesystem::begin(walk); it != std::filesystem::end(walk); ++it) {
    if (it->is_directory() && is_left_out(it->path())) {
      it.disable_recursion_pending();
    } else if (it->is_regular_file() && is_text(it->path())) {
      const auto text = read_file(it->path(), kFileSizeMax);
      if (!text) continue;
      tree.push_back({std::filesystem::relative(it->path(), root).generic_string(),
                      std::string(as_text(text.value()))});
    }
  }
  std::sort(tree.begin(), tree.end(),
            [](const SourceFile& a, const SourceFile& b) { return a.path < b.path; });
  return tree;
}

std::string code_only(std::string_view text) {
  std::string out(text);
  std::size_t i = 0;
  while (i < text.size()) {
    std::size_t end = i + 1;
    if (text.substr(i, 2) == "//") {
      end = std::min(text.find('\n', i), text.size());
      blank(out, i, end);
    } else if (text.substr(i, 2) == "/*") {
      const std::size_t close = text.find("*/", i + 2);
      end = close == std::string_view::npos ? text.size() : close + 2;
      blank(out, i, end);
    } else if (text[i] == '"' || (text[i] == '\'' && !is_digit_separator(text, i))) {
      end = end_of_literal(text, i);
      blank(out, i + 1, end - 1);
    }
    i = end;
  }
  return out;
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

}  // namespace candour::tidy
