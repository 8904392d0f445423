// The demonstration day keeps its promise: the default pack warns of exactly the lines that
// config/demo/expected.tsv lists, each by its category, and lets every other line through. Each
// line of config/demo/day.tsv is judged on its own, as the bot does; so is what an author sends
// instead after a warning.
#include <gtest/gtest.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "policy/pack.h"

namespace candour::policy {
namespace {

namespace fs = std::filesystem;

using Fields = std::vector<std::string>;

constexpr std::size_t kDayColumns = 6;
constexpr std::size_t kExpectedColumns = 2;

Fields split_at_tabs(std::string_view line) {
  Fields fields;
  for (;;) {
    const std::size_t tab = line.find('\t');
    fields.emplace_back(line.substr(0, tab));
    if (tab == std::string_view::npos) return fields;
    line.remove_prefix(tab + 1);
  }
}

// The lines below the header, by their number in the file: the header is line 1.
std::map<std::size_t, Fields> read_tsv(const std::string& name, std::size_t columns) {
  const fs::path path = fs::path(CANDOUR_SOURCE_DIR) / "config/demo" / name;
  std::ifstream in(path);
  std::map<std::size_t, Fields> rows;
  std::string line;
  for (std::size_t number = 1; std::getline(in, line); ++number) {
    if (number == 1) continue;
    Fields fields = split_at_tabs(line);
    EXPECT_EQ(fields.size(), columns) << name << ":" << number;
    if (fields.size() == columns) rows.emplace(number, std::move(fields));
  }
  EXPECT_FALSE(rows.empty()) << "nothing to read in " << path;
  return rows;
}

struct Line {
  std::string on_warning;
  std::string text;
  std::string edit;
};

std::map<std::size_t, Line> read_day() {
  std::map<std::size_t, Line> lines;
  for (auto& [number, fields] : read_tsv("day.tsv", kDayColumns)) {
    lines.emplace(number, Line{fields[3], fields[4], fields[5]});
  }
  return lines;
}

// The category each listed line must be warned of.
std::map<std::size_t, std::string> read_expected() {
  std::map<std::size_t, std::string> expected;
  for (auto& [number, fields] : read_tsv("expected.tsv", kExpectedColumns)) {
    std::size_t line = 0;
    const char* end = fields[0].data() + fields[0].size();
    const auto parsed = std::from_chars(fields[0].data(), end, line);
    EXPECT_TRUE(parsed.ec == std::errc() && parsed.ptr == end) << "expected.tsv:" << number;
    EXPECT_TRUE(expected.emplace(line, fields[1]).second) << "line " << line << " is listed twice";
  }
  return expected;
}

const Engine& engine() {
  static const auto pack = load_pack(fs::path(CANDOUR_SOURCE_DIR) / "config/policy/default");
  EXPECT_TRUE(pack) << (pack ? "" : pack.error().message);
  return *pack.value()->engine;
}

// The categories that hold a message back.
std::set<std::string> held_for(std::string_view text) {
  std::set<std::string> categories;
  for (const Finding& f : engine().judge(text).findings) {
    if (f.severity != Severity::notice) categories.insert(f.category);
  }
  return categories;
}

TEST(DemoDay, EveryListedLineIsWarnedOfByItsCategory) {
  const auto day = read_day();
  for (const auto& [number, category] : read_expected()) {
    const auto line = day.find(number);
    ASSERT_NE(line, day.end()) << "day.tsv has no line " << number;
    EXPECT_TRUE(held_for(line->second.text).contains(category))
        << "day.tsv:" << number << " is not warned of as " << category;
    EXPECT_NE(engine().judge(line->second.text).verdict, Verdict::release) << number;
  }
}

TEST(DemoDay, NoOtherLineIsWarnedOrBlocked) {
  const auto expected = read_expected();
  for (const auto& [number, line] : read_day()) {
    if (expected.contains(number)) continue;
    const auto categories = held_for(line.text);
    EXPECT_TRUE(categories.empty())
        << "day.tsv:" << number << " is held for " << *categories.begin();
    EXPECT_EQ(engine().judge(line.text).verdict, Verdict::release) << number;
  }
}

TEST(DemoDay, WhatIsSentInsteadPasses) {
  std::size_t edits = 0;
  for (const auto& [number, line] : read_day()) {
    if (line.on_warning != "edit") continue;
    ++edits;
    EXPECT_FALSE(line.edit.empty()) << "day.tsv:" << number;
    EXPECT_EQ(engine().judge(line.edit).verdict, Verdict::release)
        << "the new text of day.tsv:" << number << " is held as well";
  }
  EXPECT_GT(edits, 0u);
}

TEST(DemoDay, AuthorsAnswerExactlyTheListedWarnings) {
  const std::set<std::string> kAnswers = {"edit", "withdraw", "override"};
  const auto expected = read_expected();
  for (const auto& [number, line] : read_day()) {
    if (expected.contains(number)) {
      EXPECT_TRUE(kAnswers.contains(line.on_warning)) << "day.tsv:" << number;
    } else {
      EXPECT_EQ(line.on_warning, "-") << "day.tsv:" << number;
    }
    if (line.on_warning == "override") {
      EXPECT_FALSE(line.edit.empty()) << "day.tsv:" << number << " overrides without a reason";
    }
  }
}

}  // namespace
}  // namespace candour::policy
