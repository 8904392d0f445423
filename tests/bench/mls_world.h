// Large MLS groups for the benchmark, made directly from the parts: letting a thousand members
// commit in turn would take longer than everything that is measured.
#pragma once

#include <memory>
#include <vector>

#include "mls/group.h"
#include "mls/group_state.h"

namespace candour::mls::bench {

/// A group of `size` members of which any two can be had as Group.
class LargeGroup {
 public:
  /// `full`: every parent node has a key, as when everybody has committed. Otherwise all are blank,
  /// as just after a bulk add.
  LargeGroup(std::uint32_t size, bool full, Random& random);

  Group member(std::uint32_t leaf) const;
  std::size_t tree_size() const { return tree_.encode().size(); }
  const RatchetTree& tree() const { return tree_; }
  static Policy policy();

 private:
  std::vector<crypto::SigningKey> signers_;
  std::vector<std::shared_ptr<const crypto::SealingKey>> leaf_keys_;
  std::map<NodeIndex, std::shared_ptr<const crypto::SealingKey>> parents_;
  RatchetTree tree_;
  GroupContext context_;
  KdfSecret epoch_secret_;
};

inline constexpr TimeMs kBenchNow{1'790'000'000'000};
inline constexpr Lifetime kBenchLifetime{TimeMs(kBenchNow.value - 3'600'000),
                                         TimeMs(kBenchNow.value + 90ull * 24 * 3'600'000)};

}  // namespace candour::mls::bench
