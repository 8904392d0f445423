#include "mls/suite.h"

#include "base/assert.h"
#include "crypto/aead.h"
#include "mls/rules.h"
#include "mls/wire.h"

namespace candour::mls {
namespace {

constexpr std::string_view kLabelPrefix = "MLS 1.0 ";

void write_label(Writer& w, std::string_view label) {
  w.length(kLabelPrefix.size() + label.size());
  w.raw(as_bytes(kLabelPrefix));
  w.raw(as_bytes(label));
}

}  // namespace

const Suite* Suite::find(std::uint16_t id) {
  if (id == kSuite1.id) return &kSuite1;
  return id == kSuite3.id ? &kSuite3 : nullptr;
}

const Suite& Suite::of(CipherSuite suite) {
  return suite == CipherSuite::aes_128_gcm ? kSuite1 : kSuite3;
}

Digest hash(ByteView data) { return crypto::sha256(data); }

Digest mac(ByteView key, ByteView data) { return crypto::hmac_sha256_tag(key, {data}); }

bool mac_matches(ByteView expected, ByteView received) {
  return !expected.empty() && expected.size() == received.size() &&
         crypto::equal(expected, received);
}

Digest ref_hash(std::string_view label, ByteView value) {
  Writer w;
  w.vec(label);
  w.vec(value);
  return hash(w.view());
}

KdfSecret extract(ByteView salt, ByteView ikm) { return crypto::hkdf_extract(salt, ikm); }

SecretBytes expand_with_label(ByteView secret, std::string_view label, ByteView context,
                              std::size_t size) {
  Writer w;
  w.u16(static_cast<std::uint16_t>(size));
  write_label(w, label);
  w.vec(context);
  return crypto::hkdf_expand(secret, w.view(), size);
}

KdfSecret expand_secret(ByteView secret, std::string_view label, ByteView context) {
  const SecretBytes out = expand_with_label(secret, label, context, kHashSize);
  return KdfSecret::copy_of(out.view().first<kHashSize>());
}

KdfSecret derive_secret(ByteView secret, std::string_view label) {
  return expand_secret(secret, label, {});
}

SecretBytes derive_tree_secret(ByteView secret, std::string_view label, std::uint32_t generation,
                               std::size_t size) {
  Writer context;
  context.u32(generation);
  return expand_with_label(secret, label, context.view(), size);
}

// Signed content may hold text of people, so it is put together in memory that is wiped.
static SecretBytes sign_content(std::string_view label, ByteView content) {
  Writer head;
  write_label(head, label);
  SecretWriter w;
  w.buffer().reserve(head.size() + content.size() + sizeof(std::uint32_t));
  w.raw(head.view());
  w.vec(content);
  return SecretBytes(w.take());
}

Bytes sign_with_label(const crypto::SigningKey& key, std::string_view label, ByteView content) {
  return to_bytes(key.sign(sign_content(label, content).view()).view());
}

bool verify_with_label(ByteView public_key, std::string_view label, ByteView content,
                       ByteView signature) {
  const auto key = SigningPublicKey::from(public_key);
  const auto given = Signature::from(signature);
  return key && given && crypto::verify(*key, sign_content(label, content).view(), *given);
}

void HpkeCiphertext::write(Writer& w) const {
  w.vec(kem_output);
  w.vec(ciphertext);
}

HpkeCiphertext HpkeCiphertext::read(Reader& r) {
  HpkeCiphertext out;
  out.kem_output = read_bytes(r);
  out.ciphertext = read_bytes(r);
  return out;
}

static Bytes encrypt_context(std::string_view label, ByteView context) {
  Writer w;
  write_label(w, label);
  w.vec(context);
  return w.take();
}

bool can_encrypt_to(ByteView public_key) {
  const auto key = SealingPublicKey::from(public_key);
  return key && !crypto::of_low_order(*key);
}

Result<HpkeCiphertext> encrypt_with_label(const Suite& suite, ByteView public_key,
                                          std::string_view label, ByteView context,
                                          ByteView plaintext, Random& random) {
  const auto to = SealingPublicKey::from(public_key);
  if (!to) return broken(Rule::public_key_invalid);
  CANDOUR_TRY(auto sealed, crypto::hpke_seal(suite.aead, *to, encrypt_context(label, context), {},
                                             plaintext, random));
  return HpkeCiphertext{to_bytes(sealed.enc.view()), std::move(sealed.ciphertext)};
}

Result<SecretBytes> decrypt_with_label(const Suite& suite, const crypto::SealingKey& key,
                                       std::string_view label, ByteView context,
                                       const HpkeCiphertext& sealed) {
  const auto enc = SealingPublicKey::from(sealed.kem_output);
  if (!enc) return broken(Rule::public_key_invalid);
  return crypto::hpke_open(suite.aead, key, *enc, encrypt_context(label, context), {},
                           sealed.ciphertext);
}

Bytes suite_seal(const Suite& suite, ByteView key, ByteView nonce, ByteView aad,
                 ByteView plaintext) {
  return crypto::aead_seal(suite.aead, key, nonce, aad, plaintext);
}

Result<SecretBytes> suite_open(const Suite& suite, ByteView key, ByteView nonce, ByteView aad,
                               ByteView ciphertext) {
  return crypto::aead_open(suite.aead, key, nonce, aad, ciphertext);
}

}  // namespace candour::mls
