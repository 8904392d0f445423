// How alike two drafts are, without keeping either.
//
// A text's shingles are its runs of kShingleLetters letters and digits, signs and spaces left out.
// Each is hashed with SipHash-2-4 under a secret salt (libsodium's crypto_shorthash); the smallest
// kShinglesMax values are its sketch, and the sketches of two texts tell what share of their
// shingles they have in common (bottom-k sketch: Cohen, Kaplan 2007; resemblance: Broder 1997).
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace candour::policy {

inline constexpr std::size_t kShingleLetters = 4;

/// Of a folded text; sorted, each value once. `salt` has kShingleSaltSize bytes (asserted).
std::vector<std::uint32_t> shingles_of(std::string_view folded, ByteView salt);

/// Per cent of shingles in common, estimated; 0 when either has none.
unsigned similarity(const std::vector<std::uint32_t>& a, const std::vector<std::uint32_t>& b);

}  // namespace candour::policy
