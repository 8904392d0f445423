// Read-only access to a relay's database for those who check it: the tables of
// storage/relay_schema.h, by code of its own. All reads see one snapshot, also while the relay is
// running.
//
// Functions here throw SQLite::Exception; verbs catch it at their edge (`guarded`).
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <filesystem>
#include <optional>

#include "base/result.h"
#include "tlog/leaf.h"
#include "tlog/tile.h"
#include "tlog/tree.h"

namespace candour::ctl {

class LogDb : public tlog::HashReader, public tlog::EntryReader {
 public:
  /// not_found when there is no such file; state_damaged when it is no database of our
  /// schema.
  static Result<std::unique_ptr<LogDb>> open(const std::filesystem::path& file);

  SQLite::Database& database() { return database_; }
  std::uint64_t size() const { return size_; }

  Result<Digest> read(unsigned level, std::uint64_t index) const override;
  /// Of a leaf of class ordinary or directory, or of an unsealed one; nothing otherwise.
  std::optional<tlog::LeafOpening> opening(std::uint64_t index) const;
  /// The 34 bytes of an entry; not_found when there is none.
  Result<Bytes> entry(std::uint64_t index) const override;
  /// The checkpoint of this size with every cosignature stored for it; nothing when there is none.
  std::optional<std::string> checkpoint(std::uint64_t size);
  std::vector<std::uint64_t> checkpoint_sizes();

 private:
  explicit LogDb(const std::filesystem::path& file);
  mutable SQLite::Database database_;
  std::uint64_t size_ = 0;
};

/// The relay.db a verb means: `db`, or relay.db in `state`; usage when neither is given.
Result<std::filesystem::path> relay_db_file(const std::string& state, const std::string& db);

Bytes blob_of(const SQLite::Column& column);

inline std::uint64_t number_of(const SQLite::Column& column) {
  return static_cast<std::uint64_t>(column.getInt64());
}

/// Runs `work`, turning what SQLite throws into state_damaged.
template <class Work>
auto guarded(Work work) -> decltype(work()) {
  try {
    return work();
  } catch (const SQLite::Exception& thrown) {
    return error(ErrorCode::state_damaged,
                 std::string("relay.db cannot be read: ") + thrown.what());
  }
}

}  // namespace candour::ctl
