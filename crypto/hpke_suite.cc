#include "crypto/hpke_suite.h"

#include <array>

#include "base/codec.h"
#include "crypto/aead.h"
#include "crypto/aes_gcm.h"
#include "crypto/hpke_labels.h"

namespace candour::crypto {
namespace {

using SuiteId = std::array<std::uint8_t, 10>;

SuiteId suite_id(HpkeAead aead) {
  const auto id = static_cast<std::uint8_t>(aead);
  return {'H', 'P', 'K', 'E', 0x00, 0x20, 0x00, 0x01, 0x00, id};
}

SecretBytes kem_secret(const Secret<32>& dh, const SealingPublicKey& enc,
                       const SealingPublicKey& recipient) {
  Writer context;
  context.id(enc);
  context.id(recipient);
  const HashKey prk = labelled_extract(kHpkeKemSuite, {}, "eae_prk", dh.view());
  return labelled_expand(kHpkeKemSuite, prk.view(), "shared_secret", context.view(), 32);
}

/// Section 5.1, mode_base.
struct Schedule {
  SuiteId suite;
  Bytes context;
  HashKey secret;
};

Schedule schedule(HpkeAead aead, const SecretBytes& shared_secret, ByteView info) {
  Schedule out;
  out.suite = suite_id(aead);
  const HashKey psk_id_hash = labelled_extract(out.suite, {}, "psk_id_hash", {});
  const HashKey info_hash = labelled_extract(out.suite, {}, "info_hash", info);
  Writer context;
  context.u8(0);  // mode_base
  context.raw(psk_id_hash.view());
  context.raw(info_hash.view());
  out.context = context.take();
  out.secret = labelled_extract(out.suite, shared_secret.view(), "secret", {});
  return out;
}

struct AeadKeys {
  SecretBytes key;
  SecretBytes nonce;  // base nonce = nonce of sequence number 0, the only one used
};

AeadKeys aead_keys(HpkeAead aead, const Schedule& s) {
  return {labelled_expand(s.suite, s.secret.view(), "key", s.context, key_size(aead)),
          labelled_expand(s.suite, s.secret.view(), "base_nonce", s.context, kAeadNonceSize)};
}

/// Section 5.3.
SecretBytes exported(const Schedule& s, ByteView exporter_context, std::size_t size) {
  const SecretBytes exporter = labelled_expand(s.suite, s.secret.view(), "exp", s.context, 32);
  return labelled_expand(s.suite, exporter.view(), "sec", exporter_context, size);
}

Result<Schedule> schedule_to(HpkeAead aead, const SealingKey& ephemeral, const SealingPublicKey& to,
                             ByteView info) {
  CANDOUR_TRY(auto dh, x25519(ephemeral.private_key(), to));
  return schedule(aead, kem_secret(dh, ephemeral.public_key(), to), info);
}

Result<Schedule> schedule_from(HpkeAead aead, const SealingKey& mine, const SealingPublicKey& enc,
                               ByteView info) {
  CANDOUR_TRY(auto dh, x25519(mine.private_key(), enc));
  return schedule(aead, kem_secret(dh, enc, mine.public_key()), info);
}

}  // namespace

Bytes aead_seal(HpkeAead aead, ByteView key, ByteView nonce, ByteView aad, ByteView plaintext) {
  return aead == HpkeAead::aes_128_gcm ? aes_gcm_seal(key, nonce, aad, plaintext)
                                       : aead_seal(key, nonce, aad, plaintext);
}

Result<SecretBytes> aead_open(HpkeAead aead, ByteView key, ByteView nonce, ByteView aad,
                              ByteView ciphertext) {
  return aead == HpkeAead::aes_128_gcm ? aes_gcm_open(key, nonce, aad, ciphertext)
                                       : aead_open(key, nonce, aad, ciphertext);
}

Result<HpkeCiphertext> hpke_seal(HpkeAead aead, const SealingPublicKey& to, ByteView info,
                                 ByteView aad, ByteView plaintext, Random& random) {
  return hpke_seal_with(aead, SealingKey::generate(random), to, info, aad, plaintext);
}

Result<HpkeCiphertext> hpke_seal_with(HpkeAead aead, const SealingKey& ephemeral,
                                      const SealingPublicKey& to, ByteView info, ByteView aad,
                                      ByteView plaintext) {
  CANDOUR_TRY(auto s, schedule_to(aead, ephemeral, to, info));
  const AeadKeys keys = aead_keys(aead, s);
  return HpkeCiphertext{ephemeral.public_key(),
                        aead_seal(aead, keys.key.view(), keys.nonce.view(), aad, plaintext)};
}

Result<SecretBytes> hpke_open(HpkeAead aead, const SealingKey& mine, const SealingPublicKey& enc,
                              ByteView info, ByteView aad, ByteView ciphertext) {
  CANDOUR_TRY(auto s, schedule_from(aead, mine, enc, info));
  const AeadKeys keys = aead_keys(aead, s);
  return aead_open(aead, keys.key.view(), keys.nonce.view(), aad, ciphertext);
}

Result<HpkeExport> hpke_export_to(HpkeAead aead, const SealingPublicKey& to, ByteView info,
                                  ByteView exporter_context, std::size_t size, Random& random) {
  return hpke_export_with(aead, SealingKey::generate(random), to, info, exporter_context, size);
}

Result<HpkeExport> hpke_export_with(HpkeAead aead, const SealingKey& ephemeral,
                                    const SealingPublicKey& to, ByteView info,
                                    ByteView exporter_context, std::size_t size) {
  CANDOUR_TRY(auto s, schedule_to(aead, ephemeral, to, info));
  return HpkeExport{ephemeral.public_key(), exported(s, exporter_context, size)};
}

Result<SecretBytes> hpke_export_from(HpkeAead aead, const SealingKey& mine,
                                     const SealingPublicKey& enc, ByteView info,
                                     ByteView exporter_context, std::size_t size) {
  CANDOUR_TRY(auto s, schedule_from(aead, mine, enc, info));
  return exported(s, exporter_context, size);
}

}  // namespace candour::crypto
