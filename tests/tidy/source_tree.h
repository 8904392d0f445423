// The text of the whole source tree, and the checks the house rules are. Each check is a pure
// function of the text, so that tests can plant violations.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace candour::tidy {

struct SourceFile {
  std::string path;  // from the root, '/' between
  std::string text;

  std::string_view folder() const;
  std::string_view name() const;
  bool is_header() const { return path.ends_with(".h"); }
  bool is_source() const { return path.ends_with(".cc"); }
  bool is_cpp() const { return is_header() || is_source(); }
  /// Below this folder, or in it.
  bool under(std::string_view folder_path) const;
};

using SourceTree = std::vector<SourceFile>;

/// Code, CMake, scripts, documents and configuration under `root`; without build folders, hidden
/// folders, `var` and `node_modules`.
SourceTree load_tree(const std::filesystem::path& root);

struct Violation {
  std::string path;
  std::size_t line = 0;
  std::string what;
};

/// The text with comments and the insides of literals blanked out; lines and columns stay.
std::string code_only(std::string_view text);
std::vector<std::string_view> lines_of(std::string_view text);

/// Includes only along the arrows of docs/architecture.md.
std::vector<Violation> check_arrows(const SourceTree& tree);
/// Calls and words that must not stand in the code.
std::vector<Violation> check_banned(const SourceTree& tree);
/// Every source is built and every header included by somebody.
std::vector<Violation> check_dead_files(const SourceTree& tree);
/// Files of at most 500 lines, functions of at most 70; headers guarded.
std::vector<Violation> check_sizes(const SourceTree& tree);

}  // namespace candour::tidy
