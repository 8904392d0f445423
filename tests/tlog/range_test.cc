// Goal: a range proof shows a run of leaves gap-free and nothing else passes. Method: for every run
// of every tree up to 40 leaves and random runs of larger ones the proof leads to the root computed
// naively by RFC 6962; then leaves dropped, doubled, swapped, changed, moved, and proofs changed.
#include "tlog/range.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <random>

#include "crypto/hash.h"
#include "tlog/leaf.h"

namespace candour::tlog {
namespace {

/// MTH(D[n]) of RFC 6962 section 2.1, word for word.
Digest mth(std::span<const Digest> leaves) {
  if (leaves.size() == 1) return leaves[0];
  const std::size_t k = std::bit_floor(leaves.size() - 1);
  const std::uint8_t one[] = {1};
  return crypto::sha256(
      {ByteView(one), mth(leaves.first(k)).view(), mth(leaves.subspan(k)).view()});
}

struct Ranges : testing::Test {
  void grow(std::uint64_t size) {
    Frontier edge;
    for (std::uint64_t i = 0; i < size; ++i) {
      leaves.push_back(leaf_hash(as_bytes("entry " + std::to_string(i))));
      hashes.put(edge.append(leaves.back()));
    }
  }
  std::span<const Digest> run(std::uint64_t first, std::uint64_t end) const {
    return std::span(leaves).subspan(first, end - first);
  }
  Digest root(std::uint64_t size) const { return mth(std::span(leaves).first(size)); }

  std::vector<Digest> leaves;
  MemoryHashes hashes;
};

TEST_F(Ranges, EveryRunOfEverySmallTreeVerifies) {
  grow(40);
  for (std::uint64_t size = 1; size <= 40; ++size) {
    for (std::uint64_t first = 0; first < size; ++first) {
      for (std::uint64_t end = first + 1; end <= size; ++end) {
        const auto proof = prove_range(first, end, size, hashes);
        ASSERT_TRUE(proof);
        ASSERT_TRUE(verify_range(run(first, end), first, size, proof.value(), root(size)))
            << first << " to " << end << " of " << size;
      }
    }
  }
}

TEST_F(Ranges, OfOneLeafHasTheHashesOfItsInclusionProof) {
  grow(100);
  for (std::uint64_t index = 0; index < 100; ++index) {
    Proof range = prove_range(index, index + 1, 100, hashes).value();
    Proof inclusion = prove_inclusion(index, 100, hashes).value();
    std::sort(range.begin(), range.end());
    std::sort(inclusion.begin(), inclusion.end());
    EXPECT_EQ(range, inclusion) << index;
  }
  EXPECT_TRUE(prove_range(0, 100, 100, hashes).value().empty());
}

/// One random change of the proof.
Proof corrupted(Proof proof, std::mt19937_64& random) {
  const auto pick = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  if (proof.empty()) return {Digest()};
  const std::size_t at = pick(proof.size());
  switch (random() % 4) {
    case 0:
      proof[at].mutable_view()[pick(32)] ^= static_cast<std::uint8_t>(1u << pick(8));
      break;
    case 1:
      proof.erase(proof.begin() + static_cast<std::ptrdiff_t>(at));
      break;
    case 2:
      proof.push_back(proof[at]);
      break;
    default:
      std::swap(proof[at], proof[pick(proof.size())]);
  }
  return proof;
}

TEST_F(Ranges, NothingChangedPasses) {
  grow(1'000);
  std::mt19937_64 random(20260131);
  int tried = 0;
  for (int i = 0; i < 2'000; ++i) {
    const std::uint64_t size = 2 + random() % 999;
    const std::uint64_t first = random() % (size - 1);
    const std::uint64_t end = first + 1 + random() % (size - first);
    const Proof proof = prove_range(first, end, size, hashes).value();
    ASSERT_LE(proof.size(), kRangeProofHashesMax);
    const Digest good = root(size);
    ASSERT_TRUE(verify_range(run(first, end), first, size, proof, good));
    if (const Proof bad = corrupted(proof, random); bad != proof) {
      ++tried;
      EXPECT_FALSE(verify_range(run(first, end), first, size, bad, good));
    }
    // A leaf fewer at either end, one more, another place, another size.
    EXPECT_FALSE(verify_range(run(first, end - 1), first, size, proof, good));
    EXPECT_FALSE(verify_range(run(first + 1, end), first + 1, size, proof, good));
    if (end < size) {
      EXPECT_FALSE(verify_range(run(first, end + 1), first, size, proof, good));
      EXPECT_FALSE(verify_range(run(first, end), first + 1, size, proof, good));
    }
    EXPECT_FALSE(verify_range(run(first, end), first, size, proof, root(size - 1)));
    // A leaf left out of the middle, changed, or two that changed places.
    std::vector<Digest> changed(run(first, end).begin(), run(first, end).end());
    const std::size_t at = random() % changed.size();
    changed[at].mutable_view()[5] ^= 1;
    EXPECT_FALSE(verify_range(changed, first, size, proof, good));
    changed[at].mutable_view()[5] ^= 1;
    if (changed.size() < 2) continue;
    std::swap(changed[at], changed[(at + 1) % changed.size()]);
    EXPECT_FALSE(verify_range(changed, first, size, proof, good));
    changed.erase(changed.begin() + static_cast<std::ptrdiff_t>(at));
    EXPECT_FALSE(verify_range(changed, first, size, proof, good));
  }
  EXPECT_GT(tried, 1'500);
}

TEST_F(Ranges, InnerNodesDoNotPassForLeaves) {
  grow(8);
  // The tree of 8 leaves seen as one of 4 whose leaves are its inner nodes.
  std::vector<Digest> nodes;
  for (std::uint64_t i = 0; i < 4; ++i) nodes.push_back(hashes.read(1, i).value());
  EXPECT_FALSE(verify_range(nodes, 0, 8, {}, root(8)));
}

TEST_F(Ranges, RefusesWhatDoesNotExist) {
  grow(10);
  EXPECT_FALSE(prove_range(3, 3, 10, hashes));
  EXPECT_FALSE(prove_range(4, 3, 10, hashes));
  EXPECT_FALSE(prove_range(3, 11, 10, hashes));
  EXPECT_FALSE(prove_range(0, 5, 11, hashes)) << "hashes of the eleventh leaf are not stored";
  EXPECT_FALSE(verify_range({}, 0, 10, {}, root(10)));
  EXPECT_FALSE(verify_range({}, 0, 0, {}, empty_root()));
  EXPECT_FALSE(verify_range(run(0, 10), 1, 10, {}, root(10)));
  EXPECT_FALSE(verify_range(run(0, 10), ~std::uint64_t{0}, 10, {}, root(10)));
  EXPECT_FALSE(verify_range(run(0, 10), 0, ~std::uint64_t{0}, {}, root(10)));
}

TEST_F(Ranges, FilesReadBackAndSayWhatIsWrong) {
  grow(200);
  const RangeFile file{3, 150, prove_range(3, 150, 200, hashes).value(), "the checkpoint\n"};
  const std::string text = file.print();
  const auto read = RangeFile::parse(text);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read.value().print(), text);
  EXPECT_TRUE(verify_range(run(3, 150), read.value().first, 200, read.value().proof, root(200)));
  for (const char* wrong :
       {"", "candour-range/v2\nfirst 1\nend 2\n\nx\n", "candour-range/v1\nfirst 1\nend 1\n\nx\n",
        "candour-range/v1\nfirst 01\nend 2\n\nx\n", "candour-range/v1\nend 2\nfirst 1\n\nx\n",
        "candour-range/v1\nfirst 1\nend 2\nabc\n\nx\n", "candour-range/v1\nfirst 1\nend 2\n\n",
        "candour-range/v1\nfirst 1\nend 2\n"}) {
    const auto refused = RangeFile::parse(wrong);
    ASSERT_FALSE(refused) << wrong;
    EXPECT_EQ(refused.error().code, ErrorCode::note_malformed);
  }
}

}  // namespace
}  // namespace candour::tlog
