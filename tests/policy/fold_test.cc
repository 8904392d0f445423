// Folding must make disguised text comparable and never lose the way back: each case folds a text
// and follows chosen bytes to the original; random bytes check that the way always ends on borders.
#include "policy/fold.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <utility>

#include "tests/policy/borders.h"

namespace candour::policy {
namespace {

std::string folded(std::string_view text, Form form = Form::folded) {
  return std::string(fold(text, form).text());
}

// The part of the original that the folded bytes of `word` came from.
std::string origin(std::string_view text, std::string_view word) {
  const Folded f = fold(text, Form::folded);
  const std::size_t at = f.text().find(word);
  if (at == std::string_view::npos) return "(not found)";
  const std::size_t start = f.original_start(at);
  return std::string(text.substr(start, f.original_end(at + word.size() - 1) - start));
}

TEST(Fold, LowersAsciiAndKeepsOffsets) {
  EXPECT_EQ(folded("Hello, PC 1142!"), "hello, pc 1142!");
  EXPECT_EQ(origin("Hello World", "world"), "World");
  EXPECT_EQ(folded(""), "");
}

TEST(Fold, CasedKeepsCapitals) {
  EXPECT_EQ(folded("Joan Harper", Form::cased), "Joan Harper");
  EXPECT_EQ(folded("Jöan \xD0\x90\xD0\xBA", Form::cased), "Joan Ak");  // Cyrillic A and ka
}

TEST(Fold, SeesThroughDisguise) {
  EXPECT_EQ(folded("ｗｏｍｅｎ"), "women");               // full width
  EXPECT_EQ(folded("𝐰𝐨𝐦𝐞𝐧"), "women");                    // mathematical bold
  EXPECT_EQ(folded("w\u043em\u0435n"), "women");          // Cyrillic o and ie
  EXPECT_EQ(folded("w\u200bo\u200dm\u00aden"), "women");  // zero width, soft hyphen
  EXPECT_EQ(folded("wöméñ"), "women");
  EXPECT_EQ(folded("w\u0336o\u0336m\u0336en"), "women");  // struck through
  EXPECT_EQ(folded("\u201cquoted\u201d \u2018so\u2019"), "\"quoted\" 'so'");
  EXPECT_EQ(folded("Straße"), "strasse");
}

TEST(Fold, FindsTheOriginalBytes) {
  EXPECT_EQ(origin("🚓 ÜBER Straße ok", "strasse"), "Straße");
  EXPECT_EQ(origin("🚓🏽 ok", "ok"), "ok");
  EXPECT_EQ(origin("e\u0301t\u0301 fin", "et"), "e\u0301t\u0301");  // marks belong to their letter
  EXPECT_EQ(origin("a\u200bb c", "ab"), "a\u200bb");
  EXPECT_EQ(origin("ﬁne", "fi"), "ﬁ");  // one character that folds to two
}

TEST(Fold, ReadsInvalidUtf8ByteByByte) {
  EXPECT_EQ(folded("a\xFFz"), "a\uFFFDz");
  EXPECT_EQ(folded("\xED\xA0\x80x"), "\uFFFD\uFFFD\uFFFDx");  // a lone surrogate
  EXPECT_EQ(folded("\xC3"), "\uFFFD");
  EXPECT_EQ(origin("\xF0\x9F\x9A OK", "ok"), "OK");
}

TEST(Fold, TextOfMarksOnlyFoldsToNothing) {
  std::string marks;
  for (int i = 0; i < 20000; ++i) marks += "\u0301";
  EXPECT_EQ(folded(marks), "");
}

TEST(Fold, RandomBytesKeepTheirBordersAndOrder) {
  std::mt19937 random(7);
  for (int round = 0; round < 3000; ++round) {
    const std::string text = random_text(random);
    for (const Form form : {Form::folded, Form::cased}) {
      const Folded f = fold(text, form);
      std::size_t last = 0;
      for (std::size_t i = 0; i < f.text().size(); ++i) {
        ASSERT_LT(f.original_start(i), f.original_end(i));
        ASSERT_LE(f.original_end(i), text.size());
        ASSERT_LE(last, f.original_start(i));
        ASSERT_TRUE(is_border(text, f.original_start(i)));
        ASSERT_TRUE(is_border(text, f.original_end(i)));
        last = f.original_start(i);
      }
    }
  }
}

}  // namespace
}  // namespace candour::policy
