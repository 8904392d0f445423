#include <utility>

#include "policy/engine_state.h"
#include "policy/identifier.h"

namespace candour::policy {
namespace {

Error invalid(const std::string& owner, const std::string& what) {
  return error(ErrorCode::policy_invalid, owner + ": " + what);
}

std::string owner_of(const Rule& rule) { return rule.where + ": rule " + rule.id; }

Result<Patterns> compile_all(const std::vector<std::string>& sources, const std::string& owner) {
  Patterns out;
  for (const std::string& source : sources) {
    auto pattern = Pattern::compile(source);
    if (!pattern) return invalid(owner, pattern.error().message);
    out.push_back(std::move(pattern).value());
  }
  return out;
}

}  // namespace

Status Engine::State::compile() {
  CANDOUR_TRY(tagger.build(set));
  CANDOUR_TRY(add_frames());
  rules.reserve(set.rules.size());
  for (std::size_t i = 0; i < set.rules.size(); ++i) {
    CANDOUR_TRY(add_rule(i));
  }
  CANDOUR_TRY(add_phrases());
  patterns.build();
  return finish_phrases();
}

Status Engine::State::add_phrases() {
  for (std::size_t number = 0; number < set.rules.size(); ++number) {
    const std::string owner = owner_of(set.rules[number]);
    if (!set.rules[number].phrases.empty() && set.rules[number].form == Form::cased) {
      return invalid(owner, "phrases see folded text only: 'form' must be folded");
    }
    for (const std::string& source : set.rules[number].phrases) {
      CANDOUR_TRY(Phrase phrase, tagger.compile(source, set.fragments, owner));
      CANDOUR_TRY(tagger.check_names(phrase, owner));
      phrases.add(std::move(phrase));
      phrase_rules.push_back(number);
      phrase_sources.push_back(source);
    }
  }
  return ok();
}

// No word becomes a tag of a phrase after this. How often a tag stands in the pack's own examples
// says how well a phrase is found by it.
Status Engine::State::finish_phrases() {
  tagger.finish_words();
  std::vector<std::size_t> counts(tagger.lexicon().tag_count(), 0);
  tagger.finish(counts);
  std::vector<Tag> targets;
  for (const std::string& name : set.disguised) {
    if (const Tag* tag = tagger.lexicon().find_tag(name)) targets.push_back(*tag);
  }
  disguises.build(tagger.lexicon(), targets);
  for (const auto& [written, meant] : set.spellings) {
    if (!disguises.add_spelling(written, meant)) {
      return error(ErrorCode::policy_invalid, "the spelling '" + written + "' is read as '" +
                                                  meant + "', which is no word of the pack");
    }
  }
  std::vector<std::uint32_t> literals;
  count_words(counts, literals);
  patterns.finish(literals);
  tagger.finish(counts);
  phrases.finish(counts);
  return ok();
}

// A pack without examples (a compiled one) says what was counted when it had them.
void Engine::State::count_words(std::vector<std::size_t>& tags,
                                std::vector<std::uint32_t>& literals) {
  const Lexicon& lexicon = tagger.lexicon();
  for (const auto& [name, number] : set.tag_counts) {
    if (const Tag* tag = lexicon.find_tag(name)) tags[*tag] = number;
  }
  literals = patterns.numbered(set.literal_counts);
  if (!set.tag_counts.empty() || !set.literal_counts.empty()) return;
  TaggedText tagged;
  const auto count = [&](const std::string& example) {
    const Folded folded = fold(example, Form::folded);
    patterns.count(folded.text(), literals);
    tagger.tag(folded.text(), nullptr, tagged);
    for (const WordRange sentence : tagged.sentences) {
      Tagger::present(tagged.marks, sentence, tagged.present);
      for (const Tag tag : tagged.present.list) ++tags[tag];
    }
  };
  for (const Rule& rule : set.rules) {
    for (const std::string& example : rule.matches) count(example);
    for (const std::string& example : rule.passes) count(example);
  }
  for (std::size_t i = 0; i < tags.size(); ++i) {
    if (tags[i] == 0) continue;
    set.tag_counts.emplace_back(lexicon.tag_name(static_cast<Tag>(i)),
                                static_cast<std::uint32_t>(tags[i]));
  }
  set.literal_counts = patterns.named(literals);
}

Status Engine::State::add_frames() {
  for (const Frame& frame : set.frames) {
    const std::string owner = frame.where + ": frame " + frame.name;
    auto compiled = std::make_unique<CompiledFrame>();
    compiled->frame = &frame;
    compiled->number = frames.size();
    CANDOUR_TRY(compiled->patterns, compile_all(frame.patterns, owner));
    if (frame.patterns.empty() && !frame.quoted) return invalid(owner, "it has no patterns");
    frames.push_back(std::move(compiled));
  }
  return ok();
}

Status Engine::State::add_rule(std::size_t number) {
  const Rule& rule = set.rules[number];
  const std::string owner = owner_of(rule);
  const auto [entry, is_new] = by_id.emplace(rule.id, number);
  if (!is_new) {
    return invalid(owner, "the id is already used at " + set.rules[entry->second].where);
  }
  CompiledRule compiled(rule);
  CANDOUR_TRY(compiled.requires_all, compile_all(rule.requires_all, owner));
  CANDOUR_TRY(compiled.unless, compile_all(rule.unless, owner));
  CANDOUR_TRY(compiled.unless_message, compile_all(rule.unless_message, owner));
  if (!rule.validator.empty() && !is_validator(rule.validator)) {
    return invalid(owner, "there is no validator named '" + rule.validator + "'");
  }
  for (const std::string& name : rule.frames) {
    const std::size_t before = compiled.frames.size();
    for (const auto& frame : frames) {  // frames may share a name: any of them excepts
      if (frame->frame->name == name) compiled.frames.push_back(frame.get());
    }
    if (compiled.frames.size() == before) {
      return invalid(owner, "there is no frame named '" + name + "'");
    }
  }
  if (compiled.talk.is_set()) talk_rules.push_back(number);
  rules.push_back(std::move(compiled));
  return add_patterns(number);
}

Status Engine::State::add_patterns(std::size_t number) {
  const Rule& rule = set.rules[number];
  const bool has_patterns = !rule.patterns.empty() || !rule.phrases.empty();
  if (!has_patterns && rule.talk.kind != TalkCondition::Kind::probing) {
    return invalid(owner_of(rule), "it has no patterns");
  }
  for (const std::string& source : rule.patterns) {
    const Status added = patterns.add(source, rule.form == Form::cased);
    if (!added) return invalid(owner_of(rule), added.error().message);
    if (patterns.pattern(patterns.size() - 1).matches_nothing()) {
      return invalid(owner_of(rule), "pattern '" + source + "' matches nothing at all");
    }
    pattern_rules.push_back(number);
    pattern_sources.push_back(source);
    has_cased = has_cased || rule.form == Form::cased;
  }
  return ok();
}

}  // namespace candour::policy
