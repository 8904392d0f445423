#include "crypto/aes_gcm.h"

#include <openssl/evp.h>

#include <memory>

#include "base/assert.h"

namespace candour::crypto {
namespace {

constexpr std::size_t kTagSize = 16;

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

/// Fetched once: the look-up by name costs more than sealing a message.
const EVP_CIPHER* cipher() {
  static const EVP_CIPHER* const fetched = EVP_CIPHER_fetch(nullptr, "AES-128-GCM", nullptr);
  CANDOUR_ASSERT(fetched != nullptr);
  return fetched;
}

// Sizes are bounded far below INT_MAX by every caller's message limit.
int size_of(ByteView v) {
  CANDOUR_ASSERT(v.size() < (1u << 30));
  return static_cast<int>(v.size());
}

Context start(ByteView key, ByteView nonce, ByteView aad, int encrypt) {
  CANDOUR_ASSERT(key.size() == kAesGcmKeySize && nonce.size() == kAesGcmNonceSize);
  Context context(EVP_CIPHER_CTX_new());
  CANDOUR_ASSERT(context != nullptr);
  CANDOUR_ASSERT(
      EVP_CipherInit_ex2(context.get(), cipher(), key.data(), nonce.data(), encrypt, nullptr) == 1);
  int done = 0;
  if (!aad.empty()) {
    CANDOUR_ASSERT(EVP_CipherUpdate(context.get(), nullptr, &done, aad.data(), size_of(aad)) == 1);
  }
  return context;
}

Error open_failed() {
  return error(ErrorCode::decryption_failed, "the ciphertext does not open under this key");
}

}  // namespace

Bytes aes_gcm_seal(ByteView key, ByteView nonce, ByteView aad, ByteView plaintext) {
  const Context context = start(key, nonce, aad, 1);
  Bytes out(plaintext.size() + kTagSize);
  int done = 0;
  if (!plaintext.empty()) {
    CANDOUR_ASSERT(EVP_CipherUpdate(context.get(), out.data(), &done, plaintext.data(),
                                    size_of(plaintext)) == 1);
  }
  std::uint8_t* const tag = out.data() + plaintext.size();
  CANDOUR_ASSERT(EVP_CipherFinal_ex(context.get(), tag, &done) == 1);
  CANDOUR_ASSERT(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, int{kTagSize}, tag) ==
                 1);
  return out;
}

Result<SecretBytes> aes_gcm_open(ByteView key, ByteView nonce, ByteView aad, ByteView ciphertext) {
  if (ciphertext.size() < kTagSize) return open_failed();
  const Context context = start(key, nonce, aad, 0);
  const ByteView body = ciphertext.first(ciphertext.size() - kTagSize);
  Bytes tag = to_bytes(ciphertext.last(kTagSize));
  SecretBytes out(body.size());
  int done = 0;
  if (!body.empty()) {
    CANDOUR_ASSERT(EVP_CipherUpdate(context.get(), out.mutable_view().data(), &done, body.data(),
                                    size_of(body)) == 1);
  }
  CANDOUR_ASSERT(
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, int{kTagSize}, tag.data()) == 1);
  std::uint8_t rest[kTagSize];
  if (EVP_CipherFinal_ex(context.get(), rest, &done) != 1) return open_failed();
  return out;
}

}  // namespace candour::crypto
