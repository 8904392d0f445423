// The verbs of `candourctl policy`, run on streams in memory with the default pack and with a small
// broken one.
#include "ctl/policy_verbs.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "policy/pack.h"

namespace candour::ctl {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

fs::path pack() { return fs::path(CANDOUR_SOURCE_DIR) / "config/policy/default"; }

std::vector<json::value> eval(const std::string& input, int expected_status) {
  std::istringstream in(input);
  std::ostringstream out;
  std::ostringstream err;
  EXPECT_EQ(policy_eval_jsonl(pack(), in, out, err), expected_status) << err.str();
  std::vector<json::value> lines;
  std::istringstream answers(out.str());
  for (std::string line; std::getline(answers, line);) lines.push_back(json::parse(line));
  return lines;
}

TEST(PolicyVerbs, CheckSaysOkAndDigest) {
  std::ostringstream out;
  std::ostringstream err;
  EXPECT_EQ(policy_check(pack(), true, out, err), 0);
  const json::value answer = json::parse(out.str());
  EXPECT_TRUE(answer.at("ok").as_bool());
  EXPECT_EQ(answer.at("digest").as_string().size(), 64u);
}

TEST(PolicyVerbs, CheckSaysWhatIsWrong) {
  const fs::path folder = fs::path(testing::TempDir()) / "candour_verbs_bad";
  fs::remove_all(folder);
  fs::create_directories(folder);
  std::ofstream(folder / "a.toml") << "[lists]\nx = 3\n";
  std::ostringstream out;
  std::ostringstream err;
  EXPECT_EQ(policy_note(folder, "bad", "1", out, err), 1);
  EXPECT_NE(err.str().find("a.toml:2: lists: 'x' must be an array"), std::string::npos)
      << err.str();
  std::ostringstream json_err;
  EXPECT_EQ(policy_check(folder, true, out, json_err), 1);
  EXPECT_EQ(json::parse(json_err.str()).at("error").as_string(), "policy_invalid");
  fs::remove_all(folder);
}

TEST(PolicyVerbs, TestCountsExamples) {
  std::ostringstream out;
  std::ostringstream err;
  EXPECT_EQ(policy_test(pack(), false, out, err), 0) << err.str();
  EXPECT_NE(out.str().find("examples as expected"), std::string::npos);
  const auto draft = policy::load_draft(pack());
  ASSERT_TRUE(draft) << draft.error().message;
  const policy::Rule* rule = draft.value()->engine->find_rule("collusion.align");
  ASSERT_NE(rule, nullptr);
  const std::string count = std::to_string(rule->matches.size() + rule->passes.size());
  EXPECT_NE(out.str().find("collusion.align " + count + "/" + count + "\n"), std::string::npos)
      << out.str();
}

TEST(PolicyVerbs, EvalAnswersInOrder) {
  const auto lines = eval(R"({"id":"a","text":"On my way"}
{"id":2,"text":"d\u00e9j\u00e0: Delete this chat","group_class":"team"}
)",
                          0);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].at("id").as_string(), "a");
  EXPECT_EQ(lines[0].at("verdict").as_string(), "release");
  EXPECT_TRUE(lines[0].at("findings").as_array().empty());
  EXPECT_EQ(lines[1].at("id").as_int64(), 2);
  EXPECT_EQ(lines[1].at("verdict").as_string(), "warn");
  const json::value& finding = lines[1].at("findings").at(0);
  EXPECT_EQ(finding.at("category").as_string(), "evasion.off_channel");
  EXPECT_EQ(finding.at("start").as_int64(), 8);  // bytes of UTF-8, not characters
  EXPECT_EQ(finding.at("end").as_int64(), 24);
  EXPECT_EQ(finding.at("standard").as_string(), "1 Honesty and Integrity");
}

TEST(PolicyVerbs, EvalGoesOnAfterBadLines) {
  const auto lines = eval(
      "not json\n"
      "[1]\n"
      "\n"
      "{\"id\":\"x\"}\n"
      "{\"text\":\"y\"}\n"
      "{\"id\":\"z\",\"text\":\"y\",\"group_class\":1}\n"
      "{\"id\":\"u\",\"text\":\"\xFF\"}\n"
      "{\"id\":\"last\",\"text\":\"ok\"}",
      1);
  ASSERT_EQ(lines.size(), 8u);
  for (std::size_t i = 0; i < 7; ++i) EXPECT_TRUE(lines[i].as_object().contains("error")) << i;
  EXPECT_TRUE(lines[0].at("id").is_null());
  EXPECT_EQ(lines[3].at("id").as_string(), "x");
  EXPECT_EQ(lines[5].at("id").as_string(), "z");
  EXPECT_EQ(lines[7].at("verdict").as_string(), "release");
}

TEST(PolicyVerbs, LoneSurrogatesAreReplaced) {
  const auto lines = eval(R"({"id":1,"text":"\ud800 Delete this chat"}
{"id":2,"text":"\ud83d\ude93 Delete this chat"}
{"id":3,"text":"\udc00\\ud800 Delete this chat"}
)",
                          0);
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0].at("findings").at(0).at("start").as_int64(), 4);   // U+FFFD and a space
  EXPECT_EQ(lines[1].at("findings").at(0).at("start").as_int64(), 5);   // a pair, and a space
  EXPECT_EQ(lines[2].at("findings").at(0).at("start").as_int64(), 10);  // an escaped backslash
}

TEST(PolicyVerbs, OverlongLineIsOneError) {
  const auto lines = eval(
      "{\"id\":1,\"text\":\"" + std::string(1200 * 1024, 'a') + "\"}\n{\"id\":2,\"text\":\"b\"}\n",
      1);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].at("error").as_string(), "the line is too long");
  EXPECT_EQ(lines[1].at("verdict").as_string(), "release");
}

TEST(PolicyVerbs, ExplainMarksTheWords) {
  std::istringstream in("ok lads, delete this chat now\n");
  std::ostringstream out;
  std::ostringstream err;
  EXPECT_EQ(policy_explain_text(pack(), "team", in, out, err), 0);
  EXPECT_NE(out.str().find("verdict: warn (alerts a supervisor)"), std::string::npos) << out.str();
  EXPECT_NE(out.str().find("[[delete this chat]]"), std::string::npos) << out.str();
  EXPECT_NE(out.str().find("standard: 1 Honesty and Integrity; also 5 Orders and Instructions"),
            std::string::npos);
}

TEST(PolicyVerbs, ExplainShowsARule) {
  std::ostringstream out;
  std::ostringstream err;
  EXPECT_EQ(policy_explain_rule(pack(), "collusion.align", out, err), 0);
  EXPECT_NE(out.str().find("severity: warn, alerts a supervisor (high)"), std::string::npos);
  EXPECT_NE(out.str().find("excepted by: negation"), std::string::npos);
  EXPECT_EQ(policy_explain_rule(pack(), "nowhere", out, err), 2);
  EXPECT_NE(err.str().find("there is no rule 'nowhere'"), std::string::npos);
}

}  // namespace
}  // namespace candour::ctl
