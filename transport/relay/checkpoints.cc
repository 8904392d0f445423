#include "transport/relay/checkpoints.h"

namespace candour::relay {

void CheckpointShelf::stored(std::uint64_t size, bool quorum) {
  if (!newest_.emplace(size, quorum).second) return;
  if (quorum) ++newest_witnessed_count_;
}

void CheckpointShelf::witnessed(std::uint64_t size) {
  const auto found = newest_.find(size);
  if (found == newest_.end() || found->second) return;
  found->second = true;
  ++newest_witnessed_count_;
}

bool CheckpointShelf::stays(std::uint64_t size,
                            const std::set<std::uint64_t>& opening_leaves) const {
  // Without a newer witnessed one, this is what proofs are given in.
  if (newest_witnessed_count_ == 0) return true;
  if (last_old_witnessed_ == 0 || size / kSpacing != last_old_witnessed_ / kSpacing) return true;
  const auto covered = opening_leaves.lower_bound(last_old_witnessed_);
  return covered != opening_leaves.end() && *covered < size;
}

std::vector<std::uint64_t> CheckpointShelf::take_expired(
    const std::set<std::uint64_t>& opening_leaves) {
  std::vector<std::uint64_t> expired;
  while (newest_.size() > kNewest) {
    const auto [size, quorum] = *newest_.begin();
    newest_.erase(newest_.begin());
    if (quorum) --newest_witnessed_count_;
    if (!quorum || !stays(size, opening_leaves)) expired.push_back(size);
    if (quorum) last_old_witnessed_ = size;
  }
  return expired;
}

}  // namespace candour::relay
