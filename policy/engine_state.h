// What an engine is made of, shared by the part that compiles (engine_build.cc) and the part that
// judges (engine.cc). Not for use outside this folder.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/disguise.h"
#include "policy/engine.h"
#include "policy/passage.h"
#include "policy/pattern_set.h"
#include "policy/tagging.h"
#include "policy/talk_condition.h"
#include "policy/trace.h"

namespace candour::policy {

struct CompiledFrame {
  const Frame* frame = nullptr;
  std::size_t number = 0;
  Patterns patterns;
};

struct CompiledRule {
  explicit CompiledRule(const Rule& source) : rule(&source), talk(source.talk, source.id) {}
  const Rule* rule = nullptr;
  Patterns requires_all;
  Patterns unless;
  Patterns unless_message;
  std::vector<const CompiledFrame*> frames;
  CompiledCondition talk;
};

constexpr std::size_t kFindingsOfOneRuleMax = 8;

// What one rule has found in a message so far, and what was worked out about it.
struct RuleWork {
  enum class Allowed : std::uint8_t { unknown, no, yes };
  std::array<Range, kFindingsOfOneRuleMax> hits;
  std::size_t hit_count = 0;
  std::size_t excepted_count = 0;
  Allowed allowed = Allowed::unknown;
  bool touched = false;
};

// Working memory of one judgement, kept from message to message by each thread. What it holds of a
// text is wiped when the judgement is done.
struct Scratch {
  TaggedText tagged;
  LiteralHits literals;
  std::vector<std::uint32_t> candidates;
  std::vector<RuleWork> work;          // by rule
  std::vector<std::uint32_t> touched;  // rules whose work is not as new
  std::vector<std::uint8_t> wanted;    // by rule: whether it applies here
  RuleWork& work_of(std::size_t rule) {
    RuleWork& out = work[rule];
    if (!out.touched) {
      out.touched = true;
      touched.push_back(static_cast<std::uint32_t>(rule));
    }
    return out;
  }
  void begin(std::size_t rules);
  void wipe();
};

/// Orders findings and drops what is said twice.
void settle(std::vector<Finding>& findings);
Verdict verdict_of(const std::vector<Finding>& findings);

struct Engine::State {
  explicit State(RuleSet rule_set) : set(std::move(rule_set)) {}

  RuleSet set;
  std::vector<std::unique_ptr<CompiledFrame>> frames;
  std::vector<CompiledRule> rules;  // in the order of set.rules
  PatternSet patterns;
  std::vector<std::size_t> pattern_rules;  // by pattern
  std::map<std::string, std::size_t, std::less<>> by_id;
  Tagger tagger;
  Disguises disguises;
  PhraseIndex phrases;
  std::vector<std::size_t> phrase_rules;  // by phrase
  std::vector<std::string> phrase_sources;
  std::vector<std::string> pattern_sources;
  bool has_cased = false;               // some pattern sees capitals
  std::vector<std::size_t> talk_rules;  // rules with a condition on the conversation

  /// Engine::build, after `set` has been filled.
  Status compile();

  /// The folded text with disguised words written plainly.
  Folded plain(std::string_view text) const;
  /// Findings of all rules that apply in `context`, or of the rule `only`. `features` gets what
  /// there is to remember but for what hangs on the verdict.
  std::vector<Finding> collect(std::string_view text, const Context& context,
                               std::optional<std::size_t> only, MessageFeatures& features,
                               Trace* trace = nullptr) const;
  struct Judging;

 private:
  Status add_frames();
  Status add_rule(std::size_t number);
  Status add_patterns(std::size_t number);
  Status add_phrases();
  Status finish_phrases();
  void count_words(std::vector<std::size_t>& tags, std::vector<std::uint32_t>& literals);
};

}  // namespace candour::policy
