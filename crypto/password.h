// Keys from passphrases: Argon2id (RFC 9106) with libsodium's "interactive" cost by default.
#pragma once

#include "base/result.h"
#include "base/secret.h"
#include "crypto/aead.h"

namespace candour::crypto {

inline constexpr std::size_t kPasswordSaltSize = 16;

/// 64 MiB, 2 passes. storage_failed when the machine has not that much memory.
Result<AeadKey> key_from_passphrase(const SecretText& passphrase, ByteView salt);

}  // namespace candour::crypto
