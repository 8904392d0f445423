#include "crypto/hpke.h"

#include <sodium.h>

#include <algorithm>
#include <array>

#include "base/codec.h"
#include "base/stages.h"
#include "crypto/hpke_labels.h"
#include "crypto/hpke_suite.h"

namespace candour::crypto {

HashKey labelled_extract(ByteView suite, ByteView salt, std::string_view label, ByteView ikm) {
  static const std::uint8_t zeros[32] = {};
  return hmac_sha256(salt.empty() ? ByteView(zeros) : salt,
                     {as_bytes("HPKE-v1"), suite, as_bytes(label), ikm});
}

SecretBytes labelled_expand(ByteView suite, ByteView prk, std::string_view label, ByteView info,
                            std::size_t size) {
  Writer w;
  w.u16(static_cast<std::uint16_t>(size));
  w.raw(as_bytes("HPKE-v1"));
  w.raw(suite);
  w.raw(as_bytes(label));
  w.raw(info);
  return hkdf_expand(prk, w.view(), size);
}

SealingKey SealingKey::from_private(SealingPrivateKey&& key) {
  SealingKey out;
  out.private_key_ = std::move(key);
  crypto_scalarmult_curve25519_base(out.public_key_.mutable_view().data(),
                                    out.private_key_.view().data());
  return out;
}

SealingKey SealingKey::generate(Random& random) { return from_private(random.secret<32>()); }

SealingKey SealingKey::derive(ByteView ikm) {
  const HashKey prk = labelled_extract(kHpkeKemSuite, {}, "dkp_prk", ikm);
  const SecretBytes sk = labelled_expand(kHpkeKemSuite, prk.view(), "sk", {}, 32);
  return from_private(SealingPrivateKey::copy_of(sk.view().first<32>()));
}

bool of_low_order(const SealingPublicKey& key) {
  // The u-coordinates of order 1, 2, 4 and 8 on curve and twist, little-endian: 0, 1, the two of
  // order 8, p - 1, and p and p + 1, which are 0 and 1 again. RFC 7748 section 5 masks the top bit.
  // Compared, because a scalar multiplication costs as much as half a signature check.
  static const std::array<SealingPublicKey, 7> kLowOrder = {
      *SealingPublicKey::from_hex(
          "0000000000000000000000000000000000000000000000000000000000000000"),
      *SealingPublicKey::from_hex(
          "0100000000000000000000000000000000000000000000000000000000000000"),
      *SealingPublicKey::from_hex(
          "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
      *SealingPublicKey::from_hex(
          "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
      *SealingPublicKey::from_hex(
          "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
      *SealingPublicKey::from_hex(
          "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
      *SealingPublicKey::from_hex(
          "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")};
  SealingPublicKey masked = key;
  masked.mutable_view()[31] &= 0x7f;
  return std::find(kLowOrder.begin(), kLowOrder.end(), masked) != kLowOrder.end();
}

Result<Secret<32>> x25519(const SealingPrivateKey& mine, const SealingPublicKey& theirs) {
  Secret<32> out;
  if (crypto_scalarmult_curve25519(out.mutable_view().data(), mine.view().data(),
                                   theirs.view().data()) != 0) {
    return error(ErrorCode::decryption_failed, "X25519 public key of low order");
  }
  return out;
}

Result<HpkeCiphertext> hpke_seal(const SealingPublicKey& to, ByteView info, ByteView aad,
                                 ByteView plaintext, Random& random) {
  const StageScope stage(Stage::hpke);
  return hpke_seal_with(SealingKey::generate(random), to, info, aad, plaintext);
}

Result<HpkeCiphertext> hpke_seal_with(const SealingKey& ephemeral, const SealingPublicKey& to,
                                      ByteView info, ByteView aad, ByteView plaintext) {
  return hpke_seal_with(HpkeAead::chacha20_poly1305, ephemeral, to, info, aad, plaintext);
}

Result<SecretBytes> hpke_open(const SealingKey& mine, const SealingPublicKey& enc, ByteView info,
                              ByteView aad, ByteView ciphertext) {
  const StageScope stage(Stage::hpke);
  return hpke_open(HpkeAead::chacha20_poly1305, mine, enc, info, aad, ciphertext);
}

Result<Bytes> sealed_box(const SealingPublicKey& to, ByteView info, ByteView aad,
                         ByteView plaintext, Random& random) {
  CANDOUR_TRY(auto sealed, hpke_seal(to, info, aad, plaintext, random));
  Bytes out = to_bytes(sealed.enc.view());
  append(out, sealed.ciphertext);
  return out;
}

Result<SecretBytes> open_sealed_box(const SealingKey& mine, ByteView info, ByteView aad,
                                    ByteView box) {
  if (box.size() < kSealedBoxOverhead) {
    return error(ErrorCode::decryption_failed, "sealed box shorter than its header");
  }
  return hpke_open(mine, *SealingPublicKey::from(box.first(32)), info, aad, box.subspan(32));
}

}  // namespace candour::crypto
