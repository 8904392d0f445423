// Vectors of RFC 9420 sections 6, 9 and 12.4.3: framing, secret tree, message structures, Welcome
// and whole passive clients.
#include "base/random.h"
#include "mls/group_state.h"
#include "mls/welcome.h"
#include "tests/mls/vectors.h"

namespace candour::mls::vectors {
namespace {

KdfSecret secret_of(const Bytes& bytes) {
  KdfSecret out;
  if (bytes.size() == kHashSize) std::copy(bytes.begin(), bytes.end(), out.mutable_view().begin());
  return out;
}

/// What the message-protection cases are given: two members, the second one sends.
struct Fixture {
  const Suite& suite;
  Bytes context;
  KdfSecret membership_key;
  KdfSecret sender_data_secret;
  Bytes encryption_secret;
  Bytes signature_pub;
  crypto::SigningKey key;
  Bytes group_id;
  Epoch epoch;
  LeafIndex sender = LeafIndex(1);

  SecretTree secret_tree() const { return SecretTree(secret_of(encryption_secret), 2); }
};

Fixture fixture(const Case& c) {
  GroupContext context;
  context.cipher_suite = c.suite().id;
  context.group_id = c.bytes("group_id");
  context.epoch = Epoch(c.number("epoch"));
  context.tree_hash = c.bytes("tree_hash");
  context.confirmed_transcript_hash = c.bytes("confirmed_transcript_hash");
  return {c.suite(),
          encode(context),
          secret_of(c.bytes("membership_key")),
          secret_of(c.bytes("sender_data_secret")),
          c.bytes("encryption_secret"),
          c.bytes("signature_pub"),
          crypto::SigningKey::from_seed(secret_of(c.bytes("signature_priv"))),
          context.group_id,
          context.epoch};
}

void open_public(Case& c, const Fixture& f, ByteView message, ByteView raw) {
  const auto unwrapped = unwrap_message(message);
  if (!c.expect_ok(unwrapped, "public message")) return;
  const auto decoded = decode<PublicMessage>(unwrapped.value().body);
  if (!c.expect_ok(decoded, "PublicMessage")) return;
  const PublicMessage& m = decoded.value();
  c.expect(membership_tag_fits(m, f.membership_key, f.context), "membership_tag");
  c.expect(m.content.signature_fits(f.signature_pub, f.context), "public signature");
  c.expect_same(m.content.content.body.view(), raw, "public content");
}

void open_private_message(Case& c, const Fixture& f, ByteView message, ByteView raw) {
  const auto unwrapped = unwrap_message(message);
  if (!c.expect_ok(unwrapped, "private message")) return;
  const auto decoded = decode<PrivateMessage>(unwrapped.value().body);
  if (!c.expect_ok(decoded, "PrivateMessage")) return;
  const PrivateMessage& m = decoded.value();
  const auto sender = open_sender_data(f.suite, m, f.sender_data_secret);
  if (!c.expect_ok(sender, "sender data")) return;
  const SenderData& data = sender.value();
  const auto key =
      f.secret_tree().find(f.suite, data.leaf, ratchet_kind(m.content_type), data.generation);
  if (!c.expect_ok(key, "message key")) return;
  const auto content = open_content(f.suite, m, data, key.value());
  if (!c.expect_ok(content, "content")) return;
  c.expect(content.value().signature_fits(f.signature_pub, f.context), "private signature");
  c.expect_same(content.value().content.body.view(), raw, "private content");
}

AuthenticatedContent content_of(const Fixture& f, WireFormat wire_format, ContentType type,
                                ByteView raw) {
  AuthenticatedContent out;
  out.wire_format = wire_format;
  out.content.group_id = f.group_id;
  out.content.epoch = f.epoch;
  out.content.sender = Sender::member(f.sender);
  out.content.content_type = type;
  out.content.body = SecretBytes::copy_of(raw);
  if (type == ContentType::commit) out.confirmation_tag = Bytes(kHashSize);
  out.sign(f.key, f.context);
  return out;
}

void protect_and_open(Case& c, const Fixture& f, ContentType type, ByteView raw) {
  const SecretTree tree = f.secret_tree();
  const auto key = tree.find(f.suite, f.sender, ratchet_kind(type), 0);
  if (!c.expect_ok(key, "own key")) return;
  const PrivateMessage sealed =
      protect_private(f.suite, content_of(f, WireFormat::private_message, type, raw), key.value(),
                      0, f.sender_data_secret, 64, system_random());
  open_private_message(c, f, wrap_message(WireFormat::private_message, encode(sealed)), raw);
  if (type == ContentType::application) return;
  const PublicMessage open = protect_public(content_of(f, WireFormat::public_message, type, raw),
                                            f.membership_key, f.context);
  open_public(c, f, wrap_message(WireFormat::public_message, open.encoded().view()), raw);
}

template <class T>
void round_trip(Case& c, std::string_view key) {
  const Bytes bytes = c.bytes(key);
  const auto decoded = decode<T>(bytes);
  if (c.expect_ok(decoded, key)) c.expect_same(encode(decoded.value()), bytes, key);
}

template <class T>
void round_trip_message(Case& c, std::string_view key, WireFormat wire_format) {
  const Bytes bytes = c.bytes(key);
  const auto raw = unwrap_message(bytes);
  if (!c.expect_ok(raw, key)) return;
  c.expect(raw.value().wire_format == wire_format, "wire format");
  const auto decoded = decode<T>(raw.value().body);
  if (c.expect_ok(decoded, key)) {
    c.expect_same(wrap_message(wire_format, encode(decoded.value())), bytes, key);
  }
}

void round_trip_public(Case& c, std::string_view key, ContentType type) {
  const Bytes bytes = c.bytes(key);
  const auto raw = unwrap_message(bytes);
  if (!c.expect_ok(raw, key)) return;
  const auto decoded = decode<PublicMessage>(raw.value().body);
  if (!c.expect_ok(decoded, key)) return;
  c.expect(decoded.value().content.content.content_type == type, "content type");
  c.expect_same(wrap_message(WireFormat::public_message, decoded.value().encoded().view()), bytes,
                key);
}

}  // namespace

void secret_tree(Case& c) {
  Case data(c.json().at("sender_data").as_object());
  const SenderDataKeys keys = sender_data_keys(
      c.suite(), secret_of(data.bytes("sender_data_secret")), data.bytes("ciphertext"));
  data.expect_same(keys.key.view(), data.bytes("key"), "sender_data_key");
  data.expect_same(keys.nonce.view(), data.bytes("nonce"), "sender_data_nonce");
  c.absorb(data);
  const auto& leaves = c.array("leaves");
  SecretTree tree(secret_of(c.bytes("encryption_secret")),
                  static_cast<std::uint32_t>(leaves.size()));
  for (std::uint32_t i = 0; i < leaves.size(); ++i) {
    for (const auto& item : leaves[i].as_array()) {
      Case g(item.as_object());
      const auto generation = static_cast<std::uint32_t>(g.number("generation"));
      for (const auto& [kind, name] : {std::pair{RatchetKind::handshake, "handshake"},
                                       std::pair{RatchetKind::application, "application"}}) {
        const auto key = tree.find(c.suite(), LeafIndex(i), kind, generation);
        if (!g.expect_ok(key, name)) continue;
        g.expect_same(key.value().key.view(), g.bytes(std::string(name) + "_key"), name);
        g.expect_same(key.value().nonce.view(), g.bytes(std::string(name) + "_nonce"), name);
        tree.use(c.suite(), LeafIndex(i), kind, generation);
        g.expect(!tree.find(c.suite(), LeafIndex(i), kind, generation), "key used twice");
      }
      c.absorb(g);
    }
  }
}

void message_protection(Case& c) {
  const Fixture f = fixture(c);
  c.expect_same(f.key.public_key().view(), f.signature_pub, "signature key");
  open_public(c, f, c.bytes("proposal_pub"), c.bytes("proposal"));
  open_public(c, f, c.bytes("commit_pub"), c.bytes("commit"));
  open_private_message(c, f, c.bytes("proposal_priv"), c.bytes("proposal"));
  open_private_message(c, f, c.bytes("commit_priv"), c.bytes("commit"));
  open_private_message(c, f, c.bytes("application_priv"), c.bytes("application"));
  protect_and_open(c, f, ContentType::proposal, c.bytes("proposal"));
  protect_and_open(c, f, ContentType::commit, c.bytes("commit"));
  protect_and_open(c, f, ContentType::application, c.bytes("application"));
}

void messages(Case& c) {
  round_trip_message<Welcome>(c, "mls_welcome", WireFormat::welcome);
  round_trip_message<GroupInfo>(c, "mls_group_info", WireFormat::group_info);
  round_trip_message<KeyPackage>(c, "mls_key_package", WireFormat::key_package);
  round_trip_message<PrivateMessage>(c, "private_message", WireFormat::private_message);
  const Bytes tree_bytes = c.bytes("ratchet_tree");
  const auto tree = RatchetTree::decode(tree_bytes);
  if (c.expect_ok(tree, "ratchet_tree")) {
    c.expect_same(tree.value().encode(), tree_bytes, "ratchet_tree");
  }
  const Bytes secrets_bytes = c.bytes("group_secrets");
  const auto secrets = decode<GroupSecrets>(secrets_bytes);
  if (c.expect_ok(secrets, "group_secrets")) {
    c.expect_same(secrets.value().encoded().view(), secrets_bytes, "group_secrets");
  }
  round_trip<Add>(c, "add_proposal");
  round_trip<Update>(c, "update_proposal");
  round_trip<Remove>(c, "remove_proposal");
  round_trip<PreSharedKey>(c, "pre_shared_key_proposal");
  round_trip<ReInit>(c, "re_init_proposal");
  round_trip<ExternalInit>(c, "external_init_proposal");
  round_trip<GroupContextExtensions>(c, "group_context_extensions_proposal");
  round_trip<Commit>(c, "commit");
  round_trip_public(c, "public_message_application", ContentType::application);
  round_trip_public(c, "public_message_proposal", ContentType::proposal);
  round_trip_public(c, "public_message_commit", ContentType::commit);
}

void welcome(Case& c) {
  const auto package = unwrap_key_package(c.bytes("key_package"));
  const Bytes bytes = c.bytes("welcome");
  const auto raw = unwrap_message(bytes);
  if (!c.expect_ok(package, "key_package") || !c.expect_ok(raw, "welcome")) return;
  const auto message = decode<Welcome>(raw.value().body);
  if (!c.expect_ok(message, "Welcome")) return;
  const auto init = crypto::SealingKey::from_private(secret_of(c.bytes("init_priv")));
  const auto secrets =
      open_group_secrets(c.suite(), message.value(), package.value().reference().view(), init);
  if (!c.expect_ok(secrets, "group secrets")) return;
  const KdfSecret joiner =
      KdfSecret::copy_of(secrets.value().joiner_secret.view().first<kHashSize>());
  const auto info = open_group_info(c.suite(), welcome_secret(joiner, KdfSecret()),
                                    message.value().encrypted_group_info);
  if (!c.expect_ok(info, "GroupInfo")) return;
  const GroupInfo& i = info.value();
  c.expect(verify_with_label(c.bytes("signer_pub"), "GroupInfoTBS", i.to_be_signed(), i.signature),
           "GroupInfo signature");
  const EpochKeys keys = epoch_keys(epoch_secret(joiner, KdfSecret(), encode(i.group_context)));
  c.expect(mac_matches(internal::confirmation_tag(keys.secrets, i.group_context).view(),
                       i.confirmation_tag),
           "confirmation_tag");
}

void passive_client(Case& c) {
  Checks checks{TimeMs(0)};
  checks.lifetimes = false;  // the vectors' lifetimes have no bound
  JoinOptions options;
  std::vector<ExternalPsk> psks;
  for (const auto& item : c.array("external_psks")) {
    const Case psk(item.as_object());
    psks.push_back({psk.bytes("psk_id"), SecretBytes::copy_of(psk.bytes("psk"))});
    options.psks.push_back({psk.bytes("psk_id"), SecretBytes::copy_of(psk.bytes("psk"))});
  }
  const Bytes tree = c.is_null("ratchet_tree") ? Bytes() : c.bytes("ratchet_tree");
  options.ratchet_tree = tree;
  const KeyPackagePrivate keys{
      crypto::SealingKey::from_private(secret_of(c.bytes("init_priv"))),
      crypto::SealingKey::from_private(secret_of(c.bytes("encryption_priv")))};
  auto joined =
      internal::join_group(c.bytes("welcome"), c.bytes("key_package"), keys.save().view(),
                           crypto::SigningKey::from_seed(secret_of(c.bytes("signature_priv"))),
                           checks, options, nullptr);
  if (!c.expect_ok(joined, "join")) return;
  internal::GroupState& state = *joined.value();
  c.expect_same(state.now.secrets.epoch_authenticator.view(),
                c.bytes("initial_epoch_authenticator"), "initial_epoch_authenticator");
  for (const auto& item : c.array("epochs")) {
    const Case epoch(item.as_object());
    for (const auto& proposal : epoch.array("proposals")) {
      if (!c.expect_ok(internal::keep_proposal(state, hex_value(proposal), checks), "proposal")) {
        return;
      }
    }
    auto staged = internal::stage_commit(state, epoch.bytes("commit"), checks, psks);
    if (!c.expect_ok(staged, "commit")) return;
    if (!c.expect_ok(internal::merge_commit(state, std::move(staged).value()), "merge")) return;
    c.expect_same(state.now.secrets.epoch_authenticator.view(), epoch.bytes("epoch_authenticator"),
                  "epoch_authenticator");
  }
}

}  // namespace candour::mls::vectors
