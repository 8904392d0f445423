#include "storage/relay_db.h"

#include "storage/relay_schema.h"

namespace candour::storage {

namespace {

constexpr int kBusyTimeoutMs = 5'000;

}  // namespace

RelayDb::RelayDb(const std::filesystem::path& file, Mode mode, std::uint32_t pages_max)
    : database_(file.string(),
                SQLite::OPEN_READWRITE | (mode == Mode::write ? SQLite::OPEN_CREATE : 0),
                kBusyTimeoutMs) {
  if (mode == Mode::read) {
    database_.exec("PRAGMA query_only=ON");
    return;
  }
  database_.exec("PRAGMA journal_mode=WAL");
  database_.exec("PRAGMA synchronous=FULL");
  database_.exec("PRAGMA secure_delete=ON");
  if (pages_max != 0) {
    SQLite::Statement bound(database_, "PRAGMA max_page_count=" + std::to_string(pages_max));
    bound.executeStep();
  }
  SQLite::Transaction transaction(database_);
  database_.exec(kRelaySchema);
  run("INSERT OR IGNORE INTO meta (name, value) VALUES ('schema', ?)", kRelaySchemaVersion);
  {
    auto version = query("SELECT value FROM meta WHERE name = 'schema'");
    if (!version.step() || version.number(0) != kRelaySchemaVersion) {
      throw SQLite::Exception("relay.db was written by another version of candour-relay");
    }
  }
  transaction.commit();
}

SQLite::Statement& RelayDb::statement(const char* sql) {
  auto& slot = statements_[sql];
  if (!slot) slot = std::make_unique<SQLite::Statement>(database_, sql);
  return *slot;
}

}  // namespace candour::storage
