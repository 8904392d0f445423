// The labelled KDF of RFC 9180 section 4, shared by the parts of HPKE. Internal to crypto/.
#pragma once

#include "crypto/hash.h"

namespace candour::crypto {

inline constexpr std::uint8_t kHpkeKemSuite[] = {'K', 'E', 'M', 0x00, 0x20};

HashKey labelled_extract(ByteView suite, ByteView salt, std::string_view label, ByteView ikm);
SecretBytes labelled_expand(ByteView suite, ByteView prk, std::string_view label, ByteView info,
                            std::size_t size);

}  // namespace candour::crypto
