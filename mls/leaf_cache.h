// What makes joining large groups cheaper where the application can help: leaves whose signature
// this process verified before, and threads to verify the others on.
#pragma once

#include <cstddef>
#include <functional>
#include <mutex>
#include <unordered_set>

#include "base/ids.h"

namespace candour::mls {

/// Leaves whose signature was good: the same bytes at the same place need not be verified again,
/// for instance by a device that is added anew to a group it was in. Made by the application and
/// passed to joins (JoinOptions). Thread-safe. Holds hashes of public data only.
class LeafCache {
 public:
  /// Forgets all when it is full.
  explicit LeafCache(std::size_t leaves_max = 1u << 16) : leaves_max_(leaves_max) {}

  bool contains(const Digest& leaf) const {
    const std::lock_guard lock(mutex_);
    return known_.contains(leaf);
  }
  void insert(const Digest& leaf) {
    const std::lock_guard lock(mutex_);
    if (known_.size() >= leaves_max_) known_.clear();
    known_.insert(leaf);
  }
  std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return known_.size();
  }

 private:
  std::size_t leaves_max_;
  mutable std::mutex mutex_;
  std::unordered_set<Digest> known_;
};

/// Calls `task` once with each number below `count`, in any order and on any threads, and returns
/// when all calls have ended. `task` does not throw.
using Executor =
    std::function<void(std::size_t count, const std::function<void(std::size_t)>& task)>;

}  // namespace candour::mls
