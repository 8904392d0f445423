#include "crypto/aead.h"

#include <sodium.h>

#include "base/assert.h"

namespace candour::crypto {
namespace {

Error open_failed() {
  return error(ErrorCode::decryption_failed, "the ciphertext does not open under this key");
}

}  // namespace

Bytes aead_seal(ByteView key, ByteView nonce, ByteView aad, ByteView plaintext) {
  CANDOUR_ASSERT(key.size() == 32 && nonce.size() == kAeadNonceSize);
  Bytes out(plaintext.size() + kAeadTagSize);
  crypto_aead_chacha20poly1305_ietf_encrypt(out.data(), nullptr, plaintext.data(),
                                            plaintext.size(), aad.data(), aad.size(), nullptr,
                                            nonce.data(), key.data());
  return out;
}

Result<SecretBytes> aead_open(ByteView key, ByteView nonce, ByteView aad, ByteView ciphertext) {
  CANDOUR_ASSERT(key.size() == 32 && nonce.size() == kAeadNonceSize);
  if (ciphertext.size() < kAeadTagSize) return open_failed();
  SecretBytes out(ciphertext.size() - kAeadTagSize);
  if (crypto_aead_chacha20poly1305_ietf_decrypt(out.mutable_view().data(), nullptr, nullptr,
                                                ciphertext.data(), ciphertext.size(), aad.data(),
                                                aad.size(), nonce.data(), key.data()) != 0) {
    return open_failed();
  }
  return out;
}

Bytes xaead_seal(ByteView key, ByteView nonce, ByteView aad, ByteView plaintext) {
  CANDOUR_ASSERT(key.size() == 32 && nonce.size() == kXAeadNonceSize);
  Bytes out(plaintext.size() + kAeadTagSize);
  crypto_aead_xchacha20poly1305_ietf_encrypt(out.data(), nullptr, plaintext.data(),
                                             plaintext.size(), aad.data(), aad.size(), nullptr,
                                             nonce.data(), key.data());
  return out;
}

Result<SecretBytes> xaead_open(ByteView key, ByteView nonce, ByteView aad, ByteView ciphertext) {
  CANDOUR_ASSERT(key.size() == 32 && nonce.size() == kXAeadNonceSize);
  if (ciphertext.size() < kAeadTagSize) return open_failed();
  SecretBytes out(ciphertext.size() - kAeadTagSize);
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(out.mutable_view().data(), nullptr, nullptr,
                                                 ciphertext.data(), ciphertext.size(), aad.data(),
                                                 aad.size(), nonce.data(), key.data()) != 0) {
    return open_failed();
  }
  return out;
}

Bytes box_seal(const AeadKey& key, ByteView context, ByteView plaintext, Random& random) {
  Bytes out(kXAeadNonceSize);
  random.fill(out);
  append(out, xaead_seal(key.view(), ByteView(out), context, plaintext));
  return out;
}

Result<SecretBytes> box_open(const AeadKey& key, ByteView context, ByteView box) {
  if (box.size() < kXAeadNonceSize) return open_failed();
  return xaead_open(key.view(), box.first(kXAeadNonceSize), context, box.subspan(kXAeadNonceSize));
}

}  // namespace candour::crypto
