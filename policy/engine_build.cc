#include <utility>

#include "policy/engine_state.h"
#include "policy/identifier.h"

namespace candour::policy {
namespace {

constexpr int kPatternMemoryBytes = 4 * 1024 * 1024;
constexpr int kAtomMemoryBytes = 8 * 1024 * 1024;

RE2::Options options(int memory_bytes) {
  RE2::Options o;
  o.set_log_errors(false);
  o.set_max_mem(memory_bytes);
  return o;
}

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
  CANDOUR_TRY(finish_phrases());
  return add_atoms();
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
    }
  }
  return ok();
}

// No word becomes a tag of a phrase after this. How often a tag stands in the pack's own examples
// says how well a phrase is found by it.
Status Engine::State::finish_phrases() {
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
  count_tags(counts);
  tagger.finish(counts);
  phrases.finish(counts);
  return ok();
}

// A pack without examples (a compiled one) says what was counted when it had them.
void Engine::State::count_tags(std::vector<std::size_t>& counts) {
  const Lexicon& lexicon = tagger.lexicon();
  for (const auto& [name, number] : set.tag_counts) {
    if (const Tag* tag = lexicon.find_tag(name)) counts[*tag] = number;
  }
  if (!set.tag_counts.empty()) return;
  TaggedText tagged;
  const auto count = [&](const std::string& example) {
    const Folded folded = fold(example, Form::folded);
    tagger.tag(folded.text(), nullptr, tagged);
    for (const WordRange sentence : tagged.sentences) {
      Tagger::present(tagged.marks, sentence, tagged.present);
      for (const Tag tag : tagged.present.list) ++counts[tag];
    }
  };
  for (const Rule& rule : set.rules) {
    for (const std::string& example : rule.matches) count(example);
    for (const std::string& example : rule.passes) count(example);
  }
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] == 0) continue;
    set.tag_counts.emplace_back(lexicon.tag_name(static_cast<Tag>(i)),
                                static_cast<std::uint32_t>(counts[i]));
  }
}

Status Engine::State::add_frames() {
  for (const Frame& frame : set.frames) {
    const std::string owner = frame.where + ": frame " + frame.name;
    auto compiled = std::make_unique<CompiledFrame>();
    compiled->frame = &frame;
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
    int id = 0;
    const RE2::ErrorCode code = filter.Add(source, options(kPatternMemoryBytes), &id);
    if (code != RE2::NoError) {
      const RE2 again(source, options(kPatternMemoryBytes));
      return invalid(owner_of(rule), "pattern '" + source + "' does not compile: " + again.error());
    }
    const RE2& pattern = filter.GetRE2(id);
    if (RE2::FullMatch("", pattern)) {
      return invalid(owner_of(rule), "pattern '" + source + "' matches nothing at all");
    }
    const auto& names = pattern.NamedCapturingGroups();
    const auto span = names.find("span");
    patterns.push_back({number, span == names.end() ? 0 : span->second});
  }
  return ok();
}

Status Engine::State::add_atoms() {
  if (patterns.empty()) return ok();
  std::vector<std::string> words;
  filter.Compile(&words);
  if (words.empty()) return ok();
  atoms.emplace(options(kAtomMemoryBytes), RE2::UNANCHORED);
  for (const std::string& word : words) {
    std::string reason;
    if (atoms->Add(RE2::QuoteMeta(word), &reason) < 0) {
      return error(ErrorCode::policy_invalid, "the words of all patterns: " + reason);
    }
  }
  if (!atoms->Compile()) {
    return error(ErrorCode::policy_invalid, "the words of all patterns do not fit into " +
                                                std::to_string(kAtomMemoryBytes) +
                                                " bytes; use fewer or shorter lists");
  }
  return ok();
}

}  // namespace candour::policy
