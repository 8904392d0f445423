// Goal: text gets in and out of the terminal client unchanged and harmless: files of messages,
// JSON, marked words, control characters. Method: small inputs with exact expected outputs.
#include <sstream>

#include "client/terminal/command_line.h"
#include "client/terminal/driven.h"
#include "client/terminal/printer.h"
#include "client/terminal/text_io.h"
#include "tests/client/fixture.h"

namespace candour::terminal {
namespace {

std::vector<std::string> strings(const std::vector<SecretText>& texts) {
  std::vector<std::string> out;
  for (const SecretText& text : texts) out.emplace_back(text.expose());
  return out;
}

std::string json(std::string_view text) {
  std::ostringstream out;
  write_json_text(out, text);
  return out.str();
}

std::string marked(std::string_view text, const std::vector<messages::ReplyFinding>& findings) {
  std::ostringstream out;
  write_marked(out, text, marked_spans(findings, text.size()), "[[", "]]");
  return out.str();
}

messages::ReplyFinding finding(std::uint32_t start, std::uint32_t end) {
  messages::ReplyFinding found;
  found.start = start;
  found.end = end;
  return found;
}

TEST(Lines, EachLineIsAMessageAndEmptyOnesAreLeftOut) {
  auto messages = messages_of_lines("one\r\n\n  \ntwo words\nthree");
  ASSERT_VALUE(messages);
  EXPECT_EQ(strings(messages.value()), (std::vector<std::string>{"one", "two words", "three"}));
}

TEST(Csv, TextColumnWithQuotesCommasAndLineBreaks) {
  auto messages = messages_of_csv(
      "id,text,label\r\n1,\"a, \"\"quoted\"\" word\",x\r\n2,plain,y\r\n3,\"two\nlines\",z\r\n");
  ASSERT_VALUE(messages);
  EXPECT_EQ(strings(messages.value()),
            (std::vector<std::string>{"a, \"quoted\" word", "plain", "two\nlines"}));
}

TEST(Csv, ByteOrderMarkMissingLastLineEndAndEmptyText) {
  auto messages = messages_of_csv("\xEF\xBB\xBFtext,id\n\"\",1\nlast,2");
  ASSERT_VALUE(messages);
  EXPECT_EQ(strings(messages.value()), std::vector<std::string>{"last"});
}

TEST(Csv, I12MistakesNameTheLine) {
  EXPECT_CODE(messages_of_csv("id,body\n1,x\n"), "input_invalid");
  auto short_record = messages_of_csv("id,text\n1,a\n2\n");
  EXPECT_CODE(short_record, "input_invalid");
  EXPECT_NE(short_record.error().message.find("line 3"), std::string::npos);
  EXPECT_CODE(messages_of_csv("text\n\"never ends\n"), "input_invalid");
  EXPECT_CODE(messages_of_csv("text\n\"a\"b\n"), "input_invalid");
  EXPECT_CODE(messages_of_csv("text\na\"b\n"), "input_invalid");
}

TEST(Json, EscapesAndReplacesWhatIsNotUtf8) {
  EXPECT_EQ(json("a\"b\\c\nd\te"), "\"a\\\"b\\\\c\\nd\\u0009e\"");
  EXPECT_EQ(json("caf\xC3\xA9 \xF0\x9F\x98\x80"), "\"caf\xC3\xA9 \xF0\x9F\x98\x80\"");
  EXPECT_EQ(json("x\xFFy"), "\"x\xEF\xBF\xBDy\"");
}

TEST(Driven, WordsAreSeparatedByTabsAndMayHoldAnyCharacter) {
  EXPECT_EQ(strings(words_of("send\t-g\tTeam A\ttwo\\nlines, a\\ttab, a \\\\")),
            (std::vector<std::string>{"send", "-g", "Team A", "two\nlines, a\ttab, a \\"}));
  EXPECT_EQ(strings(words_of("edit\tid\t")), (std::vector<std::string>{"edit", "id", ""}));
  EXPECT_EQ(strings(words_of("")), std::vector<std::string>{""});
}

TEST(Marking, OffsetsAreBytesAndOverlapsMerge) {
  const std::string text = "caf\xC3\xA9 bad word here";
  EXPECT_EQ(marked(text, {finding(6, 9)}), "caf\xC3\xA9 [[bad]] word here");
  EXPECT_EQ(marked(text, {finding(10, 14), finding(6, 11)}), "caf\xC3\xA9 [[bad word]] here");
  EXPECT_EQ(marked(text, {finding(15, 400)}), "caf\xC3\xA9 bad word [[here]]");
  EXPECT_EQ(marked(text, {finding(400, 401), finding(5, 5)}), text);
}

TEST(Marking, MessagesCannotSteerTheTerminal) {
  std::ostringstream out;
  write_plain(out,
              "a\x1B[2Jb\rc\x07 d\xC2\x9B e\xE2\x80\xAE"
              "f\nsecond");
  EXPECT_EQ(out.str(), "a[2Jbc d ef\nsecond");
}

TEST(Json, SteeringCharactersAreEscapedAndStayTheSameText) {
  EXPECT_EQ(json("a\xE2\x80\xAE z\xC2\x9B\xE2\x81\xA6"), "\"a\\u202e z\\u009b\\u2066\"");
  EXPECT_EQ(json("\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x9A\x92"),  // joined emoji stay whole
            "\"\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x9A\x92\"");
}

TEST(CommandLineTest, OptionsMayStandAfterTheVerbAndTextsAreSecret) {
  const char* argv[] = {"candour",     "send",    "--group", "Team A",
                        "hello there", "--state", "dir",     "--json"};
  auto line = read_command_line(8, const_cast<char**>(argv));
  ASSERT_VALUE(line);
  EXPECT_EQ(line.value().options.verb, "send");
  EXPECT_EQ(line.value().options.group, "Team A");
  EXPECT_EQ(line.value().options.text.expose(), "hello there");
  EXPECT_EQ(line.value().options.state, "dir");
  EXPECT_TRUE(line.value().options.json);
}

TEST(CommandLineTest, ProofIsPrintedOrWrittenToAFile) {
  const char* printed[] = {"candour", "receipt", "0102", "--proof"};
  auto line = read_command_line(4, const_cast<char**>(printed));
  ASSERT_VALUE(line);
  EXPECT_TRUE(line.value().options.proof);
  EXPECT_TRUE(line.value().options.proof_file.empty());
  const char* before_another[] = {"candour", "receipt", "0102", "--proof", "--json"};
  line = read_command_line(5, const_cast<char**>(before_another));
  ASSERT_VALUE(line);
  EXPECT_TRUE(line.value().options.proof && line.value().options.json);
  EXPECT_TRUE(line.value().options.proof_file.empty());
  const char* written[] = {"candour", "receipt", "0102", "--proof", "m.tlog-proof"};
  line = read_command_line(5, const_cast<char**>(written));
  ASSERT_VALUE(line);
  EXPECT_EQ(line.value().options.proof_file, "m.tlog-proof");
  const char* all[] = {"candour", "receipt"};
  line = read_command_line(2, const_cast<char**>(all));
  ASSERT_VALUE(line);
  EXPECT_FALSE(line.value().options.proof);
}

TEST(Printing, AlarmIsAnEventForProgramsAndASentenceForPeople) {
  client::Event event;
  event.type = client::EventType::alarm;
  event.sender = *DeviceId::from(Bytes(32, 7));
  event.code = "device_added";
  event.message = "Another device.";
  std::ostringstream out;
  print_json(out, event);
  EXPECT_NE(out.str().find("\"event\":\"alarm\""), std::string::npos);
  EXPECT_NE(out.str().find("\"code\":\"device_added\""), std::string::npos);
  EXPECT_NE(out.str().find("\"device\":\"0707"), std::string::npos);
  std::ostringstream plain;
  print_plain(plain, event, "");
  EXPECT_EQ(plain.str(), "*** ALARM: Another device. (device_added)\n");
}

TEST(CommandLineTest, I12MistakesAreUsage) {
  const char* unknown[] = {"candour", "sendd"};
  EXPECT_CODE(read_command_line(2, const_cast<char**>(unknown)), "usage");
  const char* missing[] = {"candour", "override", "0102"};
  EXPECT_CODE(read_command_line(3, const_cast<char**>(missing)), "usage");
}

}  // namespace
}  // namespace candour::terminal
