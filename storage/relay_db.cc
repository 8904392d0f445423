#include "storage/relay_db.h"

#include "storage/relay_schema.h"

namespace candour::storage {

namespace {

constexpr int kBusyTimeoutMs = 5'000;
constexpr const char* kCacheSize = "PRAGMA cache_size=-16384";  // in KiB, when negative

}  // namespace

RelayDb::RelayDb(const std::filesystem::path& file, Mode mode, std::uint32_t pages_max)
    : database_(file.string(),
                SQLite::OPEN_READWRITE | SQLite::OPEN_NOMUTEX |
                    (mode == Mode::write ? SQLite::OPEN_CREATE : 0),
                kBusyTimeoutMs) {
  database_.exec(kCacheSize);
  database_.exec("PRAGMA temp_store=MEMORY");  // statement journals need no file
  if (mode == Mode::read) {
    database_.exec("PRAGMA query_only=ON");
    return;
  }
  // Only a new database takes the page size, and only before it has a journal mode.
  database_.exec("PRAGMA page_size=" + std::to_string(kRelayPageSize));
  database_.exec("PRAGMA journal_mode=WAL");
  database_.exec("PRAGMA wal_autocheckpoint=0");  // relay_store.cc does that, off the hot path
  database_.exec("PRAGMA synchronous=FULL");
  database_.exec("PRAGMA secure_delete=ON");
  if (pages_max != 0) {
    SQLite::Statement bound(database_, "PRAGMA max_page_count=" + std::to_string(pages_max));
    bound.executeStep();
  }
  SQLite::Transaction transaction(database_);
  check_version();
  database_.exec(kRelaySchema);
  run("INSERT OR IGNORE INTO meta (name, value) VALUES ('schema', ?)", kRelaySchemaVersion);
  transaction.commit();
}

void RelayDb::check_version() {
  if (!database_.tableExists("meta")) return;  // a new one
  auto version = query("SELECT value FROM meta WHERE name = 'schema'");
  if (version.step() && version.number(0) == kRelaySchemaVersion) return;
  throw SQLite::Exception(
      "it was written by another version of candour-relay (schema " +
      (version.null(0) ? std::string("none") : std::to_string(version.number(0))) +
      ", this one reads " + std::to_string(kRelaySchemaVersion) + ")");
}

SQLite::Statement& RelayDb::statement(const char* sql) {
  auto& slot = statements_[sql];
  if (!slot) slot = std::make_unique<SQLite::Statement>(database_, sql);
  return *slot;
}

}  // namespace candour::storage
