#include "policy/engine.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/assert.h"
#include "policy/engine_state.h"
#include "policy/fold.h"
#include "policy/identifier.h"

namespace candour::policy {
namespace {

using re2::StringPiece;

// Bounds of the work for one message. After this many matches that an exception took away, of one
// rule or of all, exceptions no longer count: nobody hides a sentence behind many quotations.
constexpr std::size_t kExceptedMax = 64;
constexpr std::size_t kExceptedOfAllMax = 192;
constexpr std::size_t kFindingsOfOneRuleMax = 8;

StringPiece piece(std::string_view text) { return {text.data(), text.size()}; }

bool any_found(const Patterns& patterns, std::string_view text) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const auto& pattern) { return RE2::PartialMatch(piece(text), *pattern); });
}

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
      return any_found(compiled.patterns, before);
    case FrameScope::after:
      return any_found(compiled.patterns, after);
    case FrameScope::inside:
      return any_found(compiled.patterns, slice(text, match.start, match.end));
    case FrameScope::sentence:
      if (frame.quoted) {
        return any_found(compiled.patterns, before) || any_found(compiled.patterns, after);
      }
      return any_found(compiled.patterns, slice(text, sentence.start, sentence.end));
    case FrameScope::message:
      return any_found(compiled.patterns, text);
  }
  return false;
}

bool excepted(const CompiledRule& rule, View& view, Range match) {
  if (!rule.unless.empty()) {
    const Range sentence = view.passages().sentence(match);
    if (any_found(rule.unless, slice(view.text(), sentence.start, sentence.end))) return true;
  }
  return std::any_of(rule.frames.begin(), rule.frames.end(),
                     [&](const CompiledFrame* frame) { return frame_holds(*frame, view, match); });
}

bool allowed_by_message(const CompiledRule& rule, std::string_view text) {
  for (const auto& pattern : rule.requires_all) {
    if (!RE2::PartialMatch(piece(text), *pattern)) return false;
  }
  return !any_found(rule.unless_message, text);
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
      } else if (finding.severity == Severity::notice && other.severity != Severity::notice) {
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
  return classes.empty() ||
         std::find(classes.begin(), classes.end(), context.group_class) != classes.end();
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
    state.tagger.tag(folded.text(), tagged);
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
  std::vector<Finding> findings(const View& folded, const std::optional<View>& cased) const {
    std::vector<Finding> out;
    for (const auto& [number, done] : work) {
      const Rule& rule = state.set.rules[number];
      const View& view = rule.form == Form::cased && cased ? *cased : folded;
      for (const Range range : done.hits) out.push_back(make_finding(rule, view.folded(), range));
    }
    return out;
  }
};

std::vector<Finding> Engine::State::collect(std::string_view text, const Context& context,
                                            std::optional<std::size_t> only) const {
  Judging judging{*this, context, only, {}, 0};
  View folded(plain(text));
  std::optional<View> cased;
  judging.run_phrases(folded);
  judging.run_patterns(folded, cased, text);
  return judging.findings(folded, cased);
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
  judgement.findings = state_->collect(text, context, std::nullopt);
  settle(judgement.findings);
  for (const Finding& finding : judgement.findings) {
    if (finding.severity == Severity::block) judgement.verdict = Verdict::block;
    if (finding.severity == Severity::warn && judgement.verdict == Verdict::release) {
      judgement.verdict = Verdict::warn;
    }
    judgement.alert = judgement.alert || finding.alert;
  }
  return judgement;
}

bool Engine::hits(const Rule& rule, std::string_view text) const {
  const auto found = state_->by_id.find(rule.id);
  CANDOUR_ASSERT(found != state_->by_id.end());
  return !state_->collect(text, {}, found->second).empty();
}

Status Engine::check_examples() const {
  for (const Rule& rule : state_->set.rules) {
    const std::string owner = rule.where + ": rule " + rule.id;
    for (const std::string& example : rule.matches) {
      if (!hits(rule, example)) {
        return error(ErrorCode::policy_invalid,
                     owner + ": its example under 'matches' gives no finding: \"" + example + "\"");
      }
    }
    for (const std::string& example : rule.passes) {
      if (hits(rule, example)) {
        return error(ErrorCode::policy_invalid,
                     owner + ": its example under 'passes' gives a finding: \"" + example + "\"");
      }
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
