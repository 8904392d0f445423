// Goal: inclusion proofs made from a range proof are those the log itself would give. Method: every
// range of every tree up to 40 leaves, against proofs from the whole tree.
#include "ctl/evidence/range_tree.h"

#include "tests/warrant/test_log.h"
#include "tlog/range.h"

namespace candour::tests {
namespace {

TEST(RangeTree, GivesTheProofsOfTheWholeTree) {
  TestLog log("example.org/log");
  std::vector<Digest> leaves;
  for (std::uint64_t size = 1; size <= 40; ++size) {
    const Bytes entry(tlog::kEntrySize, static_cast<std::uint8_t>(size));
    log.append(entry);
    leaves.push_back(tlog::leaf_hash(entry));
    for (std::uint64_t first = 0; first < size; ++first) {
      for (std::uint64_t end = first + 1; end <= size; ++end) {
        const auto proof = tlog::prove_range(first, end, size, log.hashes());
        ASSERT_TRUE(proof);
        const auto tree = ctl::RangeTree::build(std::span(leaves).subspan(first, end - first),
                                                first, size, proof.value());
        ASSERT_TRUE(tree);
        ASSERT_EQ(tree.value().root(), log.root());
        for (std::uint64_t i = first; i < end; ++i) {
          ASSERT_EQ(tree.value().inclusion(i), log.prove(i, size));
        }
      }
    }
  }
}

TEST(RangeTree, RefusesProofsThatDoNotComeOutEven) {
  TestLog log("example.org/log");
  std::vector<Digest> leaves;
  for (std::uint8_t i = 0; i < 20; ++i) {
    log.append(Bytes(tlog::kEntrySize, i));
    leaves.push_back(tlog::leaf_hash(Bytes(tlog::kEntrySize, i)));
  }
  auto proof = tlog::prove_range(5, 9, 20, log.hashes()).value();
  const auto run = std::span(leaves).subspan(5, 4);
  EXPECT_TRUE(ctl::RangeTree::build(run, 5, 20, proof));
  proof.push_back(Digest());
  EXPECT_FALSE(ctl::RangeTree::build(run, 5, 20, proof));
  proof.resize(proof.size() - 2);
  EXPECT_FALSE(ctl::RangeTree::build(run, 5, 20, proof));
  EXPECT_FALSE(ctl::RangeTree::build({}, 5, 20, proof));
  EXPECT_FALSE(ctl::RangeTree::build(run, 18, 20, proof));
  EXPECT_FALSE(ctl::RangeTree::build(run, 25, 20, proof));
}

}  // namespace
}  // namespace candour::tests
