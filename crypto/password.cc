#include "crypto/password.h"

#include <sodium.h>

#include "base/assert.h"

namespace candour::crypto {

Result<AeadKey> key_from_passphrase(const SecretText& passphrase, ByteView salt) {
  CANDOUR_ASSERT(salt.size() == kPasswordSaltSize);
  static_assert(kPasswordSaltSize == crypto_pwhash_SALTBYTES);
  AeadKey key;
  if (crypto_pwhash(key.mutable_view().data(), AeadKey::kSize, passphrase.expose().data(),
                    passphrase.size(), salt.data(), crypto_pwhash_OPSLIMIT_INTERACTIVE,
                    crypto_pwhash_MEMLIMIT_INTERACTIVE, crypto_pwhash_ALG_ARGON2ID13) != 0) {
    return error(ErrorCode::storage_failed, "not enough memory to derive a key from a passphrase");
  }
  return key;
}

}  // namespace candour::crypto
