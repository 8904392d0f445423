#include "warrant/seal/key_text.h"

#include <charconv>

namespace candour::warrant {
namespace {

// Without a table and without a branch on the secret, so that caches tell nothing of it.
std::uint8_t hex_digit(unsigned nibble) {
  const unsigned above_nine = (9 - nibble) >> 31;  // 1 for 10 to 15
  return static_cast<std::uint8_t>('0' + nibble + above_nine * ('a' - '0' - 10));
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

}  // namespace

void append_text(SecretBytes::Buffer& out, std::string_view text) {
  out.insert(out.end(), text.begin(), text.end());
}

void append_hex(SecretBytes::Buffer& out, ByteView secret) {
  for (const std::uint8_t byte : secret) {
    out.push_back(hex_digit(byte >> 4));
    out.push_back(hex_digit(byte & 15u));
  }
}

std::optional<Secret<32>> secret_from_hex(std::string_view hex) {
  if (hex.size() != 64) return std::nullopt;
  Secret<32> secret;
  for (std::size_t i = 0; i < 32; ++i) {
    const int high = hex_value(hex[2 * i]);
    const int low = hex_value(hex[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    secret.mutable_view()[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return secret;
}

std::optional<std::vector<std::string_view>> lines_of(std::string_view text) {
  if (text.empty() || text.back() != '\n') return std::nullopt;
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  return lines;
}

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  for (;;) {
    const std::size_t end = line.find(' ');
    words.push_back(line.substr(0, end));
    if (end == std::string_view::npos) return words;
    line.remove_prefix(end + 1);
  }
}

std::optional<std::uint32_t> small_number(std::string_view word) {
  std::uint32_t value = 0;
  const auto [end, failure] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (failure != std::errc() || end != word.data() + word.size()) return std::nullopt;
  if (word.size() > 1 && word[0] == '0') return std::nullopt;
  return value;
}

}  // namespace candour::warrant
