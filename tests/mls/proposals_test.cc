// Goal: everything RFC 9420 lets a group do works: each proposal by value and by reference, in both
// framings, of members and of outsiders. Method: small groups in which one member proposes, another
// commits and all agree afterwards.
#include "mls/group_extensions.h"
#include "tests/mls/insider.h"

namespace candour::mls::test {
namespace {

class MlsProposals : public testing::TestWithParam<WireFormat> {
 protected:
  MlsProposals() : w(90) { w.form(5); }

  /// Everybody but `by` keeps it.
  void deliver_proposal(const Peer* by, ByteView message) {
    for (Peer* p : w.members()) {
      if (p == by) continue;
      const auto kept = p->group->process_proposal(message, kNow);
      ASSERT_TRUE(kept) << p->name << ": " << kept.error().message;
    }
  }
  void propose(Peer& by, const ProposalRequest& request) {
    const auto message = by.group->propose(request, kNow, w.random, GetParam());
    ASSERT_VALUE(message);
    deliver_proposal(&by, message.value());
  }
  /// `by` commits what it kept; all follow.
  void commit_kept(Peer& by, CommitRequest request = {}, const std::vector<Peer*>& joiners = {},
                   const std::vector<ExternalPsk>& psks = {}) {
    request.kept_proposals = true;
    request.wire_format = GetParam();
    auto prepared = by.group->commit(request, kNow, w.random, psks);
    ASSERT_VALUE(prepared);
    for (Peer* p : w.members()) {
      if (p == &by) continue;
      auto staged = p->group->process_commit(prepared.value().commit, kNow, psks);
      ASSERT_TRUE(staged) << p->name << ": " << staged.error().message;
      ASSERT_VALUE(p->group->merge(std::move(staged).value()));
    }
    ASSERT_VALUE(by.group->merge(std::move(prepared.value().staged)));
    for (Peer* p : joiners) {
      auto joined = Group::join(prepared.value().welcome, p->package->key_package,
                                p->package->private_part.view(), p->key, kNow, options(psks));
      ASSERT_TRUE(joined) << p->name << ": " << joined.error().message;
      p->group = std::move(joined).value();
    }
    w.expect_agreement();
    w.expect_delivery(by, "after");
  }
  static JoinOptions options(const std::vector<ExternalPsk>& psks) {
    JoinOptions out;
    for (const ExternalPsk& p : psks) out.psks.push_back({p.id, p.secret.clone()});
    return out;
  }
  static std::vector<ExternalPsk> known_psk() {
    std::vector<ExternalPsk> out;
    out.push_back({to_bytes(std::string_view("shared")), SecretBytes(32)});
    return out;
  }

  World w;
};

TEST_P(MlsProposals, AddRemoveAndUpdateByReference) {
  Peer& joiner = w.add_peer();
  joiner.new_package(w.random);
  propose(w.peer(1), ProposeAdd{joiner.verified()});
  propose(w.peer(2), ProposeRemove{LeafIndex(4)});
  propose(w.peer(3), ProposeUpdate{});
  EXPECT_BROKEN(w.peer(3).group->protect(as_bytes("x"), {}, w.random), Rule::proposals_pending);
  const Bytes before = w.peer(3).group->ratchet_tree();
  commit_kept(w.peer(0), {}, {&joiner});
  EXPECT_FALSE(w.peer(4).group->active());
  EXPECT_EQ(joiner.group->own_leaf(), LeafIndex(4));
  EXPECT_NE(before, w.peer(3).group->ratchet_tree());
  w.expect_delivery(joiner, "hello");
  w.commit(w.peer(3), {}, {});
  w.expect_agreement();
}

TEST_P(MlsProposals, AnUpdateSurvivesARestart) {
  Peer& p = w.peer(2);
  propose(p, ProposeUpdate{});
  const SecretBytes saved = p.group->save();
  p.group = Group::restore(saved.view(), p.key).value();
  EXPECT_TRUE(same_state(saved, p.group->save()));
  commit_kept(w.peer(4));
}

TEST_P(MlsProposals, OfSeveralForALeafOneIsCommitted) {
  propose(w.peer(3), ProposeUpdate{});
  propose(w.peer(3), ProposeUpdate{});
  propose(w.peer(2), ProposeUpdate{});
  propose(w.peer(1), ProposeRemove{LeafIndex(2)});
  propose(w.peer(4), ProposeRemove{LeafIndex(2)});
  propose(w.peer(1), ReInitParameters{to_bytes(std::string_view("next")), {}, {}});
  propose(w.peer(1), ProposeUpdate{});
  commit_kept(w.peer(1));
  EXPECT_FALSE(w.peer(2).group->active());
}

TEST_P(MlsProposals, ARemoveMakesRoomForAnAddByReference) {
  Peer& again = w.peer(3);
  again.new_package(w.random);
  propose(w.peer(1), ProposeAdd{again.verified()});
  propose(w.peer(2), ProposeRemove{LeafIndex(3)});
  commit_kept(w.peer(0), {}, {&again});
  EXPECT_TRUE(again.group->active());
  w.expect_delivery(again, "back");
}

TEST_P(MlsProposals, WhatCannotBeCommittedStaysOut) {
  Peer& joiner = w.add_peer();
  joiner.new_package(w.random);
  const KeyPackageBundle second =
      make_key_package(joiner.key, as_bytes(joiner.name), kLifetime, w.random).value();
  w.peer(4).new_package(w.random);
  propose(w.peer(1), ProposeAdd{w.peer(4).verified()});  // a member, and stays one
  propose(w.peer(1), ProposeAdd{joiner.verified()});
  propose(w.peer(2), ProposeAdd{verify_key_package(second.key_package, kNow).value()});
  propose(w.peer(3), ProposeExternalPsk{to_bytes(std::string_view("nobody knows it"))});
  propose(w.peer(3), ProposeExtensions{{required_capabilities({0xff00}, {}, {})}});
  propose(w.peer(3), ProposeRemove{LeafIndex(2)});
  commit_kept(w.peer(0), {}, {&joiner});
  EXPECT_FALSE(w.peer(2).group->active());
  EXPECT_TRUE(w.peer(4).group->active());
  EXPECT_TRUE(joiner.group->extensions().empty());
  EXPECT_EQ(w.members().size(), 5u);
}

TEST_P(MlsProposals, WhatTheCommitterAsksForGoesBeforeWhatWasKept) {
  propose(w.peer(1), ProposeUpdate{});
  propose(w.peer(3), ProposeRemove{LeafIndex(2)});
  CommitRequest request;
  request.removes = {LeafIndex(1), LeafIndex(2)};
  commit_kept(w.peer(0), request);
  EXPECT_EQ(w.members().size(), 3u);
  // Its own mistakes are not passed over.
  propose(w.peer(3), ProposeUpdate{});
  request.removes = {LeafIndex(1)};
  request.kept_proposals = true;
  expect_broken(w.peer(0).group->commit(request, kNow, w.random), Rule::remove_blank);
}

TEST_P(MlsProposals, PreSharedKeysOfBothKinds) {
  w.commit(w.peer(1), {}, {});
  const Epoch before = w.peer(0).group->epoch();
  w.commit(w.peer(2), {}, {});
  propose(w.peer(1), ProposeExternalPsk{to_bytes(std::string_view("shared"))});
  Peer& joiner = w.add_peer();
  joiner.new_package(w.random);
  CommitRequest request;
  request.adds = {joiner.verified()};
  commit_kept(w.peer(0), request, {&joiner}, known_psk());
  CommitRequest resumption;
  resumption.path = false;
  resumption.proposals = {ProposeResumptionPsk{before}};
  auto prepared = w.peer(0).group->commit(resumption, kNow, w.random);
  ASSERT_VALUE(prepared);
  EXPECT_FALSE(prepared.value().staged.has_path());
  EXPECT_VALUE(w.peer(1).follow(prepared.value().commit));
  EXPECT_EQ(w.peer(1).group->epoch_authenticator(), prepared.value().staged.epoch_authenticator());
  // Who was not there in that epoch cannot follow, and says so.
  EXPECT_BROKEN(joiner.group->process_commit(prepared.value().commit, kNow), Rule::psk_unknown);
}

TEST_P(MlsProposals, GroupExtensionsAndRequiredCapabilities) {
  const Extension required = required_capabilities({}, {}, {1});
  propose(w.peer(1), ProposeExtensions{{required}});
  commit_kept(w.peer(2));
  EXPECT_EQ(w.peer(4).group->extensions(), Extensions{required});
  // With an Add in one commit: the new extensions count for the newcomer.
  Peer& joiner = w.add_peer();
  joiner.new_package(w.random);
  CommitRequest request;
  request.adds = {joiner.verified()};
  request.proposals = {ProposeExtensions{{required_capabilities({0xff00}, {}, {})}}};
  EXPECT_BROKEN(w.peer(0).group->commit(request, kNow, w.random),
                Rule::required_capability_missing);
  request.proposals = {ProposeExtensions{}};
  request.wire_format = GetParam();
  commit_kept(w.peer(0), request, {&joiner});
  EXPECT_TRUE(joiner.group->extensions().empty());
}

TEST_P(MlsProposals, ExternalSendersPropose) {
  const auto service = crypto::SigningKey::generate(w.random);
  const auto stranger = crypto::SigningKey::generate(w.random);
  Group& g = *w.peer(1).group;
  const auto from = [&](const crypto::SigningKey& key, std::uint32_t index,
                        const ProposalRequest& request) {
    return propose_from_outside(g.group_id(), g.epoch(), index, key, request, w.random).value();
  };
  EXPECT_BROKEN(g.process_proposal(from(service, 0, ProposeRemove{LeafIndex(2)}), kNow),
                Rule::external_sender_unknown);
  CommitRequest request;
  request.proposals = {ProposeExtensions{{external_senders({{service.public_key(), {}}})}}};
  commit_kept(w.peer(0), request);
  EXPECT_BROKEN(g.process_proposal(from(service, 1, ProposeRemove{LeafIndex(2)}), kNow),
                Rule::external_sender_unknown);
  EXPECT_BROKEN(g.process_proposal(from(stranger, 0, ProposeRemove{LeafIndex(2)}), kNow),
                Rule::message_signature);
  deliver_proposal(nullptr, from(service, 0, ProposeRemove{LeafIndex(2)}));
  deliver_proposal(nullptr,
                   from(service, 0, ProposeExternalPsk{to_bytes(std::string_view("shared"))}));
  commit_kept(w.peer(3), {}, {}, known_psk());
  EXPECT_FALSE(w.peer(2).group->active());
}

TEST_P(MlsProposals, WouldBeMembersProposeThemselves) {
  Peer& joiner = w.add_peer();
  joiner.new_package(w.random);
  Group& g = *w.peer(1).group;
  const Bytes message =
      propose_own_add(g.group_id(), g.epoch(), joiner.package->key_package, joiner.key).value();
  deliver_proposal(nullptr, message);
  commit_kept(w.peer(1), {}, {&joiner});
}

TEST_P(MlsProposals, ExternalCommitsJoinAndResync) {
  Group& g = *w.peer(1).group;
  w.commit(w.peer(0), {}, {LeafIndex(2)});
  for (const bool resync : {false, true}) {
    Peer& joiner = resync ? w.peer(3) : w.add_peer();
    const auto replaces = resync ? std::optional(LeafIndex(3)) : std::nullopt;
    const auto psks = known_psk();
    auto joined =
        Group::join_by_external_commit(g.group_info().value(), joiner.key, as_bytes(joiner.name),
                                       w.random, options(psks), replaces);
    ASSERT_VALUE(joined);
    for (Peer* p : w.members()) {
      auto staged = p->group->process_commit(joined.value().commit, kNow, psks);
      ASSERT_TRUE(staged) << p->name << ": " << staged.error().message;
      EXPECT_TRUE(staged.value().external());
      ASSERT_EQ(staged.value().added().size(), 1u);
      EXPECT_EQ(staged.value().added()[0].leaf, staged.value().sender());
      ASSERT_VALUE(p->group->merge(std::move(staged).value()));
    }
    joiner.group = std::move(joined.value().group);
    w.expect_agreement();
    w.expect_delivery(joiner, "here by myself");
    w.commit(joiner, {}, {});
    w.commit(w.peer(1), {}, {});
    w.expect_agreement();
  }
}

TEST_P(MlsProposals, AnExternalJoinWithTheTreeFromElsewhere) {
  Group& g = *w.peer(1).group;
  Peer& joiner = w.add_peer();
  const Bytes info = g.group_info(false).value();
  EXPECT_BROKEN(Group::join_by_external_commit(info, joiner.key, as_bytes("x"), w.random),
                Rule::tree_missing);
  const Bytes tree = g.ratchet_tree();
  EXPECT_VALUE(Group::join_by_external_commit(info, joiner.key, as_bytes("x"), w.random,
                                              {.ratchet_tree = tree}));
}

TEST_P(MlsProposals, ReInitEndsAGroupAndAnotherFollows) {
  const ReInitParameters next{to_bytes(std::string_view("the next group")),
                              CipherSuite::aes_128_gcm,
                              {required_capabilities({}, {}, {1})}};
  EXPECT_BROKEN(w.peer(0).group->continue_reinit({}, kLifetime, kNow, w.random),
                Rule::reinit_missing);
  CommitRequest request;
  request.path = false;
  request.proposals = {next};
  request.wire_format = GetParam();
  auto prepared = w.peer(1).group->commit(request, kNow, w.random);
  ASSERT_VALUE(prepared);
  ASSERT_TRUE(prepared.value().staged.reinit().has_value());
  for (Peer* p : w.members()) {
    if (p != &w.peer(1)) ASSERT_VALUE(p->follow(prepared.value().commit));
  }
  ASSERT_VALUE(w.peer(1).group->merge(std::move(prepared.value().staged)));
  for (Peer* p : w.members()) {
    ASSERT_TRUE(p->group->reinit().has_value());
    EXPECT_BROKEN(p->group->protect(as_bytes("x"), {}, w.random), Rule::reinit_done);
    EXPECT_BROKEN(p->group->commit({}, kNow, w.random), Rule::reinit_done);
    const SecretBytes saved = p->group->save();
    p->group = Group::restore(saved.view(), p->key).value();
    EXPECT_TRUE(same_state(saved, p->group->save()));
    p->suite = next.suite;
    p->new_package(w.random);
  }
  // Another member than the one that committed may set up the next group, with everybody in it.
  std::vector<VerifiedKeyPackage> packages;
  for (Peer* p : w.members()) {
    if (p != &w.peer(2)) packages.push_back(p->verified());
  }
  const std::vector<VerifiedKeyPackage> some(packages.begin(), packages.end() - 1);
  EXPECT_BROKEN(w.peer(2).group->continue_reinit(some, kLifetime, kNow, w.random),
                Rule::successor_members);
  auto founded = w.peer(2).group->continue_reinit(packages, kLifetime, kNow, w.random);
  ASSERT_VALUE(founded);
  for (Peer* p : w.members()) {
    if (p == &w.peer(2)) continue;
    JoinOptions options;
    EXPECT_BROKEN(Group::join(founded.value().welcome, p->package->key_package,
                              p->package->private_part.view(), p->key, kNow, options),
                  Rule::psk_unknown);
    options.predecessor = &*p->group;
    auto joined = Group::join(founded.value().welcome, p->package->key_package,
                              p->package->private_part.view(), p->key, kNow, options);
    ASSERT_VALUE(joined);
    p->group = std::move(joined).value();
  }
  w.peer(2).group = std::move(founded.value().group);
  EXPECT_EQ(w.peer(0).group->suite(), CipherSuite::aes_128_gcm);
  EXPECT_EQ(w.peer(0).group->extensions(), next.extensions);
  w.expect_agreement();
  w.expect_delivery(w.peer(4), "in the next one");
}

TEST_P(MlsProposals, BranchesAreGroupsOfSomeMembers) {
  std::vector<VerifiedKeyPackage> packages;
  for (std::size_t i : {2u, 3u}) {
    w.peer(i).new_package(w.random);
    packages.push_back(w.peer(i).verified());
  }
  auto branch =
      w.peer(1).group->branch(as_bytes("some of us"), packages, kLifetime, kNow, w.random);
  ASSERT_VALUE(branch);
  for (std::size_t i : {2u, 3u}) {
    Peer& p = w.peer(i);
    auto joined =
        Group::join(branch.value().welcome, p.package->key_package, p.package->private_part.view(),
                    p.key, kNow, {.predecessor = &*p.group});
    ASSERT_VALUE(joined);
    EXPECT_EQ(joined.value().epoch_authenticator(), branch.value().group.epoch_authenticator());
    EXPECT_EQ(joined.value().members().size(), 3u);
  }
  Peer& stranger = w.add_peer();
  stranger.new_package(w.random);
  EXPECT_BROKEN(w.peer(1).group->branch(as_bytes("not only us"), {stranger.verified()}, kLifetime,
                                        kNow, w.random),
                Rule::successor_members);
}

INSTANTIATE_TEST_SUITE_P(Framings, MlsProposals,
                         testing::Values(WireFormat::public_message, WireFormat::private_message),
                         [](const auto& f) {
                           return f.param == WireFormat::public_message ? "Public" : "Private";
                         });

TEST(MlsPolicy, CandoursProfileRefusesWhatOnlyTheBotMayDo) {
  World w(91);
  w.policy = Policy::candour();
  w.form(4);
  Group& g = *w.peer(2).group;
  const SecretBytes before = g.save();
  Insider insider(w.peer(1), w.random);
  EXPECT_BROKEN(
      g.process_commit(
          insider.send_private(insider.commit_content(Insider::commit_of({Remove{LeafIndex(3)}}))),
          kNow),
      Rule::policy_steward_only);
  EXPECT_BROKEN(g.process_commit(insider.send_commit({}), kNow), Rule::policy_public_handshake);
  Insider bot(w.peer(0), w.random);
  EXPECT_BROKEN(
      g.process_commit(
          bot.send_private(bot.commit_content(Insider::commit_of({ReInit{{}, 1, 3, {}}}))), kNow),
      Rule::policy_reinit);
  CommitRequest request;
  request.removes = {LeafIndex(3)};
  EXPECT_BROKEN(g.commit(request, kNow, w.random), Rule::policy_steward_only);
  request.removes = {LeafIndex(0)};
  EXPECT_BROKEN(w.peer(0).group->commit(request, kNow, w.random), Rule::remove_self);
  EXPECT_BROKEN(g.propose(ProposeUpdate{}, kNow, w.random), Rule::policy_standalone_proposal);
  EXPECT_BROKEN(g.process_proposal(insider.send_commit({}), kNow),
                Rule::policy_standalone_proposal);
  auto joined = Group::join_by_external_commit(g.group_info().value(), w.add_peer().key,
                                               as_bytes("x"), w.random);
  ASSERT_VALUE(joined);
  EXPECT_BROKEN(g.process_commit(joined.value().commit, kNow), Rule::policy_external_commit);
  EXPECT_TRUE(same_state(before, g.save()));
  // Not even their own path, unless the policy lets them.
  EXPECT_BROKEN(g.commit({}, kNow, w.random), Rule::policy_steward_only);
  EXPECT_BROKEN(g.process_commit(insider.send_private(insider.commit_content({})), kNow),
                Rule::policy_steward_only);
  Policy paths = Policy::candour();
  paths.member_commits = true;
  for (Peer* p : w.members()) {
    p->group = Group::restore(p->group->save().view(), p->key, paths).value();
  }
  w.commit(w.peer(2), {}, {});
  w.commit(w.peer(0), {}, {LeafIndex(3)});
  w.expect_agreement();
}

}  // namespace
}  // namespace candour::mls::test
