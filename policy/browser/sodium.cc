// The functions of libsodium that the engine uses, for a browser, where there is no libsodium: the
// page has the hashes.
#include <sodium.h>

#include <cstddef>
#include <cstdint>

#include "policy/browser/page.h"

int crypto_hash_sha256(unsigned char* out, const unsigned char* in, unsigned long long size) {
  page_sha256(in, static_cast<std::uint32_t>(size), out);
  return 0;
}

int crypto_shorthash(unsigned char* out, const unsigned char* in, unsigned long long size,
                     const unsigned char* key) {
  page_siphash(in, static_cast<std::uint32_t>(size), key, out);
  return 0;
}

char* sodium_bin2hex(char* hex, std::size_t, const unsigned char* bytes, std::size_t size) {
  constexpr char kDigits[] = "0123456789abcdef";
  for (std::size_t i = 0; i < size; ++i) {
    hex[2 * i] = kDigits[bytes[i] >> 4];
    hex[2 * i + 1] = kDigits[bytes[i] & 15];
  }
  hex[2 * size] = '\0';
  return hex;
}
