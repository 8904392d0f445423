// Goal: the rules about people outside the group, groups that follow others, and limits hold, each
// by its name. Method: as in the other rules tests, messages wrong in one thing and correctly
// signed, made with the internals of mls/.
#include "mls/group_extensions.h"
#include "mls/welcome.h"
#include "tests/mls/insider.h"

namespace candour::mls::test {
namespace {

class MlsOutsideRules : public testing::Test {
 protected:
  MlsOutsideRules() : w(95) {
    w.form(5);
    w.commit(w.peer(1), {}, {});
    insider.emplace(w.peer(1), w.random);
  }
  Group& receiver() { return *w.peer(2).group; }

  template <class Call>
  void unchanged(Call call) {
    const SecretBytes before = receiver().save();
    call();
    EXPECT_TRUE(same_state(before, receiver().save()));
  }
  void commit_refused(ByteView message, Rule rule) {
    unchanged([&] { EXPECT_BROKEN(receiver().process_commit(message, kNow), rule); });
  }
  void proposal_refused(ByteView message, Rule rule) {
    unchanged([&] { EXPECT_BROKEN(receiver().process_proposal(message, kNow), rule); });
  }

  /// A proposal of a sender outside, signed by `key`.
  Bytes outside_proposal(const Sender& sender, AnyProposal body, const crypto::SigningKey& key) {
    PublicMessage message;
    message.content = insider->content(ContentType::proposal, encode(Proposal{std::move(body)}),
                                       WireFormat::public_message);
    message.content.content.sender = sender;
    message.content.sign(key, {});
    return wrap_message(WireFormat::public_message, message.encoded().view());
  }
  /// A commit of a joiner with these proposals and a path leaf that is only good for its key.
  Bytes joiner_commit(std::vector<ProposalOrRef> proposals, bool path = true) {
    Peer& joiner = w.add_peer();
    Commit commit;
    commit.proposals = std::move(proposals);
    if (path) {
      commit.path = UpdatePath{};
      commit.path->leaf_node =
          new_leaf(joiner.key, as_bytes(joiner.name), kLifetime,
                   crypto::SealingKey::generate(w.random).public_key(), w.random);
    }
    PublicMessage message;
    message.content =
        insider->content(ContentType::commit, encode(commit), WireFormat::public_message);
    message.content.content.sender = {SenderType::new_member_commit, 0};
    message.content.sign(joiner.key, insider->now().context_bytes);
    return wrap_message(WireFormat::public_message, message.encoded().view());
  }
  static ProposalOrRef by_value(AnyProposal body) { return {Proposal{std::move(body)}, {}}; }
  GroupInfo published() {
    const Bytes bytes = receiver().group_info().value();
    return decode<GroupInfo>(unwrap_message(bytes).value().body).value();
  }
  Result<ExternalJoin> join_with(GroupInfo info) {
    info.signature = sign_with_label(w.peer(2).key, "GroupInfoTBS", info.to_be_signed());
    return Group::join_by_external_commit(wrap_message(WireFormat::group_info, encode(info)),
                                          w.add_peer().key, as_bytes("x"), w.random);
  }

  World w;
  std::optional<Insider> insider;
};

TEST_F(MlsOutsideRules, ProposalsOfOutsiders) {
  const auto service = crypto::SigningKey::generate(w.random);
  CommitRequest request;
  request.proposals = {ProposeExtensions{{external_senders({{service.public_key(), {}}})}}};
  auto prepared = w.peer(0).group->commit(request, kNow, w.random);
  ASSERT_VALUE(prepared);
  ASSERT_VALUE(w.peer(2).follow(prepared.value().commit));
  ASSERT_VALUE(w.peer(1).follow(prepared.value().commit));
  insider.emplace(w.peer(1), w.random);
  const Sender external{SenderType::external, 0};
  const Sender newcomer{SenderType::new_member_proposal, 0};
  proposal_refused(outside_proposal(external, ExternalInit{}, service),
                   Rule::external_sender_proposal);
  proposal_refused(
      outside_proposal(external, Update{*insider->now().tree.leaf(LeafIndex(3))}, service),
      Rule::external_sender_proposal);
  proposal_refused(outside_proposal(newcomer, Remove{LeafIndex(3)}, service),
                   Rule::new_member_proposal);
  proposal_refused(
      outside_proposal({SenderType::new_member_commit, 0}, Remove{LeafIndex(3)}, service),
      Rule::sender_type_unexpected);
  EXPECT_BROKEN(propose_from_outside(receiver().group_id(), receiver().epoch(), 0, service,
                                     ProposeUpdate{}, w.random),
                Rule::external_sender_proposal);
}

TEST_F(MlsOutsideRules, ExternalCommits) {
  commit_refused(joiner_commit({by_value(Remove{LeafIndex(3)})}), Rule::external_init_count);
  commit_refused(joiner_commit({by_value(ExternalInit{}), by_value(ExternalInit{})}),
                 Rule::external_init_count);
  commit_refused(joiner_commit({by_value(ExternalInit{}), by_value(Remove{LeafIndex(3)}),
                                by_value(Remove{LeafIndex(4)})}),
                 Rule::external_removes);
  commit_refused(joiner_commit({by_value(ExternalInit{}), by_value(GroupContextExtensions{})}),
                 Rule::external_proposal);
  commit_refused(joiner_commit({by_value(ExternalInit{}), by_value(ReInit{{}, 1, 3, {}})}),
                 Rule::external_proposal);
  commit_refused(joiner_commit({by_value(ExternalInit{}), {std::nullopt, Bytes(32)}}),
                 Rule::external_reference);
  commit_refused(joiner_commit({by_value(ExternalInit{})}, false), Rule::path_required);
  commit_refused(joiner_commit({by_value(ExternalInit{})}), Rule::leaf_source);
}

TEST_F(MlsOutsideRules, ExternalInitsMustBeUsable) {
  const EpochSecrets& secrets = insider->now().secrets;
  EXPECT_BROKEN(received_init_secret(kSuite3, secrets.external_secret, Bytes(31)),
                Rule::external_kem);
  EXPECT_BROKEN(received_init_secret(kSuite3, secrets.external_secret, Bytes(32)),
                Rule::external_kem);
  EXPECT_BROKEN(send_init_secret(kSuite3, Bytes(32), w.random), Rule::public_key_low_order);
}

TEST_F(MlsOutsideRules, GroupInfosToJoinBy) {
  EXPECT_VALUE(join_with(published()));
  GroupInfo info = published();
  info.extensions.pop_back();
  EXPECT_BROKEN(join_with(info), Rule::external_pub_missing);
  info = published();
  info.extensions.back().data.push_back(0);
  EXPECT_BROKEN(join_with(info), Rule::extension_malformed);
  info = published();
  info.group_context.cipher_suite = 2;
  EXPECT_BROKEN(join_with(info), Rule::suite_unsupported);
  info = published();
  info.signer = LeafIndex(6);
  EXPECT_BROKEN(join_with(info), Rule::group_info_signer);
}

TEST_F(MlsOutsideRules, ThePolicyIsAsked) {
  Policy closed;
  closed.outside_proposals = false;
  closed.identity_changes = false;
  Peer& p = w.peer(2);
  p.group = Group::restore(p.group->save().view(), p.key, closed).value();
  const Sender newcomer{SenderType::new_member_proposal, 0};
  proposal_refused(outside_proposal(newcomer, Remove{LeafIndex(3)}, p.key),
                   Rule::policy_outside_proposal);
  Commit commit;
  commit.path = insider->path_for(commit);
  commit.path->leaf_node.credential.identity = {1};
  insider->sign_leaf(commit.path->leaf_node);
  commit_refused(insider->send_commit(commit), Rule::policy_identity_changed);
  LeafNode leaf = *insider->now().tree.leaf(insider->leaf());
  leaf.source = LeafNodeSource::update;
  leaf.parent_hash.clear();
  leaf.credential.identity = {1};
  leaf.encryption_key = to_bytes(crypto::SealingKey::generate(w.random).public_key().view());
  insider->sign_leaf(leaf);
  proposal_refused(
      insider->send_public(insider->content(ContentType::proposal, encode(Proposal{Update{leaf}}),
                                            WireFormat::public_message)),
      Rule::policy_identity_changed);
  // A resync brings back whom it replaces, and nobody else (section 12.2).
  const Bytes info = w.peer(1).group->group_info().value();
  const auto strange = crypto::SigningKey::generate(w.random);
  const auto taken = Group::join_by_external_commit(info, strange, as_bytes("somebody else"),
                                                    w.random, {}, LeafIndex(3));
  ASSERT_VALUE(taken);
  EXPECT_BROKEN(p.group->process_commit(taken.value().commit, kNow), Rule::policy_identity_changed);
  const Peer& own = w.peer(3);
  const auto back =
      Group::join_by_external_commit(info, own.key, as_bytes(own.name), w.random, {}, LeafIndex(3));
  ASSERT_VALUE(back);
  EXPECT_VALUE(p.group->process_commit(back.value().commit, kNow));

  Policy led;
  led.steward = LeafIndex(1);
  p.group = Group::restore(p.group->save().view(), p.key, led).value();
  const Commit removal = Insider::commit_of({Remove{LeafIndex(1)}});
  Insider other(w.peer(3), w.random);
  commit_refused(other.send_commit(removal), Rule::policy_steward_only);
  led.steward = LeafIndex(2);
  p.group = Group::restore(p.group->save().view(), p.key, led).value();
  CommitRequest request;
  request.removes = {LeafIndex(2)};
  EXPECT_BROKEN(p.group->commit(request, kNow, w.random), Rule::remove_self);
}

TEST_F(MlsOutsideRules, ReInitStandsAlone) {
  const ReInit good{to_bytes(std::string_view("next")), 1, 3, {}};
  commit_refused(insider->send_commit(Insider::commit_of({good, Remove{LeafIndex(3)}})),
                 Rule::reinit_not_alone);
  commit_refused(insider->send_commit(Insider::commit_of({good, good})), Rule::reinit_not_alone);
  commit_refused(insider->send_commit(Insider::commit_of({good})), Rule::confirmation_tag);
}

TEST_F(MlsOutsideRules, LimitsOfThePolicy) {
  Policy small;
  small.message_size_max = 100;
  small.tree_leaves_max = 8;
  small.past_epochs_max = 1;
  small.forward_steps_max = 2;
  small.skipped_keys_max = 1;
  Peer& p = w.peer(2);
  const SecretBytes saved = p.group->save();
  p.group = Group::restore(saved.view(), p.key, small).value();
  commit_refused(Bytes(101), Rule::too_large);
  EXPECT_BROKEN(p.group->unprotect(Bytes(101)), Rule::too_large);
  EXPECT_BROKEN(p.group->protect(Bytes(60), {}, w.random), Rule::too_large);
  small.message_size_max = 1 << 20;
  p.group = Group::restore(saved.view(), p.key, small).value();
  std::vector<Bytes> sent;
  for (int i = 0; i < 5; ++i) {
    sent.push_back(w.peer(3).group->protect(as_bytes("x"), {}, w.random).value());
  }
  EXPECT_BROKEN(p.group->unprotect(sent[3]), Rule::generation_too_far);
  EXPECT_VALUE(p.group->unprotect(sent[2]));
  EXPECT_BROKEN(p.group->unprotect(sent[0]), Rule::generation_used);  // only one is kept
  EXPECT_VALUE(p.group->unprotect(sent[1]));
  CommitRequest request;
  for (int i = 0; i < 4; ++i) {
    Peer& joiner = w.add_peer();
    joiner.new_package(w.random);
    request.adds.push_back(joiner.verified());
  }
  EXPECT_BROKEN(p.group->commit(request, kNow, w.random), Rule::tree_too_large);
  w.commit(w.peer(0), {}, {});
  EXPECT_VALUE(p.group->unprotect(sent[3]));
  w.commit(w.peer(0), {}, {});
  EXPECT_BROKEN(p.group->unprotect(sent[4]), Rule::epoch_unknown);
}

TEST_F(MlsOutsideRules, DamagedPrivateMessages) {
  Bytes message = insider->send_private(
      insider->content(ContentType::application, as_bytes("x"), WireFormat::private_message));
  auto raw = decode<PrivateMessage>(unwrap_message(message).value().body).value();
  raw.encrypted_sender_data[0] ^= 1;
  const Bytes bad = wrap_message(WireFormat::private_message, encode(raw));
  unchanged([&] { EXPECT_BROKEN(receiver().unprotect(bad), Rule::sender_data); });
}

// What no message can bring about, as everything that leads there is refused before: the functions
// themselves still refuse it.
TEST_F(MlsOutsideRules, InnerWalls) {
  HashRatchet ratchet;
  EXPECT_BROKEN(ratchet.find(kSuite3, 0xffffffff, 0xffffffff), Rule::generations_exhausted);

  TreeParts parts(insider->now().tree);
  ASSERT_FALSE(parts.parents.empty());
  for (auto& [index, parent] : parts.parents) parent.encryption_key = Bytes(32);
  RatchetTree tree = parts.build();
  Insider other(w.peer(4), w.random);
  TreePrivate own = other.now().own;
  const NewPath path = make_path(tree, own, other.now().context.group_id, w.peer(4).key, w.random);
  EXPECT_BROKEN(encrypt_path(kSuite3, tree, own, path, {}, {}, w.random), Rule::path_encryption);

  Commit commit;
  commit.path = insider->path_for(commit);
  TreePrivate nobody;
  nobody.leaf = LeafIndex(2);
  nobody.leaf_key =
      std::make_shared<const crypto::SealingKey>(crypto::SealingKey::generate(w.random));
  nobody.leaf = LeafIndex(7);
  RatchetTree merged = insider->now().tree;
  ASSERT_VALUE(
      merge_path(merged, kSuite3, receiver().group_id(), insider->leaf(), *commit.path, {}));
  EXPECT_BROKEN(open_path(kSuite3, merged, nobody, insider->leaf(), *commit.path, {}, {}),
                Rule::path_no_key);
}

TEST_F(MlsOutsideRules, PathKeysOfLowOrder) {
  Commit commit;
  commit.path = insider->path_for(commit);
  commit.path->nodes[0].encryption_key = Bytes(32);
  commit_refused(insider->send_commit(commit), Rule::public_key_low_order);
}

/// Branches of a group, sealed anew after a change.
class MlsSuccessorRules : public testing::Test {
 protected:
  MlsSuccessorRules() : w(96) {
    w.form(3);
    w.peer(1).new_package(w.random);
    auto branch = w.peer(0).group->branch(as_bytes("branch"), {w.peer(1).verified()}, kLifetime,
                                          kNow, w.random);
    welcome = decode<Welcome>(unwrap_message(branch.value().welcome).value().body).value();
    const auto keys = KeyPackagePrivate::restore(w.peer(1).package->private_part.view());
    secrets = open_group_secrets(kSuite3, welcome, w.peer(1).package->reference.view(),
                                 keys.value().init_key)
                  .value();
    inside = internal::restore_state(branch.value().group.save().view(), w.peer(0).key.clone(), {})
                 .value();
  }
  /// The group is made again with this context, correctly keyed and signed.
  Result<Group> join_with(const std::function<void(GroupContext&)>& change) {
    internal::EpochState& now = inside->now;
    change(now.context);
    Insider old(w.peer(0), w.random);
    std::vector<SecretBytes> values;
    for (const PreSharedKeyId& id : secrets.psks) {
      (void)id;
      values.push_back(SecretBytes::copy_of(old.now().secrets.resumption_psk.view()));
    }
    const KdfSecret joiner = KdfSecret::copy_of(secrets.joiner_secret.view().first<kHashSize>());
    const KdfSecret psk = psk_secret(secrets.psks, values);
    const EpochKeys keys = epoch_keys(epoch_secret(joiner, psk, encode(now.context)));
    GroupInfo info;
    info.group_context = now.context;
    info.extensions = {{extension_type::ratchet_tree, now.tree.encode()}};
    info.confirmation_tag = to_bytes(internal::confirmation_tag(keys.secrets, now.context).view());
    info.signature = sign_with_label(w.peer(0).key, "GroupInfoTBS", info.to_be_signed());
    welcome.encrypted_group_info = seal_group_info(kSuite3, welcome_secret(joiner, psk), info);
    const auto package = unwrap_key_package(w.peer(1).package->key_package).value();
    welcome.secrets[0].encrypted_group_secrets =
        encrypt_with_label(kSuite3, package.init_key, "Welcome", welcome.encrypted_group_info,
                           secrets.encoded().view(), w.random)
            .value();
    return Group::join(wrap_message(WireFormat::welcome, encode(welcome)),
                       w.peer(1).package->key_package, w.peer(1).package->private_part.view(),
                       w.peer(1).key, kNow, {.predecessor = &*w.peer(1).group});
  }

  /// By a ReInit; what is sealed then claims to follow it.
  void end_old_group(const ReInitParameters& next) {
    CommitRequest request;
    request.path = false;
    request.proposals = {next};
    auto prepared = w.peer(0).group->commit(request, kNow, w.random);
    ASSERT_VALUE(prepared);
    ASSERT_VALUE(w.peer(1).follow(prepared.value().commit));
    ASSERT_VALUE(w.peer(0).group->merge(std::move(prepared.value().staged)));
    secrets.psks[0].usage = ResumptionUsage::reinit;
    secrets.psks[0].epoch = w.peer(0).group->epoch();
  }

  World w;
  Welcome welcome;
  GroupSecrets secrets;
  std::unique_ptr<internal::GroupState> inside;
};

TEST_F(MlsSuccessorRules, TheResealedBranchIsGood) {
  EXPECT_VALUE(join_with([](GroupContext&) {}));
}

TEST_F(MlsSuccessorRules, BeginsInEpochOne) {
  EXPECT_BROKEN(join_with([](GroupContext& c) { c.epoch = Epoch(2); }), Rule::successor_epoch);
}

TEST_F(MlsSuccessorRules, NamesOneGroupItComesFrom) {
  secrets.psks.push_back(secrets.psks[0]);
  secrets.psks.back().nonce[0] ^= 1;
  EXPECT_BROKEN(join_with([](GroupContext&) {}), Rule::psk_usage_twice);
}

TEST_F(MlsSuccessorRules, FollowsAReInitOnlyWhereThereWasOne) {
  secrets.psks[0].usage = ResumptionUsage::reinit;
  EXPECT_BROKEN(join_with([](GroupContext&) {}), Rule::reinit_missing);
}

TEST_F(MlsSuccessorRules, IsWhatTheReInitSaid) {
  end_old_group({to_bytes(std::string_view("another")), CipherSuite::chacha20_poly1305, {}});
  EXPECT_BROKEN(join_with([](GroupContext&) {}), Rule::successor_parameters);
}

TEST_F(MlsSuccessorRules, HasAllMembersAfterAReInit) {
  end_old_group({to_bytes(std::string_view("branch")), CipherSuite::chacha20_poly1305, {}});
  EXPECT_BROKEN(join_with([](GroupContext&) {}), Rule::successor_members);
}

TEST_F(MlsSuccessorRules, GroupInfoSealedForAnotherKey) {
  secrets.joiner_secret = SecretBytes(32);
  welcome.encrypted_group_info.back() ^= 1;
  const auto package = unwrap_key_package(w.peer(1).package->key_package).value();
  welcome.secrets[0].encrypted_group_secrets =
      encrypt_with_label(kSuite3, package.init_key, "Welcome", welcome.encrypted_group_info,
                         secrets.encoded().view(), w.random)
          .value();
  EXPECT_BROKEN(Group::join(wrap_message(WireFormat::welcome, encode(welcome)),
                            w.peer(1).package->key_package, w.peer(1).package->private_part.view(),
                            w.peer(1).key, kNow, {.predecessor = &*w.peer(1).group}),
                Rule::group_info_decryption);
}

}  // namespace
}  // namespace candour::mls::test
