#include "policy/engine.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "policy/engine_state.h"
#include "policy/rule_codec.h"
#include "policy/talk.h"

namespace candour::policy {

const char* outcome_name(MatchOutcome outcome) {
  switch (outcome) {
    case MatchOutcome::hit:
      return "hit";
    case MatchOutcome::other_context:
      return "other_context";
    case MatchOutcome::bad_check_digits:
      return "bad_check_digits";
    case MatchOutcome::not_allowed:
      return "not_allowed";
    case MatchOutcome::excepted:
      return "excepted";
    case MatchOutcome::no_conversation:
      return "no_conversation";
  }
  return "hit";
}

namespace {

// What the findings say about a message, for those that follow.
void add_flags(const std::vector<Finding>& findings, std::vector<NameHash>& flagged) {
  for (const Finding& finding : findings) {
    if (finding.severity == Severity::notice) continue;
    const std::string_view category = finding.category;
    for (std::size_t end = category.size(); end != std::string_view::npos;
         end = end == 0 ? std::string_view::npos : category.rfind('.', end - 1)) {
      flagged.push_back(name_hash(category.substr(0, end)));
    }
  }
  std::sort(flagged.begin(), flagged.end());
  flagged.erase(std::unique(flagged.begin(), flagged.end()), flagged.end());
}

}  // namespace

Verdict verdict_of(const std::vector<Finding>& findings) {
  Verdict verdict = Verdict::release;
  for (const Finding& finding : findings) {
    if (finding.severity == Severity::block) return Verdict::block;
    if (finding.severity == Severity::warn) verdict = Verdict::warn;
  }
  return verdict;
}

// Orders findings, joins those of one rule that overlap, and drops a notice about words that a
// graver finding already marks.
void settle(std::vector<Finding>& findings) {
  std::sort(findings.begin(), findings.end(), [](const Finding& a, const Finding& b) {
    if (a.severity != b.severity) return a.severity > b.severity;
    if (a.start != b.start) return a.start < b.start;
    if (a.rule != b.rule) return a.rule < b.rule;
    return a.end > b.end;
  });
  std::vector<Finding> kept;
  for (Finding& finding : findings) {
    bool said = false;
    for (Finding& other : kept) {
      const bool overlaps = finding.start < other.end && other.start < finding.end;
      if (!overlaps) continue;
      if (other.rule == finding.rule) {
        other.start = std::min(other.start, finding.start);
        other.end = std::max(other.end, finding.end);
        said = true;
      } else if (finding.severity == Severity::notice && !finding.of_conversation &&
                 other.severity != Severity::notice && !other.of_conversation) {
        said = true;
      }
      if (said) break;
    }
    if (!said && kept.size() < kFindingsMax) kept.push_back(std::move(finding));
  }
  findings = std::move(kept);
}

Engine::Engine(std::unique_ptr<State> state) : state_(std::move(state)) {}
Engine::~Engine() = default;

Result<std::shared_ptr<const Engine>> Engine::build(RuleSet rules) {
  auto state = std::make_unique<State>(std::move(rules));
  CANDOUR_TRY(state->compile());
  return std::shared_ptr<const Engine>(new Engine(std::move(state)));
}

Judgement Engine::judge(std::string_view text, const Context& context) const {
  Judgement judgement;
  judgement.findings = state_->collect(text, context, std::nullopt, judgement.features);
  judgement.verdict = verdict_of(judgement.findings);
  for (const Finding& finding : judgement.findings) {
    judgement.alert = judgement.alert || finding.alert;
  }
  if (context.conversation == nullptr) {
    judgement.features = {};
  } else {
    judgement.features.verdict = judgement.verdict;
    judgement.features.kind = context.kind;
    add_flags(judgement.findings, judgement.features.flagged);
  }
  return judgement;
}

bool Engine::hits(const Rule& rule, std::string_view text) const {
  const auto found = state_->by_id.find(rule.id);
  CANDOUR_ASSERT(found != state_->by_id.end());
  MessageFeatures features;
  return !state_->collect(text, {}, found->second, features).empty();
}

Trace Engine::trace(std::string_view text, const Context& context) const {
  Trace out;
  MessageFeatures features;
  (void)state_->collect(text, context, std::nullopt, features, &out);
  return out;
}

Bytes Engine::compiled_rules() const { return encode_rules(state_->set); }

Result<bool> Engine::hits_talk(const Rule& rule, const std::string& talk) const {
  CANDOUR_TRY(const std::vector<TalkLine> lines, parse_talk(talk));
  const std::string group_class = rule.group_classes.empty() ? "" : rule.group_classes.front();
  const Judgement end = judge_talk(*this, lines, group_class);
  return std::any_of(end.findings.begin(), end.findings.end(),
                     [&](const Finding& finding) { return finding.rule == rule.id; });
}

Status Engine::check_examples() const {
  for (const Rule& rule : state_->set.rules) {
    const auto check = [&](const char* list, const std::string& example,
                           const Result<bool>& hit) -> Status {
      const bool wanted = std::string_view(list).ends_with("matches");
      if (hit && hit.value() == wanted) return ok();
      return error(ErrorCode::policy_invalid, rule.where + ": rule " + rule.id +
                                                  ": its example under '" + list + "' " +
                                                  (!hit     ? hit.error().message
                                                   : wanted ? "gives no finding"
                                                            : "gives a finding") +
                                                  ": \"" + example + "\"");
    };
    for (const std::string& one : rule.matches) {
      CANDOUR_TRY(check("matches", one, hits(rule, one)));
    }
    for (const std::string& one : rule.passes) {
      CANDOUR_TRY(check("passes", one, hits(rule, one)));
    }
    for (const std::string& one : rule.talk_matches) {
      CANDOUR_TRY(check("talk_matches", one, hits_talk(rule, one)));
    }
    for (const std::string& one : rule.talk_passes) {
      CANDOUR_TRY(check("talk_passes", one, hits_talk(rule, one)));
    }
  }
  return ok();
}

const std::vector<Rule>& Engine::rules() const { return state_->set.rules; }

const RuleSet& Engine::rule_set() const { return state_->set; }

const Rule* Engine::find_rule(std::string_view id) const {
  const auto found = state_->by_id.find(id);
  return found == state_->by_id.end() ? nullptr : &state_->set.rules[found->second];
}

}  // namespace candour::policy
