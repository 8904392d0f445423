#include "mls/key_schedule.h"

#include "base/assert.h"
#include "mls/rules.h"

namespace candour::mls {

void GroupContext::write(Writer& w) const {
  w.u16(kVersionMls10);
  w.u16(cipher_suite);
  w.vec(group_id);
  w.number(epoch);
  w.vec(tree_hash);
  w.vec(confirmed_transcript_hash);
  write_list(w, extensions);
}

GroupContext GroupContext::read(Reader& r) {
  GroupContext out;
  if (r.u16() != kVersionMls10) r.fail();
  out.cipher_suite = r.u16();
  out.group_id = read_bytes(r);
  out.epoch = r.number<Epoch>();
  out.tree_hash = read_bytes(r);
  out.confirmed_transcript_hash = read_bytes(r);
  out.extensions = read_list<Extension>(r);
  return out;
}

EpochSecrets EpochSecrets::clone() const {
  return {sender_data_secret.clone(),  exporter_secret.clone(), external_secret.clone(),
          confirmation_key.clone(),    membership_key.clone(),  resumption_psk.clone(),
          epoch_authenticator.clone(), init_secret.clone()};
}

KdfSecret joiner_secret(const KdfSecret& init_secret, const KdfSecret& commit_secret,
                        ByteView context) {
  const KdfSecret extracted = extract(init_secret.view(), commit_secret.view());
  return expand_secret(extracted.view(), "joiner", context);
}

KdfSecret welcome_secret(const KdfSecret& joiner, const KdfSecret& psk_secret) {
  return derive_secret(extract(joiner.view(), psk_secret.view()).view(), "welcome");
}

KdfSecret epoch_secret(const KdfSecret& joiner, const KdfSecret& psk_secret, ByteView context) {
  return expand_secret(extract(joiner.view(), psk_secret.view()).view(), "epoch", context);
}

EpochKeys epoch_keys(const KdfSecret& epoch_secret) {
  const auto derive = [&](std::string_view label) {
    return derive_secret(epoch_secret.view(), label);
  };
  return {{derive("sender data"), derive("exporter"), derive("external"), derive("confirm"),
           derive("membership"), derive("resumption"), derive("authentication"), derive("init")},
          derive("encryption")};
}

SecretBytes export_from(const KdfSecret& exporter_secret, std::string_view label, ByteView context,
                        std::size_t size) {
  const KdfSecret derived = derive_secret(exporter_secret.view(), label);
  return expand_with_label(derived.view(), "exported", hash(context).view(), size);
}

static constexpr std::string_view kExternalInitLabel = "MLS 1.0 external init secret";

crypto::SealingKey external_key(const KdfSecret& external_secret) {
  return crypto::SealingKey::derive(external_secret.view());
}

Result<SentInitSecret> send_init_secret(const Suite& suite, ByteView external_pub, Random& random) {
  const auto to = SealingPublicKey::from(external_pub);
  if (!to) return broken(Rule::public_key_invalid);
  auto sent =
      crypto::hpke_export_to(suite.aead, *to, {}, as_bytes(kExternalInitLabel), kHashSize, random);
  if (!sent) return broken(Rule::public_key_low_order);
  return SentInitSecret{to_bytes(sent.value().enc.view()),
                        KdfSecret::copy_of(sent.value().secret.view().first<kHashSize>())};
}

Result<KdfSecret> received_init_secret(const Suite& suite, const KdfSecret& external_secret,
                                       ByteView kem_output) {
  const auto enc = SealingPublicKey::from(kem_output);
  if (!enc) return broken(Rule::external_kem);
  auto secret = crypto::hpke_export_from(suite.aead, external_key(external_secret), *enc, {},
                                         as_bytes(kExternalInitLabel), kHashSize);
  if (!secret) return broken(Rule::external_kem);
  return KdfSecret::copy_of(secret.value().view().first<kHashSize>());
}

Digest confirmed_transcript_hash(ByteView interim_before, ByteView confirmed_input) {
  return crypto::sha256({interim_before, confirmed_input});
}

Digest interim_transcript_hash(ByteView confirmed, ByteView confirmation_tag) {
  Writer w;
  w.raw(confirmed);
  w.vec(confirmation_tag);
  return hash(w.view());
}

void PreSharedKeyId::write(Writer& w) const {
  w.u8(static_cast<std::uint8_t>(type));
  if (type == PskType::external) {
    w.vec(psk_id);
  } else {
    w.u8(static_cast<std::uint8_t>(usage));
    w.vec(group_id);
    w.number(epoch);
  }
  w.vec(nonce);
}

PreSharedKeyId PreSharedKeyId::read(Reader& r) {
  PreSharedKeyId out;
  out.type = PskType(r.u8());
  switch (out.type) {
    case PskType::external:
      out.psk_id = read_bytes(r);
      break;
    case PskType::resumption:
      out.usage = ResumptionUsage(r.u8());
      if (out.usage < ResumptionUsage::application || out.usage > ResumptionUsage::branch) r.fail();
      out.group_id = read_bytes(r);
      out.epoch = r.number<Epoch>();
      break;
    default:
      r.fail();
  }
  out.nonce = read_bytes(r);
  return out;
}

KdfSecret psk_secret(const std::vector<PreSharedKeyId>& ids, const std::vector<SecretBytes>& psks) {
  CANDOUR_ASSERT(ids.size() == psks.size() && ids.size() <= 0xffff);
  KdfSecret secret;
  const KdfSecret zero;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    Writer label;
    ids[i].write(label);
    label.u16(static_cast<std::uint16_t>(i));
    label.u16(static_cast<std::uint16_t>(ids.size()));
    const KdfSecret extracted = extract(zero.view(), psks[i].view());
    const KdfSecret input = expand_secret(extracted.view(), "derived psk", label.view());
    secret = extract(input.view(), secret.view());
  }
  return secret;
}

}  // namespace candour::mls
