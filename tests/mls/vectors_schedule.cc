// Vectors of RFC 9420 sections 2, 5 and 8: encoding, crypto, key schedule, pre-shared keys,
// transcript hashes.
#include "base/random.h"
#include "mls/framing.h"
#include "mls/key_schedule.h"
#include "tests/mls/vectors.h"

namespace candour::mls::vectors {
namespace {

KdfSecret secret_of(const Bytes& bytes) {
  KdfSecret out;
  if (bytes.size() == kHashSize) std::copy(bytes.begin(), bytes.end(), out.mutable_view().begin());
  return out;
}

void encrypt_with_label_case(Case& c, const Suite& suite) {
  const auto key = crypto::SealingKey::from_private(secret_of(c.bytes("priv")));
  c.expect_same(key.public_key().view(), c.bytes("pub"), "encrypt_with_label public key");
  const HpkeCiphertext given{c.bytes("kem_output"), c.bytes("ciphertext")};
  const std::string label = c.text("label");
  const Bytes context = c.bytes("context");
  const Bytes plaintext = c.bytes("plaintext");
  const auto opened = decrypt_with_label(suite, key, label, context, given);
  if (c.expect_ok(opened, "DecryptWithLabel")) {
    c.expect_same(opened.value().view(), plaintext, "DecryptWithLabel plaintext");
  }
  const auto sealed = encrypt_with_label(suite, key.public_key().view(), label, context, plaintext,
                                         system_random());
  if (!c.expect_ok(sealed, "EncryptWithLabel")) return;
  const auto again = decrypt_with_label(suite, key, label, context, sealed.value());
  if (c.expect_ok(again, "round trip")) {
    c.expect_same(again.value().view(), plaintext, "EncryptWithLabel round trip");
  }
}

void sign_with_label_case(Case& c) {
  const auto key = crypto::SigningKey::from_seed(secret_of(c.bytes("priv")));
  const Bytes pub = c.bytes("pub");
  c.expect_same(key.public_key().view(), pub, "sign_with_label public key");
  const std::string label = c.text("label");
  const Bytes content = c.bytes("content");
  c.expect(verify_with_label(pub, label, content, c.bytes("signature")), "VerifyWithLabel");
  c.expect(verify_with_label(pub, label, content, sign_with_label(key, label, content)),
           "SignWithLabel round trip");
}

}  // namespace

void deserialization(Case& c) {
  const Bytes header = c.bytes("vlbytes_header");
  const std::uint64_t length = c.number("length");
  Writer w;
  w.length(static_cast<std::size_t>(length));
  c.expect_same(w.view(), header, "length header as written");
  // The reader refuses a length beyond what follows, so that much must follow.
  Bytes whole = header;
  whole.resize(header.size() + static_cast<std::size_t>(length));
  Reader r(whole);
  c.expect(r.length() == length && r.ok(), "length header as read");
}

void crypto_basics(Case& c) {
  Case ref(c.json().at("ref_hash").as_object());
  ref.expect_same(ref_hash(ref.text("label"), ref.bytes("value")).view(), ref.bytes("out"),
                  "RefHash");
  c.absorb(ref);
  Case expand(c.json().at("expand_with_label").as_object());
  expand.expect_same(expand_with_label(expand.bytes("secret"), expand.text("label"),
                                       expand.bytes("context"), expand.number("length"))
                         .view(),
                     expand.bytes("out"), "ExpandWithLabel");
  c.absorb(expand);
  Case derive(c.json().at("derive_secret").as_object());
  derive.expect_same(derive_secret(derive.bytes("secret"), derive.text("label")).view(),
                     derive.bytes("out"), "DeriveSecret");
  c.absorb(derive);
  Case tree(c.json().at("derive_tree_secret").as_object());
  tree.expect_same(derive_tree_secret(tree.bytes("secret"), tree.text("label"),
                                      static_cast<std::uint32_t>(tree.number("generation")),
                                      tree.number("length"))
                       .view(),
                   tree.bytes("out"), "DeriveTreeSecret");
  c.absorb(tree);
  Case sign(c.json().at("sign_with_label").as_object());
  sign_with_label_case(sign);
  c.absorb(sign);
  Case encrypt(c.json().at("encrypt_with_label").as_object());
  encrypt_with_label_case(encrypt, c.suite());
  c.absorb(encrypt);
}

void key_schedule(Case& c) {
  KdfSecret init = secret_of(c.bytes("initial_init_secret"));
  std::uint64_t number = 0;
  for (const auto& item : c.array("epochs")) {
    Case e(item.as_object());
    GroupContext context;
    context.cipher_suite = static_cast<std::uint16_t>(c.number("cipher_suite"));
    context.group_id = c.bytes("group_id");
    context.epoch = Epoch(number++);
    context.tree_hash = e.bytes("tree_hash");
    context.confirmed_transcript_hash = e.bytes("confirmed_transcript_hash");
    const Bytes encoded = encode(context);
    e.expect_same(encoded, e.bytes("group_context"), "group_context");
    const KdfSecret joiner = joiner_secret(init, secret_of(e.bytes("commit_secret")), encoded);
    const KdfSecret psk = secret_of(e.bytes("psk_secret"));
    e.expect_same(joiner.view(), e.bytes("joiner_secret"), "joiner_secret");
    e.expect_same(welcome_secret(joiner, psk).view(), e.bytes("welcome_secret"), "welcome_secret");
    EpochKeys keys = epoch_keys(epoch_secret(joiner, psk, encoded));
    const EpochSecrets& s = keys.secrets;
    e.expect_same(keys.encryption_secret.view(), e.bytes("encryption_secret"), "encryption");
    e.expect_same(s.sender_data_secret.view(), e.bytes("sender_data_secret"), "sender_data");
    e.expect_same(s.exporter_secret.view(), e.bytes("exporter_secret"), "exporter");
    e.expect_same(s.external_secret.view(), e.bytes("external_secret"), "external");
    e.expect_same(s.confirmation_key.view(), e.bytes("confirmation_key"), "confirmation_key");
    e.expect_same(s.membership_key.view(), e.bytes("membership_key"), "membership_key");
    e.expect_same(s.resumption_psk.view(), e.bytes("resumption_psk"), "resumption_psk");
    e.expect_same(s.epoch_authenticator.view(), e.bytes("epoch_authenticator"), "authenticator");
    e.expect_same(s.init_secret.view(), e.bytes("init_secret"), "init_secret");
    e.expect_same(crypto::SealingKey::derive(s.external_secret.view()).public_key().view(),
                  e.bytes("external_pub"), "external_pub");
    Case x(e.json().at("exporter").as_object());
    // The label is a string as it stands, although it looks like hex.
    x.expect_same(
        export_from(s.exporter_secret, x.text("label"), x.bytes("context"), x.number("length"))
            .view(),
        x.bytes("secret"), "MLS-Exporter");
    e.absorb(x);
    c.absorb(e);
    init = s.init_secret.clone();
  }
}

void psk_secrets(Case& c) {
  std::vector<PreSharedKeyId> ids;
  std::vector<SecretBytes> values;
  for (const auto& item : c.array("psks")) {
    const Case psk(item.as_object());
    PreSharedKeyId id;
    id.psk_id = psk.bytes("psk_id");
    id.nonce = psk.bytes("psk_nonce");
    ids.push_back(std::move(id));
    values.push_back(SecretBytes::copy_of(psk.bytes("psk")));
  }
  c.expect_same(psk_secret(ids, values).view(), c.bytes("psk_secret"), "psk_secret");
}

void transcript_hashes(Case& c) {
  const auto content = decode<AuthenticatedContent>(c.bytes("authenticated_content"));
  if (!c.expect_ok(content, "authenticated_content")) return;
  const AuthenticatedContent& commit = content.value();
  c.expect(commit.content.content_type == ContentType::commit, "content is a commit");
  const Digest confirmed = confirmed_transcript_hash(c.bytes("interim_transcript_hash_before"),
                                                     commit.confirmed_transcript_input().view());
  c.expect_same(confirmed.view(), c.bytes("confirmed_transcript_hash_after"), "confirmed");
  c.expect(mac_matches(mac(c.bytes("confirmation_key"), confirmed.view()).view(),
                       commit.confirmation_tag),
           "confirmation_tag");
  c.expect_same(interim_transcript_hash(confirmed.view(), commit.confirmation_tag).view(),
                c.bytes("interim_transcript_hash_after"), "interim");
}

}  // namespace candour::mls::vectors
