// The loader against packs written to a temporary folder: one that is good, and one for every way
// to be bad, each of which must be refused with the place and the reason.
#include "policy/pack.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "base/files.h"

namespace candour::policy {
namespace {

namespace fs = std::filesystem;

constexpr const char* kGood = R"([standards]
2 = "Authority, Respect and Courtesy"
9 = "Discreditable Conduct"

[lists]
fruit = ['apple', '{stone_fruit}']
stone_fruit = ['plum', 'cherry']

[[category]]
id = "fruit"
severity = "warn"
standard = 2
also = [9]
alert = true
advice = "Eat it."

[[frame]]
name = "training"
patterns = ['training']

[[rule]]
id = "fruit.any"
category = "fruit"
message = "It names a fruit."
patterns = ['{fruit} pie']
matches = ["a plum  pie"]
passes = ["a plum", "plum pie training"]
)";

class PackTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = fs::path(testing::TempDir()) / ("candour_pack_" + std::string(info->name()));
    fs::remove_all(folder_);
    fs::create_directories(folder_ / "sub");
  }
  void TearDown() override { fs::remove_all(folder_); }

  void put(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }
  void note() const { ASSERT_TRUE(write_pack_note(folder_, "Test pack", "1")); }

  std::string refused() const {
    const auto pack = load_pack(folder_);
    if (pack) return "(loaded)";
    EXPECT_EQ(pack.error().code, ErrorCode::policy_invalid);
    return pack.error().message;
  }
  // Refusal of the good pack with `from` replaced by `to` once.
  std::string refused_with(const std::string& from, const std::string& to) const {
    std::string text = kGood;
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    text.replace(at, from.size(), to);
    put("a.toml", text);
    note();
    return refused();
  }
  std::string text_of(const std::string& name) const {
    return std::string(as_text(read_file(folder_ / name, 1 << 20).value()));
  }

  fs::path folder_;
};

void expect_has(const std::string& message, const std::string& part) {
  EXPECT_NE(message.find(part), std::string::npos) << message << "\nlacks: " << part;
}

TEST_F(PackTest, LoadsAndCites) {
  put("a.toml", kGood);
  note();
  const auto pack = load_pack(folder_);
  ASSERT_TRUE(pack) << pack.error().message;
  const Pack& p = *pack.value();
  EXPECT_EQ(p.name, "Test pack");
  EXPECT_EQ(p.version, "1");
  EXPECT_EQ(p.note_text, make_note_text(folder_, "Test pack", "1").value());
  const Judgement j = p.engine->judge("one CHERRY pie");
  ASSERT_EQ(j.findings.size(), 1u);
  EXPECT_EQ(j.findings[0].standard, "2 Authority, Respect and Courtesy");
  EXPECT_EQ(j.findings[0].secondary_standards, std::vector<std::string>{"9 Discreditable Conduct"});
  EXPECT_EQ(j.findings[0].advice, "Eat it.");
  EXPECT_EQ(j.findings[0].alert_level, "normal");
}

TEST_F(PackTest, SpreadsOverFilesAndFolders) {
  const std::string text = kGood;
  const std::size_t cut = text.find("[[rule]]");
  put("sub/z.toml", text.substr(0, cut));
  put("a.toml", text.substr(cut));
  note();
  EXPECT_TRUE(load_pack(folder_));
  expect_has(text_of("pack.note"), " a.toml\nsha256 ");
  expect_has(text_of("pack.note"), " sub/z.toml\n");
}

TEST_F(PackTest, SignaturesAreKeptApartFromTheDigest) {
  put("a.toml", kGood);
  note();
  const Digest plain = load_pack(folder_).value()->digest;
  const std::string signed_note = text_of("pack.note") + "\n\u2014 author AAAA\n";
  put("pack.note", signed_note);
  const auto pack = load_pack(folder_);
  ASSERT_TRUE(pack) << pack.error().message;
  EXPECT_EQ(pack.value()->digest, plain);
  EXPECT_EQ(pack.value()->raw_note, signed_note);
}

TEST_F(PackTest, DigestIsTheSha256OfTheNoteText) {
  put("a.toml", kGood);
  put("pack.note", "x");
  expect_has(refused(), "pack.note:1: expected a newline at the end");
  note();
  // Any change of name, version or content is another policy.
  const Digest first = load_pack(folder_).value()->digest;
  ASSERT_TRUE(write_pack_note(folder_, "Test pack", "2"));
  EXPECT_NE(load_pack(folder_).value()->digest, first);
  put("a.toml", std::string(kGood) + "\n");
  ASSERT_TRUE(write_pack_note(folder_, "Test pack", "1"));
  EXPECT_NE(load_pack(folder_).value()->digest, first);
}

TEST_F(PackTest, RefusesFilesThatAreNotAsNoted) {
  put("a.toml", kGood);
  expect_has(refused(), "pack.note: cannot be read");
  note();
  put("b.toml", "");
  expect_has(refused(), "b.toml: not listed in pack.note");
  fs::remove(folder_ / "b.toml");
  put("a.toml", std::string(kGood) + "# changed\n");
  expect_has(refused(), "a.toml: its SHA-256 is not the one in pack.note");
  fs::rename(folder_ / "a.toml", folder_ / "c.toml");
  expect_has(refused(), "a.toml: listed in pack.note, but not in the folder");
  fs::remove(folder_ / "c.toml");
  expect_has(refused(), "there are no TOML files");
  expect_has(load_pack(folder_ / "nowhere").error().message, "not a folder");
}

TEST_F(PackTest, RefusesNotesThatAreNotNotes) {
  put("a.toml", kGood);
  note();
  const std::string good = text_of("pack.note");
  put("pack.note", "candour-policy/v2" + good.substr(good.find('\n')));
  expect_has(refused(), "pack.note:1: expected 'candour-policy/v1'");
  put("pack.note", "candour-policy/v1\n\nsig\n");
  expect_has(refused(), "pack.note:2: expected first line, name, version and files");
  put("pack.note", good + good.substr(good.find("sha256")));
  expect_has(refused(), "pack.note:6: expected the paths in order, each once");
  put("pack.note", good + "sha256 12 b.toml\n");
  expect_has(refused(), "pack.note:6: expected 'sha256 <64 hex digits> <path>'");
  put("pack.note", "candour-policy/v1\n pack\n1\n");
  expect_has(refused(), "pack.note:2: expected the pack's name");
}

TEST_F(PackTest, RefusesBadToml) {
  expect_has(refused_with("severity = \"warn\"", "severity = \"warn"), "a.toml:11: ");
  expect_has(refused_with("severity = \"warn\"", "severity = 3"),
             "a.toml:11: category fruit: 'severity' must be a string");
  expect_has(refused_with("severity = \"warn\"", "severity = \"loud\""),
             "'severity' is 'loud', not notice, warn or block");
  expect_has(refused_with("alert = true", "alrt = true"),
             "a.toml:14: category: unknown key 'alrt'");
  expect_has(refused_with("[[frame]]", "[[frames]]"), "unknown key 'frames'");
  expect_has(refused_with("standard = 2", "standard = 11"),
             "rule fruit.any: there is no standard 11");
  expect_has(refused_with("standard = 2\n", ""), "the key 'standard' is missing");
  expect_has(refused_with("[[rule]]", "[rule]"), "write each as a table of its own: [[rule]]");
}

TEST_F(PackTest, RefusesBadRules) {
  expect_has(refused_with("category = \"fruit\"\n", "category = \"meat\"\n"),
             "a.toml:21: rule fruit.any: there is no category 'meat'");
  expect_has(refused_with("id = \"fruit.any\"", "id = \"any\""),
             "the id must begin with its category, 'fruit.'");
  expect_has(refused_with("['{fruit} pie']", "'{fruit} pie'"), "'patterns' must be an array");
  expect_has(refused_with("['{fruit} pie']", "['{veg} pie']"), "there is no list named 'veg'");
  expect_has(refused_with("['{fruit} pie']", "['(pie']"),
             "pattern '\\b(?:(pie)\\b' does not compile");
  expect_has(refused_with("'plum', 'cherry'", "'plum', '{fruit}'"), "names lists in a circle");
  expect_has(refused_with("passes = [", "validator = 'none'\npasses = ["), "no validator named");
  expect_has(refused_with("passes = [", "frames = ['none']\npasses = ["), "no frame named 'none'");
  expect_has(refused_with("passes = [\"a plum\", \"plum pie training\"]", "passes = []"),
             "'passes' has no example");
  const std::string text = kGood;
  put("b.toml", text.substr(text.find("[[rule]]")));
  expect_has(refused_with("a plum  pie", "a plum pie"), "the id is already used at a.toml:21");
}

TEST_F(PackTest, RefusesAPackThatFailsItsOwnExamples) {
  expect_has(
      refused_with("a plum  pie", "a plum cake"),
      "a.toml:21: rule fruit.any: its example under 'matches' gives no finding: \"a plum cake\"");
  expect_has(
      refused_with("\"a plum\",", "\"a plum pie\","),
      "a.toml:21: rule fruit.any: its example under 'passes' gives a finding: \"a plum pie\"");
}

TEST_F(PackTest, RefusesWhatIsTooLarge) {
  std::string many = kGood;
  for (int i = 0; i < 1001; ++i) {
    many += "[[rule]]\nid = \"fruit.r" + std::to_string(i) +
            "\"\ncategory = \"fruit\"\nmessage = \"m\"\npatterns = ['x']\nmatches = ['x']\n"
            "passes = ['y']\n";
  }
  put("a.toml", many);
  note();
  expect_has(refused(), "the pack has more than 1000 rules");
  std::string nested = "[lists]\na0 = ['xxxxxxxx']\n";
  for (int i = 1; i < 8; ++i) {
    const std::string below = "{a" + std::to_string(i - 1) + "}";
    nested += "a" + std::to_string(i) + " = ['";
    for (int k = 0; k < 10; ++k) nested += below;
    nested += "']\n";
  }
  put("a.toml", kGood);
  put("b.toml", nested);
  expect_has(refused_with("'{fruit} pie'", "'{a6}'"), "a pattern grows beyond 65536 bytes");
  put("b.toml", "# " + std::string(1024 * 1024, 'x'));
  expect_has(refused(), "larger than 1048576 bytes");
}

TEST_F(PackTest, NamesAreOneLine) {
  put("a.toml", kGood);
  EXPECT_FALSE(write_pack_note(folder_, "two\nlines", "1"));
  EXPECT_FALSE(write_pack_note(folder_, "name", ""));
}

}  // namespace
}  // namespace candour::policy
