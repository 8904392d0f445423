// A mirror's copy of a log: the relay's own tables (storage/relay_schema.h) in a folder of its own,
// so that `candourctl log verify` reads it as it reads a relay's. Only leaves that were checked are
// kept: entry against opening, opening against record or directory object, and the tree they make
// against the checkpoint they were fetched for.
//
// Not thread-safe.
#pragma once

#include <filesystem>
#include <memory>
#include <set>
#include <vector>

#include "identity/opening_notice.h"
#include "storage/relay_store.h"
#include "tlog/checkpoint.h"
#include "tlog/leaf.h"
#include "transport/wire/candour.pb.h"

namespace candour::ctl {

class MirrorStore {
 public:
  /// Creates the folder when missing. state_locked when it is in use, state_damaged.
  static Result<std::unique_ptr<MirrorStore>> open(const std::filesystem::path& dir,
                                                   std::string log_origin);

  /// How many leaves are here or staged: the next one wanted.
  std::uint64_t next() const { return edge_.size(); }
  /// How many leaves of class opening are here or staged.
  std::uint64_t openings() const { return openings_; }

  /// Checks the leaf and stages it. `opening` is what the relay says about a leaf of class opening,
  /// null for all others. log_inconsistent with the leaf's number when something does not fit.
  Status stage(const v1::LogItem& item, const v1::OpeningItem* opening);
  /// True when so much is staged that it has to be written before more is fetched.
  bool full() const { return staged_bytes_ >= kStagedBytesMax; }
  /// Writes what is staged and waits until it is durable. Used alone only by a mirror that is far
  /// behind: the leaves are then held against the next checkpoint, see `confirm`.
  Status write();
  /// Writes what is staged together with the checkpoint it leads to. log_inconsistent when the
  /// leaves do not make the checkpoint's tree: what was only staged is forgotten; when some were
  /// written already the copy is of no use any more (state_damaged) and is to be kept as evidence.
  Status confirm(const tlog::Checkpoint& checkpoint, const std::string& note);
  /// Forgets what is staged.
  void forget();

  bool has_checkpoint(std::uint64_t size) const { return sizes_.contains(size); }
  /// A witness' line over a checkpoint that is here; checked by the caller.
  Status put_cosignature(std::uint64_t size, const std::string& name, const std::string& line);

 private:
  static constexpr std::size_t kStagedBytesMax = 64u << 20;

  struct Staged {
    storage::LogLeaf leaf;
    std::optional<RecordId> record_id;
    std::optional<storage::DirectoryRow> object;
    std::optional<storage::OpeningRow> opening;
    Bytes notice;
  };

  explicit MirrorStore(std::string origin) : origin_(std::move(origin)) {}
  Status load();
  Status check_record(const v1::LogItem& item, Staged& staged) const;
  Status check_object(const v1::LogItem& item, Staged& staged) const;
  Status check_opening(const v1::OpeningItem* opening, Staged& staged) const;
  void queue(Staged staged);

  std::string origin_;
  std::unique_ptr<storage::RelayStore> store_;
  tlog::Frontier edge_;     // with what is staged
  tlog::Frontier written_;  // without
  std::uint64_t objects_ = 0;
  std::uint64_t openings_ = 0;
  std::set<std::uint64_t> sizes_;
  std::vector<Staged> staged_;
  std::size_t staged_bytes_ = 0;
  struct Counts {
    std::uint64_t objects = 0;
    std::uint64_t openings = 0;
  } counted_;  // without what is staged
};

}  // namespace candour::ctl
