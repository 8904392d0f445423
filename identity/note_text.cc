#include "identity/note_text.h"

#include <algorithm>

namespace candour::identity {
namespace {

constexpr char32_t kInvalid = 0xFFFFFFFF;

/// Takes one code point off the front of `text`; kInvalid when it does not start with one.
char32_t take_code_point(std::string_view& text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t first = byte(0);
  std::size_t size = 1;
  char32_t value = first;
  char32_t least = 0;
  if (first >= 0xF0 && first <= 0xF4) {
    size = 4, value = first & 0x07, least = 0x10000;
  } else if (first >= 0xE0 && first < 0xF0) {
    size = 3, value = first & 0x0F, least = 0x800;
  } else if (first >= 0xC2 && first < 0xE0) {
    size = 2, value = first & 0x1F, least = 0x80;
  } else if (first >= 0x80) {
    return kInvalid;
  }
  if (text.size() < size) return kInvalid;
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return kInvalid;
    value = (value << 6) | (byte(i) & 0x3F);
  }
  if (value < least || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) return kInvalid;
  text.remove_prefix(size);
  return value;
}

/// True when every code point of `text` exists and satisfies `accept`.
template <class Predicate>
bool all_code_points(std::string_view text, Predicate accept) {
  while (!text.empty()) {
    const char32_t c = take_code_point(text);
    if (c == kInvalid || !accept(c)) return false;
  }
  return true;
}

/// Unicode property White_Space, beyond the control characters.
bool is_space(char32_t c) {
  return c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) ||
         c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

bool is_control(char32_t c) { return c < 0x20 || (c >= 0x7F && c <= 0x9F); }

bool is_direction_mark(char32_t c) {
  return c == 0x061C || c == 0x200E || c == 0x200F || (c >= 0x202A && c <= 0x202E) ||
         (c >= 0x2066 && c <= 0x2069);
}

}  // namespace

bool valid_note_text(std::string_view text) {
  return all_code_points(text, [](char32_t c) { return c >= 0x20 || c == '\n'; });
}

bool valid_key_name(std::string_view name) {
  return !name.empty() && name.size() <= 255 && all_code_points(name, [](char32_t c) {
    return !is_space(c) && !is_control(c) && !is_direction_mark(c) && c != '+';
  });
}

bool valid_identifier(std::string_view text) {
  return !text.empty() && text.size() <= 128 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-_./@:").find(c) != std::string_view::npos;
  });
}

bool valid_line(std::string_view text, std::size_t size_max) {
  return !text.empty() && text.size() <= size_max && all_code_points(text, [](char32_t c) {
    return !is_control(c) && !is_direction_mark(c) && c != 0x2028 && c != 0x2029;
  });
}

std::optional<std::uint64_t> parse_decimal(std::string_view text) {
  if (text.empty() || text.size() > 20 || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  std::uint64_t value = 0;
  for (char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (value > (UINT64_MAX - digit) / 10) return std::nullopt;
    value = value * 10 + digit;
  }
  return value;
}

}  // namespace candour::identity
