// Goal: text is UTF-8 or it is refused, and lengths count characters as people do. Method: the
// borders of RFC 3629's ranges, and reasons just inside and outside the limits.
#include "client/messages/utf8.h"

#include <gtest/gtest.h>

#include <string>

#include "base/limits.h"
#include "client/messages/bot_field.h"

namespace candour::messages {
namespace {

TEST(Utf8, AcceptsTheBordersOfEachLengthAndRefusesWhatLiesBeyond) {
  for (const char* good :
       {"", "a", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
        "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_TRUE(is_utf8(good)) << good;
  }
  for (const char* bad :
       {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xed\xbf\xbf",
        "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf8\x88\x80\x80", "\xff", "\xc2", "\xe2\x82",
        "\xf0\x9f\x98", "a\xc2z"}) {
    EXPECT_FALSE(is_utf8(bad)) << bad;
  }
}

TEST(Utf8, CutsBetweenCharacters) {
  EXPECT_EQ(cut_utf8("abc", 5), "abc");
  EXPECT_EQ(cut_utf8("abc", 2), "ab");
  EXPECT_EQ(cut_utf8("a\xe2\x82\xac", 3), "a");
  EXPECT_EQ(cut_utf8("a\xe2\x82\xac", 4), "a\xe2\x82\xac");
  EXPECT_EQ(cut_utf8("\xf0\x9f\x98\x80", 3), "");
}

TEST(Utf8, CountsCodePointsWithoutTheWhiteSpaceAround) {
  EXPECT_EQ(trimmed_code_points(""), 0u);
  EXPECT_EQ(trimmed_code_points(" \t\n"), 0u);
  EXPECT_EQ(trimmed_code_points("  two words "), 9u);
  EXPECT_EQ(trimmed_code_points("\xc2\xa0\xe3\x80\x80x\xe2\x80\xa9"), 1u);  // other white space
  EXPECT_EQ(trimmed_code_points("\xf0\x9f\x98\x80\xf0\x9f\x98\x80"), 2u);
  EXPECT_FALSE(trimmed_code_points("\xff").has_value());
}

TEST(Justification, I12LengthIsCheckedInCodePointsAfterTrimming) {
  const auto code = [](std::string_view text) {
    const Status status = check_justification(text);
    return status.has_value() ? std::string("fine") : std::string(code_name(status.error().code));
  };
  std::string pounds;
  for (std::size_t i = 0; i < limits::kJustificationCodePointsMax; ++i) pounds += "\xc2\xa3";
  EXPECT_EQ(code("0123456789"), "fine");
  EXPECT_EQ(code(pounds), "fine");
  EXPECT_EQ(code("  " + pounds + "\n"), "fine");
  EXPECT_EQ(code(pounds + "x"), "justification_invalid");
  EXPECT_EQ(code("012345678 "), "justification_invalid");
  EXPECT_EQ(code("\xc2\xa3\xc2\xa3\xc2\xa3\xc2\xa3\xc2\xa3"), "justification_invalid");
  EXPECT_EQ(code("0123456789\xff"), "justification_invalid");
}

}  // namespace
}  // namespace candour::messages
