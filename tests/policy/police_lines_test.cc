// Lines of police chat written apart from the rules: how many violations are named by their
// category, and that innocent lines stay quiet. Set 4 was never used to widen a rule; its floor is
// what was measured, so that a change for the worse is seen.
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <map>
#include <string>

#include "policy/pack.h"

namespace candour::policy {
namespace {

struct Reach {
  int violations = 0;
  int named = 0;
  int innocent = 0;
  int warned = 0;
};

std::map<std::string, Reach> measure(const Engine& engine) {
  std::ifstream file(std::string(CANDOUR_SOURCE_DIR) + "/tests/policy/police_lines.tsv");
  std::map<std::string, Reach> out;
  std::string line;
  while (std::getline(file, line)) {
    if (line.empty() || line[0] == '#') continue;
    const std::size_t first = line.find('\t');
    const std::size_t second = line.find('\t', first + 1);
    if (second == std::string::npos) continue;
    Reach& reach = out[line.substr(0, first)];
    const std::string category = line.substr(first + 1, second - first - 1);
    const Judgement judgement = engine.judge(line.substr(second + 1));
    if (category == "none") {
      ++reach.innocent;
      if (judgement.verdict != Verdict::release) ++reach.warned;
      continue;
    }
    ++reach.violations;
    for (const Finding& finding : judgement.findings) {
      if (finding.category != category) continue;
      ++reach.named;
      break;
    }
  }
  return out;
}

TEST(PoliceLines, ViolationsAreNamedAndInnocentLinesStayQuiet) {
  const auto pack = load_pack(std::string(CANDOUR_SOURCE_DIR) + "/config/policy/default");
  ASSERT_TRUE(pack) << pack.error().message;
  auto sets = measure(*pack.value()->engine);
  ASSERT_EQ(sets.size(), 4u);
  for (const auto& [set, reach] : sets) {
    std::printf("  set %s: %d of %d violations named, %d of %d innocent lines warned\n",
                set.c_str(), reach.named, reach.violations, reach.warned, reach.innocent);
  }
  EXPECT_GE(sets["1"].named * 100, sets["1"].violations * 88);
  EXPECT_GE(sets["2"].named * 100, sets["2"].violations * 88);
  EXPECT_GE(sets["3"].named * 100, sets["3"].violations * 70);
  EXPECT_GE(sets["4"].named * 100, sets["4"].violations * 30);
  EXPECT_LE(sets["1"].warned + sets["2"].warned + sets["3"].warned + sets["4"].warned, 3);
}

}  // namespace
}  // namespace candour::policy
