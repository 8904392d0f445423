#include "policy/literal_scan.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace candour::policy {
namespace {

// The first 2, 3, 4 or 6 of eight bytes, as a place in a bitmap.
constexpr std::array<std::uint64_t, 4> kMasks = {0xFFFF, 0xFFFFFF, 0xFFFFFFFF, 0xFFFFFFFFFFFF};
std::size_t place_of(std::uint64_t bytes, std::size_t length_class) {
  return static_cast<std::size_t>((bytes & kMasks[length_class]) * 0x9e3779b97f4a7c15ULL >> 49);
}

std::size_t bucket_of(std::uint64_t bytes, bool is_short, std::size_t buckets) {
  const std::uint64_t first = bytes & kMasks[is_short ? 0 : 1];
  const std::size_t place = static_cast<std::size_t>(first * 0x9e3779b97f4a7c15ULL >> 40);
  return place % buckets + (is_short ? 0 : buckets);
}

// Eight bytes from `start`, the first lowest; zeros beyond the end.
std::uint64_t eight_bytes(std::string_view text, std::size_t start) {
  std::uint64_t out = 0;
  if constexpr (std::endian::native == std::endian::little) {
    if (text.size() - start >= 8) {
      std::memcpy(&out, text.data() + start, 8);
      return out;
    }
  }
  for (std::size_t i = std::min(text.size(), start + 8); i-- > start;) {
    out = out << 8 | static_cast<std::uint8_t>(text[i]);
  }
  return out;
}

}  // namespace

void LiteralHits::reset(std::size_t literals) {
  for (const std::uint32_t number : list_) bits_[number / 64] = 0;
  list_.clear();
  if (bits_.size() < literals / 64 + 1) bits_.resize(literals / 64 + 1);
}

std::uint32_t LiteralScan::add(const Literal& literal) {
  const auto [entry, is_new] =
      numbers_.emplace(literal, static_cast<std::uint32_t>(literals_.size()));
  if (is_new) literals_.push_back(literal);
  return entry->second;
}

bool LiteralScan::add_special(const Literal& literal, std::uint32_t number) {
  if (literal.text[0] == kDigit) {
    digits_[literal.text.size()] = number + 1;
  } else if (literal.text == kLetterDigit) {
    letter_digit_ = number + 1;
  } else if (literal.text == kDigitLetter) {
    digit_letter_ = number + 1;
  } else {
    return false;
  }
  return true;
}

void LiteralScan::Beginnings::add(const Literal& literal, std::uint32_t number, bool coarse) {
  const std::size_t size = literal.text.size();
  const std::uint8_t length_class = size < 3 ? 0 : size == 3 || coarse ? 1 : size < 6 ? 2 : 3;
  auto* const end = used.begin() + classes;
  if (std::find(used.begin(), end, length_class) == end) used[classes++] = length_class;
  const auto set = [&](std::uint64_t bytes) {
    const std::size_t place = place_of(bytes, length_class);
    bits[length_class][place / 64] |= std::uint64_t{1} << (place % 64);
  };
  Entry entry;
  entry.bytes = eight_bytes(literal.text, 0);
  entry.mask = size >= 8 ? ~std::uint64_t{0} : (std::uint64_t{1} << (8 * size)) - 1;
  entry.number = number;
  entry.size = static_cast<std::uint32_t>(size);
  entry.at_end = literal.at_end;
  // A literal of one byte is in the bucket of whatever may stand after it.
  for (std::uint64_t second = 0; second < (size == 1 ? 256 : 1); ++second) {
    set(entry.bytes | second << 8);
    entries.push_back(entry);
    entries.back().bytes |= second << 8;
    if (size == 1) entries.back().mask = kMasks[0];
  }
}

void LiteralScan::Beginnings::finish() {
  const auto bucket = [](const Entry& entry) {
    return bucket_of(entry.bytes, entry.size < 3, kBuckets);
  };
  std::stable_sort(entries.begin(), entries.end(),
                   [&](const Entry& a, const Entry& b) { return bucket(a) < bucket(b); });
  bucket_from.assign(2 * kBuckets + 1, 0);
  for (const Entry& entry : entries) ++bucket_from[bucket(entry) + 1];
  for (std::size_t i = 1; i < bucket_from.size(); ++i) bucket_from[i] += bucket_from[i - 1];
}

void LiteralScan::Beginnings::compare(std::uint64_t bytes, std::string_view text, std::size_t start,
                                      const LiteralScan& scan, LiteralHits& hits) const {
  for (const bool is_short : {true, false}) {
    const std::size_t bucket = bucket_of(bytes, is_short, kBuckets);
    for (std::uint32_t i = bucket_from[bucket]; i < bucket_from[bucket + 1]; ++i) {
      const Entry& entry = entries[i];
      if ((bytes & entry.mask) != entry.bytes) continue;
      const std::size_t end = start + entry.size;
      if (end > text.size() ||
          (entry.at_end && end < text.size() && scan.is_word_[byte(text[end])])) {
        continue;
      }
      const std::string_view whole = scan.literals_[entry.number].text;
      if (entry.size > 8 && text.substr(start, entry.size) != whole) continue;
      hits.add(entry.number);
    }
  }
}

bool LiteralScan::Beginnings::may_begin(std::uint64_t bytes) const {
  std::uint64_t found = 0;
  for (std::size_t i = 0; i < classes; ++i) {
    const std::size_t place = place_of(bytes, used[i]);
    found |= bits[used[i]][place / 64] >> (place % 64);
  }
  return (found & 1) != 0;
}

void LiteralScan::build() {
  for (int c = 0; c < 256; ++c) {
    const auto at = static_cast<std::size_t>(c);
    is_digit_[at] = c >= '0' && c <= '9';
    is_letter_[at] = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    is_word_[at] = is_digit_[at] || is_letter_[at] || c == '_';
  }
  for (std::uint32_t number = 0; number < literals_.size(); ++number) {
    const Literal& literal = literals_[number];
    if (add_special(literal, number)) continue;
    (literal.at_start ? at_words_ : anywhere_).add(literal, number, !literal.at_start);
  }
  at_words_.finish();
  anywhere_.finish();
}

void LiteralScan::scan(std::string_view text, LiteralHits& hits) const {
  bool digit = false;
  bool in_word = false;  // the byte before is of a word
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::uint8_t c = byte(text[i]);
    digit = digit || is_digit_[c];
    const bool is_word = is_word_[c];
    const bool begins = is_word && !in_word;
    in_word = is_word;
    if (!begins && anywhere_.classes == 0) continue;
    const std::uint64_t bytes = eight_bytes(text, i);
    if (begins && at_words_.may_begin(bytes)) at_words_.compare(bytes, text, i, *this, hits);
    if (anywhere_.may_begin(bytes)) anywhere_.compare(bytes, text, i, *this, hits);
  }
  if (digit) scan_digits(text, hits);
}

void LiteralScan::scan_digits(std::string_view text, LiteralHits& hits) const {
  std::size_t digits = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!is_digit_[byte(text[i])]) continue;
    ++digits;
    if (letter_digit_ != 0 && i > 0 && is_letter_[byte(text[i - 1])]) hits.add(letter_digit_ - 1);
    if (digit_letter_ != 0 && i + 1 < text.size() && is_letter_[byte(text[i + 1])]) {
      hits.add(digit_letter_ - 1);
    }
  }
  for (std::size_t n = 1; n <= std::min(digits, kDigitsMax); ++n) {
    if (digits_[n] != 0) hits.add(digits_[n] - 1);
  }
}

}  // namespace candour::policy
