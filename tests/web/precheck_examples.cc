// What the native engine says of many texts, as requests and answers (policy/browser/request.h),
// for the browser's engine to be compared with byte by byte: every example of every rule of the
// default pack, conversations included, in every class of group a rule names; the lines of police
// talk; all of these with bytes put in, changed and taken away; and the corpora in
// CANDOUR_POLICY_CORPUS. Usage: candour-web-precheck-examples OUT_FILE OUT_FILE: vec<compiled
// pack>, then for each example vec<where it is from>, vec<request>, vec<answer>, lengths as in
// base/codec.h.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "base/codec.h"
#include "base/files.h"
#include "policy/browser/request.h"
#include "policy/compiled.h"
#include "policy/pack.h"
#include "policy/talk.h"
#include "tests/policy/csv.h"

namespace {

namespace fs = std::filesystem;
using namespace candour;
using namespace candour::policy;

constexpr std::uint64_t kMinuteMs = 60'000;

class Examples {
 public:
  explicit Examples(const Pack& pack) : engine_(*pack.engine) { out_.vec(compile_pack(pack)); }

  void text(const std::string& from, const std::string& text, const std::string& group_class = "",
            ContentKind kind = ContentKind::text) {
    Writer request = begin(group_class, kind);
    request.u8(0);
    request.vec(text);
    add(from, request.view());
  }

  /// Every line, after all before it.
  void talk(const std::string& from, const std::string& written) {
    const auto lines = parse_talk(written);
    if (!lines) fail(from + ": " + lines.error().message);
    const Bytes salt(kShingleSaltSize, 7);
    History history;
    for (std::size_t i = 0; i < lines.value().size(); ++i) {
      const TalkLine& line = lines.value()[i];
      const TimeMs now((i + 1) * kMinuteMs);
      const std::uint64_t answers = line.answers == 0 ? 0 : i + 1 - line.answers;
      Writer request = begin("", line.kind);
      request.u8(1);
      request.u64(line.sender);
      request.number(now);
      request.u64(answers);
      request.vec(salt);
      request.u16(static_cast<std::uint16_t>(history.messages().size()));
      for (const PastMessage& past : history.messages()) put(request, past);
      request.vec(line.text);
      add(from, request.view());
      Conversation conversation{&history, line.sender, now, std::nullopt, salt};
      if (answers != 0) conversation.answers = history.find(answers);
      const Judgement judged = engine_.judge(line.text, {"", line.kind, &conversation});
      const bool delivered = judged.verdict == Verdict::release || line.sent_anyway;
      history.add({judged.features, line.sender, now, delivered, i + 1});
    }
  }

  [[noreturn]] static void fail(const std::string& why) {
    std::fprintf(stderr, "%s\n", why.c_str());
    std::exit(1);
  }

  std::size_t count() const { return count_; }
  ByteView bytes() const { return out_.view(); }

 private:
  static Writer begin(const std::string& group_class, ContentKind kind) {
    Writer request;
    request.u8(1);
    request.vec(group_class);
    request.u8(static_cast<std::uint8_t>(kind));
    return request;
  }
  static void put(Writer& out, const PastMessage& past) {
    out.u64(past.sender);
    out.number(past.time);
    out.u64(past.tag);
    out.u8(past.delivered ? 1 : 0);
    out.vec(encode_features(past.features));
  }
  void add(const std::string& from, ByteView request) {
    const auto answer = judge_request(engine_, request);
    if (!answer) fail(from + ": " + answer.error().message);
    out_.vec(from);
    out_.vec(request);
    out_.vec(answer.value());
    ++count_;
  }

  const Engine& engine_;
  Writer out_;
  std::size_t count_ = 0;
};

// A text with a few of its bytes, or of what disguises words, in the wrong place.
std::string spoilt(std::string text, std::mt19937& random) {
  static const std::vector<std::string> kPieces = {
      "\u200b", "\u0430", "\u0435",     "\u043e",      "\u202e", "\u202c", "\u0301",
      "\uff41", "\u00e9", "\U0001f412", "0",           "1",      "3",      "4",
      "@",      "*",      ".",          " ",           "-",      "'",      "\"",
      "\n",     "\xff",   "\xc3",       "\xed\xa0\x80"};
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  for (std::size_t times = 1 + below(4); times > 0 && !text.empty(); --times) {
    const std::size_t at = below(text.size());
    const std::size_t what = below(4);
    if (what == 0) text.erase(at, 1);
    if (what == 1) text.insert(at, 1, text[at]);
    if (what == 2) text.insert(at, kPieces[below(kPieces.size())]);
    if (what == 3) text.replace(at, 1, kPieces[below(kPieces.size())]);
  }
  return text;
}

void add_rules(const Pack& pack, Examples& out, std::vector<std::string>& texts) {
  std::set<std::string> classes = {""};
  for (const Rule& rule : pack.engine->rules()) {
    classes.insert(rule.group_classes.begin(), rule.group_classes.end());
    for (const auto& [name, unused] : rule.severity_in) classes.insert(name);
  }
  for (const Rule& rule : pack.engine->rules()) {
    for (const auto* examples : {&rule.matches, &rule.passes}) {
      for (const std::string& text : *examples) {
        for (const std::string& name : classes) out.text(rule.id, text, name);
        out.text(rule.id, text, "", ContentKind::reply);
        texts.push_back(text);
      }
    }
    for (const auto* examples : {&rule.talk_matches, &rule.talk_passes}) {
      for (const std::string& talk : *examples) out.talk(rule.id, talk);
    }
  }
}

void add_police_lines(Examples& out, std::vector<std::string>& texts) {
  std::ifstream file(fs::path(CANDOUR_SOURCE_DIR) / "tests/policy/police_lines.tsv");
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    texts.push_back(line.substr(line.rfind('\t') + 1));
    out.text("police lines", texts.back());
  }
}

void add_corpora(Examples& out) {
  const char* set = std::getenv("CANDOUR_POLICY_CORPUS");
  const fs::path folder = set != nullptr && *set != '\0'
                              ? fs::path(set)
                              : fs::path(CANDOUR_SOURCE_DIR) / "../shared/policy-corpus";
  if (!fs::is_directory(folder)) {
    std::printf("SKIPPED: no policy corpus at %s; set CANDOUR_POLICY_CORPUS to its folder\n",
                folder.c_str());
    return;
  }
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().extension() != ".csv") continue;
    for (const CsvRow& row : read_csv(entry.path())) {
      for (const char* column : {"text", "test_case"}) {
        const auto found = row.find(column);
        if (found != row.end()) out.text(entry.path().filename(), found->second);
      }
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) Examples::fail("usage: candour-web-precheck-examples OUT_FILE");
  const auto pack = load_pack(fs::path(CANDOUR_SOURCE_DIR) / "config/policy/default");
  if (!pack) Examples::fail(pack.error().message);
  Examples out(*pack.value());
  std::vector<std::string> texts;
  add_rules(*pack.value(), out, texts);
  add_police_lines(out, texts);
  std::mt19937 random(20240131);
  for (const std::string& text : texts) out.text("spoilt", spoilt(text, random));
  add_corpora(out);
  const Status written = write_file(argv[1], out.bytes());
  if (!written) Examples::fail(written.error().message);
  std::printf("%zu examples\n", out.count());
  return 0;
}
