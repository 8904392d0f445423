// How fast a policy pack judges: time to load, time a message by kind, a loop of one RE2 for each
// pattern beside it, and whether time grows linearly with hostile texts. Prints, asserts nothing.
// Usage: candour-bench-policy PACK_FOLDER
#include <re2/re2.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "policy/pack.h"

namespace {

using candour::policy::Engine;
using candour::policy::Rule;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kMessageSize = 200;
constexpr std::size_t kMessages = 2000;
constexpr int kRounds = 5;

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
  std::size_t findings = 0;
  for (int round = 0; round < kRounds; ++round) {
    for (const std::string& text : texts) {
      const auto start = Clock::now();
      findings += engine.judge(text).findings.size();
      if (round > 0) times.push_back(micros(start));
    }
  }
  const double median = percentile(times, 0.5);
  std::printf("%-34s median %7.1f us   p99 %7.1f us   %.2f findings a message\n", name, median,
              percentile(times, 0.99),
              static_cast<double>(findings) / static_cast<double>(kRounds * texts.size()));
  return median;
}

void measure_loop(const Engine& engine, const std::vector<std::string>& texts, double median) {
  std::vector<std::unique_ptr<RE2>> patterns;
  for (const Rule& rule : engine.rules()) {
    for (const std::string& source : rule.patterns) {
      patterns.push_back(std::make_unique<RE2>(source, RE2::Quiet));
    }
  }
  std::vector<double> times;
  std::size_t hits = 0;
  for (std::size_t i = 0; i < 200; ++i) {
    const auto start = Clock::now();
    for (const auto& pattern : patterns) hits += RE2::PartialMatch(texts[i], *pattern) ? 1u : 0u;
    if (i >= 20) times.push_back(micros(start));
  }
  const double loop = percentile(times, 0.5);
  std::printf("loop of %zu RE2 (the pack's patterns)  median %7.1f us, %.1f times the check\n",
              patterns.size(), loop, loop / median);
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
  const auto pack = candour::policy::load_draft(arguments[1]);
  if (!pack) {
    std::fprintf(stderr, "%s\n", pack.error().message.c_str());
    return 1;
  }
  const Engine& engine = *pack.value()->engine;
  std::printf("load %.0f ms, %zu rules\n", micros(start) / 1000, engine.rules().size());
  const auto rare = chat(0.02, false);
  const double median = measure(engine, "ASCII, rule words rare", rare);
  measure(engine, "ASCII, rule words 10 % of words", chat(0.1, false));
  measure(engine, "mixed script", chat(0.02, true));
  measure_loop(engine, rare, median);
  measure_hostile(engine, "one letter", "a", median);
  measure_hostile(engine, "one letter and spaces", "a ", median);
  measure_hostile(engine, "near misses", "women are we should kil them not ", median);
  measure_hostile(engine, "near misses in sentences", "women are not. kill the lights. ", median);
  measure_hostile(engine, "combining marks", "\u0301", median);
  measure_hostile(engine, "disguise", "w.o.m.e.n i h a t e w0m3n ", median);
  return 0;
}
