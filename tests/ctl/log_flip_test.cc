// Goal: every single change of a bit in a log of several blocks is found by `candourctl log
// verify`, which names the entry it is in. Method: 10,000 bits turned at random, one at a time, and
// back.
#include <sqlite3.h>

#include <random>

#include "ctl/log/audit.h"
#include "tests/ctl/log_fixture.h"

namespace candour::tests {
namespace {

/// A value in the tables that can be changed.
struct Place {
  std::string table;
  std::string column;
  std::int64_t rowid = 0;
  std::size_t size = 0;
};

class LargeLog : public CtlTest {};

TEST_F(LargeLog, TenThousandRandomFlipsAreAllFoundWithTheFirstBadIndex) {
  constexpr std::uint64_t kLarge = 600;
  LogWriter(path("relay.db"), "record ").write(kLarge);
  ctl::AuditOptions options;
  options.root = note_key("ex/root", kRoot);
  const auto audit = [&] {
    auto db = ctl::LogDb::open(path("relay.db"));
    return ctl::audit_log(*db.value(), options).value();
  };
  ASSERT_TRUE(audit().ok());
  SQLite::Database db(path("relay.db").string(), SQLite::OPEN_READWRITE);
  db.exec("PRAGMA synchronous=OFF");
  db.exec("PRAGMA journal_mode=MEMORY");
  std::vector<Place> places;
  for (const auto& [table, column] :
       {std::pair("log_entries", "leaf"), {"log_entries", "record"}}) {
    SQLite::Statement rows(db, std::string("SELECT rowid, length(") + column + ") FROM " + table +
                                   " WHERE " + column + " IS NOT NULL");
    while (rows.executeStep()) {
      places.push_back({table, column, rows.getColumn(0).getInt64(),
                        static_cast<std::size_t>(rows.getColumn(1).getInt64())});
    }
  }
  std::mt19937_64 random(20260131);
  for (int i = 0; i < 10'000; ++i) {
    const Place& place = places[random() % places.size()];
    sqlite3_blob* blob = nullptr;
    ASSERT_EQ(sqlite3_blob_open(db.getHandle(), "main", place.table.c_str(), place.column.c_str(),
                                place.rowid, 1, &blob),
              SQLITE_OK);
    const int at = static_cast<int>(random() % place.size);
    std::uint8_t byte = 0;
    ASSERT_EQ(sqlite3_blob_read(blob, &byte, 1, at), SQLITE_OK);
    const auto mask = static_cast<std::uint8_t>(1u << (random() % 8));
    const auto turned = static_cast<std::uint8_t>(byte ^ mask);
    ASSERT_EQ(sqlite3_blob_write(blob, &turned, 1, at), SQLITE_OK);
    sqlite3_blob_close(blob);
    const auto report = audit();
    ASSERT_FALSE(report.ok()) << place.table << "." << place.column << " " << place.rowid;
    ASSERT_TRUE(report.fault->index) << report.fault->reason;
    EXPECT_EQ(*report.fault->index, static_cast<std::uint64_t>(place.rowid))
        << report.fault->reason;
    ASSERT_EQ(sqlite3_blob_open(db.getHandle(), "main", place.table.c_str(), place.column.c_str(),
                                place.rowid, 1, &blob),
              SQLITE_OK);
    ASSERT_EQ(sqlite3_blob_write(blob, &byte, 1, at), SQLITE_OK);
    sqlite3_blob_close(blob);
  }
  EXPECT_TRUE(audit().ok()) << "every change was taken back";

  // The hash of a subtree is wrong where the subtree ends.
  db.exec("UPDATE log_hashes SET hash = zeroblob(32) WHERE level = 8 AND idx = 1");
  EXPECT_EQ(audit().fault->index, 511u);
}

}  // namespace
}  // namespace candour::tests
