// Goal: the JSON of evidence has one form only (RFC 8785), and no cell of a table does anything in
// a spreadsheet. Method: the examples of the RFC's rules one by one, and hostile text.
#include <gtest/gtest.h>

#include "ctl/evidence/views.h"

namespace candour::tests {
namespace {

using ctl::CanonicalJson;

std::string text_of(CanonicalJson&& json) { return std::string(as_text(json.take().view())); }

TEST(CanonicalJson, EscapesWhatNeedsItAndNothingElse) {
  CanonicalJson json;
  json.text("\x01\b\t\n\f\r\"\\/ \xE2\x82\xAC <&> \x7F");
  EXPECT_EQ(text_of(std::move(json)), "\"\\u0001\\b\\t\\n\\f\\r\\\"\\\\/ \xE2\x82\xAC <&> \x7F\"");
}

TEST(CanonicalJson, ReplacesWhatIsNotUtf8) {
  CanonicalJson json;
  json.text("a\xFF\xC0\x80z\xE2\x82");
  EXPECT_EQ(text_of(std::move(json)),
            "\"a\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBDz\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

TEST(CanonicalJson, CannotLeaveAnHtmlPage) {
  CanonicalJson json(CanonicalJson::Escape::inside_html);
  json.text("</script><!-- &amp;");
  EXPECT_EQ(text_of(std::move(json)), "\"\\u003c/script\\u003e\\u003c!-- \\u0026amp;\"");
}

TEST(CanonicalJson, WritesObjectsArraysAndLines) {
  CanonicalJson json;
  json.object([&] {
    json.key("a").array([&] { json.number(1).boolean(true).null().text("x"); });
    json.key("b").object([] {});
    json.key("c").number((std::uint64_t{1} << 53) - 1);
    json.key("d").number(std::uint64_t{1} << 53);
    json.key("e").time(TimeMs(0));
  });
  json.end_line();
  EXPECT_EQ(text_of(std::move(json)),
            "{\"a\":[1,true,null,\"x\"],\"b\":{},\"c\":9007199254740991,"
            "\"d\":\"9007199254740992\",\"e\":\"1970-01-01T00:00:00.000Z\"}\n");
}

TEST(CanonicalJsonDeathTest, RefusesMembersOutOfOrder) {
  EXPECT_DEATH(
      {
        CanonicalJson json;
        json.object([&] {
          json.key("b").null();
          json.key("a").null();
        });
      },
      "last_key");
}

std::string cell(std::string_view text) {
  SecretBytes::Buffer out;
  ctl::append_csv_cell(out, text);
  return std::string(out.begin(), out.end());
}

TEST(CsvCell, QuotesAsRfc4180Says) {
  EXPECT_EQ(cell("plain"), "plain");
  EXPECT_EQ(cell(""), "");
  EXPECT_EQ(cell("a,b"), "\"a,b\"");
  EXPECT_EQ(cell("say \"so\"\r\nagain"), "\"say \"\"so\"\"\r\nagain\"");
}

TEST(CsvCell, IsNeverAFormula) {
  for (const char* text : {"=1+1", "+1", "-1", "@SUM(A1)", "|calc", "\t=1", "  =1",
                           "\xEF\xBC\x9D"
                           "1",
                           "=cmd|' /C calc'!A0"}) {
    EXPECT_TRUE(cell(text).starts_with("\"'")) << text;
  }
}

}  // namespace
}  // namespace candour::tests
