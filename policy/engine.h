// The policy engine: text and context in, findings and a verdict out. It does no input or output,
// keeps nothing about the text, and gives the same answer to the same bytes every time.
//
//   auto judgement = engine.judge(text.expose(), {.group_class = "team"});
//   if (judgement.verdict != Verdict::release) ...
//
// How it decides: the text is folded (policy/fold.h) and disguise undone; words are tagged, phrases
// over tags matched; patterns are run whose literals the text has; each match is checked by the
// rule's validator, its requirements and exceptions, the frames of the pack (quotation, report,
// training, negation ...) and what the rule asks of the conversation. Time grows linearly with the
// text. Each thread keeps some working memory, wiped of the text after each judgement.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "policy/conversation.h"
#include "policy/rule.h"
#include "policy/trace.h"

namespace candour::policy {

/// One reason to speak to the sender. All strings come from the rule, never from the text.
struct Finding {
  std::string rule;
  std::string category;
  Severity severity = Severity::notice;
  /// UTF-8 byte offsets into the judged text, end exclusive, on character borders; start < end.
  std::size_t start = 0;
  std::size_t end = 0;
  std::string standard;
  std::vector<std::string> secondary_standards;
  std::string message;
  std::string advice;
  bool alert = false;
  std::string alert_level;
  /// The rule has a condition on the conversation, which held.
  bool of_conversation = false;
};

/// What the engine may know besides the text.
struct Context {
  /// The class of the group the message is for: rules may be limited to classes, and the same words
  /// may weigh differently from class to class.
  std::string group_class;
  ContentKind kind = ContentKind::text;
  /// The messages before; nullptr: nothing is known of them, and no features are made.
  const Conversation* conversation = nullptr;
};

struct Judgement {
  Verdict verdict = Verdict::release;
  /// Most severe first, then by position, then by rule id; at most kFindingsMax.
  std::vector<Finding> findings;
  /// Whether any finding asks for an alert to supervisors.
  bool alert = false;
  /// What the caller keeps for the messages that follow; empty without a conversation.
  MessageFeatures features;
};

inline constexpr std::size_t kFindingsMax = 32;

/// Immutable after build(); judge() may be called from any number of threads at once.
class Engine {
 public:
  struct State;  // policy/engine_state.h

  /// Compiles the rules. Fails with policy_invalid, naming place, rule and pattern, when an id is
  /// used twice, a pattern does not compile within its memory or can match nothing at all, or a
  /// frame or validator is unknown. Examples are not run here: see check_examples().
  static Result<std::shared_ptr<const Engine>> build(RuleSet rules);

  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// Judges one message. Any bytes are accepted: what is not UTF-8 is read as U+FFFD. Working
  /// copies of the text are wiped before returning.
  Judgement judge(std::string_view text, const Context& context = {}) const;

  /// What was looked at on the way to that judgement, for authors of rules.
  Trace trace(std::string_view text, const Context& context = {}) const;

  /// Runs every rule's own examples; policy_invalid names place, rule and example of the first
  /// that fails.
  Status check_examples() const;

  /// Whether `rule`, one of rules(), alone gives a finding for this text, in any class of group.
  bool hits(const Rule& rule, std::string_view text) const;
  /// Whether the last line of a conversation (policy/talk.h) gets a finding of `rule`, in the first
  /// of its classes of group; policy_invalid when it does not parse.
  Result<bool> hits_talk(const Rule& rule, const std::string& talk) const;

  /// The rules as bytes (policy/rule_codec.h), from which build() makes an engine that judges the
  /// same.
  Bytes compiled_rules() const;

  const std::vector<Rule>& rules() const;
  /// All that the engine was built from.
  const RuleSet& rule_set() const;
  /// Nothing when there is no such rule.
  const Rule* find_rule(std::string_view id) const;

 private:
  explicit Engine(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace candour::policy
