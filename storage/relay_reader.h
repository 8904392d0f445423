// Reads of what is committed in relay.db. Each call sees a state that was durable at some moment
// not before the call. Errors are storage_failed unless said otherwise. One thread at a time.
#pragma once

#include <optional>

#include "base/result.h"
#include "storage/relay_rows.h"
#include "tlog/tile.h"

namespace candour::storage {

class RelayDb;

class RelayReader : public tlog::HashReader, public tlog::EntryReader {
 public:
  explicit RelayReader(RelayDb& db) : db_(db) {}

  /// Released messages after `after`, in order, until `size_max` bytes of them are together (at
  /// least one when there is any).
  Result<std::vector<MessageRow>> messages(const GroupId& group, Seq after,
                                           std::size_t size_max) const;
  /// Pending submissions from `from` on, likewise.
  Result<std::vector<PendingBody>> pending(const GroupId& group, Submission from,
                                           std::size_t size_max) const;
  Result<std::vector<MailRow>> mail(const DeviceId& device, std::uint64_t after,
                                    std::size_t size_max) const;
  Result<std::vector<DirectoryRow>> directory(std::uint64_t from, std::size_t size_max) const;

  /// Where a leaf with this hash is; nothing when it is not in the log.
  Result<std::optional<std::uint64_t>> leaf_index(const Digest& leaf_hash) const;
  Result<Digest> read(unsigned level, std::uint64_t index) const override;
  Result<Bytes> entry(std::uint64_t index) const override;

  Result<RelaySnapshot> snapshot() const;

 private:
  RelayDb& db_;
};

}  // namespace candour::storage
