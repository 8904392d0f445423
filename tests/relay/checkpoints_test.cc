// Goal: the table of checkpoints does not grow for ever and keeps what somebody may still need.
// Method: shelves of many checkpoints, some of them witnessed; what goes and what is left.
#include "transport/relay/checkpoints.h"

#include <gtest/gtest.h>

namespace candour::relay {
namespace {

/// Stores checkpoints of these sizes and gives those that are left.
struct Shelf {
  void store(std::uint64_t size, bool quorum) {
    shelf.stored(size, false);
    if (quorum) shelf.witnessed(size);
    left.insert(size);
    for (const std::uint64_t gone : shelf.take_expired(openings)) {
      EXPECT_EQ(left.erase(gone), 1u) << gone;
    }
  }
  CheckpointShelf shelf;
  std::set<std::uint64_t> openings;
  std::set<std::uint64_t> left;
};

TEST(CheckpointShelf, KeepsTheNewestAndWitnessedOnesSparsely) {
  Shelf s;
  constexpr std::uint64_t kSize = 100'000;
  for (std::uint64_t size = 10; size <= kSize; size += 10) s.store(size, size % 20 == 0);
  EXPECT_LE(s.left.size(), CheckpointShelf::kNewest + kSize / CheckpointShelf::kSpacing + 1);
  for (std::uint64_t n = 0; n < CheckpointShelf::kNewest; ++n) {
    EXPECT_EQ(s.left.count(kSize - 10 * n), 1u);
  }
  // Of the old ones each has a quorum, and each stretch of the log has one.
  std::set<std::uint64_t> stretches;
  for (const std::uint64_t size : s.left) {
    if (size + 10 * CheckpointShelf::kNewest > kSize) break;
    EXPECT_EQ(size % 20, 0u);
    EXPECT_TRUE(stretches.insert(size / CheckpointShelf::kSpacing).second);
  }
  EXPECT_GE(stretches.size(), kSize / CheckpointShelf::kSpacing - 1);
}

TEST(CheckpointShelf, KeepsTheFirstWitnessedOneAfterEachOpening) {
  Shelf s;
  s.openings = {55, 5'003, 5'004, 20'000};
  for (std::uint64_t size = 10; size <= 40'000; size += 10) s.store(size, size % 30 == 0);
  EXPECT_EQ(s.left.count(60), 1u);
  EXPECT_EQ(s.left.count(5'010), 1u);
  EXPECT_EQ(s.left.count(20'010), 1u);
  EXPECT_EQ(s.left.count(5'040), 0u);
}

TEST(CheckpointShelf, KeepsTheNewestWitnessedOneWhenWitnessesAreGone) {
  Shelf s;
  for (std::uint64_t size = 1; size <= 5'000; ++size) s.store(size, size == 40);
  EXPECT_EQ(s.left.count(40), 1u);
  EXPECT_EQ(s.left.size(), CheckpointShelf::kNewest + 1);
}

}  // namespace
}  // namespace candour::relay
