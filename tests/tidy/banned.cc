// Calls and words that must not stand in the tree. Words this file bans are written in two halves.
#include <regex>

#include "tests/tidy/source_tree.h"

namespace candour::tidy {
namespace {

struct Ban {
  std::regex pattern;
  std::string what;
  bool (*applies)(const SourceFile& file);
};

bool is_production(const SourceFile& file) { return !file.under("tests"); }
bool is_cryptographic(const SourceFile& file) {
  return file.under("crypto") || file.under("mls") || file.under("warrant");
}

// Looked for in C++ without comments and literals.
const std::vector<Ban>& code_bans() {
  static const std::vector<Ban> bans = [] {
    std::vector<Ban> out;
    const auto ban = [&out](const char* pattern, std::string what,
                            bool (*applies)(const SourceFile&)) {
      out.push_back({std::regex(pattern, std::regex::optimize), std::move(what), applies});
    };
    ban(R"((^|[^A-Za-z0-9_])s?rand\s*\()", "rand: take base/random.h's Random",
        [](const SourceFile&) { return true; });
    ban(R"(random_device|mt19937|arc4random)", "ambient randomness: take base/random.h's Random",
        [](const SourceFile& f) { return is_production(f) && f.path != "base/random.cc"; });
    ban(R"(system_clock::now|(^|[^A-Za-z0-9_.>])(std::)?time\s*\(\s*(nullptr|NULL|0)\s*\)|gettimeofday)",
        "ambient time: take base/clock.h's Clock",
        [](const SourceFile& f) { return is_production(f) && f.path != "base/clock.cc"; });
    ban(R"((^|[^A-Za-z0-9_])memcmp\s*\()", "memcmp leaks where secrets differ: crypto::equal",
        is_cryptographic);
    ban(R"(using\s+namespace)", "using namespace in a header reaches whoever includes it",
        [](const SourceFile& f) { return f.is_header(); });
    ban(R"((^|[^A-Za-z0-9_])(strcpy|strcat|sprintf|gets|system|popen)\s*\()",
        "a call that cannot be made safe", [](const SourceFile& f) { return is_production(f); });
    return out;
  }();
  return bans;
}

// Looked for in every text, comments and documents too.
const std::vector<Ban>& text_bans() {
  static const std::vector<Ban> bans = [] {
    const auto everywhere = [](const SourceFile&) { return true; };
    std::vector<Ban> out;
    out.push_back({std::regex("\\b(TO"
                              "DO|FIX"
                              "ME|XX"
                              "X)\\b"),
                   "unfinished work", everywhere});
    out.push_back({std::regex("(^|[^A-Za-z0-9_.])/(wo"
                              "rk|ho"
                              "me|ro"
                              "ot|tm"
                              "p)/"),
                   "a path of one machine", everywhere});
    return out;
  }();
  return bans;
}

void search(const SourceFile& file, std::string_view text, const std::vector<Ban>& bans,
            std::vector<Violation>& out) {
  const auto lines = lines_of(text);
  for (const Ban& ban : bans) {
    if (!ban.applies(file)) continue;
    for (std::size_t i = 0; i < lines.size(); ++i) {
      if (std::regex_search(lines[i].begin(), lines[i].end(), ban.pattern)) {
        out.push_back({file.path, i + 1, ban.what});
      }
    }
  }
}

// A using-directive at file scope, outside every brace.
void search_file_scope(const SourceFile& file, std::string_view code, std::vector<Violation>& out) {
  if (!file.is_source()) return;
  int depth = 0;
  const auto lines = lines_of(code);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (depth == 0 && lines[i].starts_with("using namespace")) {
      out.push_back({file.path, i + 1, "using namespace at file scope"});
    }
    for (const char c : lines[i]) depth += c == '{' ? 1 : c == '}' ? -1 : 0;
  }
}

}  // namespace

std::vector<Violation> check_banned(const SourceTree& tree) {
  std::vector<Violation> out;
  for (const SourceFile& file : tree) {
    search(file, file.text, text_bans(), out);
    if (!file.is_cpp()) continue;
    const std::string code = code_only(file.text);
    search(file, code, code_bans(), out);
    search_file_scope(file, code, out);
  }
  return out;
}

}  // namespace candour::tidy
