// What an engine is made of, shared by the part that compiles (engine_build.cc) and the part that
// judges (engine.cc). Not for use outside this folder.
#pragma once

#include <re2/filtered_re2.h>
#include <re2/re2.h>
#include <re2/set.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/disguise.h"
#include "policy/engine.h"
#include "policy/passage.h"
#include "policy/pattern.h"
#include "policy/tagging.h"
#include "policy/talk_condition.h"

namespace candour::policy {

struct CompiledFrame {
  const Frame* frame = nullptr;
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

// A pattern of a rule; its RE2 lives in the filter, under the same number.
struct MainPattern {
  std::size_t rule = 0;
  int span_group = 0;
};

struct Engine::State {
  static constexpr int kAtomSizeMin = 3;

  explicit State(RuleSet rule_set) : set(std::move(rule_set)) {}

  RuleSet set;
  std::vector<std::unique_ptr<CompiledFrame>> frames;
  std::vector<CompiledRule> rules;  // in the order of set.rules
  std::vector<MainPattern> patterns;
  std::map<std::string, std::size_t, std::less<>> by_id;
  Tagger tagger;
  Disguises disguises;
  PhraseIndex phrases;
  std::vector<std::size_t> phrase_rules;  // by phrase
  std::vector<std::size_t> talk_rules;    // rules with a condition on the conversation
  // The filter knows which literal words (atoms) each pattern cannot do without; the set finds
  // all those words in one pass.
  re2::FilteredRE2 filter{kAtomSizeMin};
  std::optional<RE2::Set> atoms;

  /// Engine::build, after `set` has been filled.
  Status compile();

  /// Numbers of the patterns whose words occur in the folded text.
  std::vector<int> candidates(std::string_view folded) const;
  /// The folded text with disguised words written plainly.
  Folded plain(std::string_view text) const;
  /// Findings of all rules that apply in `context`, or of the rule `only`. `features` gets what
  /// there is to remember but for what hangs on the verdict.
  std::vector<Finding> collect(std::string_view text, const Context& context,
                               std::optional<std::size_t> only, MessageFeatures& features) const;
  struct Judging;

 private:
  Status add_frames();
  Status add_rule(std::size_t number);
  Status add_patterns(std::size_t number);
  Status add_atoms();
  Status add_phrases();
  Status finish_phrases();
  void count_tags(std::vector<std::size_t>& counts);
};

}  // namespace candour::policy
