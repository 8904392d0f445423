// Goal: a commit that breaks one rule of RFC 9420 is refused by that rule's name and changes
// nothing. Method: a member that makes commits wrong in one thing, and another that receives them.
#include "tests/mls/insider.h"

namespace candour::mls::test {
namespace {

class MlsCommitRules : public testing::Test {
 protected:
  MlsCommitRules() : w(60) {
    w.form(6);
    w.commit(w.peer(3), {}, {});
    w.commit(w.peer(1), {}, {});
    insider.emplace(w.peer(1), w.random);
  }

  void refused(const Commit& commit, Rule rule) {
    refused_bytes(insider->send_commit(commit), rule);
  }
  void refused_bytes(ByteView message, Rule rule, const std::vector<ExternalPsk>& psks = {}) {
    Group& g = *w.peer(2).group;
    const SecretBytes before = g.save();
    EXPECT_BROKEN(g.process_commit(message, kNow, psks), rule);
    EXPECT_TRUE(same_state(before, g.save()));
  }
  static Commit of(std::vector<AnyProposal> proposals) {
    return Insider::commit_of(std::move(proposals));
  }
  KeyPackage package_of(Peer& peer) {
    peer.new_package(w.random);
    return unwrap_key_package(peer.package->key_package).value();
  }
  /// Signs leaf and package anew after a change.
  static void sign(KeyPackage& p, const crypto::SigningKey& key) {
    p.leaf_node.sign(key, {}, LeafIndex());
    p.signature = sign_with_label(key, "KeyPackageTBS", p.to_be_signed());
  }
  PreSharedKeyId psk_id() {
    PreSharedKeyId id;
    id.psk_id = to_bytes(std::string_view("psk"));
    id.nonce = Bytes(kHashSize, 1);
    return id;
  }
  Commit with_path(Commit commit, const std::function<void(UpdatePath&)>& change) {
    commit.path = insider->path_for(commit);
    change(*commit.path);
    return commit;
  }

  World w;
  std::optional<Insider> insider;
};

TEST_F(MlsCommitRules, TheForgedCommitIsGoodButForItsTag) {
  refused(with_path({}, [](UpdatePath&) {}), Rule::confirmation_tag);
  refused(with_path(of({Remove{LeafIndex(4)}, Add{package_of(w.add_peer())}}), [](UpdatePath&) {}),
          Rule::confirmation_tag);
  refused(of({Add{package_of(w.add_peer())}}), Rule::confirmation_tag);
}

TEST_F(MlsCommitRules, EmptyTagsAreRefused) {
  Commit commit = with_path({}, [](UpdatePath&) {});
  auto content = insider->content(ContentType::commit, encode(commit), WireFormat::public_message);
  content.confirmation_tag.clear();
  refused_bytes(insider->send_public(std::move(content)), Rule::confirmation_tag);
  PublicMessage message;
  message.content =
      insider->content(ContentType::commit, encode(commit), WireFormat::public_message);
  refused_bytes(wrap_message(WireFormat::public_message, message.encoded().view()),
                Rule::membership_tag);
}

TEST_F(MlsCommitRules, ProposalLists) {
  refused(of({Remove{insider->leaf()}}), Rule::remove_self);
  refused(of({Remove{LeafIndex(7)}}), Rule::remove_blank);
  refused(of({Remove{LeafIndex(0xffffffff)}}), Rule::remove_blank);
  refused(of({Remove{LeafIndex(3)}, Remove{LeafIndex(3)}}), Rule::leaf_proposed_twice);
  const KeyPackage newcomer = package_of(w.add_peer());
  refused(of({Add{newcomer}, Add{newcomer}}), Rule::add_twice);
  refused(of({Add{package_of(w.peer(3))}}), Rule::add_present);
  refused(of({Update{*insider->now().tree.leaf(insider->leaf())}}), Rule::update_own);
  refused(of({ReInit{}}), Rule::reinit_version);
  refused(of({ExternalInit{}}), Rule::external_init);
  refused(of({GroupContextExtensions{}, GroupContextExtensions{}}), Rule::extensions_twice);
  refused(of({GroupContextExtensions{{{0xff00, {}}, {0xff00, {}}}}}), Rule::extension_repeated);
  Commit unknown;
  unknown.proposals.push_back({std::nullopt, Bytes(kHashSize, 7)});
  refused(unknown, Rule::proposal_unknown);
}

TEST_F(MlsCommitRules, PreSharedKeys) {
  refused(of({PreSharedKey{psk_id()}, PreSharedKey{psk_id()}}), Rule::psk_twice);
  refused(of({PreSharedKey{psk_id()}}), Rule::psk_unknown);
  PreSharedKeyId bad = psk_id();
  bad.nonce.pop_back();
  refused(of({PreSharedKey{bad}}), Rule::psk_nonce);
  bad = psk_id();
  bad.type = PskType::resumption;
  bad.usage = ResumptionUsage::branch;
  refused(of({PreSharedKey{bad}}), Rule::psk_usage);
  std::vector<ExternalPsk> known;
  known.push_back({to_bytes(std::string_view("psk")), SecretBytes(32)});
  refused_bytes(insider->send_commit(of({PreSharedKey{psk_id()}})), Rule::confirmation_tag, known);
}

TEST_F(MlsCommitRules, PathIsRequired) {
  refused({}, Rule::path_required);
  refused(of({Remove{LeafIndex(3)}}), Rule::path_required);
  refused(of({Add{package_of(w.add_peer())}, Remove{LeafIndex(3)}}), Rule::path_required);
  refused(of({GroupContextExtensions{}}), Rule::path_required);
}

TEST_F(MlsCommitRules, PathLeaf) {
  refused(with_path({}, [](UpdatePath& p) { p.leaf_node.signature[3] ^= 1; }),
          Rule::leaf_signature);
  refused(with_path({},
                    [&](UpdatePath& p) {
                      p.leaf_node.source = LeafNodeSource::update;
                      insider->sign_leaf(p.leaf_node);
                    }),
          Rule::leaf_source);
  refused(with_path({},
                    [&](UpdatePath& p) {
                      p.leaf_node.encryption_key =
                          insider->now().tree.leaf(insider->leaf())->encryption_key;
                      insider->sign_leaf(p.leaf_node);
                    }),
          Rule::leaf_key_unchanged);
  refused(with_path({},
                    [&](UpdatePath& p) {
                      p.leaf_node.parent_hash[31] ^= 1;
                      insider->sign_leaf(p.leaf_node);
                    }),
          Rule::parent_hash_leaf);
  refused(with_path({},
                    [&](UpdatePath& p) {
                      p.leaf_node.encryption_key.pop_back();
                      insider->sign_leaf(p.leaf_node);
                    }),
          Rule::public_key_invalid);
  refused(with_path({},
                    [&](UpdatePath& p) {
                      p.leaf_node.extensions.push_back({0xff00, {}});
                      insider->sign_leaf(p.leaf_node);
                    }),
          Rule::leaf_extension_unlisted);
  refused(with_path({},
                    [&](UpdatePath& p) {
                      change_capabilities(p.leaf_node,
                                          [](Capabilities& c) { c.cipher_suites = {1}; });
                      insider->sign_leaf(p.leaf_node);
                    }),
          Rule::leaf_suite);
}

TEST_F(MlsCommitRules, PathNodes) {
  refused(with_path({}, [](UpdatePath& p) { p.nodes.pop_back(); }), Rule::path_length);
  refused(with_path({}, [](UpdatePath& p) { p.nodes.push_back(p.nodes[0]); }), Rule::path_length);
  refused(with_path({}, [](UpdatePath& p) { p.nodes[1].encrypted_path_secret.pop_back(); }),
          Rule::path_ciphertext_count);
  refused(with_path({},
                    [](UpdatePath& p) {
                      auto& list = p.nodes[0].encrypted_path_secret;
                      list.push_back(list[0]);
                    }),
          Rule::path_ciphertext_count);
  refused(with_path({},
                    [&](UpdatePath& p) {
                      p.nodes[0].encryption_key =
                          to_bytes(insider->now().tree.leaf(LeafIndex(3))->encryption_key);
                    }),
          Rule::path_key_in_tree);
  refused(
      with_path({}, [](UpdatePath& p) { p.nodes[1].encryption_key = p.nodes[0].encryption_key; }),
      Rule::path_key_in_tree);
  refused(with_path({},
                    [](UpdatePath& p) {
                      for (auto& node : p.nodes) {
                        for (auto& sealed : node.encrypted_path_secret) sealed.ciphertext[0] ^= 1;
                      }
                    }),
          Rule::path_decryption);
}

// A path that is whole in public but whose secrets do not give the public keys, or are no secrets.
TEST_F(MlsCommitRules, PathSecrets) {
  const auto forged = [&](bool other_key, std::size_t secret_size) {
    Insider& i = *insider;
    RatchetTree tree = i.now().tree;
    TreePrivate own = i.now().own;
    const NewPath path = make_path(tree, own, i.now().context.group_id, i.key(), w.random);
    std::vector<Bytes> keys;
    for (const PathStep& step : path.steps)
      keys.push_back(to_bytes(*tree.encryption_key(step.node)));
    if (other_key) {
      keys.back() = to_bytes(crypto::SealingKey::generate(w.random).public_key().view());
    }
    LeafNode leaf = *tree.leaf(i.leaf());
    leaf.parent_hash = tree.set_path(i.leaf(), keys);
    i.sign_leaf(leaf);
    tree.set_leaf(i.leaf(), Verification::passed(LeafPtr(std::make_shared<const LeafNode>(leaf))));
    const Bytes context = i.provisional_context(tree, {});
    Commit commit;
    commit.path = UpdatePath{leaf, {}};
    for (std::size_t s = 0; s < path.steps.size(); ++s) {
      UpdatePathNode node{keys[s], {}};
      for (NodeIndex to : tree.resolution(path.steps[s].copath)) {
        node.encrypted_path_secret.push_back(
            encrypt_with_label(kSuite3, *tree.encryption_key(to), "UpdatePathNode", context,
                               path.path_secrets[s].view().first(secret_size), w.random)
                .value());
      }
      commit.path->nodes.push_back(std::move(node));
    }
    return commit;
  };
  refused(forged(false, 32), Rule::confirmation_tag);
  refused(forged(true, 32), Rule::path_key_mismatch);
  refused(forged(false, 31), Rule::path_secret_length);
}

TEST_F(MlsCommitRules, Adds) {
  Peer& stranger = w.add_peer();
  KeyPackage p = package_of(stranger);
  p.signature[0] ^= 1;
  refused(of({Add{p}}), Rule::key_package_signature);

  p = package_of(stranger);
  p.leaf_node.encryption_key = insider->now().tree.leaf(LeafIndex(3))->encryption_key;
  sign(p, stranger.key);
  refused(of({Add{p}}), Rule::encryption_key_repeated);

  p = package_of(stranger);
  p.leaf_node.credential.type = CredentialType::x509;
  p.leaf_node.credential.identity = {1, 0x30};
  change_capabilities(p.leaf_node, [](Capabilities& c) { c.credentials = {1, 2}; });
  sign(p, stranger.key);
  refused(of({Add{p}}), Rule::credential_unsupported_by_member);

  p = package_of(stranger);
  change_capabilities(p.leaf_node, [](Capabilities& c) { c.credentials = {2}; });
  p.leaf_node.credential.type = CredentialType::x509;
  p.leaf_node.credential.identity = {1, 0x30};
  sign(p, stranger.key);
  refused(of({Add{p}}), Rule::credential_unsupported_by_member);

  p = package_of(stranger);
  p.leaf_node.not_after_s = kNow.value / 1000 - 1800;
  sign(p, stranger.key);
  refused(of({Add{p}}), Rule::lifetime_not_now);
}

TEST_F(MlsCommitRules, GroupExtensions) {
  Writer required;
  write_u16_list(required, {0xff00});
  write_u16_list(required, {});
  write_u16_list(required, {});
  refused(
      with_path(
          of({GroupContextExtensions{{{extension_type::required_capabilities, required.take()}}}}),
          [](UpdatePath&) {}),
      Rule::required_capability_missing);
  refused(of({GroupContextExtensions{{{extension_type::required_capabilities, {1}}}}}),
          Rule::extension_malformed);
  refused(with_path(of({GroupContextExtensions{{{0xff00, {}}}}}), [](UpdatePath&) {}),
          Rule::group_extension_unsupported);
}

TEST_F(MlsCommitRules, OwnCommitIsNotProcessed) {
  auto prepared = w.peer(2).group->commit({}, kNow, w.random);
  ASSERT_VALUE(prepared);
  refused_bytes(prepared.value().commit, Rule::own_message);
}

TEST_F(MlsCommitRules, RequestsThatBreakRulesAreRefusedBeforeSending) {
  Group& g = *w.peer(2).group;
  const SecretBytes before = g.save();
  CommitRequest request;
  request.removes = {g.own_leaf()};
  EXPECT_BROKEN(g.commit(request, kNow, w.random), Rule::remove_self);
  request.removes = {LeafIndex(7)};
  EXPECT_BROKEN(g.commit(request, kNow, w.random), Rule::remove_blank);
  request.removes = {};
  w.peer(3).new_package(w.random);
  request.adds = {w.peer(3).verified()};
  EXPECT_BROKEN(g.commit(request, kNow, w.random), Rule::add_present);
  EXPECT_TRUE(same_state(before, g.save()));
}

// Section 12.4: whoever saw a proposal commits before it sends application data; a commit may refer
// to it, and it dies with the epoch.
TEST_F(MlsCommitRules, ProposalsByReference) {
  const Bytes remove = encode(Proposal{Remove{LeafIndex(4)}});
  auto content = insider->content(ContentType::proposal, remove, WireFormat::public_message);
  const Bytes reference = to_bytes(proposal_reference(content.encoded().view()).view());
  const Bytes message = insider->send_public(std::move(content));
  Group& g = *w.peer(2).group;
  ASSERT_VALUE(g.process_proposal(message, kNow));
  EXPECT_BROKEN(g.protect(as_bytes("x"), {}, w.random), Rule::proposals_pending);
  EXPECT_VALUE(Group::restore(g.save().view(), w.peer(2).key));

  Commit commit = of({Remove{LeafIndex(4)}});
  commit.path = insider->path_for(commit);
  commit.proposals[0] = {std::nullopt, reference};
  refused(commit, Rule::confirmation_tag);
  commit.proposals.push_back(commit.proposals[0]);
  refused(commit, Rule::leaf_proposed_twice);

  auto bad = insider->content(ContentType::proposal, encode(Proposal{Remove{LeafIndex(7)}}),
                              WireFormat::public_message);
  const SecretBytes before = g.save();
  EXPECT_BROKEN(g.process_proposal(insider->send_public(std::move(bad)), kNow), Rule::remove_blank);
  EXPECT_TRUE(same_state(before, g.save()));
  w.commit(w.peer(0), {}, {});
  EXPECT_VALUE(g.protect(as_bytes("x"), {}, w.random));
}

TEST_F(MlsCommitRules, KeptProposalsAreBounded) {
  Group& g = *w.peer(2).group;
  for (std::uint32_t i = 0; i < 256; ++i) {
    Proposal proposal{PreSharedKey{psk_id()}};
    std::get<PreSharedKey>(proposal.body).psk.nonce[0] = static_cast<std::uint8_t>(i);
    ASSERT_VALUE(g.process_proposal(
        insider->send_public(
            insider->content(ContentType::proposal, encode(proposal), WireFormat::public_message)),
        kNow));
  }
  const SecretBytes before = g.save();
  const Bytes one_more = encode(Proposal{Remove{LeafIndex(3)}});
  EXPECT_BROKEN(
      g.process_proposal(insider->send_public(insider->content(ContentType::proposal, one_more,
                                                               WireFormat::public_message)),
                         kNow),
      Rule::proposals_too_many);
  EXPECT_TRUE(same_state(before, g.save()));
}

TEST_F(MlsCommitRules, StagedCommitOfAnotherMemberIsNotMerged) {
  auto theirs = w.peer(3).group->commit({}, kNow, w.random);
  ASSERT_VALUE(theirs);
  Group& g = *w.peer(2).group;
  const SecretBytes before = g.save();
  EXPECT_EQ(g.merge(std::move(theirs.value().staged)).error().code, ErrorCode::state_damaged);
  EXPECT_TRUE(same_state(before, g.save()));
}

// A device that catches up late holds lifetimes against the time the commit was accepted.
TEST_F(MlsCommitRules, LateFollowersPassTheTimeOfTheCommit) {
  CommitRequest request;
  Peer& newcomer = w.add_peer();
  newcomer.new_package(w.random);
  request.adds = {newcomer.verified()};
  auto prepared = w.peer(0).group->commit(request, kNow, w.random);
  ASSERT_VALUE(prepared);
  const TimeMs years_later(kNow.value + 3ull * 365 * 24 * 3'600'000);
  Group& g = *w.peer(2).group;
  EXPECT_BROKEN(g.process_commit(prepared.value().commit, years_later), Rule::lifetime_not_now);
  EXPECT_VALUE(g.process_commit(prepared.value().commit, kNow));
}

}  // namespace
}  // namespace candour::mls::test
