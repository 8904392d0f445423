// Goal: no rule without a test that breaks it. Method: expect_broken notes every rule it saw named;
// at the end of a run with CANDOUR_MLS_EVERY_RULE set, each value of mls::Rule must be among them.
// CTest runs all tests of this folder that way, in one process.
#include <cstdlib>

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

}  // namespace
}  // namespace candour::mls::test
