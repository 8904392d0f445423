// Goal: whatever order members come, go and commit in, everybody who is in the group is in the same
// state after every epoch, and nobody who is out can read. Method: hundreds of seeded random
// histories, of groups up to 200 members, with commits of every kind in both framings; the shapes
// of tree that implementations trip over (blank on the left, truncated, gaps filled) are counted,
// so that a change of the dice cannot lose them.
#include <algorithm>

#include "tests/mls/insider.h"

namespace candour::mls::test {
namespace {

constexpr int kShards = 12;
constexpr std::uint64_t kSeedsAShard = 25;

struct Shapes {
  int left_half_blank = 0;
  int truncated = 0;
  int gaps_filled = 0;
  int external = 0;
  int by_reference = 0;
  int without_path = 0;
  int key_changes = 0;
};

class Churn {
 public:
  Churn(std::uint64_t seed, std::size_t members_max, Shapes& shapes)
      : w_(seed), members_max_(members_max), shapes_(shapes) {
    w_.suite = seed % 2 == 0 ? CipherSuite::chacha20_poly1305 : CipherSuite::aes_128_gcm;
    w_.form(1 + w_.random.below(members_max), w_.random.below(2) == 0);
  }

  void step() {
    const std::size_t leaves = leaf_count();
    switch (w_.random.below(8)) {
      case 0:
        external_join();
        break;
      case 1:
      case 2:
        by_reference();
        break;
      case 3:
        remove_block();
        break;
      default:
        by_value();
    }
    if (testing::Test::HasFatalFailure()) return;
    check();
    if (leaf_count() < leaves) ++shapes_.truncated;
    if (left_half_blank()) ++shapes_.left_half_blank;
  }

 private:
  Peer& any_member() {
    const auto all = w_.members();
    return *all[w_.random.below(all.size())];
  }
  /// A Peer that is not in the group: one that was before, or a new one.
  Peer& any_outsider() {
    const auto out = w_.outsiders();
    if (out.empty() || w_.random.below(2) == 0) return w_.add_peer();
    return *out[w_.random.below(out.size())];
  }
  std::vector<Peer*> joiners(std::size_t most) {
    std::set<Peer*> out;
    const std::size_t room = members_max_ - std::min(members_max_, w_.members().size());
    const std::size_t count = w_.random.below(std::min(most, room) + 1);
    while (out.size() < count) out.insert(&any_outsider());
    return {out.begin(), out.end()};
  }

  void by_value() {
    Peer& by = any_member();
    std::vector<LeafIndex> removes;
    for (Peer* p : w_.members()) {
      if (p != &by && w_.random.below(6) == 0) removes.push_back(p->group->own_leaf());
    }
    CommitRequest request;
    request.path = w_.random.below(3) != 0;
    request.removes = std::move(removes);
    send(by, std::move(request), joiners(6));
  }

  /// A run of leaves, often half the tree.
  void remove_block() {
    Peer& by = any_member();
    const bool left = w_.random.below(2) == 0;
    const std::uint32_t half = static_cast<std::uint32_t>(leaf_count()) / 2;
    CommitRequest request;
    for (Peer* p : w_.members()) {
      const LeafIndex leaf = p->group->own_leaf();
      if (p != &by && (leaf.value < half) == left) request.removes.push_back(leaf);
    }
    send(by, std::move(request), {});
  }

  void by_reference() {
    const auto all = w_.members();
    for (Peer* p : all) {
      if (w_.random.below(4) != 0) continue;
      ProposalRequest request = ProposeUpdate{next_key(*p)};
      if (w_.random.below(4) == 0) {
        request = ProposeRemove{all[w_.random.below(all.size())]->group->own_leaf()};
      }
      const auto message = p->group->propose(request, kNow, w_.random, framing());
      ASSERT_VALUE(message);
      for (Peer* other : all) {
        if (other != p) ASSERT_VALUE(other->group->process_proposal(message.value(), kNow));
      }
    }
    CommitRequest request;
    request.kept_proposals = true;
    ++shapes_.by_reference;
    send(any_member(), std::move(request), joiners(2));
  }

  void external_join() {
    Peer& inside = any_member();
    Peer& joiner = any_outsider();
    auto joined = Group::join_by_external_commit(inside.group->group_info().value(), joiner.key,
                                                 as_bytes(joiner.name), w_.random);
    ASSERT_VALUE(joined);
    for (Peer* p : w_.members()) ASSERT_VALUE(p->follow(joined.value().commit));
    joiner.group = std::move(joined.value().group);
    ++shapes_.external;
  }

  void send(Peer& by, CommitRequest request, const std::vector<Peer*>& adds) {
    for (Peer* p : adds) {
      p->new_package(w_.random);
      request.adds.push_back(p->verified());
    }
    request.wire_format = framing();
    if (w_.random.below(4) == 0) request.change = next_key(by);
    const std::size_t leaves = leaf_count();
    auto prepared = by.group->commit(request, kNow, w_.random);
    ASSERT_VALUE(prepared);
    if (!prepared.value().staged.has_path()) ++shapes_.without_path;
    std::vector<Peer*> gone;
    for (Peer* p : w_.members()) {
      if (p == &by) continue;
      auto staged = p->group->process_commit(prepared.value().commit, kNow);
      ASSERT_TRUE(staged) << p->name << ": " << staged.error().message;
      if (staged.value().removes_own_leaf()) {
        EXPECT_EQ(staged.value().epoch_authenticator(), Digest());
        gone.push_back(p);
        continue;  // still in the old epoch, to try its keys on what follows
      }
      ASSERT_VALUE(p->group->merge(std::move(staged).value()));
    }
    ASSERT_VALUE(by.group->merge(std::move(prepared.value().staged)));
    take_keys();
    const auto secret = by.group->protect(as_bytes("after you left"), {}, w_.random);
    ASSERT_VALUE(secret);
    for (Peer* p : gone) {
      EXPECT_FALSE(p->group->unprotect(secret.value())) << p->name << " reads on";
      p->group.reset();
    }
    for (Peer* p : adds) {
      ASSERT_VALUE(p->join(prepared.value().welcome));
      if (p->group->own_leaf().value < leaves) ++shapes_.gaps_filled;
    }
  }

  /// One time in three another signature key, until it is merged or the epoch ends.
  LeafChange next_key(Peer& p) {
    if (w_.random.below(3) != 0) return {};
    const auto [at, fresh] =
        next_keys_.insert_or_assign(&p, crypto::SigningKey::generate(w_.random));
    return {&at->second};
  }
  void take_keys() {
    for (auto& [p, key] : next_keys_) {
      if (!p->group || !p->group->active()) continue;
      if (p->group->member(p->group->own_leaf())->signature_key != key.public_key()) continue;
      p->key = std::move(key);
      ++shapes_.key_changes;
    }
    next_keys_.clear();
  }

  void check() {
    w_.expect_agreement();
    w_.expect_delivery(any_member(), "to everybody");
    Peer& p = any_member();
    const SecretBytes saved = p.group->save();
    auto restored = Group::restore(saved.view(), p.key);
    ASSERT_VALUE(restored);
    EXPECT_TRUE(same_state(saved, restored.value().save()));
  }

  WireFormat framing() {
    return w_.random.below(2) == 0 ? WireFormat::public_message : WireFormat::private_message;
  }
  std::size_t leaf_count() {
    return RatchetTree::decode(w_.members()[0]->group->ratchet_tree()).value().leaf_count();
  }
  bool left_half_blank() {
    const auto members = w_.members()[0]->group->members();
    return leaf_count() > 1 && members.front().leaf.value >= leaf_count() / 2;
  }

  World w_;
  std::size_t members_max_;
  Shapes& shapes_;
  std::map<Peer*, crypto::SigningKey> next_keys_;
};

class MlsChurn : public testing::TestWithParam<int> {};

TEST_P(MlsChurn, EverybodyAgreesAndNobodyOutsideReads) {
  Shapes shapes;
  for (std::uint64_t i = 0; i < kSeedsAShard; ++i) {
    const std::uint64_t seed = 1000 + static_cast<std::uint64_t>(GetParam()) * kSeedsAShard + i;
    SCOPED_TRACE("seed " + std::to_string(seed));
    // Most groups are small, where shapes change fast; one a shard is large.
    const std::size_t most = i == 0 ? 200 : 3 + seed % 22;
    Churn churn(seed, most, shapes);
    for (int step = 0; step < (i == 0 ? 4 : 12); ++step) {
      churn.step();
      if (HasFatalFailure()) return;
    }
  }
  EXPECT_GT(shapes.left_half_blank, 0);
  EXPECT_GT(shapes.truncated, 0);
  EXPECT_GT(shapes.gaps_filled, 0);
  EXPECT_GT(shapes.external, 0);
  EXPECT_GT(shapes.by_reference, 0);
  EXPECT_GT(shapes.without_path, 0);
  EXPECT_GT(shapes.key_changes, 0);
}

INSTANTIATE_TEST_SUITE_P(Shards, MlsChurn, testing::Range(0, kShards));

}  // namespace
}  // namespace candour::mls::test
