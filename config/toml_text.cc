#include "config/toml_text.h"

#include "base/json_text.h"

namespace candour::config {

// A JSON string literal is a TOML basic string.
void TomlText::text(std::string_view key, std::string_view value) { line(key, json_quote(value)); }

void TomlText::number(std::string_view key, std::uint64_t value) {
  line(key, std::to_string(value));
}

void TomlText::boolean(std::string_view key, bool value) { line(key, value ? "true" : "false"); }

void TomlText::texts(std::string_view key, const std::vector<std::string>& values) {
  std::string list;
  for (const auto& value : values) list += (list.empty() ? "" : ", ") + json_quote(value);
  line(key, "[" + list + "]");
}

void TomlText::path(std::string_view key, const std::filesystem::path& value) {
  if (!value.empty()) line(key, quoted(value));
}

void TomlText::paths(std::string_view key, const std::vector<std::filesystem::path>& values) {
  std::string list;
  for (const auto& value : values) list += (list.empty() ? "" : ", ") + quoted(value);
  line(key, "[" + list + "]");
}

void TomlText::header(std::string_view open, std::string_view name, std::string_view close) {
  out_ += '\n';
  out_ += open;
  out_ += name;
  out_ += close;
  out_ += '\n';
}

void TomlText::line(std::string_view key, std::string_view value) {
  out_ += key;
  out_ += " = ";
  out_ += value;
  out_ += '\n';
}

std::string TomlText::quoted(const std::filesystem::path& value) const {
  return json_quote(redacted_ ? "(redacted)" : value.string());
}

}  // namespace candour::config
