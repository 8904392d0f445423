// Goal: `candourctl report alerts` counts what desks did with serious alerts, by month and unit,
// from the log and its directory alone. Method: a log written into the documented tables without
// the relay's code, with dismissals by desks of two units, by professional standards and the bot's
// drawings; one of them changed.
#include "base/encoding.h"
#include "ctl/log/alert_counts.h"
#include "tests/ctl/log_fixture.h"

namespace candour::tests {
namespace {

identity::Enrolment person(KeyNumber key, const std::string& role, const std::string& unit) {
  identity::Enrolment out = test_enrolment();
  out.signing_key = test_key(key).public_key();
  out.person = "p-of-" + unit + "-" + role;
  out.role = role;
  out.unit = unit;
  return out;
}

std::uint64_t in_month(int month) {
  return *time_decode("2026-0" + std::to_string(month) + "-15T12:00:00Z");
}

class AlertCountsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto desk_a = person(static_cast<KeyNumber>(201), "supervisor", "team-a");
    const auto desk_b = person(static_cast<KeyNumber>(202), "supervisor", "team-b");
    const auto standards = person(static_cast<KeyNumber>(203), "investigator", "psd");
    const auto bot = person(static_cast<KeyNumber>(204), "bot", "bots");
    const GroupId one = *GroupId::from(Bytes(GroupId::kSize, 1));
    const GroupId two = *GroupId::from(Bytes(GroupId::kSize, 2));
    LogWriter writer(file, "content ");
    writer.people = {desk_a, desk_b, standards, bot};
    writer.dismissals = {
        {desk_a.device(), one, in_month(3)}, {bot.device(), one, in_month(3)},
        {desk_a.device(), one, in_month(3)}, {desk_b.device(), two, in_month(3)},
        {bot.device(), one, in_month(3)},  // of team-a's second one
        {standards.device(), one, in_month(4)}, {desk_b.device(), two, in_month(4)},
    };
    writer.write(30);
  }
  void TearDown() override { fs::remove(file); }
  Result<ctl::AlertCounts> count() const {
    auto db = ctl::LogDb::open(file);
    EXPECT_TRUE(db);
    return ctl::count_alerts(*db.value());
  }
  fs::path file = fs::temp_directory_path() /
                  ("candour-alert-counts-" + std::to_string(::getpid()) + ".db");
};

TEST_F(AlertCountsTest, ByMonthAndUnitWithSecondLooks) {
  const auto counts = count();
  ASSERT_TRUE(counts) << counts.error().message;
  EXPECT_EQ(counts.value().leaves, 30u);
  EXPECT_EQ(counts.value().steps, 7u);
  const auto row = [&](const char* month, const char* unit) {
    const auto& rows = counts.value().rows;
    const auto found = rows.find({month, unit});
    return found == rows.end() ? ctl::AlertCounts::Row() : found->second;
  };
  EXPECT_EQ(counts.value().rows.size(), 4u);
  EXPECT_EQ(row("2026-03", "team-a").dismissed, 2u);
  EXPECT_EQ(row("2026-03", "team-a").second_looks, 2u);
  EXPECT_EQ(row("2026-03", "team-b").dismissed, 1u);
  EXPECT_EQ(row("2026-03", "team-b").second_looks, 0u);
  EXPECT_EQ(row("2026-04", "psd").upheld, 1u);
  EXPECT_EQ(row("2026-04", "team-b").dismissed, 1u);
}

TEST_F(AlertCountsTest, RefusesALeafThatIsNotItsRecords) {
  SQLite::Database db(file.string(), SQLite::OPEN_READWRITE);
  SQLite::Statement move(db,
                         "UPDATE log_entries SET record=(SELECT record FROM log_entries WHERE "
                         "idx=?1) WHERE idx=?2");
  // Two dismissals: the records change places.
  move.bind(1, 10);
  move.bind(2, 11);
  move.exec();
  const auto counts = count();
  ASSERT_FALSE(counts);
  EXPECT_EQ(counts.error().code, ErrorCode::state_damaged);
  EXPECT_NE(counts.error().message.find("log entry 11"), std::string::npos);
}

}  // namespace
}  // namespace candour::tests
