#include "policy/engine.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/assert.h"
#include "policy/engine_state.h"
#include "policy/fold.h"
#include "policy/identifier.h"
#include "policy/rule_codec.h"
#include "policy/shingles.h"
#include "policy/talk.h"

namespace candour::policy {
namespace {

using re2::StringPiece;

// Bounds of the work for one message. After this many matches that an exception took away, of one
// rule or of all, exceptions no longer count: nobody hides a sentence behind many quotations.
constexpr std::size_t kExceptedMax = 64;
constexpr std::size_t kExceptedOfAllMax = 192;
constexpr std::size_t kFindingsOfOneRuleMax = 8;

StringPiece piece(std::string_view text) { return {text.data(), text.size()}; }

// One text in one form, with what is worked out about it only when asked for.
class View {
 public:
  explicit View(Folded folded) : folded_(std::move(folded)) {}

  std::string_view text() const { return folded_.text(); }
  const Folded& folded() const { return folded_; }
  const Passages& passages() {
    if (!passages_) passages_.emplace(folded_.text());
    return *passages_;
  }

 private:
  Folded folded_;
  std::optional<Passages> passages_;
};

std::string_view slice(std::string_view text, std::size_t start, std::size_t end) {
  return start < end ? text.substr(start, end - start) : std::string_view();
}

bool frame_holds(const CompiledFrame& compiled, View& view, Range match) {
  const Frame& frame = *compiled.frame;
  const std::string_view text = view.text();
  const Range quotation = view.passages().quotation(match);
  if (frame.quoted && quotation.end == 0) return false;
  if (frame.quoted && compiled.patterns.empty()) return true;
  const Range sentence = view.passages().sentence(match);
  // In a quotation the frame's words stand outside the quotation marks.
  const Range core = frame.quoted ? quotation : match;
  const std::string_view before = slice(text, sentence.start, core.start);
  const std::string_view after = slice(text, core.end, sentence.end);
  switch (frame.scope) {
    case FrameScope::before:
      return any_in(compiled.patterns, before);
    case FrameScope::after:
      return any_in(compiled.patterns, after);
    case FrameScope::inside:
      return any_in(compiled.patterns, slice(text, match.start, match.end));
    case FrameScope::sentence:
      if (frame.quoted) {
        return any_in(compiled.patterns, before) || any_in(compiled.patterns, after);
      }
      return any_in(compiled.patterns, slice(text, sentence.start, sentence.end));
    case FrameScope::message:
      return any_in(compiled.patterns, text);
  }
  return false;
}

bool excepted(const CompiledRule& rule, View& view, Range match) {
  if (!rule.unless.empty()) {
    const Range sentence = view.passages().sentence(match);
    if (any_in(rule.unless, slice(view.text(), sentence.start, sentence.end))) return true;
  }
  return std::any_of(rule.frames.begin(), rule.frames.end(),
                     [&](const CompiledFrame* frame) { return frame_holds(*frame, view, match); });
}

bool allowed_by_message(const CompiledRule& rule, std::string_view text) {
  for (const auto& pattern : rule.requires_all) {
    if (!pattern.is_in(text)) return false;
  }
  return !any_in(rule.unless_message, text);
}

// What one rule has found in a message so far, and what was worked out about it.
struct RuleWork {
  std::vector<Range> hits;
  std::optional<bool> allowed;
  std::size_t excepted_count = 0;
};

// Collects the ranges that a rule's patterns and phrases mark, at most kFindingsOfOneRuleMax,
// leaving out what the rule does not hold for.
class Hits {
 public:
  Hits(const CompiledRule& rule, View& view, RuleWork& work, std::size_t& excepted_of_all)
      : rule_(rule), view_(view), work_(work), excepted_of_all_(excepted_of_all) {}

  bool is_full() const {
    return work_.hits.size() >= kFindingsOfOneRuleMax || work_.allowed == false;
  }

  void offer(Range match) {
    if (!rule_.rule->validator.empty() &&
        !validate(rule_.rule->validator, slice(view_.text(), match.start, match.end))) {
      return;
    }
    if (!work_.allowed) work_.allowed = allowed_by_message(rule_, view_.text());
    if (!*work_.allowed) return;
    const bool asks = work_.excepted_count < kExceptedMax && excepted_of_all_ < kExceptedOfAllMax;
    if (asks && excepted(rule_, view_, match)) {
      ++work_.excepted_count;
      ++excepted_of_all_;
    } else {
      work_.hits.push_back(match);
    }
  }

 private:
  const CompiledRule& rule_;
  View& view_;
  RuleWork& work_;
  std::size_t& excepted_of_all_;
};

void find_pattern(const RE2& pattern, int span_group, View& view, Hits& hits) {
  const std::string_view text = view.text();
  std::vector<StringPiece> groups(static_cast<std::size_t>(span_group) + 1);
  std::size_t at = 0;
  while (at < text.size() && !hits.is_full()) {
    if (!pattern.Match(piece(text), at, text.size(), RE2::UNANCHORED, groups.data(),
                       span_group + 1)) {
      break;
    }
    const StringPiece whole = groups[0];
    const auto offset = [&](const StringPiece& p) {
      return static_cast<std::size_t>(p.data() - text.data());
    };
    at = std::max(offset(whole) + whole.size(), at + 1);
    // A span group that took no part in this match leaves the whole of it marked.
    const StringPiece marked = groups.back().data() == nullptr ? whole : groups.back();
    if (!marked.empty()) hits.offer({offset(marked), offset(marked) + marked.size()});
  }
}

void find_phrase(const Phrase& phrase, WordRange sentence, TaggedText& tagged, Hits& hits) {
  std::size_t at = sentence.start;
  while (at < sentence.end && !hits.is_full()) {
    const std::size_t end = phrase.can_begin(tagged.marks, at)
                                ? phrase.match(tagged.marks, sentence, at, tagged.scratch)
                                : 0;
    if (end == 0) {
      ++at;
      continue;
    }
    hits.offer({tagged.words[at].start, tagged.words[end - 1].end});
    at = end;
  }
}

Finding make_finding(const Rule& rule, const Folded& folded, Range range) {
  Finding f;
  f.rule = rule.id;
  f.category = rule.category;
  f.severity = rule.severity;
  f.start = folded.original_start(range.start);
  f.end = folded.original_end(range.end - 1);
  f.standard = rule.standard;
  f.secondary_standards = rule.secondary_standards;
  f.message = rule.message;
  f.advice = rule.advice;
  f.alert = rule.alert;
  f.alert_level = rule.alert_level;
  return f;
}

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

bool applies(const Rule& rule, const Context& context) {
  const auto& classes = rule.group_classes;
  if (!classes.empty() &&
      std::find(classes.begin(), classes.end(), context.group_class) == classes.end()) {
    return false;
  }
  if (!rule.content.empty() &&
      std::find(rule.content.begin(), rule.content.end(), context.kind) == rule.content.end()) {
    return false;
  }
  const auto here = rule.severity_in.find(context.group_class);
  return here == rule.severity_in.end() || here->second.has_value();
}

Severity severity_in(const Rule& rule, const Context& context) {
  const auto here = rule.severity_in.find(context.group_class);
  return here == rule.severity_in.end() ? rule.severity : here->second.value_or(rule.severity);
}

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

std::vector<int> Engine::State::candidates(std::string_view folded) const {
  std::vector<int> found;
  if (atoms) {
    std::vector<int> words;
    RE2::Set::ErrorInfo info{RE2::Set::kNoError};
    const bool any = atoms->Match(piece(folded), &words, &info);
    if (!any && info.kind != RE2::Set::kNoError) {
      // The one pass ran out of memory: run every pattern rather than miss one.
      for (int i = 0; i < filter.NumRegexps(); ++i) found.push_back(i);
      return found;
    }
    filter.AllPotentials(words, &found);
  } else {
    for (int i = 0; i < filter.NumRegexps(); ++i) found.push_back(i);
  }
  std::sort(found.begin(), found.end());
  return found;
}

Folded Engine::State::plain(std::string_view text) const {
  return disguises.undo(fold(text, Form::folded));
}

// One text being judged: what its patterns and phrases find becomes findings.
struct Engine::State::Judging {
  const State& state;
  const Context& context;
  std::optional<std::size_t> only;       // this rule and no other, in any class of group
  std::map<std::size_t, RuleWork> work;  // by rule; few rules find anything
  std::size_t excepted_of_all = 0;
  MessageFeatures* features = nullptr;

  bool is_wanted(std::size_t rule) const {
    if (only) return rule == *only;
    return applies(state.set.rules[rule], context);
  }
  Hits hits_of(std::size_t rule, View& view) {
    return {state.rules[rule], view, work[rule], excepted_of_all};
  }
  void run_patterns(View& folded, std::optional<View>& cased, std::string_view text) {
    const bool has_digit = folded.text().find_first_of("0123456789") != std::string_view::npos;
    for (const int number : state.candidates(folded.text())) {
      const MainPattern& main = state.patterns[static_cast<std::size_t>(number)];
      if (!is_wanted(main.rule)) continue;
      if (!has_digit && state.set.rules[main.rule].digits) continue;
      const bool is_cased = state.set.rules[main.rule].form == Form::cased;
      if (is_cased && !cased) cased.emplace(fold(text, Form::cased));
      View& view = is_cased ? *cased : folded;
      Hits hits = hits_of(main.rule, view);
      find_pattern(state.filter.GetRE2(number), main.span_group, view, hits);
    }
  }
  void run_phrases(View& folded) {
    TaggedText tagged;
    state.tagger.tag(folded.text(), context.conversation, tagged, &features->named);
    for (const WordRange sentence : tagged.sentences) {
      Tagger::present(tagged.marks, sentence, tagged.present);
      state.phrases.candidates(tagged.present.set, tagged.present.list, tagged.candidates);
      for (const std::uint32_t number : tagged.candidates) {
        const std::size_t rule = state.phrase_rules[number];
        if (!is_wanted(rule)) continue;
        Hits hits = hits_of(rule, folded);
        find_phrase(state.phrases.phrase(number), sentence, tagged, hits);
      }
    }
  }
  // Keeps the hits of rules that ask for more than words only where the conversation has it.
  void ask_conversation(const View& folded) {
    const Conversation* talk = context.conversation;
    if (talk != nullptr && !talk->salt.empty() && has_withheld_drafts(*talk)) {
      features->shingles = shingles_of(folded.text(), talk->salt);
    }
    for (const std::size_t number : state.talk_rules) {
      const CompiledCondition& condition = state.rules[number].talk;
      const auto found = work.find(number);
      const bool hit = found != work.end() && !found->second.hits.empty();
      if (hit && talk != nullptr) features->in_kind.push_back(condition.rule);
      const bool holds = talk != nullptr && is_wanted(number) && (hit || !condition.needs_hits()) &&
                         condition.holds(*talk, features->shingles);
      if (hit && !holds) found->second.hits.clear();
      const std::size_t size = folded.text().size();
      if (holds && !condition.needs_hits() && size > 0) work[number].hits = {{0, size}};
    }
  }
  std::vector<Finding> findings(const View& folded, const std::optional<View>& cased) const {
    std::vector<Finding> out;
    for (const auto& [number, done] : work) {
      const Rule& rule = state.set.rules[number];
      const View& view = rule.form == Form::cased && cased ? *cased : folded;
      for (const Range range : done.hits) {
        out.push_back(make_finding(rule, view.folded(), range));
        out.back().severity = severity_in(rule, context);
        out.back().of_conversation = rule.talk.kind != TalkCondition::Kind::none;
      }
    }
    return out;
  }
};

std::vector<Finding> Engine::State::collect(std::string_view text, const Context& context,
                                            std::optional<std::size_t> only,
                                            MessageFeatures& features) const {
  Judging judging{*this, context, only, {}, 0, &features};
  View folded(plain(text));
  std::optional<View> cased;
  judging.run_phrases(folded);
  judging.run_patterns(folded, cased, text);
  if (!talk_rules.empty()) judging.ask_conversation(folded);
  std::vector<Finding> found = judging.findings(folded, cased);
  settle(found);
  // A draft that is not delivered leaves a sketch of itself, so that the next can be compared.
  if (context.conversation == nullptr || context.conversation->salt.empty() ||
      verdict_of(found) == Verdict::release) {
    features.shingles.clear();
  } else if (features.shingles.empty()) {
    features.shingles = shingles_of(folded.text(), context.conversation->salt);
  }
  return found;
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

const Rule* Engine::find_rule(std::string_view id) const {
  const auto found = state_->by_id.find(id);
  return found == state_->by_id.end() ? nullptr : &state_->set.rules[found->second];
}

}  // namespace candour::policy
