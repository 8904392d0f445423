// Goal: a member can change its own signature key and identity in place (RFC 9420 sections 5.3.1,
// 7.3, 12.1.2), by a commit and by an Update somebody else commits, and a restart at any point
// knows which key counts. Method: groups in which it happens, with joiners in the same commit and
// states saved in between; and changes that must be refused.
#include "tests/mls/insider.h"

namespace candour::mls::test {
namespace {

class MlsKeyChange : public testing::TestWithParam<WireFormat> {
 protected:
  MlsKeyChange() : w(120), fresh(crypto::SigningKey::generate(w.random)) {
    w.form(5);
    w.commit(w.peer(3), {}, {});
  }
  LeafChange change() const { return {&fresh, to_bytes(as_bytes("a new name"))}; }
  void expect_changed(const Member& member, LeafIndex leaf) const {
    EXPECT_EQ(member.leaf, leaf);
    EXPECT_EQ(member.signature_key, fresh.public_key());
    EXPECT_TRUE(same(member.identity, as_bytes("a new name")));
  }
  /// The state is the one of the fresh key now.
  void expect_owner(Peer& p) {
    const SecretBytes saved = p.group->save();
    EXPECT_EQ(Group::signature_key_of(saved.view()).value(), fresh.public_key());
    EXPECT_EQ(Group::restore(saved.view(), p.key).error().code, ErrorCode::state_damaged);
    p.key = fresh.clone();
    p.group = Group::restore(saved.view(), p.key).value();
    EXPECT_TRUE(same_state(saved, p.group->save()));
  }

  World w;
  crypto::SigningKey fresh;
};

TEST_P(MlsKeyChange, ByTheOwnCommitWithAJoinerInIt) {
  Peer& me = w.peer(1);
  Peer& joiner = w.add_peer();
  joiner.new_package(w.random);
  CommitRequest request;
  request.path = false;  // is made all the same
  request.adds = {joiner.verified()};
  request.change = change();
  request.wire_format = GetParam();
  const SecretBytes before = me.group->save();
  auto prepared = me.group->commit(request, kNow, w.random);
  ASSERT_VALUE(prepared);
  EXPECT_EQ(Group::signature_key_of(before.view()).value(), me.key.public_key());
  ASSERT_EQ(prepared.value().staged.changed().size(), 1u);
  expect_changed(prepared.value().staged.changed()[0], me.group->own_leaf());
  // The old key signs until the commit counts.
  const Bytes old = me.group->protect(as_bytes("still me"), {}, w.random).value();
  EXPECT_VALUE(w.peer(0).group->unprotect(old));

  for (Peer* p : w.members()) {
    if (p == &me) continue;
    auto staged = p->group->process_commit(prepared.value().commit, kNow);
    ASSERT_VALUE(staged);
    ASSERT_EQ(staged.value().changed().size(), 1u);
    expect_changed(staged.value().changed()[0], me.group->own_leaf());
    ASSERT_VALUE(p->group->merge(std::move(staged).value()));
  }
  auto staged = StagedCommit::restore(prepared.value().staged.save().view());
  ASSERT_VALUE(me.group->merge(std::move(staged).value()));
  ASSERT_VALUE(joiner.join(prepared.value().welcome));
  expect_owner(me);
  w.expect_agreement();
  w.expect_delivery(me, "with the new key");
  // What was sent with the old key in the old epoch still opens, once.
  EXPECT_VALUE(w.peer(2).group->unprotect(old));
  w.commit(me, {}, {LeafIndex(4)});
  w.expect_agreement();
}

TEST_P(MlsKeyChange, ByAnUpdateThatAnotherCommits) {
  Peer& me = w.peer(2);
  const auto message = me.group->propose(ProposeUpdate{change()}, kNow, w.random, GetParam());
  ASSERT_VALUE(message);
  for (Peer* p : w.members()) {
    if (p != &me) ASSERT_VALUE(p->group->process_proposal(message.value(), kNow));
  }
  // The new key is in the saved state, and only the old one opens that.
  const SecretBytes saved = me.group->save();
  EXPECT_EQ(Group::signature_key_of(saved.view()).value(), me.key.public_key());
  me.group = Group::restore(saved.view(), me.key).value();
  CommitRequest request;
  request.kept_proposals = true;
  request.wire_format = GetParam();
  auto prepared = w.peer(0).group->commit(request, kNow, w.random);
  ASSERT_VALUE(prepared);
  for (Peer* p : w.members()) {
    if (p == &w.peer(0)) continue;
    auto staged = p->group->process_commit(prepared.value().commit, kNow);
    ASSERT_VALUE(staged);
    expect_changed(staged.value().changed().at(0), me.group->own_leaf());
    auto again = StagedCommit::restore(staged.value().save().view());
    ASSERT_VALUE(again);
    EXPECT_TRUE(same_state(again.value().save(), staged.value().save()));
    ASSERT_VALUE(p->group->merge(std::move(again).value()));
  }
  ASSERT_VALUE(w.peer(0).group->merge(std::move(prepared.value().staged)));
  expect_owner(me);
  w.expect_agreement();
  w.expect_delivery(me, "with the new key");
}

TEST_P(MlsKeyChange, AnUpdateThatIsNeverCommittedChangesNothing) {
  Peer& me = w.peer(2);
  ASSERT_VALUE(me.group->propose(ProposeUpdate{change()}, kNow, w.random, GetParam()));
  w.commit(w.peer(0), {}, {});
  EXPECT_EQ(Group::signature_key_of(me.group->save().view()).value(), me.key.public_key());
  w.expect_agreement();
  w.expect_delivery(me, "with the old key");
}

TEST_P(MlsKeyChange, TheOldKeyIsWorthlessAfterwards) {
  Peer& me = w.peer(1);
  CommitRequest request;
  request.change = change();
  auto prepared = me.group->commit(request, kNow, w.random);
  ASSERT_VALUE(prepared);
  for (Peer* p : w.members()) {
    if (p != &me) ASSERT_VALUE(p->follow(prepared.value().commit));
  }
  const crypto::SigningKey old = me.key.clone();
  ASSERT_VALUE(me.group->merge(std::move(prepared.value().staged)));
  me.key = fresh.clone();
  Insider insider(me, w.random);
  auto content =
      insider.content(ContentType::application, as_bytes("x"), WireFormat::private_message);
  content.sign(old, insider.now().context_bytes);
  EXPECT_BROKEN(w.peer(0).group->unprotect(insider.send_private(std::move(content))),
                Rule::message_signature);
}

TEST_P(MlsKeyChange, KeysOfOthersAndFixedIdentitiesAreRefused) {
  Peer& me = w.peer(1);
  CommitRequest request;
  request.change.key = &w.peer(3).key;
  EXPECT_BROKEN(me.group->commit(request, kNow, w.random), Rule::signature_key_repeated);
  EXPECT_BROKEN(me.group->propose(ProposeUpdate{{&w.peer(3).key}}, kNow, w.random, GetParam()),
                Rule::signature_key_repeated);
  // A joiner with the new key of the same commit.
  Peer& joiner = w.add_peer();
  joiner.new_package(w.random);
  request.change.key = &joiner.key;
  request.adds = {joiner.verified()};
  EXPECT_BROKEN(me.group->commit(request, kNow, w.random), Rule::signature_key_repeated);

  Policy fixed;
  fixed.identity_changes = false;
  me.group = Group::restore(me.group->save().view(), me.key, fixed).value();
  CommitRequest plain;
  plain.change = change();
  EXPECT_BROKEN(me.group->commit(plain, kNow, w.random), Rule::policy_identity_changed);
  EXPECT_BROKEN(me.group->propose(ProposeUpdate{change()}, kNow, w.random, GetParam()),
                Rule::policy_identity_changed);
}

TEST_P(MlsKeyChange, ReceiversRefuseAKeyOfAnother) {
  Insider insider(w.peer(1), w.random);
  Commit commit;
  commit.path = insider.path_for(commit);
  commit.path->leaf_node.signature_key = w.peer(3).key.public_key().view();
  commit.path->leaf_node.sign(w.peer(3).key, insider.now().context.group_id, insider.leaf());
  EXPECT_BROKEN(w.peer(0).group->process_commit(insider.send_commit(commit), kNow),
                Rule::signature_key_repeated);
  // Signed by the key it had, not by the one it claims.
  commit.path->leaf_node.signature_key = fresh.public_key().view();
  insider.sign_leaf(commit.path->leaf_node);
  EXPECT_BROKEN(w.peer(0).group->process_commit(insider.send_commit(commit), kNow),
                Rule::leaf_signature);
}

INSTANTIATE_TEST_SUITE_P(Framings, MlsKeyChange,
                         testing::Values(WireFormat::public_message, WireFormat::private_message),
                         [](const auto& f) {
                           return f.param == WireFormat::public_message ? "Public" : "Private";
                         });

}  // namespace
}  // namespace candour::mls::test
