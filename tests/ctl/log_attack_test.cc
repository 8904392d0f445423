// Goal: what a relay's operator could do to the log, named as in the attack table, is found by
// `candourctl log verify`, and so is any damage to a large log, with the first bad index. Method:
// each attack done as well as it can be without the keys it would need; then 10,000 bits turned at
// random, one at a time, in a log of several bundles.
#include <sqlite3.h>

#include <random>

#include "ctl/log_audit.h"
#include "tests/ctl/log_fixture.h"

namespace candour::tests {
namespace {

constexpr std::uint64_t kSize = 40;

class LogAttack : public CtlTest {
 protected:
  void SetUp() override {
    write_text(path("root.vkey"), note_key("ex/root", kRoot).vkey() + "\n");
    LogWriter(path("relay.db"), "record ").write(kSize);
    // What a witness holds.
    write_text(path("seen.note"), note_of(kSize));
  }
  std::string note_of(std::uint64_t size) {
    SQLite::Database db(path("relay.db").string());
    return db.execAndGet("SELECT note FROM checkpoints WHERE size = " + std::to_string(size))
        .getString();
  }
  void change(const std::string& sql) {
    SQLite::Database db(path("relay.db").string(), SQLite::OPEN_READWRITE);
    db.exec(sql);
  }
  /// The first bad index, with what the witness holds or without.
  std::optional<std::uint64_t> bad(bool with_witness) {
    std::vector<std::string> arguments{"log", "verify", "--db", "relay.db", "--root", "root.vkey"};
    if (with_witness) arguments.insert(arguments.end(), {"--checkpoint", "seen.note"});
    const auto outcome = ctl(arguments);
    if (outcome.status == 0) return std::nullopt;
    const auto report = outcome.json();
    EXPECT_TRUE(report.at("first_bad_index").is_int64()) << outcome.out;
    return report.at("first_bad_index").to_number<std::uint64_t>();
  }
};

TEST_F(LogAttack, AnHonestLogContainsWhatTheWitnessHolds) {
  EXPECT_EQ(bad(false), std::nullopt);
  EXPECT_EQ(bad(true), std::nullopt);
}

TEST_F(LogAttack, SplitView) {
  // A second tree, signed and cosigned without a flaw, for those who never met the first.
  LogWriter(path("relay.db"), "another record ").write(kSize);
  EXPECT_EQ(bad(false), std::nullopt) << "nothing in it shows";
  EXPECT_EQ(bad(true), kFirstCheckpoint) << "the witness holds the other one";
}

TEST_F(LogAttack, RollbackFromABackup) {
  LogWriter(path("relay.db"), "record ").write(kSize - 10);
  EXPECT_EQ(bad(false), std::nullopt);
  EXPECT_EQ(bad(true), kSize - 10);
}

TEST_F(LogAttack, TruncatedTail) {
  change("DELETE FROM log_entries WHERE idx >= 33; DELETE FROM log_lookup WHERE idx >= 33");
  EXPECT_EQ(bad(false), 33u);
  change(
      "DELETE FROM checkpoints WHERE size > 33; DELETE FROM cosignatures WHERE size > 33;"
      "UPDATE log_times SET last_ms = 1000032");
  EXPECT_EQ(bad(false), std::nullopt) << "as if it had never been longer";
  EXPECT_EQ(bad(true), 33u);
}

TEST_F(LogAttack, DroppedLeaf) {
  change("DELETE FROM log_entries WHERE idx = 17");
  EXPECT_EQ(bad(false), 17u);
  // The others moved up to close the gap.
  change(
      "DELETE FROM log_lookup WHERE idx = 39;"
      "UPDATE log_entries SET idx = -idx WHERE idx > 17;"
      "UPDATE log_entries SET idx = -idx - 1 WHERE idx < 0");
  const auto found = bad(false);
  ASSERT_TRUE(found);
  EXPECT_LE(*found, 39u);
  EXPECT_GE(*found, kFirstCheckpoint);
}

TEST_F(LogAttack, ReorderedLeaves) {
  change(
      "UPDATE log_entries SET idx = -1 WHERE idx = 20;"
      "UPDATE log_entries SET idx = 20 WHERE idx = 21;"
      "UPDATE log_entries SET idx = 21 WHERE idx = -1");
  // The entries are good ones, so it shows first where a checkpoint says what the order was.
  EXPECT_EQ(bad(false), kFirstCheckpoint);
}

/// A place in the tables, and after which entry at the latest a change of it shows.
struct Place {
  std::string table;
  std::string column;
  std::int64_t rowid = 0;
  std::size_t size = 0;
};

class LargeLog : public LogAttack {};

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
       {std::pair("log_entries", "leaf"), {"log_entries", "record"}, {"log_bundles", "entries"}}) {
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
    // A changed entry shows at the latest where its bundle ends, a bundle exactly there.
    const auto row = static_cast<std::uint64_t>(place.rowid);
    const std::uint64_t bundle = place.table == "log_bundles" ? row : row / 256;
    const std::uint64_t latest = std::min(kLarge, bundle * 256 + 255);
    EXPECT_LE(*report.fault->index, latest);
    EXPECT_GE(*report.fault->index,
              place.table == "log_bundles" ? latest : std::min(row, kFirstCheckpoint));
    ASSERT_EQ(sqlite3_blob_open(db.getHandle(), "main", place.table.c_str(), place.column.c_str(),
                                place.rowid, 1, &blob),
              SQLITE_OK);
    ASSERT_EQ(sqlite3_blob_write(blob, &byte, 1, at), SQLITE_OK);
    sqlite3_blob_close(blob);
  }
  EXPECT_TRUE(audit().ok()) << "every change was taken back";
}

}  // namespace
}  // namespace candour::tests
