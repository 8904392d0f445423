// Reads of what is committed in relay.db. Each call sees a state that was durable at some moment
// not before the call. Errors are storage_failed unless said otherwise. One thread at a time.
#pragma once

#include <functional>
#include <map>
#include <optional>

#include "base/result.h"
#include "storage/relay_leaves.h"
#include "storage/relay_rows.h"
#include "tlog/record_label.h"
#include "tlog/tile.h"

namespace candour::storage {

/// A leaf with what lies beside it, for a mirror.
struct LogItemRow {
  Bytes entry;
  Bytes opening;
  std::optional<RecordId> record_id;
  Bytes record;
  int kind = 0;  // of `object`; 0 when the leaf is of no directory object
  Bytes object;
};

class RelayReader : public tlog::HashReader, public tlog::EntryReader {
 public:
  explicit RelayReader(RelayDb& db) : db_(db), blocks_(db) {}

  /// Released messages after `after`, in order, until `size_max` bytes of them are together (at
  /// least one when there is any).
  Result<std::vector<MessageRow>> messages(const GroupId& group, Seq after,
                                           std::size_t size_max) const;
  /// Pending submissions of all groups from number `from` on, likewise.
  Result<std::vector<PendingBody>> pending(std::uint64_t from, std::size_t size_max) const;
  Result<std::vector<MailRow>> mail(const DeviceId& device, std::uint64_t after,
                                    std::size_t size_max) const;
  Result<std::vector<DirectoryRow>> directory(std::uint64_t from, std::size_t size_max) const;
  /// Leaves first <= i < end as far as they are committed, until `size_max` bytes are together (at
  /// least one when there is any).
  Result<std::vector<LogItemRow>> log_items(std::uint64_t first, std::uint64_t end,
                                            std::size_t size_max) const;

  /// Where a leaf with this hash is; nothing when it is not in the log.
  Result<std::optional<std::uint64_t>> leaf_index(const Digest& leaf_hash) const;
  Result<Digest> read(unsigned level, std::uint64_t index) const override;
  Result<Bytes> entry(std::uint64_t index) const override;
  /// The entries first <= i < end that are in the log, 34 bytes each.
  Result<Bytes> entries(std::uint64_t first, std::uint64_t end) const;

  /// From the first to the last leaf whose record's label has a time in from <= time < until; empty
  /// when there is none.
  Result<LeafRange> leaves_of_period(TimeMs from, TimeMs until) const;
  /// Records among the leaves of `range` that `wanted` (given the label) says yes to, until
  /// `size_max` bytes are together or `looked_at_max` leaves were looked at; `next` is where to go
  /// on, range.end at the end.
  struct RecordPage {
    std::vector<RecordRow> rows;
    std::uint64_t next = 0;
  };
  Result<RecordPage> records(const LeafRange& range,
                             const std::function<bool(const tlog::RecordLabel&)>& wanted,
                             std::size_t size_max, std::uint64_t looked_at_max) const;

  /// Openings from number `from` on with the copy for `auditor`, until `size_max` bytes of them are
  /// together (at least one when there is any).
  Result<std::vector<OpeningBody>> openings(std::uint64_t from, const std::string& auditor,
                                            std::size_t size_max) const;
  Result<std::vector<Bytes>> rosters() const;
  struct RosterPage {
    std::vector<Bytes> rosters;
    std::optional<GroupId> next;  // there are more after this group
  };
  /// Those of groups after `after`, in the order of their ids, until `size_max` bytes of them are
  /// together (at least one when there is any).
  Result<RosterPage> rosters_after(const GroupId& after, std::size_t size_max) const;

  /// A stored checkpoint with its cosignatures; nothing when it is not kept.
  Result<std::optional<CheckpointRow>> checkpoint(std::uint64_t size) const;

  Result<RelaySnapshot> snapshot() const;

 private:
  std::optional<std::uint64_t> leaf_in_period(const LeafRange& block, bool last, TimeMs from,
                                              TimeMs until) const;

  RelayDb& db_;
  mutable EntryBlocks blocks_;
  mutable std::map<std::pair<unsigned, std::uint64_t>, Digest> folded_;
};

}  // namespace candour::storage
