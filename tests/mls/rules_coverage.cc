// Goal: no rule without a test that breaks it. Method: expect_broken notes every rule it saw named;
// at the end of a run with CANDOUR_MLS_EVERY_RULE set, each value of mls::Rule must be among them.
// CTest runs all tests of this folder that way, in one process.
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <regex>

#include "tests/mls/insider.h"

namespace candour::mls::test {

std::set<Rule>& rules_seen() {
  static std::set<Rule> seen;
  return seen;
}

namespace {

class EveryRule : public testing::Environment {
 public:
  void TearDown() override {
    if (std::getenv("CANDOUR_MLS_EVERY_RULE") == nullptr) return;
    for (int i = 0; i < static_cast<int>(Rule::kCount); ++i) {
      EXPECT_TRUE(rules_seen().contains(static_cast<Rule>(i)))
          << "no test breaks rule " << i << ": " << broken(static_cast<Rule>(i)).message;
    }
  }
};

const testing::Environment* const kEveryRule =
    testing::AddGlobalTestEnvironment(new EveryRule);  // NOLINT: GoogleTest owns it

TEST(MlsRuleList, IsInTheConformanceDocument) {
  const auto text_of = [](const char* name) {
    std::ifstream file(std::string(CANDOUR_SOURCE_DIR "/") + name);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  const std::string header = text_of("mls/rules.h");
  const std::string document = text_of("docs/mls-conformance.md");
  ASSERT_FALSE(header.empty());
  const std::regex value("\n  ([a-z_]+),");
  int count = 0;
  for (std::sregex_iterator i(header.begin(), header.end(), value), end; i != end; ++i, ++count) {
    EXPECT_NE(document.find("| `" + (*i)[1].str() + "` |"), std::string::npos) << (*i)[1];
  }
  EXPECT_EQ(count, static_cast<int>(Rule::kCount));
}

}  // namespace
}  // namespace candour::mls::test
