// No pattern is spared a text that it matches. Oracle: every pattern of the default pack, and small
// patterns enumerated over an alphabet of constructs, is matched without any filter against the
// pack's examples, parts of them and random texts; whatever matches must be a candidate.
#include "policy/literals.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "policy/fold.h"
#include "policy/pack.h"
#include "policy/pattern_set.h"

namespace candour::policy {
namespace {

// Counts matches; fails for one whose pattern is no candidate.
std::size_t check(const PatternSet& set, const std::string& text,
                  const std::vector<std::string>& sources) {
  LiteralHits hits;
  set.begin(hits);
  set.scan(text, hits);
  std::vector<std::uint32_t> candidates;
  set.candidates(hits, candidates);
  std::size_t matches = 0;
  for (std::size_t i = 0; i < set.size(); ++i) {
    if (!set.pattern(i).is_in(text)) continue;
    ++matches;
    EXPECT_TRUE(std::binary_search(candidates.begin(), candidates.end(), i))
        << sources[i] << " matches '" << text << "'";
  }
  return matches;
}

TEST(Literals, NoPatternOfTheDefaultPackIsMissed) {
  const auto pack = load_draft(CANDOUR_SOURCE_DIR "/config/policy/default");
  ASSERT_TRUE(pack) << pack.error().message;
  PatternSet set;
  std::vector<std::string> sources;
  std::vector<std::string> texts;
  for (const Rule& rule : pack.value()->engine->rules()) {
    for (const std::string& source : rule.patterns) {
      if (rule.form == Form::cased) continue;  // sees another text
      ASSERT_TRUE(set.add(source, false));
      sources.push_back(source);
    }
    for (const auto* examples : {&rule.matches, &rule.passes}) {
      for (const std::string& text : *examples) {
        texts.emplace_back(fold(text, Form::folded).text());
      }
    }
  }
  set.build();
  set.finish({});
  std::mt19937 random(17);
  std::size_t matches = 0;
  for (const std::string& text : texts) {
    matches += check(set, text, sources);
    const std::size_t cut = random() % (text.size() + 1);
    check(set, text.substr(cut), sources);
    check(set, text.substr(0, cut), sources);
  }
  EXPECT_GT(matches, 100u);
}

TEST(Literals, NoSmallPatternIsMissedInAnySmallText) {
  const std::vector<std::string> atoms = {"ab", "[ab]", "b?",  "(?:ab|ba)", "(?:ab )?", "a+",
                                          " ",  "\\s+", "\\b", "\\d",       "(?:b )*",  "."};
  PatternSet set;
  std::vector<std::string> sources;
  for (const std::string& one : atoms) {
    for (const std::string& two : atoms) {
      for (const std::string& three : atoms) {
        for (const std::string& source :
             {one + two + three, "\\b(?:" + one + two + "|" + three + ")\\b"}) {
          if (!set.add(source, false)) continue;
          sources.push_back(source);
        }
      }
    }
  }
  set.build();
  set.finish({});
  // All texts of up to six characters of this alphabet.
  const std::string alphabet = "ab 1";
  std::vector<std::string> texts = {""};
  std::size_t matches = 0;
  for (std::size_t from = 0, size = 0; size < 5; ++size) {
    const std::size_t to = texts.size();
    for (; from < to; ++from) {
      for (const char c : alphabet) texts.push_back(texts[from] + c);
    }
  }
  for (const std::string& text : texts) {
    if (text.size() < 4 || std::hash<std::string>()(text) % 5 == 0) {
      matches += check(set, text, sources);
    }
    if (HasFailure()) return;
  }
  EXPECT_GT(matches, 10'000u);
}

}  // namespace
}  // namespace candour::policy
