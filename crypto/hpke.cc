#include "crypto/hpke.h"

#include <sodium.h>

#include "base/codec.h"
#include "crypto/aead.h"
#include "crypto/hash.h"

namespace candour::crypto {
namespace {

constexpr std::uint8_t kKemSuite[] = {'K', 'E', 'M', 0x00, 0x20};
constexpr std::uint8_t kHpkeSuite[] = {'H', 'P', 'K', 'E', 0x00, 0x20, 0x00, 0x01, 0x00, 0x03};

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

SecretBytes kem_secret(const Secret<32>& dh, const SealingPublicKey& enc,
                       const SealingPublicKey& recipient) {
  Bytes context = to_bytes(enc.view());
  append(context, recipient.view());
  const HashKey prk = labelled_extract(kKemSuite, {}, "eae_prk", dh.view());
  return labelled_expand(kKemSuite, prk.view(), "shared_secret", context, 32);
}

struct Context {
  SecretBytes key;
  SecretBytes nonce;  // base nonce = nonce of sequence number 0, the only one used
};

Context key_schedule(const SecretBytes& shared_secret, ByteView info) {
  const HashKey psk_id_hash = labelled_extract(kHpkeSuite, {}, "psk_id_hash", {});
  const HashKey info_hash = labelled_extract(kHpkeSuite, {}, "info_hash", info);
  Bytes context = {0};  // mode_base
  append(context, psk_id_hash.view());
  append(context, info_hash.view());
  const HashKey secret = labelled_extract(kHpkeSuite, shared_secret.view(), "secret", {});
  return {labelled_expand(kHpkeSuite, secret.view(), "key", context, 32),
          labelled_expand(kHpkeSuite, secret.view(), "base_nonce", context, kAeadNonceSize)};
}

}  // namespace

SealingKey SealingKey::from_private(SealingPrivateKey&& key) {
  SealingKey out;
  out.private_key_ = std::move(key);
  crypto_scalarmult_curve25519_base(out.public_key_.mutable_view().data(),
                                    out.private_key_.view().data());
  return out;
}

SealingKey SealingKey::generate(Random& random) { return from_private(random.secret<32>()); }

SealingKey SealingKey::derive(ByteView ikm) {
  const HashKey prk = labelled_extract(kKemSuite, {}, "dkp_prk", ikm);
  const SecretBytes sk = labelled_expand(kKemSuite, prk.view(), "sk", {}, 32);
  return from_private(SealingPrivateKey::copy_of(sk.view().first<32>()));
}

bool of_low_order(const SealingPublicKey& key) {
  // X25519 with any clamped scalar gives zero for these points only.
  SealingPrivateKey probe;
  probe.mutable_view()[0] = 1;
  return !x25519(probe, key);
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
  return hpke_seal_with(SealingKey::generate(random), to, info, aad, plaintext);
}

Result<HpkeCiphertext> hpke_seal_with(const SealingKey& ephemeral, const SealingPublicKey& to,
                                      ByteView info, ByteView aad, ByteView plaintext) {
  CANDOUR_TRY(auto dh, x25519(ephemeral.private_key(), to));
  const Context c = key_schedule(kem_secret(dh, ephemeral.public_key(), to), info);
  return HpkeCiphertext{ephemeral.public_key(),
                        aead_seal(c.key.view(), c.nonce.view(), aad, plaintext)};
}

Result<SecretBytes> hpke_open(const SealingKey& mine, const SealingPublicKey& enc, ByteView info,
                              ByteView aad, ByteView ciphertext) {
  CANDOUR_TRY(auto dh, x25519(mine.private_key(), enc));
  const Context c = key_schedule(kem_secret(dh, enc, mine.public_key()), info);
  return aead_open(c.key.view(), c.nonce.view(), aad, ciphertext);
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
