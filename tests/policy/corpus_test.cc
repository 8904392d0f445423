// The default pack against the developer halves of the corpora: each test prints a figure and holds
// it to a floor somewhat below what was reached. The rules were written with these halves at hand,
// so the figures are an upper bound for text nobody has seen. No line of a corpus is ever printed.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "policy/pack.h"
#include "tests/policy/csv.h"

namespace candour::policy {
namespace {

namespace fs = std::filesystem;

fs::path corpus() {
  const char* set = std::getenv("CANDOUR_POLICY_CORPUS");
  if (set != nullptr && *set != '\0') return set;
  return fs::path(CANDOUR_SOURCE_DIR) / "../shared/policy-corpus";
}

const Engine& engine() {
  static const auto pack = load_pack(fs::path(CANDOUR_SOURCE_DIR) / "config/policy/default");
  EXPECT_TRUE(pack) << (pack ? "" : pack.error().message);
  return *pack.value()->engine;
}

struct Count {
  std::size_t good = 0;
  std::size_t all = 0;
  void add(bool is_good) {
    ++all;
    if (is_good) ++good;
  }
  double percent() const {
    return all == 0 ? 0 : 100.0 * static_cast<double>(good) / static_cast<double>(all);
  }
};

void print(const std::string& what, const Count& c) {
  std::printf("  %-44s %5zu of %5zu  %5.1f %%\n", what.c_str(), c.good, c.all, c.percent());
}

bool warns(const Judgement& j) { return j.verdict != Verdict::release; }

// What HateCheck calls hateful: contempt of, or a threat to, a group.
bool hateful(const Judgement& j) {
  for (const Finding& f : j.findings) {
    if (f.severity == Severity::notice) continue;
    if (f.category.starts_with("discrimination.") || f.category == "threat.group") return true;
  }
  return false;
}

bool names(const Judgement& j, const std::string& category) {
  for (const Finding& f : j.findings) {
    if (f.severity != Severity::notice && f.category == category) return true;
  }
  return false;
}

class CorpusTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!fs::is_directory(corpus())) {
      GTEST_SKIP() << "no policy corpus at " << corpus()
                   << "; set CANDOUR_POLICY_CORPUS to its folder";
    }
  }
  static std::vector<CsvRow> rows(const std::string& name) {
    auto out = read_csv(corpus() / name);
    EXPECT_FALSE(out.empty()) << name;
    return out;
  }
};

TEST_F(CorpusTest, BenignMessagesAreLeftAlone) {
  std::size_t warned = 0;
  std::size_t all = 0;
  for (const char* file : {"sgd", "topical-chat", "ubuntu-irc", "uci-sms"}) {
    Count count;
    for (const CsvRow& row : rows("benign/" + std::string(file) + "-dev.csv")) {
      if (row.at("warn_ok") != "0") continue;
      count.add(!warns(engine().judge(row.at("text"))));
    }
    print("benign left alone: " + std::string(file), count);
    warned += count.all - count.good;
    all += count.all;
  }
  const double per_thousand = 1000.0 * static_cast<double>(warned) / static_cast<double>(all);
  std::printf("  false warnings per 1,000 benign messages: %.2f\n", per_thousand);
  EXPECT_LE(per_thousand, 0.5);
}

TEST_F(CorpusTest, PoliceTalk) {
  Count innocent;
  Count caught;
  std::map<std::string, Count> by_category;
  for (const CsvRow& row : rows("police-chat-dev.csv")) {
    const Judgement j = engine().judge(row.at("text"));
    const std::string& expected = row.at("expect");
    if (expected == "none") {
      innocent.add(!warns(j));
    } else {
      caught.add(names(j, expected));
      by_category[expected].add(names(j, expected));
    }
  }
  print("police hard negatives left alone", innocent);
  print("police violations named by category", caught);
  for (const auto& [category, count] : by_category) print("  " + category, count);
  EXPECT_GE(innocent.percent(), 98.0);
  EXPECT_GE(caught.percent(), 90.0);
}

TEST_F(CorpusTest, HateCheck) {
  Count all;
  Count bad;
  Count good;
  std::map<std::string, Count> by_group;
  std::map<std::string, Count> by_functionality;
  for (const CsvRow& row : rows("hatecheck-dev.csv")) {
    const bool expected = row.at("label_gold") == "hateful";
    const bool right = hateful(engine().judge(row.at("test_case"))) == expected;
    all.add(right);
    (expected ? bad : good).add(right);
    by_functionality[row.at("functionality")].add(right);
    if (!row.at("target_ident").empty()) by_group[row.at("target_ident")].add(right);
  }
  print("HateCheck, all", all);
  print("HateCheck, hateful", bad);
  print("HateCheck, non-hateful", good);
  for (const auto& [group, count] : by_group) print("  " + group, count);
  for (const auto& [name, count] : by_functionality) print("  " + name, count);
  EXPECT_GE(all.percent(), 97.0);
  EXPECT_GE(bad.percent(), 96.0);
  EXPECT_GE(good.percent(), 99.0);
}

TEST_F(CorpusTest, Obfuscation) {
  Count bad;
  Count good;
  std::map<std::string, Count> by_transform;
  for (const CsvRow& row : rows("obfuscation-dev.csv")) {
    const bool found = hateful(engine().judge(row.at("text")));
    if (row.at("label_gold") == "hateful") {
      bad.add(found);
      by_transform[row.at("transform")].add(found);
    } else {
      good.add(!found);
    }
  }
  print("obfuscated hateful caught", bad);
  print("obfuscated benign left alone", good);
  for (const auto& [name, count] : by_transform) print("  " + name, count);
  EXPECT_GE(bad.percent(), 97.0);
  EXPECT_GE(good.percent(), 99.0);
}

TEST_F(CorpusTest, UkIdentifiers) {
  static const std::set<std::string> kOperational = {"crime_ref", "cad_ref", "negative"};
  Count found;
  Count left_alone;
  for (const CsvRow& row : rows("uk-identifiers-dev.csv")) {
    const Judgement j = engine().judge(row.at("text"));
    if (kOperational.contains(row.at("kind"))) {
      left_alone.add(!warns(j));
      continue;
    }
    const std::size_t start = row.at("text").find(row.at("match"));
    const std::size_t end = start + row.at("match").size();
    bool hit = false;
    for (const Finding& f : j.findings) {
      hit = hit || (f.category == "data.personal" && f.start < end && start < f.end);
    }
    found.add(hit);
  }
  print("UK identifiers found", found);
  print("look-alikes and operational numbers left alone", left_alone);
  EXPECT_GE(found.percent(), 99.0);
  EXPECT_EQ(left_alone.good, left_alone.all);
}

TEST_F(CorpusTest, NaturalSexism) {
  Count precision;
  Count recall;
  for (const CsvRow& row : rows("edos-dev.csv")) {
    const bool sexist = row.at("label_sexist") == "sexist";
    const bool found = hateful(engine().judge(row.at("text")));
    if (found) precision.add(sexist);
    if (sexist) recall.add(found);
  }
  print("EDOS precision of 'sexist'", precision);
  print("EDOS recall of 'sexist'", recall);
  EXPECT_GT(precision.all, 0u);
  EXPECT_GE(precision.percent(), 65.0);
  EXPECT_GE(recall.percent(), 48.0);
}

}  // namespace
}  // namespace candour::policy
