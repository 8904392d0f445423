// Goal: incremental hashing, roots and proofs agree with RFC 6962 computed naively, for every size
// up to 300, and no changed proof passes. Method: an oracle that follows the RFC's recursive
// definitions over the list of leaves; random corruptions from a fixed seed.
#include "tlog/tree.h"

#include <gtest/gtest.h>

#include <bit>
#include <random>
#include <span>

#include "crypto/hash.h"
#include "tlog/leaf.h"

namespace candour::tlog {
namespace {

constexpr std::uint64_t kSizes = 300;

/// MTH(D[n]) of RFC 6962 section 2.1, word for word.
Digest mth(std::span<const Digest> leaves) {
  if (leaves.empty()) return crypto::sha256(ByteView{});
  if (leaves.size() == 1) return leaves[0];
  const std::size_t k = std::bit_floor(leaves.size() - 1);
  const std::uint8_t one[] = {1};
  const Digest left = mth(leaves.first(k));
  const Digest right = mth(leaves.subspan(k));
  return crypto::sha256({ByteView(one), left.view(), right.view()});
}

struct Trees : testing::Test {
  Trees() {
    for (std::uint64_t i = 0; i < kSizes; ++i) {
      const std::string entry = "entry " + std::to_string(i);
      leaves.push_back(leaf_hash(as_bytes(entry)));
      roots.push_back(mth(std::span(leaves).first(i)));
      const auto stored = hashes_for_append(i, leaves.back(), hashes);
      EXPECT_TRUE(stored);
      hashes.put(stored.value());
    }
    roots.push_back(mth(leaves));
  }
  std::vector<Digest> leaves;
  std::vector<Digest> roots;  // by size
  MemoryHashes hashes;
};

TEST(Tree, HasTheRootOfTheWellKnownExample) {
  const char* entries[] = {"",
                           "00",
                           "10",
                           "2021",
                           "3031",
                           "40414243",
                           "5051525354555657",
                           "606162636465666768696a6b6c6d6e6f"};
  Frontier edge;
  for (const char* entry : entries) edge.append(leaf_hash(*hex_decode(entry)));
  EXPECT_EQ(edge.root().hex(), "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");
  EXPECT_EQ(empty_root().hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST_F(Trees, RootsAgreeWithTheOracle) {
  Frontier edge;
  for (std::uint64_t size = 0; size <= kSizes; ++size) {
    EXPECT_EQ(tree_hash(size, hashes).value(), roots[size]) << size;
    EXPECT_EQ(edge.root(), roots[size]) << size;
    EXPECT_EQ(Frontier::load(size, hashes).value().root(), roots[size]) << size;
    if (size < kSizes) edge.append(leaves[size]);
  }
}

TEST_F(Trees, FrontierStoresTheSameHashes) {
  MemoryHashes other;
  Frontier edge;
  for (const Digest& leaf : leaves) other.put(edge.append(leaf));
  EXPECT_EQ(other.hashes(), hashes.hashes());
  // And goes on from any size.
  for (std::uint64_t size = 0; size < kSizes; size += 7) {
    auto resumed = Frontier::load(size, hashes);
    ASSERT_TRUE(resumed);
    resumed.value().append(leaves[size]);
    EXPECT_EQ(resumed.value().root(), roots[size + 1]);
  }
}

TEST_F(Trees, EveryInclusionProofVerifies) {
  for (std::uint64_t size = 1; size <= kSizes; ++size) {
    for (std::uint64_t index = 0; index < size; ++index) {
      const auto proof = prove_inclusion(index, size, hashes);
      ASSERT_TRUE(proof);
      ASSERT_TRUE(verify_inclusion(leaves[index], index, size, proof.value(), roots[size]))
          << index << " of " << size;
    }
  }
}

TEST_F(Trees, EveryConsistencyProofVerifies) {
  for (std::uint64_t size = 0; size <= kSizes; ++size) {
    for (std::uint64_t old = 0; old <= size; ++old) {
      const auto proof = prove_consistency(old, size, hashes);
      ASSERT_TRUE(proof);
      ASSERT_TRUE(verify_consistency(old, roots[old], size, roots[size], proof.value()))
          << old << " to " << size;
    }
  }
}

/// One random change: a flipped bit, a dropped, doubled or added hash, two swapped.
Proof corrupted(Proof proof, std::mt19937_64& random) {
  const auto pick = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  Digest extra;
  extra.mutable_view()[0] = static_cast<std::uint8_t>(random());
  if (proof.empty()) return {extra};
  const std::size_t at = pick(proof.size());
  switch (random() % 5) {
    case 0:
      proof[at].mutable_view()[pick(32)] ^= static_cast<std::uint8_t>(1u << pick(8));
      break;
    case 1:
      proof.erase(proof.begin() + static_cast<std::ptrdiff_t>(at));
      break;
    case 2:
      proof.insert(proof.begin() + static_cast<std::ptrdiff_t>(at), proof[at]);
      break;
    case 3:
      proof.insert(proof.begin() + static_cast<std::ptrdiff_t>(at), extra);
      break;
    default:
      std::swap(proof[at], proof[pick(proof.size())]);
  }
  return proof;
}

TEST_F(Trees, NoCorruptedProofPasses) {
  std::mt19937_64 random(20260131);
  int tried = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::uint64_t size = 1 + random() % kSizes;
    const std::uint64_t index = random() % size;
    const Proof inclusion = prove_inclusion(index, size, hashes).value();
    const Proof bad_inclusion = corrupted(inclusion, random);
    if (bad_inclusion != inclusion) {
      ++tried;
      EXPECT_FALSE(verify_inclusion(leaves[index], index, size, bad_inclusion, roots[size]));
    }
    const std::uint64_t old = 1 + random() % size;
    const Proof consistency = prove_consistency(old, size, hashes).value();
    const Proof bad_consistency = corrupted(consistency, random);
    if (bad_consistency != consistency) {
      ++tried;
      EXPECT_FALSE(verify_consistency(old, roots[old], size, roots[size], bad_consistency));
    }
    // A good proof for another leaf, place or root.
    EXPECT_FALSE(
        verify_inclusion(leaves[(index + 1) % kSizes], index, size, inclusion, roots[size]));
    EXPECT_FALSE(verify_inclusion(leaves[index], index, size, inclusion, roots[size - 1]));
    if (size > 1) {
      EXPECT_FALSE(
          verify_inclusion(leaves[index], (index + 1) % size, size, inclusion, roots[size]));
    }
    EXPECT_FALSE(verify_consistency(old, roots[old - 1], size, roots[size], consistency));
  }
  EXPECT_GT(tried, 20'000);
}

TEST_F(Trees, RefusesWhatDoesNotExist) {
  EXPECT_FALSE(prove_inclusion(5, 5, hashes));
  EXPECT_FALSE(prove_consistency(6, 5, hashes));
  EXPECT_FALSE(prove_inclusion(0, kSizes + 1, hashes));
  EXPECT_FALSE(tree_hash(kSizes + 1, hashes));
  EXPECT_FALSE(verify_inclusion(leaves[0], 0, 0, {}, empty_root()));
  EXPECT_FALSE(verify_consistency(0, roots[1], 5, roots[5], {}));
}

TEST(MemoryHashes, ReadsThroughToWhatIsBelow) {
  MemoryHashes below;
  Digest one;
  one.mutable_view()[0] = 1;
  Digest two;
  two.mutable_view()[0] = 2;
  below.put({{0, 0}, one});
  MemoryHashes above(below);
  EXPECT_EQ(above.read(0, 0).value(), one);
  above.put({{0, 0}, two});
  EXPECT_EQ(above.read(0, 0).value(), two);
  EXPECT_EQ(below.read(0, 0).value(), one);
  EXPECT_FALSE(above.read(0, 1));
}

}  // namespace
}  // namespace candour::tlog
