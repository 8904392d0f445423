// The engine with a handful of rules made for the purpose: verdicts, spans, frames, requirements,
// and that neither strange nor enormous texts get it off its feet.
#include "policy/engine.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <thread>
#include <utility>

#include "policy/passage.h"
#include "tests/policy/borders.h"

namespace candour::policy {
namespace {

Rule rule(std::string id, Severity severity, std::vector<std::string> patterns) {
  Rule r;
  r.id = std::move(id);
  r.category = "test";
  r.severity = severity;
  r.standard = "2 Authority, Respect and Courtesy";
  r.patterns = std::move(patterns);
  r.where = "test.toml:1";
  return r;
}

std::shared_ptr<const Engine> engine(RuleSet set) {
  auto built = Engine::build(std::move(set));
  EXPECT_TRUE(built) << (built ? "" : built.error().message);
  return built.value();
}

std::string error_of(RuleSet set) {
  const auto built = Engine::build(std::move(set));
  if (built) return "(built)";
  EXPECT_EQ(built.error().code, ErrorCode::policy_invalid);
  return built.error().message;
}

std::string marked(std::string_view text, const Finding& f) {
  return std::string(text.substr(f.start, f.end - f.start));
}

TEST(Engine, VerdictIsThatOfTheGravestFinding) {
  const auto e =
      engine({{rule("n", Severity::notice, {"apple"}), rule("w", Severity::warn, {"pear"}),
               rule("b", Severity::block, {"plum"})},
              {}});
  EXPECT_EQ(e->judge("nothing here").verdict, Verdict::release);
  EXPECT_EQ(e->judge("an apple").verdict, Verdict::release);
  EXPECT_EQ(e->judge("an apple").findings.size(), 1u);
  EXPECT_EQ(e->judge("an apple, a pear").verdict, Verdict::warn);
  const Judgement all = e->judge("apple pear plum");
  EXPECT_EQ(all.verdict, Verdict::block);
  ASSERT_EQ(all.findings.size(), 3u);
  EXPECT_EQ(all.findings[0].rule, "b");
  EXPECT_EQ(all.findings[2].rule, "n");
}

TEST(Engine, AlertIsAskedForByTheRule) {
  Rule loud = rule("loud", Severity::warn, {"pear"});
  loud.alert = true;
  loud.alert_level = "high";
  const auto e = engine({{loud, rule("quiet", Severity::warn, {"plum"})}, {}});
  EXPECT_TRUE(e->judge("pear").alert);
  EXPECT_EQ(e->judge("pear").findings[0].alert_level, "high");
  EXPECT_FALSE(e->judge("plum").alert);
}

TEST(Engine, MarksTheOriginalBytes) {
  const auto e = engine({{rule("w", Severity::warn, {R"(\bwomen\b)"})}, {}});
  for (const std::string text : {"🚓 Women!", "w\u200bo\u200bmen", "é wöméñ ok", "x ｗｏｍｅｎ"}) {
    const Judgement j = e->judge(text);
    ASSERT_EQ(j.findings.size(), 1u) << text;
    EXPECT_TRUE(is_border(text, j.findings[0].start));
    EXPECT_TRUE(is_border(text, j.findings[0].end));
  }
  const std::string text = "é wöméñ ok";
  EXPECT_EQ(marked(text, e->judge(text).findings[0]), "wöméñ");
}

TEST(Engine, SpanGroupNarrowsTheMark) {
  const auto e = engine({{rule("w", Severity::warn, {"call (?P<span>[0-9]+) now"})}, {}});
  const std::string text = "please call 123 now";
  EXPECT_EQ(marked(text, e->judge(text).findings.at(0)), "123");
}

TEST(Engine, NoticeUnderGraverWordsIsNotSaidTwice) {
  const auto e = engine(
      {{rule("n", Severity::notice, {"apple"}), rule("w", Severity::warn, {"rotten apple"})}, {}});
  EXPECT_EQ(e->judge("rotten apple").findings.size(), 1u);
  EXPECT_EQ(e->judge("rotten apple and a good apple").findings.size(), 2u);
}

TEST(Engine, RequirementsAndExceptions) {
  Rule r = rule("w", Severity::warn, {"apple"});
  r.requires_all = {"tree"};
  r.unless = {"green"};
  r.unless_message = {"recipe"};
  const auto e = engine({{r}, {}});
  EXPECT_EQ(e->judge("an apple").verdict, Verdict::release);
  EXPECT_EQ(e->judge("an apple on the tree").verdict, Verdict::warn);
  EXPECT_EQ(e->judge("a green apple on the tree").verdict, Verdict::release);
  EXPECT_EQ(e->judge("Grass is green. An apple on the tree").verdict, Verdict::warn);
  EXPECT_EQ(e->judge("An apple on the tree. A recipe follows").verdict, Verdict::release);
}

TEST(Engine, ValidatorDecides) {
  Rule r = rule("nhs", Severity::warn, {R"(\d{3} \d{3} \d{4})"});
  r.validator = "nhs_number";
  const auto e = engine({{r}, {}});
  EXPECT_EQ(e->judge("943 476 5919").verdict, Verdict::warn);
  EXPECT_EQ(e->judge("943 476 5918").verdict, Verdict::release);
  EXPECT_EQ(e->judge("943 476 5918 943 476 5919").verdict, Verdict::warn);
}

TEST(Engine, GroupClassLimitsARule) {
  Rule r = rule("w", Severity::warn, {"apple"});
  r.group_classes = {"team"};
  const auto e = engine({{r}, {}});
  EXPECT_EQ(e->judge("apple", {"team"}).verdict, Verdict::warn);
  EXPECT_EQ(e->judge("apple", {"statement"}).verdict, Verdict::release);
  EXPECT_EQ(e->judge("apple").verdict, Verdict::release);
}

TEST(Engine, FramesTakeTheOffenceOut) {
  Rule r = rule("w", Severity::warn, {"rats"});
  r.frames = {"quotation", "negation", "training"};
  RuleSet set{{r},
              {{"quotation", FrameScope::sentence, true, {R"(\bsaid\b)"}, "f.toml:1"},
               {"negation", FrameScope::before, false, {R"(\bnot $)"}, "f.toml:2"},
               {"training", FrameScope::sentence, false, {"training"}, "f.toml:3"}}};
  const auto e = engine(std::move(set));
  EXPECT_EQ(e->judge("they are rats").verdict, Verdict::warn);
  EXPECT_EQ(e->judge("they are not rats").verdict, Verdict::release);
  EXPECT_EQ(e->judge("he said \"they are rats\" twice").verdict, Verdict::release);
  EXPECT_EQ(e->judge("\"vile. rats. all\", he said").verdict, Verdict::release);
  EXPECT_EQ(e->judge("he said they are rats").verdict, Verdict::warn);  // no marks
  EXPECT_EQ(e->judge("\"they are rats\"").verdict, Verdict::warn);      // nobody said it
  EXPECT_EQ(e->judge("\"he said rats\"").verdict, Verdict::warn);       // said inside the marks
  EXPECT_EQ(e->judge("rats. training at ten").verdict, Verdict::warn);  // another sentence
  EXPECT_EQ(e->judge("don't say it's rats, isn't it").verdict, Verdict::warn);  // apostrophes
}

TEST(Engine, ExceptionsCannotBuryAMessage) {
  Rule r = rule("w", Severity::warn, {"rats"});
  r.unless = {"cheese"};
  const auto e = engine({{r}, {}});
  std::string text;
  for (int i = 0; i < 500; ++i) text += "rats like cheese. ";
  EXPECT_EQ(e->judge("rats like cheese").verdict, Verdict::release);
  EXPECT_EQ(e->judge(text).verdict, Verdict::warn);
}

TEST(Engine, RefusesWhatItCannotBuild) {
  EXPECT_NE(
      error_of({{rule("w", Severity::warn, {"("})}, {}}).find("test.toml:1: rule w: pattern '('"),
      std::string::npos);
  EXPECT_NE(error_of({{rule("w", Severity::warn, {"a*"})}, {}}).find("matches nothing at all"),
            std::string::npos);
  EXPECT_NE(error_of({{rule("w", Severity::warn, {})}, {}}).find("has no patterns"),
            std::string::npos);
  EXPECT_NE(error_of({{rule("w", Severity::warn, {"(((a{100}){100}){100})"})}, {}}).find("compile"),
            std::string::npos);
  EXPECT_NE(error_of({{rule("w", Severity::warn, {"a"}), rule("w", Severity::warn, {"b"})}, {}})
                .find("already used at test.toml:1"),
            std::string::npos);
  Rule frame = rule("w", Severity::warn, {"a"});
  frame.frames = {"nowhere"};
  EXPECT_NE(error_of({{frame}, {}}).find("no frame named 'nowhere'"), std::string::npos);
  Rule validator = rule("w", Severity::warn, {"a"});
  validator.validator = "shoe_size";
  EXPECT_NE(error_of({{validator}, {}}).find("no validator named 'shoe_size'"), std::string::npos);
}

TEST(Engine, ExamplesAreHeldToTheirWord) {
  Rule r = rule("w", Severity::warn, {"apple"});
  r.matches = {"an apple", "a pear"};
  r.passes = {"a plum"};
  const auto missed = engine({{r}, {}})->check_examples();
  ASSERT_FALSE(missed);
  EXPECT_EQ(missed.error().message,
            "test.toml:1: rule w: its example under 'matches' gives no finding: \"a pear\"");
  r.matches = {"an apple"};
  r.passes = {"an apple pie"};
  const auto hit = engine({{r}, {}})->check_examples();
  ASSERT_FALSE(hit);
  EXPECT_NE(hit.error().message.find("under 'passes' gives a finding: \"an apple pie\""),
            std::string::npos);
}

TEST(Engine, SameAnswerFromManyThreads) {
  const auto e = engine({{rule("w", Severity::warn, {R"(\bpear(?:s)?\b)", "plum+"})}, {}});
  std::vector<std::thread> threads;
  std::vector<int> wrong(4, 0);
  for (std::size_t t = 0; t < wrong.size(); ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 500; ++i) {
        if (e->judge("two pears and a plummm").findings.size() != 2) ++wrong[t];
        if (!e->judge("no fruit").findings.empty()) ++wrong[t];
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, std::vector<int>(4, 0));
}

TEST(Passages, SentencesAndQuotations) {
  const std::string text = "One. Two 'three four' five! Six \"seven. eight\" nine\nten isn't 'it";
  const Passages p(text);
  const auto at = [&](std::string_view word) {
    const std::size_t start = text.find(word);
    return Range{start, start + word.size()};
  };
  const auto sentence = [&](std::string_view word) {
    const Range r = p.sentence(at(word));
    return text.substr(r.start, r.end - r.start);
  };
  EXPECT_EQ(sentence("three"), " Two 'three four' five");
  EXPECT_EQ(sentence("seven"), " Six \"seven. eight\" nine");
  EXPECT_EQ(sentence("ten"), "ten isn't 'it");
  EXPECT_EQ(p.quotation(at("four")).end - p.quotation(at("four")).start, 10u);
  EXPECT_EQ(p.quotation(at("five")).end, 0u);
  EXPECT_EQ(p.quotation(at("it")).end, 0u);
}

}  // namespace
}  // namespace candour::policy
