// What the engine asks of the page it runs in: regular expressions and hashes, synchronously. The
// page's side is web/src/precheck/page.ts. Addresses are of the engine's own memory.
#pragma once

#include <cstdint>

#define CANDOUR_PAGE(name) __attribute__((import_module("page"), import_name(name)))

extern "C" {

/// Registers an expression in RE2's syntax and gives its number, from 0. The page compiles it when
/// it is first asked, and fails for good when it cannot.
CANDOUR_PAGE("pattern_add") std::uint32_t page_pattern_add(const char* source, std::uint32_t size);
/// Whether the expression matches anywhere in a text of well-formed UTF-8.
CANDOUR_PAGE("pattern_test")
std::uint32_t page_pattern_test(std::uint32_t pattern, const char* text, std::uint32_t size);
/// The leftmost match that begins at `from` or later: 1, and in `out` where it begins and ends,
/// then the same of the group named `span` (twice the whole where there is none); else 0.
CANDOUR_PAGE("pattern_find")
std::uint32_t page_pattern_find(std::uint32_t pattern, const char* text, std::uint32_t size,
                                std::uint32_t from, std::uint32_t* out);
CANDOUR_PAGE("sha256")
void page_sha256(const unsigned char* data, std::uint32_t size, unsigned char* out);
/// SipHash-2-4, as libsodium's crypto_shorthash gives it: 16 bytes of key, 8 of hash.
CANDOUR_PAGE("siphash")
void page_siphash(const unsigned char* data, std::uint32_t size, const unsigned char* key,
                  unsigned char* out);

}  // extern "C"
