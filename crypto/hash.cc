#include "crypto/hash.h"

#include "base/assert.h"

namespace candour::crypto {
namespace {

// A null pointer with length zero is a valid view but not a valid argument of every C function.
const std::uint8_t* data_of(ByteView v) {
  static const std::uint8_t empty = 0;
  return v.data() == nullptr ? &empty : v.data();
}

void hmac_into(MutableByteView out, ByteView key, std::initializer_list<ByteView> parts) {
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, data_of(key), key.size());
  for (ByteView part : parts) crypto_auth_hmacsha256_update(&state, data_of(part), part.size());
  crypto_auth_hmacsha256_final(&state, out.data());
  wipe(&state, sizeof state);
}

}  // namespace

Digest sha256(ByteView data) {
  Digest out;
  crypto_hash_sha256(out.mutable_view().data(), data_of(data), data.size());
  return out;
}

Digest sha256(std::initializer_list<ByteView> parts) {
  Sha256 h;
  for (ByteView part : parts) h.update(part);
  return h.finish();
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
