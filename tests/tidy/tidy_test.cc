// Goal: the house rules hold in the whole tree, and the checks would see it if they did not.
// Method: each check runs over the real tree, and over small trees with a planted violation and
// with its harmless likeness beside it.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/tidy/source_tree.h"

namespace candour::tidy {
namespace {

using Check = std::vector<Violation> (*)(const SourceTree&);

std::string listed(const std::vector<Violation>& violations) {
  std::string out;
  for (const Violation& v : violations) {
    out += "\n  " + v.path + ":" + std::to_string(v.line) + ": " + v.what;
  }
  return out;
}

const SourceTree& real_tree() {
  static const SourceTree tree = load_tree(CANDOUR_SOURCE_DIR);
  return tree;
}

void expect_tidy(Check check) {
  ASSERT_GT(real_tree().size(), 100u) << "the tree was not found at " << CANDOUR_SOURCE_DIR;
  const auto violations = check(real_tree());
  EXPECT_TRUE(violations.empty()) << listed(violations);
}

std::size_t count(Check check, const std::string& path, const std::string& text) {
  return check({{path, text}}).size();
}

TEST(Tidy, IncludesFollowTheArrows) { expect_tidy(check_arrows); }
TEST(Tidy, NothingBannedIsUsed) { expect_tidy(check_banned); }
TEST(Tidy, NoFileIsDead) { expect_tidy(check_dead_files); }
TEST(Tidy, FilesAndFunctionsAreShort) { expect_tidy(check_sizes); }

TEST(TidyItself, SeesPlantedArrows) {
  const auto arrows = [](const char* path, const std::string& target) {
    return count(check_arrows, path, "#include \"" + target + "\"\n");
  };
  for (const char* forbidden : {"mls/group.h", "policy/engine.h", "warrant/seal/seal.h",
                                "client/channel.h", "client/messages/reply.h", "bot/bot.h"}) {
    EXPECT_EQ(arrows("transport/relay/session.cc", forbidden), 1u) << forbidden;
  }
  EXPECT_EQ(arrows("transport/relay/session.cc", "storage/relay_store.h"), 0u);
  EXPECT_EQ(arrows("transport/net/server.cc", "crypto/hash.h"), 1u);
  EXPECT_EQ(arrows("transport/wire/frame.cc", "transport/net/server.h"), 1u);
  EXPECT_EQ(arrows("base/codec.cc", "crypto/hash.h"), 1u);
  EXPECT_EQ(arrows("client/messages/reply.cc", "client/channel.h"), 1u);
  EXPECT_EQ(arrows("client/channel.cc", "client/messages/reply.h"), 0u);
  EXPECT_EQ(arrows("client/channel.cc", "storage/relay_store.h"), 1u);
  EXPECT_EQ(arrows("ctl/main.cc", "transport/relay/session.h"), 1u);
  EXPECT_EQ(arrows("ctl/main.cc", "tests/seal/fixtures.h"), 1u);
  EXPECT_EQ(arrows("mls/group.cc", "group.h"), 1u) << "not the full path";
  EXPECT_EQ(arrows("tests/mls/group_test.cc", "bot/bot.h"), 0u);
  EXPECT_EQ(count(check_arrows, "util/common.h", ""), 1u) << "an unknown folder";
}

TEST(TidyItself, SeesPlantedBans) {
  const auto banned = [](const char* path, const std::string& line) {
    return count(check_banned, path, line + "\n");
  };
  EXPECT_EQ(banned("mls/a.cc", "int x = rand();"), 1u);
  EXPECT_EQ(banned("mls/a.cc", "int x = std::rand ();"), 1u);
  EXPECT_EQ(banned("mls/a.cc", "int x = operand(); int y = strand(1);"), 0u);
  EXPECT_EQ(banned("mls/a.cc", "// never rand()"), 0u);
  EXPECT_EQ(banned("mls/a.cc", "f(\"rand()\");"), 0u);
  EXPECT_EQ(banned("bot/a.cc", "auto t = std::chrono::system_clock::now();"), 1u);
  EXPECT_EQ(banned("base/clock.cc", "auto t = std::chrono::system_clock::now();"), 0u);
  EXPECT_EQ(banned("bot/a.cc", "auto t = std::time(nullptr);"), 1u);
  EXPECT_EQ(banned("bot/a.cc", "auto t = message.time(0);"), 0u);
  EXPECT_EQ(banned("bot/a.cc", "std::random_device device;"), 1u);
  EXPECT_EQ(banned("crypto/a.cc", "return memcmp(a, b, n);"), 1u);
  EXPECT_EQ(banned("warrant/seal/a.cc", "return std::memcmp(a, b, n);"), 1u);
  EXPECT_EQ(banned("crypto/a.cc", "return sodium_memcmp(a, b, n);"), 0u);
  EXPECT_EQ(banned("storage/a.cc", "return memcmp(a, b, n);"), 0u);
  EXPECT_EQ(banned("bot/a.cc", "using namespace std;"), 1u);
  EXPECT_EQ(banned("bot/a.cc", "void f() {\n  using namespace std::literals;\n}"), 0u);
  EXPECT_EQ(banned("bot/a.h", "void f() {\n  using namespace std::literals;\n}"), 1u);
  EXPECT_EQ(banned("bot/a.cc", "sprintf(buffer, format);"), 1u);
  EXPECT_EQ(banned("bot/a.cc", "snprintf(buffer, 3, format);"), 0u);
  EXPECT_EQ(banned("docs/a.md",
                   "TO"
                   "DO: write this"),
            1u);
  EXPECT_EQ(banned("bot/a.cc",
                   "// FIX"
                   "ME"),
            1u);
  EXPECT_EQ(banned("script/run",
                   "cd /wo"
                   "rk/main"),
            1u);
  EXPECT_EQ(banned("bot/a.cc",
                   "open(\"/tm"
                   "p/x\");"),
            1u);
  EXPECT_EQ(banned("docs/a.md",
                   "see https://example.org/wo"
                   "rk/ and src/ho"
                   "me/"),
            0u);
}

TEST(TidyItself, SeesPlantedDeadFiles) {
  const SourceTree tree = {{"a/CMakeLists.txt", "candour_library(a SOURCES used.cc sub/deep.cc)"},
                           {"a/more.cmake", "candour_library(b SOURCES other.cc)"},
                           {"a/other.cc", ""},
                           {"a/used.cc", "#include \"a/used.h\"\n"},
                           {"a/used.h", ""},
                           {"a/sub/deep.cc", ""},
                           {"a/dead.cc", ""},
                           {"a/dead.h", "#include \"a/used.h\"\n"}};
  const auto violations = check_dead_files(tree);
  ASSERT_EQ(violations.size(), 2u) << listed(violations);
  EXPECT_EQ(violations[0].path, "a/dead.cc");
  EXPECT_EQ(violations[1].path, "a/dead.h");
}

std::string function_of(std::size_t lines, const std::string& head = "void f(int x) {") {
  std::string text = "namespace a {\n" + head + "\n";
  for (std::size_t i = 0; i + 2 < lines; ++i) text += "  if (x) { g(); }\n";
  return text + "}\n}\n";
}

TEST(TidyItself, SeesPlantedLength) {
  EXPECT_EQ(count(check_sizes, "a/a.cc", function_of(70)), 0u);
  EXPECT_EQ(count(check_sizes, "a/a.cc", function_of(71)), 1u);
  EXPECT_EQ(count(check_sizes, "a/a.cc", function_of(71, "A::A(int x) : b_{x}, c_(x) {")), 1u);
  EXPECT_EQ(count(check_sizes, "a/a.cc", function_of(71, "auto f(int x) -> int {")), 1u);
  EXPECT_EQ(count(check_sizes, "a/a.cc", function_of(71, "TEST(Suite, Name) {")), 1u);
  EXPECT_EQ(count(check_sizes, "a/a.cc", function_of(71, "bool operator==(const A& x) {")), 1u);
  EXPECT_EQ(count(check_sizes, "a/a.cc", function_of(71, "class A {")), 0u);
  EXPECT_EQ(count(check_sizes, "a/a.cc", function_of(71, "const int a[] = {")), 0u);
  EXPECT_EQ(count(check_sizes, "a/a.cc", std::string(500, '\n')), 0u);
  EXPECT_EQ(count(check_sizes, "a/a.cc", std::string(501, '\n')), 1u);
  EXPECT_EQ(count(check_sizes, "a/a.h", "#pragma once\n"), 0u);
  EXPECT_EQ(count(check_sizes, "a/a.h", "\n"), 1u);
}

TEST(TidyItself, KeepsLinesAndColumnsWhenItBlanksOut) {
  EXPECT_EQ(code_only("a /* b\nc */ d // e\n\"f\\\"g\" 'h' 1'000"),
            "a     \n     d     \n\"    \" ' ' 1'000");
  const std::string raw = code_only("f(R\"(a \" } b)\"); }");
  EXPECT_EQ(std::count(raw.begin(), raw.end(), '}'), 1);
  EXPECT_TRUE(raw.ends_with("); }"));
}

}  // namespace
}  // namespace candour::tidy
