#include "crypto/hash.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "base/assert.h"

namespace candour::crypto {
namespace {

constexpr std::size_t kBlockSize = 64;

// A null pointer with length zero is a valid view but not a valid argument of every C function.
const std::uint8_t* data_of(ByteView v) {
  static const std::uint8_t empty = 0;
  return v.data() == nullptr ? &empty : v.data();
}

/// One SHA-256 in progress. OpenSSL uses the processor's SHA instructions, which libsodium does
/// not: 4 times faster. Contexts are kept a thread, as making one costs more than a short hash.
class EvpSha256 {
 public:
  EvpSha256() : context_(EVP_MD_CTX_new()) {
    CANDOUR_ASSERT(context_ != nullptr && md() != nullptr);
    CANDOUR_ASSERT(EVP_DigestInit_ex2(context_, md(), nullptr) == 1);
  }
  ~EvpSha256() { EVP_MD_CTX_free(context_); }
  EvpSha256(const EvpSha256&) = delete;
  EvpSha256& operator=(const EvpSha256&) = delete;

  /// Also wipes what the last use left.
  void reset() { CANDOUR_ASSERT(EVP_DigestInit_ex2(context_, nullptr, nullptr) == 1); }
  void update(ByteView data) {
    CANDOUR_ASSERT(EVP_DigestUpdate(context_, data_of(data), data.size()) == 1);
  }
  void finish(MutableByteView out) {
    CANDOUR_ASSERT(EVP_DigestFinal_ex(context_, out.data(), nullptr) == 1);
  }

 private:
  static const EVP_MD* md() {
    static const EVP_MD* const fetched = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    return fetched;
  }
  EVP_MD_CTX* context_;
};

EvpSha256& thread_sha256() {
  thread_local EvpSha256 context;
  return context;
}

// RFC 2104 by hand: EVP_MAC costs four times the hashing it does.
void hmac_into(MutableByteView out, ByteView key, std::initializer_list<ByteView> parts) {
  EvpSha256& h = thread_sha256();
  std::array<std::uint8_t, kBlockSize> pad{};
  if (key.size() > kBlockSize) {
    h.reset();
    h.update(key);
    h.finish(MutableByteView(pad).first(32));
  } else {
    std::copy(key.begin(), key.end(), pad.begin());
  }
  for (std::uint8_t& byte : pad) byte ^= 0x36;
  h.reset();
  h.update(pad);
  for (ByteView part : parts) h.update(part);
  std::array<std::uint8_t, 32> inner;
  h.finish(inner);
  for (std::uint8_t& byte : pad) byte ^= 0x36 ^ 0x5c;
  h.reset();
  h.update(pad);
  h.update(inner);
  h.finish(out);
  h.reset();
  wipe(pad.data(), pad.size());
  wipe(inner.data(), inner.size());
}

}  // namespace

Digest sha256(ByteView data) {
  Digest out;
  EvpSha256& h = thread_sha256();
  h.reset();
  h.update(data);
  h.finish(out.mutable_view());
  return out;
}

Digest sha256(std::initializer_list<ByteView> parts) {
  Digest out;
  EvpSha256& h = thread_sha256();
  h.reset();
  for (ByteView part : parts) h.update(part);
  h.finish(out.mutable_view());
  return out;
}

Sha256::Sha256() { crypto_hash_sha256_init(&state_); }

Sha256& Sha256::update(ByteView data) {
  crypto_hash_sha256_update(&state_, data_of(data), data.size());
  return *this;
}

Digest Sha256::finish() {
  Digest out;
  crypto_hash_sha256_final(&state_, out.mutable_view().data());
  return out;
}

Sha512Digest sha512(std::initializer_list<ByteView> parts) {
  crypto_hash_sha512_state state;
  crypto_hash_sha512_init(&state);
  for (ByteView part : parts) crypto_hash_sha512_update(&state, data_of(part), part.size());
  Sha512Digest out;
  crypto_hash_sha512_final(&state, out.mutable_view().data());
  wipe(&state, sizeof state);
  return out;
}

HashKey hmac_sha256(ByteView key, std::initializer_list<ByteView> parts) {
  HashKey out;
  hmac_into(out.mutable_view(), key, parts);
  return out;
}

Digest hmac_sha256_tag(ByteView key, std::initializer_list<ByteView> parts) {
  Digest out;
  hmac_into(out.mutable_view(), key, parts);
  return out;
}

HashKey hkdf_extract(ByteView salt, ByteView ikm) {
  static const std::uint8_t zeros[32] = {};
  return hmac_sha256(salt.empty() ? ByteView(zeros) : salt, {ikm});
}

SecretBytes hkdf_expand(ByteView prk, ByteView info, std::size_t size) {
  CANDOUR_ASSERT(size <= 255 * 32);
  SecretBytes out(size);
  HashKey block;
  std::size_t done = 0;
  for (std::uint8_t counter = 1; done < size; ++counter) {
    const ByteView previous = counter == 1 ? ByteView() : block.view();
    block = hmac_sha256(prk, {previous, info, ByteView(&counter, 1)});
    const std::size_t n = std::min<std::size_t>(32, size - done);
    std::copy_n(block.view().begin(), n, out.mutable_view().begin() + done);
    done += n;
  }
  return out;
}

bool equal(ByteView a, ByteView b) {
  return a.size() == b.size() && sodium_memcmp(data_of(a), data_of(b), a.size()) == 0;
}

}  // namespace candour::crypto
