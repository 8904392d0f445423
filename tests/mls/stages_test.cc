// Goal: what was not verified cannot be used: it does not compile; and what a joiner's application
// does to make verifying cheaper changes no outcome. Method: type traits; joins with a cache of
// leaves and with an executor of several threads, of good trees and of bad ones.
#include <thread>

#include "mls/join.h"
#include "mls/tree_validation.h"
#include "tests/mls/insider.h"

namespace candour::mls::test {
namespace {

// A decoded value does not turn into a verified one.
static_assert(!std::is_constructible_v<Verified<KeyPackage>, KeyPackage>);
static_assert(!std::is_constructible_v<Verified<AuthenticatedContent>, AuthenticatedContent>);
static_assert(!std::is_constructible_v<Verified<RatchetTree>, RatchetTree>);
static_assert(!std::is_constructible_v<VerifiedLeaf, LeafPtr>);
static_assert(!std::is_default_constructible_v<VerifiedLeaf>);
static_assert(!std::is_constructible_v<VerifiedKeyPackage, Bytes>);
static_assert(!std::is_constructible_v<VerifiedKeyPackage, KeyPackage>);
static_assert(!std::is_constructible_v<StagedCommit, Bytes>);
// And what takes a verified one does not take a decoded one.
static_assert(!std::is_invocable_v<decltype(&RatchetTree::add), RatchetTree, LeafPtr>);
static_assert(
    !std::is_invocable_v<decltype(&RatchetTree::update), RatchetTree, LeafIndex, LeafPtr>);
static_assert(std::is_invocable_v<decltype(&RatchetTree::add), RatchetTree, VerifiedLeaf>);
static_assert(
    !std::is_invocable_v<decltype(&internal::state_of), GroupInfo, crypto::SigningKey, Policy>);
static_assert(!std::is_assignable_v<decltype(CommitRequest::adds), std::vector<Bytes>>);
static_assert(!std::is_invocable_v<decltype(&Group::merge), Group, Bytes>);

/// On as many threads as there are tasks.
void all_at_once(std::size_t count, const std::function<void(std::size_t)>& task) {
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < count; ++i) threads.emplace_back([&task, i] { task(i); });
  for (std::thread& t : threads) t.join();
}

class MlsJoinHelp : public testing::Test {
 protected:
  MlsJoinHelp() : w(130) {
    w.form(100);
    w.add_peer().new_package(w.random);
    CommitRequest request;
    request.adds = {joiner().verified()};
    welcome = w.peer(0).group->commit(request, kNow, w.random).value().welcome;
    tree = RatchetTree::decode(w.peer(0).group->ratchet_tree()).value();
  }
  Peer& joiner() { return w.peer(100); }
  Result<Group> join(const JoinOptions& options) {
    return Group::join(welcome, joiner().package->key_package,
                       joiner().package->private_part.view(), joiner().key, kNow, options);
  }
  Status check(const RatchetTree& t, const LeafHelp& help) {
    return check_tree_on_join(t, kSuite3, as_bytes("test group"), {}, Checks{kNow}, help);
  }

  World w;
  Bytes welcome;
  RatchetTree tree;
};

TEST_F(MlsJoinHelp, JoinsAreTheSameWithCacheAndThreads) {
  LeafCache cache;
  JoinOptions options;
  const auto plain = join(options);
  ASSERT_VALUE(plain);
  options.executor = all_at_once;
  options.leaf_cache = &cache;
  for (int i = 0; i < 2; ++i) {
    const auto joined = join(options);
    ASSERT_VALUE(joined);
    EXPECT_TRUE(same_state(joined.value().save(), plain.value().save()));
    EXPECT_EQ(cache.size(), 101u);
  }
}

TEST_F(MlsJoinHelp, WhatTheCacheKnowsIsNotVerifiedAgainAndNothingElseIsTrusted) {
  World blank(132);  // no parent hash covers its leaves
  blank.form(50, false);
  TreeParts parts(RatchetTree::decode(blank.peer(0).group->ratchet_tree()).value());
  LeafNode& bad = parts.leaves.at(2 * 40);
  bad.signature[5] ^= 1;
  const RatchetTree forged = parts.build();
  LeafCache cache;
  EXPECT_BROKEN(check(forged, {&cache, nullptr}), Rule::leaf_signature);
  // Only because the cache is told that it was good is it taken: the signature is not looked at.
  cache.insert(bad.digest(as_bytes("test group"), LeafIndex(40)));
  EXPECT_VALUE(check(forged, {&cache, nullptr}));
  // Another byte, or another place, is another leaf.
  bad.signature[5] ^= 2;
  EXPECT_BROKEN(check(parts.build(), {&cache, nullptr}), Rule::leaf_signature);
}

TEST_F(MlsJoinHelp, TheLeftmostFaultIsNamedHoweverManyThreadsLook) {
  TreeParts parts(tree);
  parts.leaves.at(2 * 90).signature[0] ^= 1;
  parts.leaves.at(2 * 10).capabilities = [&] {
    Capabilities c = *parts.leaves.at(20).capabilities;
    c.versions = {2};
    return SharedCapabilities(std::move(c));
  }();
  const Executor threads = all_at_once;
  for (int i = 0; i < 5; ++i) {
    EXPECT_BROKEN(check(parts.build(), {nullptr, &threads}), Rule::leaf_version);
  }
}

TEST(MlsLeafCache, ForgetsWhenItIsFull) {
  LeafCache cache(2);
  SeededRandom random(1);
  const Digest a = random.id<Digest>();
  cache.insert(a);
  cache.insert(random.id<Digest>());
  EXPECT_TRUE(cache.contains(a));
  cache.insert(random.id<Digest>());
  EXPECT_FALSE(cache.contains(a));
  EXPECT_EQ(cache.size(), 1u);
}

TEST(MlsShortBytes, AreBytesOfAnyLength) {
  for (std::size_t size : {0u, 1u, 31u, 32u, 33u, 70u}) {
    const Bytes bytes(size, 7);
    ShortBytes<32> a(bytes);
    ShortBytes<32> b = a;
    EXPECT_TRUE(same(b, bytes));
    EXPECT_EQ(a, b);
    ShortBytes<32> c = std::move(a);
    EXPECT_TRUE(a.empty());  // NOLINT: moved from is empty
    c = ShortBytes<32>(ByteView(c));
    EXPECT_TRUE(same(c, bytes));
    if (size == 0) continue;
    b[size - 1] ^= 1;
    EXPECT_FALSE(b == c);
    b.pop_back();
    EXPECT_EQ(b.size(), size - 1);
    b = c;
    EXPECT_EQ(b, c);
  }
}

TEST(MlsTreeKeys, AKeyThatLeftMayComeBackAndOneThatIsThereMayNot) {
  World w(131);
  w.form(6);
  // Removed and added in one commit, and again later: the filter has seen its key before.
  w.commit(w.peer(0), {}, {LeafIndex(3)});
  w.commit(w.peer(0), {&w.peer(3)}, {});
  w.commit(w.peer(1), {}, {LeafIndex(3)});
  w.commit(w.peer(2), {&w.peer(3)}, {});
  w.expect_agreement();
  w.peer(3).new_package(w.random);
  CommitRequest request;
  request.adds = {w.peer(3).verified()};
  EXPECT_BROKEN(w.peer(0).group->commit(request, kNow, w.random), Rule::add_present);
}

}  // namespace
}  // namespace candour::mls::test
