// Configuration printed back as TOML; used by the show() functions of this folder.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace candour::config {

/// Writes "key = value" lines. Not thread-safe.
class TomlText {
 public:
  explicit TomlText(bool redacted) : redacted_(redacted) {}

  void section(std::string_view name) { header("[", name, "]"); }
  void element(std::string_view name) { header("[[", name, "]]"); }
  void text(std::string_view key, std::string_view value);
  void number(std::string_view key, std::uint64_t value);
  void boolean(std::string_view key, bool value);
  void texts(std::string_view key, const std::vector<std::string>& values);
  /// Left out when empty; "(redacted)" in a redacted text.
  void path(std::string_view key, const std::filesystem::path& value);
  void paths(std::string_view key, const std::vector<std::filesystem::path>& values);
  std::string take() { return std::move(out_); }

 private:
  void header(std::string_view open, std::string_view name, std::string_view close);
  void line(std::string_view key, std::string_view value);
  std::string quoted(const std::filesystem::path& value) const;
  bool redacted_;
  std::string out_;
};

}  // namespace candour::config
