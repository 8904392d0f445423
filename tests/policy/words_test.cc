// Words, inflection, phrases and the undoing of disguise: each on small inputs with answers worked
// out by hand, phrases also against a slow matcher that tries every way, on random sentences.
#include "policy/words.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "policy/disguise.h"
#include "policy/engine.h"
#include "policy/inflection.h"
#include "policy/tagging.h"
#include "tests/policy/borders.h"

namespace candour::policy {
namespace {

std::string words_of(std::string_view text) {
  std::vector<Word> words;
  split_words(text, words);
  std::string out;
  for (const Word& word : words) {
    if (!out.empty()) out += word.stop_before ? " | " : " ";
    out += text.substr(word.start, word.end - word.start);
  }
  return out;
}

std::string all_forms(std::string_view entry, const IrregularVerbs& verbs = {}) {
  const auto forms = forms_of(entry, verbs);
  if (!forms) return forms.error().message;
  std::string out;
  for (const WordForm& form : forms.value()) {
    if (!out.empty()) out += ", ";
    out += form.text;
  }
  return out;
}

TEST(Words, SplitContractionsEmojiAndSentences) {
  EXPECT_EQ(words_of("they're here. don't go!"), "they 're here | don't go");
  EXPECT_EQ(words_of("she's at 12.30"), "she 's at 12 30");
  EXPECT_EQ(words_of("ok\U0001F52Aok"), "ok \U0001F52A ok");
  EXPECT_EQ(words_of("'m"), "'m");
  EXPECT_EQ(words_of(""), "");
  EXPECT_EQ(words_of("a\nb"), "a | b");
}

TEST(Inflection, RegularAndIrregular) {
  EXPECT_EQ(all_forms("stab~"), "stab, stabs, stabbing, stabbed");
  EXPECT_EQ(all_forms("wipe~ out"), "wipe out, wipes out, wiping out, wiped out");
  EXPECT_EQ(all_forms("bury~"), "bury, buries, burying, buried");
  EXPECT_EQ(all_forms("beat~ up", {{"beat", {"beats", "beating", "beat", "beaten"}}}),
            "beat up, beats up, beating up, beat up, beaten up");
  EXPECT_EQ(all_forms("gold digger+"), "gold digger, gold diggers");
  EXPECT_EQ(all_forms("lazy^"), "lazy, lazier, laziest");
  EXPECT_NE(all_forms("a~b~").find("two marks"), std::string::npos);
  EXPECT_NE(all_forms("x ~").find("without its word"), std::string::npos);
}

Rule phrase_rule(std::vector<std::string> phrases) {
  Rule rule;
  rule.id = "c.r";
  rule.category = "c";
  rule.phrases = std::move(phrases);
  rule.where = "test.toml:1";
  return rule;
}

RuleSet set_of(std::vector<std::string> phrases) {
  RuleSet set;
  set.rules = {phrase_rule(std::move(phrases))};
  set.words = {{"group.many", {"hats", "shoes"}, "test.toml:1"},
               {"bad", {"awful", "no good", "dreadful"}, "test.toml:1"},
               {"be", {"are", "'re"}, "test.toml:1"},
               {"they", {"they"}, "test.toml:1"},
               {"gap.stop", {"not"}, "test.toml:1"},
               {"other", {"gloves"}, "test.toml:1"}};
  set.references = {{"they", {"group.many"}, {"other"}, "test.toml:1"}};
  set.disguised = {"group", "bad"};
  return set;
}

bool finds(const Engine& engine, std::string_view text) {
  return !engine.judge(text).findings.empty();
}

std::shared_ptr<const Engine> engine_of(std::vector<std::string> phrases) {
  auto engine = Engine::build(set_of(std::move(phrases)));
  EXPECT_TRUE(engine) << (engine ? "" : engine.error().message);
  return engine.value();
}

TEST(Phrases, TagsGapsAndSentences) {
  const auto e = engine_of({"<group.many> ..2 <be> (so|very)* <bad>"});
  EXPECT_TRUE(finds(*e, "Hats are awful"));
  EXPECT_TRUE(finds(*e, "hats in here are so very no good"));
  EXPECT_FALSE(finds(*e, "hats in here now are awful"));
  EXPECT_FALSE(finds(*e, "hats not are awful"));
  EXPECT_FALSE(finds(*e, "hats. are awful"));
  EXPECT_FALSE(finds(*e, "gloves are awful"));
}

TEST(Phrases, PronounsStandForTheLastGroup) {
  const auto e = engine_of({"<group.many> <be> <bad>"});
  EXPECT_TRUE(finds(*e, "We sell hats. They're awful"));
  EXPECT_FALSE(finds(*e, "They're awful"));
  EXPECT_FALSE(finds(*e, "We sell hats and gloves. They're awful"));
}

TEST(Phrases, MarkTheirWordsInTheOriginal) {
  const auto e = engine_of({"<group.many> <be> <bad>"});
  const std::string text = "so: H\u00e4ts \u0430re aw\u200bful!";
  const Judgement judgement = e->judge(text);
  ASSERT_EQ(judgement.findings.size(), 1u);
  const Finding& f = judgement.findings[0];
  EXPECT_EQ(text.substr(f.start, f.end - f.start), "H\u00e4ts \u0430re aw\u200bful");
}

TEST(Phrases, WrongOnesAreRefused) {
  const auto error_of = [](const std::string& phrase) {
    const auto engine = Engine::build(set_of({phrase}));
    return engine ? std::string() : engine.error().message;
  };
  EXPECT_NE(error_of("<nothing> x").find("no word carries the tag 'nothing'"), std::string::npos);
  EXPECT_NE(error_of("(a|b").find("without its ')'"), std::string::npos);
  EXPECT_NE(error_of("a)").find("without its '('"), std::string::npos);
  EXPECT_NE(error_of("x? ..3").find("would match anything"), std::string::npos);
  EXPECT_NE(error_of("a ..99 b").find("gap"), std::string::npos);
  EXPECT_NE(error_of("{unknown}").find("no fragment named"), std::string::npos);
}

// The obvious way: does the phrase "<group.many> ..2 <be> <bad>?" match words[at...]?
bool slow_match(const std::vector<std::string>& words, std::size_t at) {
  if (words[at] != "hats" && words[at] != "shoes") return false;
  for (std::size_t gap = 0; gap <= 2 && at + 1 + gap < words.size(); ++gap) {
    if (gap > 0 && words[at + gap] == "not") return false;
    if (words[at + 1 + gap] == "are") return true;
  }
  return false;
}

TEST(Phrases, AgreeWithASlowMatcher) {
  const auto e = engine_of({"<group.many> ..2 <be> <bad>?"});
  const std::vector<std::string> kWords = {"hats", "shoes", "are", "awful", "not", "blue", "zebra"};
  std::mt19937 random(3);
  int found = 0;
  for (int round = 0; round < 4000; ++round) {
    std::vector<std::string> words;
    std::string text;
    for (std::size_t i = 0; i < 1 + random() % 9; ++i) {
      words.push_back(kWords[random() % kWords.size()]);
      text += words.back() + " ";
    }
    bool expected = false;
    for (std::size_t i = 0; i < words.size(); ++i) expected = expected || slow_match(words, i);
    ASSERT_EQ(finds(*e, text), expected) << text;
    found += expected ? 1 : 0;
  }
  EXPECT_GT(found, 500);
}

TEST(Disguise, IsUndone) {
  const auto e = engine_of({"<bad>"});
  for (const char* text : {"d.r.e.a.d.f.u.l", "d-r-e-a-d-f-u-l", "d r e a d f u l", "dr3adful",
                           "dr*adful", "dreeeadful", "draedful", "dreadfl", "dread ful", "@wful",
                           "\u202eluf\u0064aerd\u202c", "it was d.r.e.a.d.f.u.l, really"}) {
    EXPECT_TRUE(finds(*e, text)) << text;
  }
  for (const char* text : {"dread", "d r e a d", "full of dread", "a b c d e f", "3 * 4", ""}) {
    EXPECT_FALSE(finds(*e, text)) << text;
  }
}

TEST(Disguise, RandomBytesKeepTheirBorders) {
  const auto e = engine_of({"<bad>", "<group.many>"});
  std::mt19937 random(9);
  for (int round = 0; round < 5000; ++round) {
    std::string text = random_text(random);
    if (random() % 2 == 0) text += " dr3adful h a t s ";
    for (const Finding& f : e->judge(text).findings) {
      ASSERT_LT(f.start, f.end);
      ASSERT_LE(f.end, text.size());
      ASSERT_TRUE(is_border(text, f.start));
      ASSERT_TRUE(is_border(text, f.end));
    }
  }
}

}  // namespace
}  // namespace candour::policy
