// Which of the stored checkpoints stay. A checkpoint is signed every second while the log grows;
// all of them are worth keeping for an hour, few for ever: the newest, and of older ones that have
// a quorum one for each kSpacing leaves and the first that covers each opening leaf, because
// warrants and requests are shown with it. Values in memory; pure.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <vector>

namespace candour::relay {

class CheckpointShelf {
 public:
  static constexpr std::size_t kNewest = 512;
  static constexpr std::uint64_t kSpacing = 4096;

  /// A checkpoint that is stored, in ascending order of size.
  void stored(std::uint64_t size, bool quorum);
  /// It has a quorum of cosignatures now.
  void witnessed(std::uint64_t size);
  /// Takes out and returns what goes. `opening_leaves` are the indices of opening leaves.
  std::vector<std::uint64_t> take_expired(const std::set<std::uint64_t>& opening_leaves);

 private:
  bool stays(std::uint64_t size, const std::set<std::uint64_t>& opening_leaves) const;

  std::map<std::uint64_t, bool> newest_;  // size -> has a quorum
  std::uint64_t last_old_witnessed_ = 0;  // largest with a quorum that is in newest_ no more
  std::size_t newest_witnessed_count_ = 0;
};

}  // namespace candour::relay
