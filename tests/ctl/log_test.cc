// Goal: `candourctl log verify` finds every change to a relay's log and names the first bad entry,
// and `log proof` convinces offline. Method: a small log is written into the documented tables
// without the relay's code; then one thing at a time is changed, from a single byte to a tree
// rewritten without a flaw, and once every byte of every column in turn.
#include <sqlite3.h>

#include "ctl/log/audit.h"
#include "tests/ctl/log_fixture.h"
#include "tlog/proof_file.h"

namespace candour::tests {
namespace {

constexpr std::uint64_t kSize = 20;

/// One column of the log's tables and the columns that name a row of it.
struct LogColumn {
  const char* table;
  const char* name;
  std::vector<const char*> keys;
};

const LogColumn kLogColumns[] = {
    {"log_entries", "idx", {"idx"}},
    {"log_entries", "leaf", {"idx"}},
    {"log_entries", "record", {"idx"}},
    {"log_lookup", "prefix", {"prefix", "idx"}},
    {"log_lookup", "idx", {"prefix", "idx"}},
    {"log_times", "block", {"block"}},
    {"log_times", "first_ms", {"block"}},
    {"log_times", "last_ms", {"block"}},
    {"openings", "number", {"number"}},
    {"openings", "leaf_index", {"number"}},
    {"openings", "kind", {"number"}},
    {"openings", "leaf_hash", {"number"}},
    {"openings", "about", {"number"}},
    {"openings", "records", {"number"}},
    {"openings", "sealed_until_ms", {"number"}},
    {"openings", "notice", {"number"}},
    {"openings", "object", {"number"}},
    {"openings", "opening", {"number"}},
    {"opening_copies", "number", {"number", "auditor"}},
    {"opening_copies", "auditor", {"number", "auditor"}},
    {"opening_copies", "sealed", {"number", "auditor"}},
    {"checkpoints", "size", {"size"}},
    {"checkpoints", "note", {"size"}},
    {"cosignatures", "size", {"size", "name"}},
    {"cosignatures", "name", {"size", "name"}},
    {"cosignatures", "line", {"size", "name"}},
    {"directory", "number", {"number"}},
    {"directory", "kind", {"number"}},
    {"directory", "object", {"number"}},
    {"directory", "object_hash", {"number"}},
    {"directory", "leaf_index", {"number"}},
    {"directory", "opening", {"number"}},
};

/// What stands in one place of a table.
struct Cell {
  int type = SQLITE_NULL;
  std::int64_t number = 0;
  std::string bytes;

  static Cell of(const SQLite::Column& column) {
    if (column.isInteger()) return {SQLITE_INTEGER, column.getInt64(), {}};
    return {column.isText() ? SQLITE_TEXT : SQLITE_BLOB, 0, column.getString()};
  }
  void bind(SQLite::Statement& row, int position) const {
    if (type == SQLITE_INTEGER) return row.bind(position, number);
    if (type == SQLITE_TEXT) return row.bind(position, bytes);
    row.bind(position, bytes.data(), static_cast<int>(bytes.size()));
  }
  /// Every byte with its lowest bit turned; a number below, above and far from what it is.
  std::vector<Cell> changed() const {
    std::vector<Cell> out;
    if (type == SQLITE_INTEGER) {
      for (const std::int64_t by : {-1, 1, 1'000, 1 << 30}) out.push_back({type, number + by, {}});
      return out;
    }
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      out.push_back(*this);
      out.back().bytes[i] = static_cast<char>(out.back().bytes[i] ^ 1);
    }
    return out;
  }
};

/// Writes into one column; rows are named as they are at the moment.
class CellWriter {
 public:
  CellWriter(SQLite::Database& db, const LogColumn& column)
      : column_(column), update_(db, sql(column)) {}

  /// False when the table itself refuses the value (two rows of one name).
  bool write(const std::vector<Cell>& keys, const Cell& value) {
    update_.tryReset();  // an error of the last run is not one of this
    value.bind(update_, 1);
    for (std::size_t i = 0; i < keys.size(); ++i) keys[i].bind(update_, static_cast<int>(i) + 2);
    try {
      return update_.exec() == 1;
    } catch (const SQLite::Exception&) {
      return false;
    }
  }
  /// The keys of the row once the column has this value.
  std::vector<Cell> keys_after(std::vector<Cell> keys, const Cell& value) const {
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (std::string_view(column_.keys[i]) == column_.name) keys[i] = value;
    }
    return keys;
  }

 private:
  static std::string sql(const LogColumn& column) {
    std::string text = std::string("UPDATE ") + column.table + " SET " + column.name + " = ?";
    const char* glue = " WHERE ";
    for (const char* key : column.keys) {
      text += glue + std::string(key) + " = ?";
      glue = " AND ";
    }
    return text;
  }

  const LogColumn& column_;
  SQLite::Statement update_;
};

/// The rows of a column that hold something: their keys, and then what they hold.
std::vector<std::vector<Cell>> cells_of(SQLite::Database& db, const LogColumn& column) {
  std::string sql = "SELECT ";
  for (const char* key : column.keys) sql += std::string(key) + ", ";
  SQLite::Statement rows(
      db, sql + column.name + " FROM " + column.table + " WHERE " + column.name + " IS NOT NULL");
  std::vector<std::vector<Cell>> out;
  while (rows.executeStep()) {
    out.emplace_back();
    for (int i = 0; i < rows.getColumnCount(); ++i) {
      out.back().push_back(Cell::of(rows.getColumn(i)));
    }
  }
  return out;
}

class LogTest : public CtlTest {
 protected:
  void SetUp() override {
    write_text(path("root.vkey"), note_key("ex/root", kRoot).vkey() + "\n");
    write_log(path("relay.db"), "record ");
  }

  void write_log(const fs::path& file, const std::string& content) {
    LogWriter log(file, content);
    log.write(kSize);
    hashes_ = log.hashes();
  }

  Outcome verify(std::vector<std::string> more = {"--root", "root.vkey"}) const {
    std::vector<std::string> arguments{"log", "verify", "--db", "relay.db"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return ctl(arguments);
  }

  /// Runs `sql` on a fresh log and returns the first bad index (-1 for none named).
  std::int64_t after(const std::string& sql) {
    write_log(path("relay.db"), "record ");
    {
      SQLite::Database db(path("relay.db").string(), SQLite::OPEN_READWRITE);
      EXPECT_GT(db.exec(sql), 0) << sql;
    }
    const auto outcome = verify();
    EXPECT_EQ(outcome.status, 1) << sql;
    const auto report = outcome.json();
    EXPECT_FALSE(report.at("ok").as_bool()) << sql;
    EXPECT_TRUE(report.at("reason").is_string());
    return report.at("first_bad_index").is_null() ? -1 : report.at("first_bad_index").as_int64();
  }

  tlog::MemoryHashes hashes_;
};

TEST_F(LogTest, AGoodLogIsIntact) {
  const auto outcome = verify();
  ASSERT_EQ(outcome.status, 0) << outcome.out << outcome.err;
  const auto report = outcome.json();
  EXPECT_TRUE(report.at("ok").as_bool());
  EXPECT_EQ(report.at("size"), kSize);
  EXPECT_EQ(report.at("records"), kSize - kDirectoryLeaves - kOpeningLeaves);
  EXPECT_EQ(report.at("checkpoints"), 2);
  EXPECT_EQ(report.at("cosigned_size"), kSize);
  EXPECT_EQ(report.at("signatures"), 6 + kOpeningLeaves);
  EXPECT_EQ(report.at("kinds").at("warrant"), 1);
  EXPECT_EQ(report.at("kinds").at("request"), 1);
  EXPECT_EQ(report.at("root").as_string(), tlog::tree_hash(kSize, hashes_).value().hex());
  EXPECT_TRUE(report.at("first_bad_index").is_null());
  // Hashes can be checked by those who know no key.
  EXPECT_EQ(verify({}).json().at("cosigned_size"), 0);
  EXPECT_EQ(verify({"--signatures"}).error(), "usage");
  // The state folder serves as well as the file.
  EXPECT_EQ(ctl({"log", "verify", "--state", "."}).status, 0);
}

TEST_F(LogTest, EveryChangeIsFoundAndPlaced) {
  EXPECT_EQ(after("UPDATE log_entries SET record = x'00' WHERE idx = 7"), 7);
  EXPECT_EQ(after("UPDATE log_entries SET record = NULL WHERE idx = 8"), 8);
  EXPECT_EQ(after("UPDATE log_entries SET leaf = zeroblob(130) WHERE idx = 9"), 9);
  EXPECT_EQ(after("UPDATE log_entries SET leaf = zeroblob(0) WHERE idx = 9"), 9);
  EXPECT_EQ(after("UPDATE log_entries SET record = x'00' WHERE idx = 1"), 1);
  EXPECT_EQ(after("UPDATE log_entries SET record = x'00' WHERE idx = 3"), 3);
  EXPECT_EQ(after("DELETE FROM log_entries WHERE idx = 13"), 13);
  EXPECT_EQ(after("DELETE FROM log_entries WHERE idx = 19"), 19);
  EXPECT_EQ(after("INSERT INTO log_hashes VALUES (8, 0, zeroblob(32))"), -1);
  EXPECT_EQ(after("DELETE FROM log_lookup WHERE idx = 6"), 6);
  EXPECT_EQ(after("INSERT INTO log_lookup VALUES (4294967296, 6)"), -1);
  EXPECT_EQ(after("DELETE FROM log_times"), 0);
  EXPECT_EQ(after("UPDATE directory SET object = 'x' WHERE number = 2"), 1);
  EXPECT_EQ(after("DELETE FROM directory WHERE number = 2"), 1);
  EXPECT_EQ(after("UPDATE directory SET kind = 5 WHERE number = 2"), 1);
}

TEST_F(LogTest, OpeningsMayStaySealedButMustFitWhatIsKnownOfThem) {
  // Leaf 2 is an unsealed warrant, leaf 3 a request that is not unsealed.
  EXPECT_EQ(after("UPDATE openings SET object = 'another note' WHERE number = 1"), 2);
  EXPECT_EQ(after("UPDATE openings SET opening = zeroblob(130) WHERE number = 1"), 2);
  EXPECT_EQ(after("UPDATE openings SET opening = NULL WHERE number = 1"), 2);
  EXPECT_EQ(after("UPDATE openings SET object = 'x', opening = (SELECT opening FROM openings "
                  "WHERE number = 1) WHERE number = 2"),
            3);
  EXPECT_EQ(after("UPDATE openings SET notice = (SELECT notice FROM openings WHERE number = 1) "
                  "WHERE number = 2"),
            3);
  EXPECT_EQ(after("UPDATE openings SET records = 4 WHERE number = 2"), 3);
  EXPECT_EQ(after("UPDATE openings SET sealed_until_ms = 9 WHERE number = 2"), 3);
  EXPECT_EQ(after("DELETE FROM openings WHERE number = 2"), 3);
  EXPECT_EQ(after("DELETE FROM opening_copies WHERE number = 2"), 3);
  EXPECT_EQ(after("UPDATE opening_copies SET sealed = x'00' WHERE number = 1"), 2);
  EXPECT_EQ(after("INSERT INTO opening_copies VALUES (7, 'auditor', x'00')"), -1);
}

TEST_F(LogTest, I8_EveryFlippedByteIsFound) {
  const fs::path file = path("relay.db");
  ctl::AuditOptions options;
  options.root = note_key("ex/root", kRoot);
  const auto intact = [&] {
    auto db = ctl::LogDb::open(file);
    return db && ctl::audit_log(*db.value(), options).value().ok();
  };
  ASSERT_TRUE(intact());
  SQLite::Database db(file.string(), SQLite::OPEN_READWRITE);
  db.exec("PRAGMA synchronous=OFF");
  db.exec("PRAGMA journal_mode=MEMORY");
  std::size_t changes = 0;
  for (const LogColumn& column : kLogColumns) {
    const std::string name = std::string(column.table) + "." + column.name;
    CellWriter writer(db, column);
    const auto rows = cells_of(db, column);
    ASSERT_FALSE(rows.empty()) << name;
    for (auto keys : rows) {
      const Cell value = std::move(keys.back());
      keys.pop_back();
      std::size_t of_cell = 0;
      for (const Cell& changed : value.changed()) {
        if (!writer.write(keys, changed)) continue;
        ++of_cell;
        ASSERT_FALSE(intact()) << name << ", row " << keys[0].number << ", change " << of_cell;
        ASSERT_TRUE(writer.write(writer.keys_after(keys, changed), value)) << name;
      }
      ASSERT_GT(of_cell, 0u) << name << ", row " << keys[0].number << " was never changed";
      changes += of_cell;
    }
  }
  EXPECT_GT(changes, 5'000u);
  EXPECT_TRUE(intact()) << "every change was taken back";
}

TEST_F(LogTest, CheckpointsAndCosignaturesMustFit) {
  const auto first = static_cast<std::int64_t>(kFirstCheckpoint);
  EXPECT_EQ(after("UPDATE checkpoints SET note = (SELECT note FROM checkpoints WHERE size = 20) "
                  "WHERE size = 5"),
            0);
  EXPECT_EQ(after("UPDATE checkpoints SET note = replace(note, 'example.org', 'example.com') "
                  "WHERE size = 20"),
            first);
  EXPECT_EQ(after("UPDATE checkpoints SET size = 21 WHERE size = 20"),
            static_cast<std::int64_t>(kSize));
  EXPECT_EQ(after("UPDATE cosignatures SET line = (SELECT line FROM cosignatures WHERE size = 5 "
                  "AND name = 'witness.example/one') WHERE size = 20 AND "
                  "name = 'witness.example/one'"),
            first);
  EXPECT_EQ(after("UPDATE cosignatures SET size = 6 WHERE size = 5"), -1);
}

TEST_F(LogTest, ARewrittenHistoryDoesNotFitItsCheckpoints) {
  // The relay makes a second log without a flaw and shows the first one's checkpoint of size 20.
  std::string old_note;
  {
    SQLite::Database db(path("relay.db").string());
    old_note = db.execAndGet("SELECT note FROM checkpoints WHERE size = 20").getString();
  }
  write_log(path("relay.db"), "another record ");
  EXPECT_EQ(verify().status, 0);
  {
    SQLite::Database db(path("relay.db").string(), SQLite::OPEN_READWRITE);
    SQLite::Statement row(db, "UPDATE checkpoints SET note = ? WHERE size = 20");
    row.bind(1, old_note);
    row.exec();
  }
  EXPECT_EQ(verify().json().at("first_bad_index"), kFirstCheckpoint);
}

TEST_F(LogTest, DamagedFilesAreAnAnswer) {
  const std::string good = text_of(path("relay.db"));
  write_text(path("relay.db"), good.substr(0, good.size() / 2));
  EXPECT_EQ(verify().status, 1);
  write_text(path("relay.db"), "this is no database at all, whatever its name says");
  const auto outcome = verify();
  EXPECT_EQ(outcome.status, 1);
  EXPECT_FALSE(outcome.json().at("ok").as_bool());
  fs::remove(path("relay.db"));
  EXPECT_EQ(verify().error(), "not_found");
}

TEST_F(LogTest, SignaturesAreCheckedWhenAsked) {
  // The proofs of these records are nonsense: with --signatures that is found.
  const auto outcome = verify({"--root", "root.vkey", "--signatures"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.json().at("first_bad_index"), kDirectoryLeaves + kOpeningLeaves);
  // A root that signed nothing here is found before that.
  write_text(path("root.vkey"), note_key("ex/root", kStranger).vkey() + "\n");
  for (const std::vector<std::string>& more :
       {std::vector<std::string>{"--root", "root.vkey"}, {"--root", "root.vkey", "--signatures"}}) {
    const auto foreign = verify(more);
    EXPECT_EQ(foreign.status, 1);
    EXPECT_EQ(foreign.json().at("first_bad_index"), 0);
  }
}

TEST_F(LogTest, ProofsConvinceOffline) {
  for (const std::uint64_t index : {std::uint64_t{0}, std::uint64_t{7}, kSize - 1}) {
    good({"log", "proof", "--db", "relay.db", "--index", std::to_string(index), "--out", "p"});
    const auto proof = tlog::ProofFile::parse(text_of(path("p")));
    ASSERT_TRUE(proof) << proof.error().message;
    const auto leaf = hashes_.read(0, index).value();
    EXPECT_TRUE(proof.value().verify(leaf, log_statement()));
    ASSERT_TRUE(proof.value().extra);
    EXPECT_TRUE(tlog::LeafOpening::decode(*proof.value().extra));
  }
  EXPECT_EQ(ctl({"log", "proof", "--db", "relay.db", "--index", "20"}).error(), "not_found");
}

}  // namespace
}  // namespace candour::tests
