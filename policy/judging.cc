// The part of the engine that judges: from one text to the hits of rules.
#include <algorithm>
#include <map>
#include <utility>

#include "base/assert.h"
#include "policy/engine_state.h"
#include "policy/fold.h"
#include "policy/identifier.h"
#include "policy/shingles.h"

namespace candour::policy {
namespace {

// Bounds of the work for one message. After this many matches that an exception took away, of one
// rule or of all, exceptions no longer count: nobody hides a sentence behind many quotations.
constexpr std::size_t kExceptedMax = 64;
constexpr std::size_t kExceptedOfAllMax = 192;

// One text in one form, with what is worked out about it only when asked for.
class View {
 public:
  explicit View(Folded folded) : folded_(std::move(folded)) {}

  std::string_view text() const { return folded_.text(); }
  const Folded& folded() const { return folded_; }
  /// Whether the whole text has what the frame looks for; looked at once.
  bool message_has(const CompiledFrame& frame) {
    if (message_frames_.size() <= frame.number) message_frames_.resize(frame.number + 1);
    std::optional<bool>& known = message_frames_[frame.number];
    if (!known) known = any_in(frame.patterns, text());
    return *known;
  }
  /// More than capitals were changed.
  bool is_rewritten() const { return folded_.is_rewritten(); }
  const Passages& passages() {
    if (!passages_) passages_.emplace(folded_.text());
    return *passages_;
  }

 private:
  Folded folded_;
  std::optional<Passages> passages_;
  std::vector<std::optional<bool>> message_frames_;  // by number of the frame
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
      return view.message_has(compiled);
  }
  return false;
}

// The name of what takes the offence out of a match; nothing when it stands.
const std::string* exception_of(const CompiledRule& rule, View& view, Range match) {
  static const std::string kUnless = "unless";
  if (!rule.unless.empty()) {
    const Range sentence = view.passages().sentence(match);
    if (any_in(rule.unless, slice(view.text(), sentence.start, sentence.end))) return &kUnless;
  }
  for (const CompiledFrame* frame : rule.frames) {
    if (frame_holds(*frame, view, match)) return &frame->frame->name;
  }
  return nullptr;
}

bool allowed_by_message(const CompiledRule& rule, std::string_view text) {
  for (const auto& pattern : rule.requires_all) {
    if (!pattern.is_in(text)) return false;
  }
  return !any_in(rule.unless_message, text);
}

// Collects the ranges that a rule's patterns and phrases mark, at most kFindingsOfOneRuleMax,
// leaving out what the rule does not hold for.
class Hits {
 public:
  using Allowed = RuleWork::Allowed;
  Hits(const CompiledRule& rule, View& view, RuleWork& work, std::size_t& excepted_of_all)
      : rule_(rule), view_(view), work_(work), excepted_of_all_(excepted_of_all) {}

  bool is_full() const {
    return work_.hit_count >= kFindingsOfOneRuleMax ||
           (work_.allowed == Allowed::no && trace_ == nullptr);
  }
  void trace_into(Trace& trace, const std::string& source, bool wanted) {
    trace_ = &trace;
    source_ = &source;
    wanted_ = wanted;
  }

  void offer(Range match) {
    if (!wanted_) return tell(match, MatchOutcome::other_context);
    if (!rule_.rule->validator.empty() &&
        !validate(rule_.rule->validator, slice(view_.text(), match.start, match.end))) {
      return tell(match, MatchOutcome::bad_check_digits, rule_.rule->validator);
    }
    if (work_.allowed == Allowed::unknown) {
      work_.allowed = allowed_by_message(rule_, view_.text()) ? Allowed::yes : Allowed::no;
    }
    if (work_.allowed == Allowed::no) return tell(match, MatchOutcome::not_allowed);
    const bool asks = work_.excepted_count < kExceptedMax && excepted_of_all_ < kExceptedOfAllMax;
    const std::string* exception = asks ? exception_of(rule_, view_, match) : nullptr;
    if (exception != nullptr) {
      ++work_.excepted_count;
      ++excepted_of_all_;
      return tell(match, MatchOutcome::excepted, *exception);
    }
    work_.hits[work_.hit_count++] = match;
    tell(match, MatchOutcome::hit);
  }

 private:
  void tell(Range match, MatchOutcome outcome, const std::string& detail = {}) {
    if (trace_ == nullptr) return;
    trace_->matches.push_back({rule_.rule->id, *source_, view_.folded().original_start(match.start),
                               view_.folded().original_end(match.end - 1), outcome, detail});
  }

  const CompiledRule& rule_;
  View& view_;
  RuleWork& work_;
  std::size_t& excepted_of_all_;
  Trace* trace_ = nullptr;
  const std::string* source_ = nullptr;
  bool wanted_ = true;
};

void find_pattern(const Pattern& pattern, std::string_view text, Hits& hits) {
  PatternMatch match;
  std::size_t at = 0;
  while (at < text.size() && !hits.is_full() && pattern.find(text, at, match)) {
    at = std::max(match.whole.end, at + 1);
    if (match.marked.start < match.marked.end) hits.offer(match.marked);
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

}  // namespace

Folded Engine::State::plain(std::string_view text) const {
  return disguises.undo(fold(text, Form::folded));
}

void Scratch::begin(std::size_t rules) {
  CANDOUR_ASSERT(touched.empty());
  if (work.size() < rules) work.resize(rules);
  wanted.assign(rules, 0);
}

void Scratch::wipe() {
  tagged.wipe();
  literals.reset(0);
  candour::wipe(candidates.data(), candidates.size() * sizeof(candidates[0]));
  candidates.clear();
  for (const std::uint32_t rule : touched) work[rule] = {};
  touched.clear();
}

// One text being judged: what its patterns and phrases find becomes findings.
struct Engine::State::Judging {
  const State& state;
  const Context& context;
  Scratch& scratch;
  MessageFeatures& features;
  Trace* trace = nullptr;
  std::size_t excepted_of_all = 0;

  void choose(std::optional<std::size_t> only) {
    scratch.begin(state.rules.size());
    if (only) {
      scratch.wanted[*only] = 1;
      return;
    }
    for (std::size_t i = 0; i < state.rules.size(); ++i) {
      scratch.wanted[i] = applies(state.set.rules[i], context) ? 1 : 0;
    }
  }
  Hits hits_of(std::size_t rule, View& view, const std::string& source) {
    Hits hits(state.rules[rule], view, scratch.work_of(rule), excepted_of_all);
    if (trace != nullptr) hits.trace_into(*trace, source, scratch.wanted[rule] != 0);
    return hits;
  }
  bool skips(std::size_t rule) const { return scratch.wanted[rule] == 0 && trace == nullptr; }

  void run_patterns(View& folded, std::optional<View>& cased, std::string_view text) {
    if (state.patterns.size() == 0) return;
    state.patterns.begin(scratch.literals);
    state.patterns.scan(folded.text(), scratch.literals);
    // Patterns that see capitals see the text as it was written, so its own literals count too.
    if (state.has_cased && folded.is_rewritten()) {
      cased.emplace(fold(text, Form::cased));
      state.patterns.scan(fold(cased->text(), Form::folded).text(), scratch.literals);
    }
    state.patterns.candidates(scratch.literals, scratch.candidates);
    for (const std::uint32_t number : scratch.candidates) {
      const std::size_t rule = state.pattern_rules[number];
      if (skips(rule)) continue;
      const bool is_cased = state.set.rules[rule].form == Form::cased;
      if (is_cased && !cased) cased.emplace(fold(text, Form::cased));
      View& view = is_cased ? *cased : folded;
      Hits hits = hits_of(rule, view, state.pattern_sources[number]);
      find_pattern(state.patterns.pattern(number), view.text(), hits);
    }
  }
  void run_phrases(View& folded) {
    TaggedText& tagged = scratch.tagged;
    state.tagger.tag(folded.text(), context.conversation, tagged, &features.named);
    for (const WordRange sentence : tagged.sentences) {
      Tagger::present(tagged.marks, sentence, tagged.present);
      state.phrases.candidates(tagged.present.set, tagged.present.list, tagged.candidates);
      for (const std::uint32_t number : tagged.candidates) {
        const std::size_t rule = state.phrase_rules[number];
        if (skips(rule)) continue;
        Hits hits = hits_of(rule, folded, state.phrase_sources[number]);
        find_phrase(state.phrases.phrase(number), sentence, tagged, hits);
      }
    }
  }
  // Keeps the hits of rules that ask for more than words only where the conversation has it.
  void ask_conversation(const View& folded) {
    const Conversation* talk = context.conversation;
    if (talk != nullptr && !talk->salt.empty() && has_withheld_drafts(*talk)) {
      features.shingles = shingles_of(folded.text(), talk->salt);
    }
    for (const std::size_t number : state.talk_rules) {
      const CompiledCondition& condition = state.rules[number].talk;
      RuleWork& work = scratch.work_of(number);
      const bool hit = work.hit_count != 0;
      if (hit && talk != nullptr) features.in_kind.push_back(condition.rule);
      const bool holds = talk != nullptr && scratch.wanted[number] != 0 &&
                         (hit || !condition.needs_hits()) &&
                         condition.holds(*talk, features.shingles);
      if (!holds) work.hit_count = 0;
      const std::size_t size = folded.text().size();
      if (holds && !condition.needs_hits() && size > 0) {
        work.hits[0] = {0, size};
        work.hit_count = 1;
      }
      if (hit && !holds && trace != nullptr) lose_hits(state.set.rules[number].id);
    }
  }
  void lose_hits(const std::string& rule) const {
    for (TracedMatch& match : trace->matches) {
      if (match.rule == rule && match.outcome == MatchOutcome::hit) {
        match.outcome = MatchOutcome::no_conversation;
      }
    }
  }
  std::vector<Finding> findings(const View& folded, const std::optional<View>& cased) const {
    std::vector<Finding> out;
    for (const std::uint32_t number : scratch.touched) {
      const RuleWork& work = scratch.work[number];
      const Rule& rule = state.set.rules[number];
      const View& view = rule.form == Form::cased && cased ? *cased : folded;
      for (std::size_t i = 0; i < work.hit_count; ++i) {
        out.push_back(make_finding(rule, view.folded(), work.hits[i]));
        out.back().severity = severity_in(rule, context);
        out.back().of_conversation = rule.talk.kind != TalkCondition::Kind::none;
      }
    }
    return out;
  }
  void trace_words(const View& folded) const {
    const TaggedText& tagged = scratch.tagged;
    for (std::size_t word = 0; word < tagged.words.size(); ++word) {
      std::map<std::uint32_t, std::vector<std::string>> by_end;
      for (std::uint32_t i = tagged.marks.begin(word); i != 0; i = tagged.marks.mark(i).next) {
        const Marks::Mark& mark = tagged.marks.mark(i);
        by_end[mark.end].push_back(state.tagger.lexicon().tag_name(mark.tag));
      }
      for (auto& [end, tags] : by_end) {
        trace->words.push_back({folded.folded().original_start(tagged.words[word].start),
                                folded.folded().original_end(tagged.words[end - 1].end - 1),
                                std::move(tags)});
      }
    }
  }
};

std::vector<Finding> Engine::State::collect(std::string_view text, const Context& context,
                                            std::optional<std::size_t> only,
                                            MessageFeatures& features, Trace* trace) const {
  thread_local Scratch scratch;
  Judging judging{*this, context, scratch, features, trace};
  judging.choose(only);
  View folded(plain(text));
  std::optional<View> cased;
  judging.run_phrases(folded);
  judging.run_patterns(folded, cased, text);
  if (!talk_rules.empty()) judging.ask_conversation(folded);
  std::vector<Finding> found = judging.findings(folded, cased);
  if (trace != nullptr) judging.trace_words(folded);
  scratch.wipe();
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

}  // namespace candour::policy
