// Goal: key packages, Welcomes and ratchet trees that break one rule of RFC 9420 (sections 7, 10
// and 12.4.3) are refused by that rule's name. Method: good ones, changed in one thing and signed
// anew.
#include "mls/tree_validation.h"
#include "mls/welcome.h"
#include "tests/mls/insider.h"

namespace candour::mls::test {
namespace {

// A point of order four.
constexpr std::string_view kOrderFourPoint(
    "\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
    "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
    32);

class MlsKeyPackageRules : public testing::Test {
 protected:
  MlsKeyPackageRules() : w(80) {
    w.add_peer().new_package(w.random);
    package = unwrap_key_package(w.peer(0).package->key_package).value();
  }
  Result<VerifiedKeyPackage> inspect(bool sign_leaf = true, bool sign = true, TimeMs now = kNow) {
    if (sign_leaf) package.leaf_node.sign(w.peer(0).key, {}, LeafIndex());
    if (sign) {
      package.signature = sign_with_label(w.peer(0).key, "KeyPackageTBS", package.to_be_signed());
    }
    return verify_key_package(wrap_message(WireFormat::key_package, encode(package)), now);
  }
  World w;
  KeyPackage package;
};

TEST_F(MlsKeyPackageRules, GoodOneTellsWhoItIs) {
  const auto info = verify_key_package(w.peer(0).package->key_package, kNow);
  ASSERT_VALUE(info);
  EXPECT_TRUE(same(info.value().identity(), as_bytes("person 0")));
  EXPECT_EQ(info.value().signature_key(), w.peer(0).key.public_key());
  EXPECT_EQ(info.value().reference(), w.peer(0).package->reference);
  EXPECT_EQ(info.value().lifetime(), kLifetime);
  EXPECT_VALUE(inspect());
}

TEST_F(MlsKeyPackageRules, EachRule) {
  const KeyPackage good = package;
  const auto with = [&](const std::function<void(KeyPackage&)>& change, Rule rule) {
    package = good;
    change(package);
    EXPECT_BROKEN(inspect(), rule);
  };
  with([](KeyPackage& p) { p.version = 2; }, Rule::version_unknown);
  with([](KeyPackage& p) { p.cipher_suite = 1; }, Rule::suite_unsupported);
  with([](KeyPackage& p) { p.init_key.pop_back(); }, Rule::public_key_invalid);
  for (const Bytes& low : {Bytes(32, 0), to_bytes(kOrderFourPoint)}) {
    with([&](KeyPackage& p) { p.init_key = low; }, Rule::public_key_low_order);
    with([&](KeyPackage& p) { p.leaf_node.encryption_key = low; }, Rule::public_key_low_order);
  }
  with([](KeyPackage& p) { p.leaf_node.source = LeafNodeSource::update; }, Rule::leaf_source);
  with([](KeyPackage& p) { p.init_key = to_bytes(p.leaf_node.encryption_key); },
       Rule::key_package_keys_equal);
  with([](KeyPackage& p) { p.extensions = {{0xff00, {}}}; }, Rule::leaf_extension_unlisted);
  with([](KeyPackage& p) { p.extensions = {{1, {}}, {1, {}}}; }, Rule::extension_repeated);
  with(
      [](KeyPackage& p) {
        change_capabilities(p.leaf_node, [](Capabilities& c) { c.versions = {2}; });
      },
      Rule::leaf_version);
  with(
      [](KeyPackage& p) {
        change_capabilities(p.leaf_node, [](Capabilities& c) { c.cipher_suites = {1}; });
      },
      Rule::leaf_suite);
  with(
      [](KeyPackage& p) {
        change_capabilities(p.leaf_node, [](Capabilities& c) { c.credentials = {2}; });
      },
      Rule::leaf_credential_unlisted);
  with(
      [](KeyPackage& p) {
        change_capabilities(p.leaf_node, [](Capabilities& c) { c.extensions = {3}; });
      },
      Rule::leaf_default_listed);
  with(
      [](KeyPackage& p) {
        change_capabilities(p.leaf_node, [](Capabilities& c) { c.proposals = {1}; });
      },
      Rule::leaf_default_listed);
  with([](KeyPackage& p) { p.leaf_node.not_after_s = ~0ull; }, Rule::lifetime_too_long);
  with([](KeyPackage& p) { p.leaf_node.not_after_s = p.leaf_node.not_before_s; },
       Rule::lifetime_empty);
  // Values nobody knows are ignored in capabilities (section 7.2).
  package = good;
  change_capabilities(package.leaf_node, [](Capabilities& c) {
    c.credentials.push_back(0x5a5a);
    c.extensions.push_back(0x5a5a);
  });
  EXPECT_VALUE(inspect());
}

TEST_F(MlsKeyPackageRules, SignaturesAndTime) {
  package.leaf_node.signature[0] ^= 1;
  EXPECT_BROKEN(inspect(false), Rule::leaf_signature);
  EXPECT_BROKEN(inspect(true, false), Rule::key_package_signature);
  EXPECT_VALUE(inspect());
  EXPECT_BROKEN(inspect(true, true, TimeMs(kLifetime.not_before.value - 600'000)),
                Rule::lifetime_not_now);
  EXPECT_BROKEN(inspect(true, true, TimeMs(kLifetime.not_after.value + 600'000)),
                Rule::lifetime_not_now);
  // A clock that is a little off is forgiven.
  EXPECT_VALUE(inspect(true, true, TimeMs(kLifetime.not_after.value + 60'000)));
  const Lifetime endless{kNow, TimeMs(kNow.value + kLeafLifetimeMaxMs + 1000)};
  EXPECT_BROKEN(make_key_package(w.peer(0).key, as_bytes("x"), endless, w.random),
                Rule::lifetime_too_long);
}

class MlsJoinRules : public testing::Test {
 protected:
  MlsJoinRules() : w(81) {
    w.form(6);
    w.commit(w.peer(2), {}, {LeafIndex(4)});
    joiner().new_package(w.random);
    CommitRequest request;
    request.adds = {joiner().verified()};
    welcome_bytes = w.peer(0).group->commit(request, kNow, w.random).value().welcome;
    welcome = decode<Welcome>(unwrap_message(welcome_bytes).value().body).value();
    const auto keys = KeyPackagePrivate::restore(joiner().package->private_part.view());
    secrets = open_group_secrets(kSuite3, welcome, joiner().package->reference.view(),
                                 keys.value().init_key)
                  .value();
    welcome_key = welcome_secret(
        KdfSecret::copy_of(secrets.joiner_secret.view().first<kHashSize>()), KdfSecret());
    info = open_group_info(kSuite3, welcome_key, welcome.encrypted_group_info).value();
    tree = RatchetTree::decode(info.extensions[0].data).value();
  }
  Peer& joiner() { return w.peer(4); }
  void set_tree(const RatchetTree& t) {
    info.extensions[0].data = t.encode();
    info.group_context.tree_hash = to_bytes(t.root_hash().view());
  }
  Bytes sealed(bool sign = true, std::size_t signer = 0) {
    if (sign) {
      info.signature = sign_with_label(w.peer(signer).key, "GroupInfoTBS", info.to_be_signed());
    }
    welcome.encrypted_group_info = seal_group_info(kSuite3, welcome_key, info);
    const auto package = unwrap_key_package(joiner().package->key_package).value();
    welcome.secrets[0].encrypted_group_secrets =
        encrypt_with_label(kSuite3, package.init_key, "Welcome", welcome.encrypted_group_info,
                           secrets.encoded().view(), w.random)
            .value();
    return wrap_message(WireFormat::welcome, encode(welcome));
  }
  void refused(Rule rule, bool sign = true, std::size_t signer = 0) {
    EXPECT_BROKEN(joiner().join(sealed(sign, signer)), rule);
  }

  World w;
  Bytes welcome_bytes;
  Welcome welcome;
  GroupSecrets secrets;
  KdfSecret welcome_key;
  GroupInfo info;
  RatchetTree tree;
};

TEST_F(MlsJoinRules, TheResealedWelcomeIsGood) { EXPECT_VALUE(joiner().join(sealed())); }

TEST_F(MlsJoinRules, GroupInfoSignature) {
  info.signature[0] ^= 1;
  refused(Rule::group_info_signature, false);
}
TEST_F(MlsJoinRules, GroupInfoSigner) {
  info.signer = LeafIndex(77);
  refused(Rule::group_info_signer);
}
TEST_F(MlsJoinRules, GroupInfoSuite) {
  info.group_context.cipher_suite = 1;
  refused(Rule::group_context_mismatch);
}
TEST_F(MlsJoinRules, GroupInfoExtensionTwice) {
  info.extensions.push_back(info.extensions[0]);
  refused(Rule::extension_repeated);
}
TEST_F(MlsJoinRules, GroupExtensionUnsupported) {
  info.group_context.extensions = {{0xff00, {}}};
  refused(Rule::group_extension_unsupported);
}
TEST_F(MlsJoinRules, ConfirmationTag) {
  info.confirmation_tag[0] ^= 1;
  refused(Rule::confirmation_tag);
}
TEST_F(MlsJoinRules, EmptyConfirmationTag) {
  info.confirmation_tag.clear();
  refused(Rule::confirmation_tag);
}
TEST_F(MlsJoinRules, TreeMissing) {
  info.extensions.clear();
  refused(Rule::tree_missing);
}
TEST_F(MlsJoinRules, TreeHash) {
  info.group_context.tree_hash[0] ^= 1;
  refused(Rule::tree_hash_mismatch);
}
TEST_F(MlsJoinRules, TrailingBlank) {
  Reader r(info.extensions[0].data);
  Bytes nodes = to_bytes(r.vec());
  nodes.push_back(0);
  Writer longer;
  longer.vec(nodes);
  info.extensions[0].data = longer.take();
  refused(Rule::tree_trailing_blank);
}
TEST_F(MlsJoinRules, OwnLeafMissing) {
  // The epoch before the joiner was added, whole and signed.
  Insider before(w.peer(0), w.random);
  info.group_context = before.now().context;
  info.extensions[0].data = before.now().tree.encode();
  refused(Rule::own_leaf_missing);
}
TEST_F(MlsJoinRules, PathSecretOfOwnSigner) {
  info.signer = LeafIndex(4);
  refused(Rule::path_secret_placement, true, 4);
}
TEST_F(MlsJoinRules, PathSecretThatFitsNoKey) {
  secrets.path_secret->mutable_view()[0] ^= 1;
  refused(Rule::path_key_mismatch);
}
TEST_F(MlsJoinRules, PathSecretLength) {
  secrets.path_secret->resize(16);
  refused(Rule::path_secret_length);
}
TEST_F(MlsJoinRules, PskUnknown) {
  PreSharedKeyId id;
  id.nonce = Bytes(kHashSize);
  secrets.psks = {id};
  refused(Rule::psk_unknown);
}
TEST_F(MlsJoinRules, NotForThisDevice) {
  w.peer(5).new_package(w.random);
  Peer& other = w.peer(5);
  EXPECT_BROKEN(Group::join(welcome_bytes, other.package->key_package,
                            other.package->private_part.view(), other.key, kNow),
                Rule::welcome_not_for_us);
  EXPECT_BROKEN(Group::join(welcome_bytes, joiner().package->key_package,
                            other.package->private_part.view(), joiner().key, kNow),
                Rule::key_package_private);
  EXPECT_BROKEN(Group::join(welcome_bytes, joiner().package->key_package,
                            joiner().package->private_part.view(), other.key, kNow),
                Rule::key_package_signer);
}
TEST_F(MlsJoinRules, SignerOtherThanTheOneAsked) {
  JoinOptions options;
  options.signer = LeafIndex(4711);
  EXPECT_BROKEN(Group::join(welcome_bytes, joiner().package->key_package,
                            joiner().package->private_part.view(), joiner().key, kNow, options),
                Rule::group_info_signer);
}
TEST_F(MlsJoinRules, WelcomeSuite) {
  welcome.cipher_suite = 1;
  refused(Rule::welcome_suite);
}
TEST_F(MlsJoinRules, ContextOfSecretsIsBound) {
  Bytes changed = sealed();
  changed.back() ^= 1;  // the end of encrypted_group_info
  EXPECT_BROKEN(joiner().join(changed), Rule::welcome_decryption);
}

class MlsTreeRules : public MlsJoinRules {
 protected:
  Status check(const TreeParts& parts) {
    return check_tree_on_join(parts.build(), kSuite3, info.group_context.group_id, {},
                              Checks{kNow});
  }
};

TEST_F(MlsTreeRules, EachRule) {
  TreeParts good(tree);
  EXPECT_VALUE(check(good));
  const auto with = [&](const std::function<void(TreeParts&)>& change, Rule rule) {
    TreeParts parts = good;
    change(parts);
    EXPECT_BROKEN(check(parts), rule);
  };
  ASSERT_TRUE(good.parents.contains(7));
  with([](TreeParts& t) { t.parents.at(7).encryption_key[0] ^= 1; }, Rule::parent_hash_chain);
  with([](TreeParts& t) { t.parents.at(3).parent_hash[0] ^= 1; }, Rule::parent_hash_chain);
  with(
      [](TreeParts& t) {
        t.parents.at(7).unmerged_leaves = {LeafIndex(5), LeafIndex(4)};
      },
      Rule::unmerged_unsorted);
  with(
      [](TreeParts& t) {
        t.parents.at(7).unmerged_leaves = {LeafIndex(5), LeafIndex(5)};
      },
      Rule::unmerged_unsorted);
  with([](TreeParts& t) { t.parents.at(7).unmerged_leaves = {LeafIndex(7)}; },
       Rule::unmerged_not_below);
  with([](TreeParts& t) { t.parents.at(3).unmerged_leaves = {LeafIndex(5)}; },
       Rule::unmerged_not_below);
  with([](TreeParts& t) { t.parents.at(7).unmerged_leaves = {LeafIndex(1)}; },
       Rule::unmerged_missing_between);
  with([](TreeParts& t) { t.leaves.at(6).signature[0] ^= 1; }, Rule::leaf_signature);
  with([](TreeParts& t) { t.leaves.at(6).credential.identity = {1}; }, Rule::leaf_signature);
  // A leaf signed for one place is no good in another.
  with([](TreeParts& t) { std::swap(t.leaves.at(0), t.leaves.at(10)); }, Rule::leaf_signature);
}

TEST_F(MlsTreeRules, KeysAreUnique) {
  TreeParts parts(tree);
  parts.parents.at(7).encryption_key = parts.leaves.at(6).encryption_key;
  EXPECT_BROKEN(check_unique_keys(parts.build()), Rule::encryption_key_repeated);
  parts = TreeParts(tree);
  parts.leaves.at(6).signature_key = parts.leaves.at(2).signature_key;
  EXPECT_BROKEN(check_unique_keys(parts.build()), Rule::signature_key_repeated);
}

TEST_F(MlsTreeRules, WrongShape) {
  const auto decode_nodes = [](std::initializer_list<std::uint8_t> nodes) {
    Writer out;
    out.vec(Bytes(nodes));
    return RatchetTree::decode(out.view());
  };
  EXPECT_BROKEN(decode_nodes({1, 2, 0, 0, 0}), Rule::tree_node_type);
  EXPECT_BROKEN(decode_nodes({}), Rule::tree_trailing_blank);
  EXPECT_BROKEN(decode_nodes({0, 0, 0}), Rule::tree_trailing_blank);
  EXPECT_BROKEN(decode_nodes({2}), Rule::malformed);
  EXPECT_BROKEN(decode_nodes({1, 1, 0}), Rule::malformed);
}

TEST(MlsTreeUpdates, LowOrderKeysAreNotEncryptedTo) {
  SeededRandom random(1);
  EXPECT_FALSE(encrypt_with_label(kSuite3, Bytes(32), "l", {}, as_bytes("x"), random));
  const auto key = crypto::SealingKey::generate(random);
  EXPECT_FALSE(decrypt_with_label(kSuite3, key, "l", {}, {Bytes(32), Bytes(48)}));
  EXPECT_FALSE(decrypt_with_label(kSuite3, key, "l", {}, {Bytes(31), Bytes(48)}));
}

}  // namespace
}  // namespace candour::mls::test
