#include "policy/shingles.h"

#include <sodium.h>

#include <algorithm>
#include <array>

#include "base/assert.h"
#include "base/secret.h"
#include "policy/conversation.h"
#include "policy/words.h"

namespace candour::policy {

static_assert(kShingleSaltSize == crypto_shorthash_KEYBYTES);

std::vector<std::uint32_t> shingles_of(std::string_view folded, ByteView salt) {
  CANDOUR_ASSERT(salt.size() == kShingleSaltSize);
  std::vector<std::uint32_t> values;
  std::array<unsigned char, kShingleLetters> letters{};
  std::size_t seen = 0;
  const auto take = [&] {
    std::array<unsigned char, crypto_shorthash_BYTES> hash{};
    crypto_shorthash(hash.data(), letters.data(), letters.size(), salt.data());
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i) value = value << 8 | hash[i];
    values.push_back(value);
  };
  for (const char c : folded) {
    if (!is_word_byte(c)) continue;
    std::rotate(letters.begin(), letters.begin() + 1, letters.end());
    letters.back() = static_cast<unsigned char>(c);
    if (++seen >= kShingleLetters) take();
  }
  if (seen != 0 && seen < kShingleLetters) take();  // a very short text is one shingle
  wipe(letters.data(), letters.size());
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  if (values.size() > kShinglesMax) values.resize(kShinglesMax);
  values.shrink_to_fit();
  return values;
}

unsigned similarity(const std::vector<std::uint32_t>& a, const std::vector<std::uint32_t>& b) {
  if (a.empty() || b.empty()) return 0;
  // Of the smallest values of both together, how many are in each.
  std::size_t common = 0;
  std::size_t seen = 0;
  std::size_t i = 0;
  std::size_t j = 0;
  while (seen < kShinglesMax && (i < a.size() || j < b.size())) {
    const bool same = i < a.size() && j < b.size() && a[i] == b[j];
    const bool from_a = j == b.size() || (i < a.size() && a[i] <= b[j]);
    if (from_a) ++i;
    if (!from_a || same) ++j;
    common += same ? 1 : 0;
    ++seen;
  }
  return static_cast<unsigned>(common * 100 / seen);
}

}  // namespace candour::policy
