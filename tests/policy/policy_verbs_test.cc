// Goal: the verbs of `candourctl policy` say what is so, and put out no text that was not asked
// for. Method: run on streams in memory, with the default pack and with small ones written here.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "ctl/policy/verbs.h"
#include "policy/pack.h"

namespace candour::ctl {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

fs::path pack() { return fs::path(CANDOUR_SOURCE_DIR) / "config/policy/default"; }

// What a verb answered: its status, or the error it failed with.
struct Answer {
  int status = -1;
  std::string out;
  std::string err;
  std::optional<Error> error;

  std::vector<json::value> lines() const {
    std::vector<json::value> parsed;
    std::istringstream answers(out);
    for (std::string line; std::getline(answers, line);) parsed.push_back(json::parse(line));
    return parsed;
  }
  json::value last() const { return lines().back(); }
};

template <class Verb>
Answer run(Verb verb, bool json = false, const std::string& input = {}) {
  std::istringstream in(input);
  std::ostringstream out;
  std::ostringstream err;
  const Result<int> result = verb(Terminal{json, in, out, err});
  Answer answer{-1, out.str(), err.str(), {}};
  if (result) {
    answer.status = result.value();
  } else {
    answer.error = result.error();
  }
  return answer;
}

std::vector<json::value> eval(const std::string& input, int expected_status) {
  const Answer answer = run([](const Terminal& t) { return policy_eval(pack(), t); }, true, input);
  EXPECT_EQ(answer.status, expected_status);
  return answer.lines();
}

// A folder with packs and files of messages, gone at the end of the test.
class PolicyFolder : public testing::Test {
 protected:
  PolicyFolder() {
    std::string name = (fs::temp_directory_path() / "candour-verbs-XXXXXX").string();
    folder_ = mkdtemp(name.data());
  }
  ~PolicyFolder() override { fs::remove_all(folder_); }

  fs::path write(const std::string& name, const std::string& text) const {
    const fs::path file = folder_ / name;
    fs::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
    return file;
  }
  /// A pack of two rules: what they look for, and how grave it is.
  fs::path small_pack(const std::string& name, const std::string& first,
                      const std::string& severity, const std::string& second) const {
    write(name + "/rules.toml", R"([standards]
2 = "Authority, Respect and Courtesy"
[[category]]
id = "rude"
severity = "warn"
standard = 2
advice = "Leave it out."
[[rule]]
id = "rude.first"
category = "rude"
severity = ")" + severity + R"("
message = "It is rude."
patterns = [')" + first + R"(']
matches = ["this )" + first + R"( here"]
passes = ["nothing here"]
[[rule]]
id = "rude.second"
category = "rude"
message = "It is rude too."
patterns = [')" + second + R"(']
matches = ["this )" + second + R"( here"]
passes = ["nothing here"]
)");
    return folder_ / name;
  }

 private:
  fs::path folder_;
};

TEST(PolicyVerbs, CheckSaysOkAndDigest) {
  const Answer answer = run([](const Terminal& t) { return policy_check(pack(), t); }, true);
  EXPECT_EQ(answer.status, 0);
  EXPECT_TRUE(answer.last().at("ok").as_bool());
  EXPECT_EQ(answer.last().at("digest").as_string().size(), 64u);
}

TEST_F(PolicyFolder, CheckSaysWhatIsWrong) {
  const fs::path bad = write("bad/a.toml", "[lists]\nx = 3\n").parent_path();
  const Answer noted = run([&](const Terminal& t) { return policy_note(bad, "bad", "1", t); });
  ASSERT_TRUE(noted.error);
  EXPECT_EQ(noted.error->code, ErrorCode::policy_invalid);
  EXPECT_NE(noted.error->message.find("a.toml:2: lists: 'x' must be an array"), std::string::npos)
      << noted.error->message;
}

TEST_F(PolicyFolder, CheckNamesFileLineRuleAndExample) {
  const fs::path folder = small_pack("p", "blast", "warn", "blimey");
  ASSERT_EQ(run([&](const Terminal& t) { return policy_note(folder, "p", "1", t); }).status, 0);
  // The example of the second rule no longer holds, and the note is made anew.
  std::ifstream in(folder / "rules.toml");
  std::string text((std::istreambuf_iterator<char>(in)), {});
  text.replace(text.find("this blimey here"), 16, "this crikey here");
  write("p/rules.toml", text);
  const Answer changed = run([&](const Terminal& t) { return policy_check(folder, t); });
  ASSERT_TRUE(changed.error);
  EXPECT_NE(changed.error->message.find("rules.toml: its SHA-256"), std::string::npos);
  const Answer failed = run([&](const Terminal& t) { return policy_note(folder, "p", "2", t); });
  ASSERT_TRUE(failed.error);
  EXPECT_NE(failed.error->message.find("rules.toml:16: rule rude.second: its example under "
                                       "'matches' gives no finding: \"this crikey here\""),
            std::string::npos)
      << failed.error->message;
}

TEST_F(PolicyFolder, CompileWritesWhatCheckAndEvalRead) {
  const fs::path folder = small_pack("p", "blast", "warn", "blimey");
  const fs::path file = folder.parent_path() / "p.pack";
  const auto compile = [&](const Terminal& t) { return policy_compile(folder, file, t); };
  EXPECT_EQ(run(compile).error->code, ErrorCode::policy_invalid) << "there is no note";
  EXPECT_FALSE(fs::exists(file));
  const auto noted = run([&](const Terminal& t) { return policy_note(folder, "p", "1", t); }, true);
  ASSERT_EQ(run(compile).status, 0);
  const auto checked = run([&](const Terminal& t) { return policy_check(file, t); }, true);
  EXPECT_EQ(checked.last(), noted.last());
  const auto judged = run([&](const Terminal& t) { return policy_eval(file, t); }, true,
                          "{\"id\":1,\"text\":\"oh blast\"}\n");
  EXPECT_EQ(judged.last().at("verdict").as_string(), "warn");
  std::fstream(file, std::ios::in | std::ios::out | std::ios::binary).seekp(100).put('x');
  const auto damaged = run([&](const Terminal& t) { return policy_check(file, t); });
  ASSERT_TRUE(damaged.error);
  EXPECT_NE(damaged.error->message.find("p.pack: "), std::string::npos) << damaged.error->message;
}

TEST(PolicyVerbs, StatsCountWhatThereIs) {
  const auto draft = policy::load_draft(pack());
  ASSERT_TRUE(draft) << draft.error().message;
  const auto stats =
      run([](const Terminal& t) { return policy_stats(pack(), t); }, true).last().as_object();
  const auto number = [](const json::value& v) { return static_cast<std::size_t>(v.as_int64()); };
  const auto& rules = draft.value()->engine->rules();
  EXPECT_EQ(number(stats.at("rules")), rules.size());
  std::size_t by_category = 0;
  for (const auto& [category, count] : stats.at("rules_by_category").as_object()) {
    by_category += number(count);
  }
  EXPECT_EQ(by_category, rules.size());
  std::size_t passes = 0;
  for (const policy::Rule& rule : rules) passes += rule.passes.size() + rule.talk_passes.size();
  EXPECT_EQ(number(stats.at("passes")), passes);
}

TEST(PolicyVerbs, TestCountsExamples) {
  const Answer answer = run([](const Terminal& t) { return policy_test(pack(), {}, t); });
  EXPECT_EQ(answer.status, 0) << answer.err;
  EXPECT_NE(answer.out.find("examples as expected"), std::string::npos);
  const auto draft = policy::load_draft(pack());
  ASSERT_TRUE(draft) << draft.error().message;
  const policy::Rule* rule = draft.value()->engine->find_rule("collusion.align");
  ASSERT_NE(rule, nullptr);
  const std::string count = std::to_string(rule->matches.size() + rule->passes.size());
  EXPECT_NE(answer.out.find("collusion.align " + count + "/" + count + "\n"), std::string::npos)
      << answer.out;
}

TEST_F(PolicyFolder, TestScoresRulesOnLabelledMessages) {
  const fs::path folder = small_pack("p", "blast", "warn", "blimey");
  TestOptions options;
  options.corpora = {write("c.csv",
                           "id,text,expect\n"
                           "1,oh blast,rude\n2,blast again,none\n3,blast it,other\n"
                           "4,so rude,rude\n5,good morning,none\n")
                         .string()};
  const Answer answer =
      run([&](const Terminal& t) { return policy_test(folder, options, t); }, true);
  EXPECT_EQ(answer.status, 0);
  const auto lines = answer.lines();
  ASSERT_EQ(lines.size(), 6u);  // two rules' examples, total, two rules' scores, innocent ones
  EXPECT_EQ(json::serialize(lines[3]),
            R"({"rule":"rude.first","category":"rude","hits":3,"right":2,"wrong":1,"expected":3,)"
            R"("precision":6.66667E-1,"recall":6.66667E-1})");
  EXPECT_EQ(json::serialize(lines[5]), R"({"innocent":2,"innocent_warned":1})");
  options.corpora = {write("plain.csv", "id,text\n1,oh blast\n").string()};
  const Answer refused = run([&](const Terminal& t) { return policy_test(folder, options, t); });
  ASSERT_TRUE(refused.error);
  EXPECT_EQ(refused.error->code, ErrorCode::usage);
  options.all_innocent = true;
  EXPECT_EQ(
      json::serialize(
          run([&](const Terminal& t) { return policy_test(folder, options, t); }, true).last()),
      R"({"innocent":1,"innocent_warned":1})");
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

TEST_F(PolicyFolder, SimulateCountsAndShowsNoText) {
  const fs::path folder = small_pack("p", "blast", "block", "blimey");
  SimulateOptions options;
  // The same messages in the three formats; one with a quoted line end, a comma and a quote.
  const std::string files[] = {
      write("m.txt", "# a comment\noh blast\nblimey, \"blast\" blast\n\ngood morning\n").string(),
      write("m.csv", "\"text\",id\noh blast,1\n\"blimey,\n\"\"blast\"\" blast\",2\r\ngood,3\n")
          .string(),
      write("m.jsonl",
            "{\"text\":\"oh blast\",\"id\":7}\n{\"text\":\"blimey,\\n\\\"blast\\\" blast\"}\n"
            "{\"text\":\"good\",\"id\":\"x\"}\n")
          .string()};
  for (const std::string& file : files) {
    options.file = file;
    const Answer answer =
        run([&](const Terminal& t) { return policy_simulate(folder, options, t); }, true);
    ASSERT_EQ(answer.status, 0) << file;
    EXPECT_EQ(answer.out.find("good"), std::string::npos);
    EXPECT_EQ(json::serialize(answer.last()),
              R"({"messages":3,"verdicts":{"release":1,"warn":0,"block":2},"alerts":0,)"
              R"("warned_per_thousand":6.66667E2,)"
              R"("severities":{"notice":0,"warn":1,"block":2},"categories":{"rude":2},)"
              R"("rules":[{"rule":"rude.first","category":"rude","severity":"block",)"
              R"("messages":2,"findings":3},)"
              R"({"rule":"rude.second","category":"rude","severity":"warn","messages":1,)"
              R"("findings":1}]})")
        << file;
  }
  options.show = 1;
  const Answer shown =
      run([&](const Terminal& t) { return policy_simulate(folder, options, t); }, false);
  EXPECT_NE(shown.out.find("rude.first, 7:\n  oh [[blast]]\n"), std::string::npos) << shown.out;
  EXPECT_EQ(shown.out.find("[[blast]]", shown.out.find("[[blast]]") + 1), std::string::npos);
}

TEST_F(PolicyFolder, SimulateSaysWhereAFileIsWrong) {
  const fs::path folder = small_pack("p", "blast", "warn", "blimey");
  const std::pair<const char*, const char*> wrong[] = {
      {"a,b\n1,2\n", "there is no column 'text', 'test_case' or 'message'"},
      {"id,text\n1,a,b\n", "w.csv:2: there are 3 fields, and 2 column names"},
      {"id,text\n1,\"a\n", "w.csv:2: a quote is not closed"},
      {"", "w.csv:1: there is no line of column names"}};
  for (const auto& [text, message] : wrong) {
    SimulateOptions options;
    options.file = write("w.csv", text).string();
    const Answer answer =
        run([&](const Terminal& t) { return policy_simulate(folder, options, t); });
    ASSERT_TRUE(answer.error) << text;
    EXPECT_NE(answer.error->message.find(message), std::string::npos) << answer.error->message;
  }
  SimulateOptions options;
  options.file = write("w.jsonl", "{\"text\":\"a\"}\n{\"text\":3}\n").string();
  const Answer answer = run([&](const Terminal& t) { return policy_simulate(folder, options, t); });
  ASSERT_TRUE(answer.error);
  EXPECT_NE(answer.error->message.find("w.jsonl:2: \"text\" must be a string"), std::string::npos);
}

TEST_F(PolicyFolder, DiffNamesWhatChangesForEachMessage) {
  const fs::path before = small_pack("before", "blast", "warn", "blimey");
  const fs::path after = small_pack("after", "blast", "block", "crikey");
  SimulateOptions options;
  options.file =
      write("m.csv", "id,text\na,oh blast\nb,blimey\nc,crikey\nd,hello there\n").string();
  const Answer same =
      run([&](const Terminal& t) { return policy_diff(before, before, options, t); }, true);
  EXPECT_EQ(json::serialize(same.last()), R"({"messages":4,"changed":0,"verdicts":{},"rules":[]})");
  const Answer answer =
      run([&](const Terminal& t) { return policy_diff(before, after, options, t); }, true);
  const auto lines = answer.lines();
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_EQ(json::serialize(lines[0]),
            R"({"id":"a","before":"warn","after":"block","gained":[],"lost":[],)"
            R"("severity_changed":["rude.first"]})");
  EXPECT_EQ(lines[1].at("lost").at(0).as_string(), "rude.second");
  EXPECT_EQ(lines[2].at("gained").at(0).as_string(), "rude.second");
  EXPECT_EQ(json::serialize(lines[3]),
            R"({"messages":4,"changed":3,)"
            R"("verdicts":{"release to warn":1,"warn to release":1,"warn to block":1},)"
            R"("rules":[{"rule":"rude.second","gained":1,"lost":1}]})");
  for (const char* text : {"blast", "blimey", "crikey", "hello"}) {
    EXPECT_EQ(answer.out.find(text), std::string::npos) << text;
  }
}

TEST(PolicyVerbs, ExplainMarksTheWords) {
  const auto text = SecretText::copy_of("ok lads, delete this chat now");
  const Answer answer =
      run([&](const Terminal& t) { return policy_explain(pack(), "team", text, t); });
  EXPECT_EQ(answer.status, 0);
  EXPECT_NE(answer.out.find("verdict: warn (alerts a supervisor)"), std::string::npos)
      << answer.out;
  EXPECT_NE(answer.out.find("[[delete this chat]]"), std::string::npos) << answer.out;
  EXPECT_NE(answer.out.find("standard: 1 Honesty and Integrity; also 5 Orders and Instructions"),
            std::string::npos);
  const auto findings =
      run([&](const Terminal& t) { return policy_explain(pack(), "team", text, t); }, true)
          .last()
          .at("findings");
  EXPECT_EQ(findings.at(0).at("start").as_int64(), 9);
  EXPECT_NE(answer.out.find(" [[delete this chat]]: hit"), std::string::npos) << answer.out;
}

TEST(PolicyVerbs, ExplainSaysWhichFrameExcepted) {
  const auto text = SecretText::copy_of("He said \"delete this chat\" in his 999 call");
  const auto answer =
      run([&](const Terminal& t) { return policy_explain(pack(), "team", text, t); }, true).last();
  EXPECT_EQ(answer.at("verdict").as_string(), "release");
  bool excepted = false;
  for (const json::value& match : answer.at("trace").at("matches").as_array()) {
    EXPECT_NE(match.at("outcome").as_string(), "hit");
    excepted = excepted || !match.at("detail").as_string().empty();
  }
  EXPECT_TRUE(excepted) << json::serialize(answer);
  EXPECT_FALSE(answer.at("trace").at("words").as_array().empty());
}

TEST(PolicyVerbs, ExplainShowsARule) {
  const Answer answer =
      run([](const Terminal& t) { return policy_explain_rule(pack(), "collusion.align", t); });
  EXPECT_NE(answer.out.find("severity: warn, alerts a supervisor (high)"), std::string::npos);
  EXPECT_NE(answer.out.find("excepted by: negation"), std::string::npos);
  const Answer none =
      run([](const Terminal& t) { return policy_explain_rule(pack(), "nowhere", t); });
  ASSERT_TRUE(none.error);
  EXPECT_EQ(none.error->code, ErrorCode::usage);
  EXPECT_NE(none.error->message.find("there is no rule 'nowhere'"), std::string::npos);
}

}  // namespace
}  // namespace candour::ctl
