#include "ctl/log_db.h"

#include "storage/relay_schema.h"

namespace candour::ctl {

namespace fs = std::filesystem;

LogDb::LogDb(const fs::path& file) : database_(file.string(), SQLite::OPEN_READONLY, 5'000) {
  // One read transaction for the life of this object: everything is checked against the same state.
  database_.exec("BEGIN");
  SQLite::Statement schema(database_, "SELECT value FROM meta WHERE name = 'schema'");
  if (!schema.executeStep() || schema.getColumn(0).getInt() != storage::kRelaySchemaVersion) {
    throw SQLite::Exception("its schema is not version 1");
  }
  SQLite::Statement size(database_, "SELECT count(*) FROM log_entries");
  size.executeStep();
  size_ = static_cast<std::uint64_t>(size.getColumn(0).getInt64());
}

Result<std::unique_ptr<LogDb>> LogDb::open(const fs::path& file) {
  if (!fs::exists(file))
    return error(ErrorCode::not_found, file.string() + ": there is no such file");
  return guarded(
      [&]() -> Result<std::unique_ptr<LogDb>> { return std::unique_ptr<LogDb>(new LogDb(file)); });
}

Result<Digest> LogDb::read(unsigned level, std::uint64_t index) const {
  SQLite::Statement row(database_, "SELECT hash FROM log_hashes WHERE level = ? AND idx = ?");
  row.bind(1, static_cast<std::int64_t>(level));
  row.bind(2, static_cast<std::int64_t>(index));
  const auto hash = row.executeStep() ? Digest::from(blob_of(row.getColumn(0))) : std::nullopt;
  if (hash) return *hash;
  return error(ErrorCode::log_inconsistent, "the hash of subtree " + std::to_string(index) +
                                                " at level " + std::to_string(level) +
                                                " is not stored");
}

std::optional<std::string> LogDb::checkpoint(std::uint64_t size) {
  SQLite::Statement row(database_, "SELECT note FROM checkpoints WHERE size = ?");
  row.bind(1, static_cast<std::int64_t>(size));
  if (!row.executeStep()) return std::nullopt;
  std::string note = row.getColumn(0).getString();
  SQLite::Statement lines(database_, "SELECT line FROM cosignatures WHERE size = ? ORDER BY name");
  lines.bind(1, static_cast<std::int64_t>(size));
  while (lines.executeStep()) {
    note += lines.getColumn(0).getString();
    if (!note.ends_with('\n')) note += '\n';
  }
  return note;
}

std::vector<std::uint64_t> LogDb::checkpoint_sizes() {
  SQLite::Statement rows(database_, "SELECT size FROM checkpoints ORDER BY size");
  std::vector<std::uint64_t> out;
  while (rows.executeStep()) {
    out.push_back(static_cast<std::uint64_t>(rows.getColumn(0).getInt64()));
  }
  return out;
}

Result<fs::path> relay_db_file(const std::string& state, const std::string& db) {
  if (!db.empty()) return fs::path(db);
  if (!state.empty()) return fs::path(state) / "relay.db";
  return error(ErrorCode::usage, "say where the log is: --state DIR of the relay, or --db FILE");
}

Bytes blob_of(const SQLite::Column& column) {
  const auto* begin = static_cast<const std::uint8_t*>(column.getBlob());
  return begin == nullptr ? Bytes() : Bytes(begin, begin + column.getBytes());
}

}  // namespace candour::ctl
