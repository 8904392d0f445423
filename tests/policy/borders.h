// Random texts that are hard on offsets, and an independent answer to where characters begin.
#pragma once

#include <array>
#include <random>
#include <string>
#include <string_view>

namespace candour::policy {

/// Length of the well-formed UTF-8 sequence at `i` (Unicode 15, table 3-7), or 1 when there is
/// none.
inline std::size_t sequence_size(std::string_view text, std::size_t i) {
  const auto byte = [&](std::size_t k) {
    return static_cast<unsigned>(static_cast<unsigned char>(text[k]));
  };
  const auto tail = [&](std::size_t k, unsigned low = 0x80, unsigned high = 0xBF) {
    return k < text.size() && byte(k) >= low && byte(k) <= high;
  };
  const unsigned b = byte(i);
  if (b >= 0xC2 && b <= 0xDF && tail(i + 1)) return 2;
  if (b == 0xE0 && tail(i + 1, 0xA0) && tail(i + 2)) return 3;
  if (b == 0xED && tail(i + 1, 0x80, 0x9F) && tail(i + 2)) return 3;
  if (b >= 0xE1 && b <= 0xEF && b != 0xED && tail(i + 1) && tail(i + 2)) return 3;
  if (b == 0xF0 && tail(i + 1, 0x90) && tail(i + 2) && tail(i + 3)) return 4;
  if (b >= 0xF1 && b <= 0xF3 && tail(i + 1) && tail(i + 2) && tail(i + 3)) return 4;
  if (b == 0xF4 && tail(i + 1, 0x80, 0x8F) && tail(i + 2) && tail(i + 3)) return 4;
  return 1;
}

inline bool is_border(std::string_view text, std::size_t offset) {
  std::size_t at = 0;
  while (at < offset) at += sequence_size(text, at);
  return at == offset;
}

/// Words that rules look for, mixed with marks, emoji and broken bytes.
inline std::string random_text(std::mt19937& random) {
  static const std::array<std::string_view, 22> kParts = {"women",    " are ",
                                                          "useless",  "\"",
                                                          "'",        ". ",
                                                          "\u0301",   "\u200b",
                                                          "🚓",        "👍🏽",
                                                          "é",        "ﬁ",
                                                          "\xFF",     "\xC3",
                                                          "\xF0\x9F", "07700 900123",
                                                          "\n",       "w\u043em\u0435n",
                                                          "don't ",   " delete this chat ",
                                                          "İ",        "\u1E9E"};
  std::string text;
  const std::size_t parts = random() % 12;
  for (std::size_t i = 0; i < parts; ++i) {
    if (random() % 4 == 0) {
      text += static_cast<char>(random() % 256);
    } else {
      text += kParts[random() % kParts.size()];
    }
  }
  return text;
}

}  // namespace candour::policy
