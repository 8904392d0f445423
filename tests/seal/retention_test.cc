// Goal: retention keys are one per class and period, kept to their owner, and read strictly.
// Method: make, write and read back in a folder of the test; damage the text line by line.
#include <sys/stat.h>
#include <unistd.h>

#include "base/files.h"
#include "tests/seal/fixtures.h"

namespace candour::warrant {
namespace {

using namespace testing_only;

RetentionKeys two_classes(Random& random) {
  RetentionKeys keys;
  EXPECT_TRUE(keys.add_missing({"ordinary", "statement"}, {"2026"}, random).has_value());
  return keys;
}

TEST(RetentionKeys, EachClassAndPeriodHasItsOwnKeyAndKeepsIt) {
  SeededRandom random(1);
  RetentionKeys keys = two_classes(random);
  const SecretBytes before = keys.print();
  ASSERT_TRUE(keys.add_missing({"ordinary", "statement"}, {"2026", "2027"}, random).has_value());
  ASSERT_EQ(keys.keys().size(), 4u);
  EXPECT_TRUE(same(before.view(), keys.print().view().first(before.size())));
  const auto this_year = keys.find("ordinary", TimeMs(kNow));
  const auto next_year = keys.find("ordinary", TimeMs(kNow + 365ull * 24 * 3600 * 1000));
  ASSERT_TRUE(this_year.has_value() && next_year.has_value());
  EXPECT_EQ(this_year.value()->period, "2026");
  EXPECT_EQ(next_year.value()->period, "2027");
  EXPECT_FALSE(same(this_year.value()->key.view(), next_year.value()->key.view()));
}

TEST(RetentionKeys, PeriodIsTheCalendarYearInUtc) {
  EXPECT_EQ(period_of(TimeMs(*time_decode("2026-12-31T23:59:59.999Z"))), "2026");
  EXPECT_EQ(period_of(TimeMs(*time_decode("2027-01-01T00:00:00.000Z"))), "2027");
}

TEST(RetentionKeys, I12MissingKeyIsNamed) {
  SeededRandom random(1);
  const auto missing = two_classes(random).find("elsewhere", TimeMs(kNow));
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().code, ErrorCode::not_found);
  EXPECT_NE(missing.error().message.find("'elsewhere' in 2026"), std::string::npos);
}

TEST(RetentionKeys, FileIsForItsOwnerAloneAndNotOverwritten) {
  SeededRandom random(1);
  const RetentionKeys keys = two_classes(random);
  const auto path = std::filesystem::temp_directory_path() /
                    ("candour-retention-" + std::to_string(getpid()) + ".keys");
  std::filesystem::remove(path);
  ASSERT_TRUE(keys.write(path).has_value());
  struct stat info {};
  ASSERT_EQ(stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  const auto again = keys.write(path);
  ASSERT_FALSE(again.has_value());
  EXPECT_EQ(again.error().code, ErrorCode::already_exists);
  const auto read = RetentionKeys::read(path);
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_TRUE(same(read.value().print().view(), keys.print().view()));
  std::filesystem::permissions(path, std::filesystem::perms(0644));
  EXPECT_FALSE(RetentionKeys::read(path).has_value());
  std::filesystem::remove(path);
}

TEST(RetentionKeys, I12MalformedTextIsRefusedWithItsLine) {
  const std::string hex(64, 'a');
  const std::string head = "candour-retention-keys/v1\n";
  const std::pair<std::string, std::string> cases[] = {
      {"", "line 1"},
      {"candour-retention-keys/v2\n", "line 1"},
      {head + "key standard 2026 " + hex, "line 1"},  // the last line does not end
      {head + "key standard 2026 " + hex + "\n\n", "line 3"},
      {head + "key Standard 2026 " + hex + "\n", "line 2"},
      {head + "key standard 26 " + hex + "\n", "line 2"},
      {head + "key standard 2026 " + hex.substr(1) + "\n", "line 2"},
      {head + "key standard 2026 " + std::string(64, 'A') + "\n", "line 2"},
      {head + "key standard  2026 " + hex + "\n", "line 2"},
      {head + "key a 2026 " + hex + "\nkey a 2026 " + hex + "\n", "line 3"},
  };
  for (const auto& [text, line] : cases) {
    const auto parsed = RetentionKeys::parse(as_bytes(text));
    ASSERT_FALSE(parsed.has_value()) << text;
    EXPECT_EQ(parsed.error().code, ErrorCode::state_damaged);
    EXPECT_NE(parsed.error().message.find(line), std::string::npos) << parsed.error().message;
    EXPECT_EQ(parsed.error().message.find("aaaa"), std::string::npos) << "the key leaks";
  }
  EXPECT_TRUE(RetentionKeys::parse(as_bytes(head + "key a 2026 " + hex + "\n")).has_value());
}

}  // namespace
}  // namespace candour::warrant
