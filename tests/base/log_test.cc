// Goal: a log line is one JSON object on one line, whatever its fields hold. Method: read back what
// was written to standard error.
#include "base/log.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace candour::log {
namespace {

TEST(Log, OneEscapedLineForEachEvent) {
  set_level(Level::info);
  testing::internal::CaptureStderr();
  info("event_one", {{"text", LogSafe("a\"b\nc")}, {"number", std::uint64_t{7}}, {"flag", true}});
  debug("event_two");
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1) << text;
  EXPECT_NE(text.find("\"event_one\""), std::string::npos) << text;
  EXPECT_NE(text.find("\"text\":\"a\\\"b\\u000ac\""), std::string::npos) << text;
  EXPECT_NE(text.find("\"number\":7"), std::string::npos) << text;
  EXPECT_NE(text.find("\"flag\":true"), std::string::npos) << text;
  EXPECT_EQ(text.find("event_two"), std::string::npos) << "below the level";
}

}  // namespace
}  // namespace candour::log
