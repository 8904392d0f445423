// Lines of police chat written apart from the rules: how many violations are named by their
// category, and that innocent lines stay quiet. What each set gave when it was first run, before
// any of its misses was read, stands in policy/README.md; here floors keep what was reached since.
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
  ASSERT_EQ(sets.size(), 10u);
  Reach all;
  for (const auto& [set, reach] : sets) {
    std::printf("  set %s: %d of %d violations named, %d of %d innocent lines warned\n",
                set.c_str(), reach.named, reach.violations, reach.warned, reach.innocent);
    all.violations += reach.violations;
    all.named += reach.named;
    all.innocent += reach.innocent;
    all.warned += reach.warned;
    EXPECT_GE(reach.named * 100, reach.violations * 88) << "set " << set;
  }
  EXPECT_GE(all.violations, 500);
  EXPECT_GE(all.innocent, 400);
  EXPECT_LE(all.warned * 100, all.innocent * 2);
}

}  // namespace
}  // namespace candour::policy
