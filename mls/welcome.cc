#include "mls/welcome.h"

#include "mls/framing.h"
#include "mls/key_package_bundle.h"

namespace candour::mls {

Bytes GroupInfo::to_be_signed() const {
  Writer w;
  group_context.write(w);
  write_list(w, extensions);
  w.vec(confirmation_tag);
  w.u32(signer.value);
  return w.take();
}

void GroupInfo::write(Writer& w) const {
  w.raw(to_be_signed());
  w.vec(signature);
}

GroupInfo GroupInfo::read(Reader& r) {
  GroupInfo out;
  out.group_context = GroupContext::read(r);
  out.extensions = read_list<Extension>(r);
  out.confirmation_tag = read_bytes(r);
  out.signer = LeafIndex(r.u32());
  out.signature = read_bytes(r);
  return out;
}

SecretBytes GroupSecrets::encoded() const {
  Writer ids;
  write_list(ids, psks);
  SecretWriter w;
  w.vec(joiner_secret.view());
  w.u8(path_secret ? 1 : 0);
  if (path_secret) w.vec(path_secret->view());
  w.raw(ids.view());
  return SecretBytes(w.take());
}

GroupSecrets GroupSecrets::read(Reader& r) {
  GroupSecrets out;
  out.joiner_secret = SecretBytes::copy_of(r.vec());
  if (read_presence(r)) out.path_secret = SecretBytes::copy_of(r.vec());
  out.psks = read_list<PreSharedKeyId>(r);
  return out;
}

void EncryptedGroupSecrets::write(Writer& w) const {
  w.vec(new_member);
  encrypted_group_secrets.write(w);
}

EncryptedGroupSecrets EncryptedGroupSecrets::read(Reader& r) {
  EncryptedGroupSecrets out;
  out.new_member = read_bytes(r);
  out.encrypted_group_secrets = HpkeCiphertext::read(r);
  return out;
}

void Welcome::write(Writer& w) const {
  w.u16(cipher_suite);
  write_list(w, secrets);
  w.vec(encrypted_group_info);
}

Welcome Welcome::read(Reader& r) {
  Welcome out;
  out.cipher_suite = r.u16();
  out.secrets = read_list<EncryptedGroupSecrets>(r);
  out.encrypted_group_info = read_bytes(r);
  return out;
}

Bytes seal_group_info(const Suite& suite, const KdfSecret& welcome, const GroupInfo& info) {
  const SecretBytes key = expand_with_label(welcome.view(), "key", {}, suite.aead_key_size);
  const SecretBytes nonce = expand_with_label(welcome.view(), "nonce", {}, suite.aead_nonce_size);
  return suite_seal(suite, key.view(), nonce.view(), {}, encode(info));
}

Result<GroupInfo> open_group_info(const Suite& suite, const KdfSecret& welcome, ByteView sealed) {
  const SecretBytes key = expand_with_label(welcome.view(), "key", {}, suite.aead_key_size);
  const SecretBytes nonce = expand_with_label(welcome.view(), "nonce", {}, suite.aead_nonce_size);
  auto plain = suite_open(suite, key.view(), nonce.view(), {}, sealed);
  if (!plain) return broken(Rule::group_info_decryption);
  return decode<GroupInfo>(plain.value().view());
}

Result<GroupSecrets> open_group_secrets(const Suite& suite, const Welcome& welcome,
                                        ByteView reference, const crypto::SealingKey& init_key) {
  for (const EncryptedGroupSecrets& entry : welcome.secrets) {
    if (!same(entry.new_member, reference)) continue;
    auto plain = decrypt_with_label(suite, init_key, "Welcome", welcome.encrypted_group_info,
                                    entry.encrypted_group_secrets);
    if (!plain) return broken(Rule::welcome_decryption);
    return decode<GroupSecrets>(plain.value().view());
  }
  return broken(Rule::welcome_not_for_us);
}

Result<std::vector<Digest>> welcome_references(ByteView welcome) {
  CANDOUR_TRY(auto raw, unwrap_message(welcome));
  if (raw.wire_format != WireFormat::welcome) return broken(Rule::wire_format_unexpected);
  CANDOUR_TRY(auto parsed, decode<Welcome>(raw.body));
  std::vector<Digest> out;
  for (const EncryptedGroupSecrets& entry : parsed.secrets) {
    if (const auto reference = Digest::from(entry.new_member)) out.push_back(*reference);
  }
  return out;
}

}  // namespace candour::mls
