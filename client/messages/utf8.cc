#include "client/messages/utf8.h"

namespace candour::messages {
namespace {

bool is_white_space(std::uint32_t c) {
  return (c >= 0x09 && c <= 0x0d) || c == 0x20 || c == 0x85 || c == 0xa0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f ||
         c == 0x3000;
}

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

}  // namespace

std::optional<std::uint32_t> take_code_point(std::string_view& text) {
  if (text.empty()) return std::nullopt;
  const auto first = static_cast<unsigned char>(text[0]);
  std::size_t size = 1;
  std::uint32_t value = first;
  std::uint32_t smallest = 0;
  if (first >= 0xf0 && first < 0xf8) {
    size = 4;
    value = first & 0x07u;
    smallest = 0x10000;
  } else if (first >= 0xe0 && first < 0xf0) {
    size = 3;
    value = first & 0x0fu;
    smallest = 0x800;
  } else if (first >= 0xc0 && first < 0xe0) {
    size = 2;
    value = first & 0x1fu;
    smallest = 0x80;
  } else if (first >= 0x80) {
    return std::nullopt;
  }
  if (text.size() < size) return std::nullopt;
  for (std::size_t i = 1; i < size; ++i) {
    if (!is_continuation(text[i])) return std::nullopt;
    value = value << 6 | (static_cast<unsigned char>(text[i]) & 0x3fu);
  }
  if (value < smallest || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) {
    return std::nullopt;
  }
  text.remove_prefix(size);
  return value;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    if (!take_code_point(text)) return false;
  }
  return true;
}

std::string_view cut_utf8(std::string_view text, std::size_t size_max) {
  if (text.size() <= size_max) return text;
  std::size_t size = size_max;
  while (size > 0 && is_continuation(text[size])) --size;
  return text.substr(0, size);
}

std::optional<std::size_t> trimmed_code_points(std::string_view text) {
  std::size_t count = 0;
  std::size_t trailing = 0;
  while (!text.empty()) {
    const auto c = take_code_point(text);
    if (!c) return std::nullopt;
    const bool white = is_white_space(*c);
    if (white && count == 0) continue;  // still leading
    ++count;
    trailing = white ? trailing + 1 : 0;
  }
  return count - trailing;
}

bool is_steering(std::uint32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x061C || c == 0x200E || c == 0x200F ||
         (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

bool shows_as_written(std::string_view text) {
  const auto length = trimmed_code_points(text);
  if (!length || *length == 0) return false;
  while (!text.empty()) {
    if (is_steering(*take_code_point(text))) return false;
  }
  return true;
}

}  // namespace candour::messages
