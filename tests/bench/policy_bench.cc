// How fast a policy pack judges: time to load (TOML and compiled), memory of the loaded pack, time
// a message by kind, two naive loops beside it in the same run, and whether time grows linearly
// with hostile texts. Prints, asserts nothing. On a busy machine read the second column: each
// message's fastest of kRounds runs. Usage: candour-bench-policy PACK_FOLDER
//
// The loops: "patterns" is one RE2 for each pattern of the pack, PartialMatch on the folded text.
// "rules" is one RE2 for each rule, the way to write the pack without an engine: its patterns, and
// its phrases with every tag written out as the words and compounds that carry it. Neither undoes
// disguise, knows exceptions or follows pronouns.
#include <malloc.h>
#include <re2/re2.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "policy/fold.h"
#include "policy/pack.h"
#include "tests/bench/rule_expressions.h"

namespace {

using candour::policy::Engine;
using candour::policy::Rule;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kMessageSize = 200;
constexpr std::size_t kMessages = 2000;
constexpr int kRounds = 8;
constexpr std::size_t kLoopMessages = 40;  // a naive loop is slow

double micros(Clock::time_point from) {
  return std::chrono::duration<double, std::micro>(Clock::now() - from).count();
}

double percentile(std::vector<double>& values, double share) {
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
}

// Chat of everyday words with a few that rules look for.
std::vector<std::string> chat(double rule_words, bool mixed_script) {
  static const std::vector<std::string> kPlain = {
      "briefing", "at",   "the",   "van",   "is",     "back",   "from",      "custody", "with",
      "two",      "on",   "board", "can",   "you",    "check",  "exhibits",  "before",  "late",
      "turn",     "and",  "tell",  "Jo",    "that",   "keys",   "are",       "in",      "room",
      "four",     "CAD",  "1142",  "needs", "update", "please", "statement", "taken",   "she",
      "will",     "call", "after", "six",   "road",   "closed", "traffic",   "heavy",   "again",
      "thanks",   "team", "good",  "job",   "today",  "front",  "desk",      "waiting", "for"};
  static const std::vector<std::string> kWords = {
      "women", "Romanians", "useless", "delete",  "chat",  "story",  "PNC",    "photo",
      "body",  "grass",     "lol",     "slap",    "hate",  "kill",   "scum",   "camera",
      "notes", "they",      "should",  "gypsies", "drunk", "victim", "typical"};
  static const std::vector<std::string> kOther = {"кафе", "ｃａｒ", "🚓",
                                                  "café", "naïve",  "w\u043emen"};
  std::mt19937 random(5);
  std::uniform_real_distribution<double> share(0, 1);
  std::vector<std::string> out;
  for (std::size_t i = 0; i < kMessages; ++i) {
    std::string text;
    while (text.size() < kMessageSize) {
      const bool rule_word = share(random) < rule_words;
      const bool other = mixed_script && share(random) < 0.2;
      const auto& from = other ? kOther : rule_word ? kWords : kPlain;
      text += from[random() % from.size()];
      text += random() % 12 == 0 ? ". " : " ";
    }
    out.push_back(std::move(text));
  }
  return out;
}

double measure(const Engine& engine, const char* name, const std::vector<std::string>& texts) {
  std::vector<double> times;
  std::vector<double> best(texts.size(), 1e9);
  std::size_t findings = 0;
  for (int round = 0; round < kRounds; ++round) {
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const auto start = Clock::now();
      findings += engine.judge(texts[i]).findings.size();
      const double took = micros(start);
      if (round > 0) times.push_back(took);
      best[i] = std::min(best[i], took);
    }
  }
  const double median = percentile(times, 0.5);
  std::printf(
      "%-32s median %6.1f us p99 %6.1f us   fastest of %d: median %5.1f p99 %5.1f   %.2f "
      "findings\n",
      name, median, percentile(times, 0.99), kRounds, percentile(best, 0.5), percentile(best, 0.99),
      static_cast<double>(findings) / static_cast<double>(kRounds * texts.size()));
  return median;
}

// Median time of PartialMatch of all `sources`, one after the other, on a folded text.
void measure_loop(const char* name, const std::vector<std::string>& sources,
                  const std::vector<std::string>& texts, double check) {
  std::vector<std::unique_ptr<RE2>> expressions;
  for (const std::string& source : sources) {
    RE2::Options options(RE2::Quiet);
    options.set_max_mem(64 << 20);
    expressions.push_back(std::make_unique<RE2>(source, options));
    if (!expressions.back()->ok()) expressions.pop_back();
  }
  std::vector<double> times;
  std::size_t hits = 0;
  for (int round = 0; round < 2; ++round) {
    for (std::size_t i = 0; i < kLoopMessages; ++i) {
      const candour::policy::Folded folded =
          candour::policy::fold(texts[i], candour::policy::Form::folded);
      const re2::StringPiece text(folded.text().data(), folded.text().size());
      const auto start = Clock::now();
      for (const auto& expression : expressions) {
        hits += RE2::PartialMatch(text, *expression) ? 1u : 0u;
      }
      if (round > 0) times.push_back(micros(start));
    }
  }
  const double loop = percentile(times, 0.5);
  std::printf("loop of %3zu RE2, %-18s median %8.1f us, %.1f times the check\n", expressions.size(),
              name, loop, loop / check);
}

void measure_hostile(const Engine& engine, const char* name, const std::string& unit,
                     double median) {
  constexpr std::size_t kSize = 64 * 1024;
  std::string text;
  while (text.size() < kSize) text += unit;
  double best = 0;
  for (int round = 0; round < 3; ++round) {
    const auto start = Clock::now();
    engine.judge(text);
    const double took = micros(start);
    if (round == 0 || took < best) best = took;
  }
  const double allowed = median * 3 * static_cast<double>(kSize) / kMessageSize;
  std::printf("64 KiB of %-24s %9.0f us, %.2f of what linear growth times three allows\n", name,
              best, best / allowed);
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) {
    std::fprintf(stderr, "usage: candour-bench-policy PACK_FOLDER\n");
    return 2;
  }
  const auto start = Clock::now();
  const auto pack = candour::policy::load_pack(arguments[1]);
  if (!pack) {
    std::fprintf(stderr, "%s\n", pack.error().message.c_str());
    return 1;
  }
  const double with_examples = micros(start) / 1000;
  const auto draft_start = Clock::now();
  const bool drafted = static_cast<bool>(candour::policy::load_draft(arguments[1]));
  const double without_examples = micros(draft_start) / 1000;
  const candour::Bytes compiled = candour::policy::compile_pack(*pack.value());
  const std::size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
  const auto compiled_start = Clock::now();
  const auto loaded = candour::policy::load_compiled(compiled);
  const double from_compiled = micros(compiled_start) / 1000;
  if (!loaded || !drafted) return 1;
  const Engine& engine = *loaded.value()->engine;
  std::printf(
      "load: TOML %.0f ms, and its examples %.0f ms, compiled %.0f ms (%zu KiB); %zu rules\n",
      without_examples, with_examples - without_examples, from_compiled, compiled.size() / 1024,
      engine.rules().size());
  const auto rare = chat(0.02, false);
  const double median = measure(engine, "ASCII, rule words rare", rare);
  measure(engine, "ASCII, rule words 10 % of words", chat(0.1, false));
  measure(engine, "mixed script", chat(0.02, true));
  std::printf("memory of the loaded pack after %zu messages: %.1f MiB\n", 3 * kMessages * kRounds,
              static_cast<double>(mallinfo2().uordblks + mallinfo2().hblkhd - before) / 1048576);
  std::vector<std::string> patterns;
  for (const Rule& rule : engine.rules()) {
    patterns.insert(patterns.end(), rule.patterns.begin(), rule.patterns.end());
  }
  measure_loop("the patterns", patterns, rare, median);
  measure_loop("the rules", candour::policy::rules_as_expressions(engine.rule_set()), rare, median);
  measure_hostile(engine, "one letter", "a", median);
  measure_hostile(engine, "one letter and spaces", "a ", median);
  measure_hostile(engine, "near misses", "women are we should kil them not ", median);
  measure_hostile(engine, "near misses in sentences", "women are not. kill the lights. ", median);
  measure_hostile(engine, "combining marks", "\u0301", median);
  measure_hostile(engine, "disguise", "w.o.m.e.n i h a t e w0m3n ", median);
  return 0;
}
