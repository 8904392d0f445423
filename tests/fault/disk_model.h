// What a disk may hold after the power went, given every change that was made to it.
//
// Promised by a disk: what was synced is there. Everything else may be there or not, in any
// combination, each 512-byte sector of a write by itself, and a sector that was being written may
// hold anything. That a file was made or removed is certain once its folder was synced, which
// SQLite does with the first sync of a journal or write-ahead log and with some removals; until
// then it may be either. (SQLite assumes that a write leaves the bytes around it alone: powersafe
// overwrite, https://www.sqlite.org/psow.html.)
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>

#include "tests/fault/fault_vfs.h"

namespace candour::testing {

using Files = std::map<std::string, Bytes>;

class DiskModel {
 public:
  explicit DiskModel(const std::vector<Change>& changes) : changes_(changes) {}

  /// The disk's certain part moves on to after the first `count` changes; never back.
  void advance(std::size_t count);
  std::size_t at() const { return at_; }

  /// Nothing of what is uncertain is there.
  Files without_unsynced() const;
  /// All of it is.
  Files with_unsynced() const;
  /// A random part of it is; sectors in the middle of being written may hold anything.
  Files torn(std::mt19937_64& dice) const;

 private:
  struct Node {
    Bytes durable;
    std::vector<const Change*> unsynced;
  };
  struct FolderChange {
    std::string name;
    std::optional<std::size_t> node;  // none: removed
  };
  void sync_folder();
  Files files(const std::map<std::string, std::size_t>& folder,
              const std::function<void(Bytes&, const Change&)>& apply) const;

  const std::vector<Change>& changes_;
  std::size_t at_ = 0;
  std::vector<Node> nodes_;
  std::map<std::string, std::size_t> folder_;   // as the running process sees it
  std::map<std::string, std::size_t> durable_;  // as it is certain to be
  std::vector<FolderChange> unsynced_;
};

}  // namespace candour::testing
