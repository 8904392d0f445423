// Goal: every official MLS test vector of a part that is built passes. Method: the runner of
// candour-mls-vectors over each file, one test a file.
#include "tests/mls/vectors.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace candour::mls::vectors {
namespace {

std::filesystem::path folder() {
  const char* given = std::getenv("CANDOUR_VECTORS");
  const std::filesystem::path base = given ? given : CANDOUR_SOURCE_DIR "/../shared/vectors";
  return base / "mls";
}

class MlsVectors : public testing::TestWithParam<const char*> {};

TEST_P(MlsVectors, Pass) {
  const std::filesystem::path file = folder() / (std::string(GetParam()) + ".json");
  if (!std::filesystem::exists(file)) {
    GTEST_SKIP() << "no MLS test vectors at " << file << "; set CANDOUR_VECTORS to their folder";
  }
  const auto report = run_file(file);
  ASSERT_TRUE(report) << report.error().message;
  for (const std::string& failure : report.value().failures) ADD_FAILURE() << failure;
  EXPECT_EQ(report.value().passed, report.value().total);
  EXPECT_GT(report.value().total, 0u);
}

INSTANTIATE_TEST_SUITE_P(Files, MlsVectors,
                         testing::Values("crypto-basics", "deserialization", "key-schedule",
                                         "message-protection", "messages",
                                         "passive-client-handling-commit", "passive-client-random",
                                         "passive-client-welcome", "psk_secret", "secret-tree",
                                         "transcript-hashes", "tree-math", "tree-operations",
                                         "tree-validation", "treekem", "welcome"),
                         [](const auto& file) {
                           std::string name = file.param;
                           for (char& c : name) c = c == '-' ? '_' : c;
                           return name;
                         });

TEST(MlsVectorRunner, RefusesAnUnknownKindOfFile) {
  const auto report = run_file("surprise.json");
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::input_invalid);
}

TEST(MlsVectorRunner, NoticesAWrongValue) {
  const auto json =
      boost::json::parse(R"({"secret":"00","label":"x","vlbytes_header":"4040","length":65})");
  Case one(json.as_object());
  deserialization(one);
  EXPECT_FALSE(one.failures().empty());
}

}  // namespace
}  // namespace candour::mls::vectors
