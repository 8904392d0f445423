// Goal: SharedVector is a vector whose copies never see each other's changes, and the key filter
// never denies a key it was given. Method: random operations on copies beside std::vector.
#include "mls/shared_vector.h"

#include "mls/key_filter.h"
#include "mls/key_package.h"
#include "mls/ratchet_tree.h"
#include "tests/mls/fixture.h"

namespace candour::mls::test {
namespace {

struct Pair {
  SharedVector<int> shared;
  std::vector<int> plain;

  void expect_same() const {
    ASSERT_EQ(shared.size(), plain.size());
    for (std::size_t i = 0; i < plain.size(); ++i) ASSERT_EQ(shared[i], plain[i]) << i;
  }
};

TEST(SharedVector, CopiesAreIndependent) {
  SeededRandom random(5);
  std::vector<Pair> copies(1);
  for (int step = 0; step < 4000; ++step) {
    Pair& p = copies[random.below(copies.size())];
    switch (random.below(5)) {
      case 0: {
        const std::size_t size = random.below(random.below(10) == 0 ? 3000 : 200);
        p.shared.resize(size);
        p.plain.resize(size);
        break;
      }
      case 1:
        p.shared.push_back(step);
        p.plain.push_back(step);
        break;
      case 2:
        if (copies.size() < 6) {
          copies.push_back(Pair(p));
        } else {
          copies.erase(copies.begin());
        }
        break;
      default:
        if (p.plain.empty()) break;
        const std::size_t at = random.below(p.plain.size());
        p.shared.set(at, step);
        p.plain[at] = step;
    }
    for (const Pair& each : copies) each.expect_same();
    if (HasFatalFailure()) return;
  }
}

TEST(KeyFilter, NeverDeniesAKeyItHasAndSeldomClaimsOthers) {
  SeededRandom random(6);
  KeyFilter filter;
  EXPECT_FALSE(filter.may_have(Bytes(32)));
  filter.reset(1000);
  std::vector<Bytes> keys;
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(filter.has_room());
    keys.emplace_back(32);
    random.fill(keys.back());
    filter.add(keys.back());
  }
  EXPECT_FALSE(filter.has_room());
  for (const Bytes& key : keys) EXPECT_TRUE(filter.may_have(key));
  int claimed = 0;
  for (int i = 0; i < 1000; ++i) {
    Bytes other(32);
    random.fill(other);
    claimed += filter.may_have(other) ? 1 : 0;
  }
  EXPECT_LT(claimed, 50);
}

// The filter is filled anew while leaves are put in; the one just put in must not get lost then.
TEST(KeyFilter, OfATreeKnowsEveryKeyHoweverOftenItIsFilledAnew) {
  auto& random = system_random();
  RatchetTree tree;
  std::vector<Bytes> keys;
  for (int added = 0; added < 300; ++added) {
    const auto key = crypto::SigningKey::generate(random);
    auto made =
        make_key_package(key, as_bytes("somebody"), {kNow, TimeMs(kNow.value + 1000)}, random);
    ASSERT_TRUE(made);
    auto package = verify_key_package(made.value().key_package, kNow);
    ASSERT_TRUE(package);
    const LeafIndex at = tree.add(leaf_of(*internal::package_of(package.value())));
    keys.push_back(to_bytes(ByteView(tree.leaf(at)->encryption_key)));
    keys.push_back(to_bytes(ByteView(tree.leaf(at)->signature_key)));
    for (const Bytes& known : keys) ASSERT_TRUE(tree.may_have_key(known)) << "leaf " << added;
  }
}

}  // namespace
}  // namespace candour::mls::test
