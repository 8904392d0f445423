// Goal: what a relay's operator could do to the log, named as in the attack table, is found by
// `candourctl log verify`, with the first bad index. Method: each attack done as well as it can be
// without the keys it would need, with what a witness holds at hand and without.
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
  EXPECT_EQ(bad(false), 17u);
}

TEST_F(LogAttack, ReorderedLeaves) {
  change(
      "UPDATE log_entries SET idx = -1 WHERE idx = 20;"
      "UPDATE log_entries SET idx = 20 WHERE idx = 21;"
      "UPDATE log_entries SET idx = 21 WHERE idx = -1");
  // Both entries are good ones; what they were looked up under says which place is wrong.
  EXPECT_EQ(bad(false), 20u);
  // With that changed too, the checkpoint still says what the order was.
  change(
      "UPDATE log_lookup SET idx = -1 WHERE idx = 20;"
      "UPDATE log_lookup SET idx = 20 WHERE idx = 21;"
      "UPDATE log_lookup SET idx = 21 WHERE idx = -1");
  EXPECT_EQ(bad(false), kFirstCheckpoint);
}

}  // namespace
}  // namespace candour::tests
