#include "ctl/log/db.h"

#include "crypto/hash.h"
#include "storage/relay_schema.h"

namespace candour::ctl {

namespace fs = std::filesystem;

namespace {

/// Where in column `leaf` of an ordinary leaf the hashes stand that follow the object hash.
constexpr std::ptrdiff_t kHashesAt = 34;
/// Where the commitment stands that follows those.
constexpr std::size_t kCommitmentAt = 98;

constexpr std::int64_t kMappedSizeMax = std::int64_t{1} << 40;

}  // namespace

LogDb::LogDb(const fs::path& file) : database_(file.string(), SQLite::OPEN_READONLY, 5'000) {
  // Pages are used where the system has them in memory, not copied.
  database_.exec("PRAGMA mmap_size=" + std::to_string(kMappedSizeMax));
  // One read transaction for the life of this object: everything is checked against the same state.
  database_.exec("BEGIN");
  SQLite::Statement schema(database_, "SELECT value FROM meta WHERE name = 'schema'");
  if (!schema.executeStep() || schema.getColumn(0).getInt() != storage::kRelaySchemaVersion) {
    throw SQLite::Exception("its schema is not version " +
                            std::to_string(storage::kRelaySchemaVersion));
  }
  SQLite::Statement size(database_, "SELECT ifnull(max(idx) + 1, 0) FROM log_entries");
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
  if (level == 0) {
    CANDOUR_TRY(const Bytes leaf, entry(index));
    return tlog::leaf_hash(leaf);
  }
  if (level % storage::kStoredLevelStep != 0) {
    CANDOUR_TRY(const Digest left, read(level - 1, 2 * index));
    CANDOUR_TRY(const Digest right, read(level - 1, 2 * index + 1));
    return tlog::node_hash(left, right);
  }
  SQLite::Statement row(database_, "SELECT hash FROM log_hashes WHERE level = ? AND idx = ?");
  row.bind(1, static_cast<std::int64_t>(level));
  row.bind(2, static_cast<std::int64_t>(index));
  const auto hash = row.executeStep() ? Digest::from(blob_of(row.getColumn(0))) : std::nullopt;
  if (hash) return *hash;
  return error(ErrorCode::log_inconsistent, "the hash of subtree " + std::to_string(index) +
                                                " at level " + std::to_string(level) +
                                                " is not stored");
}

std::optional<tlog::LeafOpening> LogDb::opening(std::uint64_t index) const {
  SQLite::Statement row(database_,
                        "SELECT leaf, record, o.opening FROM log_entries LEFT JOIN openings o "
                        "ON o.leaf_index = idx WHERE idx = ?");
  row.bind(1, static_cast<std::int64_t>(index));
  if (!row.executeStep()) return std::nullopt;
  Bytes leaf = blob_of(row.getColumn(0));
  if (leaf.empty()) return std::nullopt;
  Bytes bytes;
  if (leaf[0] == 3) {
    bytes = blob_of(row.getColumn(2));
  } else if (leaf[0] == 2) {
    bytes.assign(leaf.begin() + 1, leaf.end());
  } else if (leaf.size() > kCommitmentAt) {
    // In place of the class comes the version, and between salt and hashes the hash of the record.
    leaf[0] = 1;
    leaf.resize(kCommitmentAt);
    const Digest hash = crypto::sha256(blob_of(row.getColumn(1)));
    leaf.insert(leaf.begin() + kHashesAt, hash.view().begin(), hash.view().end());
    bytes = std::move(leaf);
  }
  auto decoded = tlog::LeafOpening::decode(bytes);
  if (!decoded) return std::nullopt;
  return decoded.value();
}

Result<Bytes> LogDb::entry(std::uint64_t index) const {
  SQLite::Statement row(database_, "SELECT leaf FROM log_entries WHERE idx = ?");
  row.bind(1, static_cast<std::int64_t>(index));
  const auto missing = error(ErrorCode::not_found, "there is no entry " + std::to_string(index));
  if (!row.executeStep()) return missing;
  Bytes leaf = blob_of(row.getColumn(0));
  if (leaf.empty()) return missing;
  if (leaf[0] == 3) {
    leaf.insert(leaf.begin(), 1);
    return leaf;
  }
  const auto opened = opening(index);
  if (!opened) return missing;
  return opened->entry(static_cast<tlog::LeafClass>(leaf[0]));
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
