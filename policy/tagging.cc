#include "policy/tagging.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "policy/inflection.h"

namespace candour::policy {
namespace {

// A run of words without an end is cut, so that work on a sentence is bounded.
constexpr std::size_t kSentenceWordsMax = 256;
// How many words back a pronoun may reach for the group it stands for.
constexpr std::size_t kReferenceReachMax = 60;
// How old the message before may be that named it.
constexpr std::uint64_t kReferenceAgeMaxMs = 15 * 60'000;

constexpr std::string_view kNumberTag = "number";
constexpr std::string_view kGapStopTag = "gap.stop";

Error invalid(const std::string& owner, const std::string& what) {
  return error(ErrorCode::policy_invalid, owner + ": " + what);
}

// The tag and those before its dots: a.b.c, a.b, a.
Result<std::vector<Tag>> with_parents(Lexicon& lexicon, const std::string& name) {
  std::vector<Tag> out;
  for (std::size_t end = name.size(); end != std::string::npos && end != 0;
       end = name.rfind('.', end - 1)) {
    CANDOUR_TRY(const Tag tag, lexicon.tag(name.substr(0, end)));
    out.push_back(tag);
  }
  return out;
}

bool is_number(std::string_view word) {
  return std::all_of(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::size_t PhraseIndex::add(Phrase phrase) {
  phrases_.push_back(std::move(phrase));
  return phrases_.size() - 1;
}

void PhraseIndex::finish(const std::vector<std::size_t>& counts) {
  const auto weight = [&](const TagSet& set) {
    std::size_t sum = 0;
    for (const Tag tag : set.list()) sum += 1 + (tag < counts.size() ? 50 * counts[tag] : 0);
    return sum;
  };
  std::vector<std::vector<std::uint32_t>> by_tag;
  sets_from_ = {0};
  bits_from_ = {0};
  bits_.clear();
  for (std::uint32_t i = 0; i < phrases_.size(); ++i) {
    const auto& sets = phrases_[i].required();
    const auto rarest =
        std::min_element(sets.begin(), sets.end(),
                         [&](const auto& a, const auto& b) { return weight(a) < weight(b); });
    for (const Tag tag : rarest->list()) {
      if (by_tag.size() <= tag) by_tag.resize(tag + 1u);
      by_tag[tag].push_back(i);
    }
    for (auto set = sets.begin(); set != sets.end(); ++set) {
      if (set == rarest) continue;
      for (std::uint32_t index = 0; index * 64 < Lexicon::kTagsMax; ++index) {
        if (set->bits(index) != 0) bits_.push_back({index, set->bits(index)});
      }
      bits_from_.push_back(static_cast<std::uint32_t>(bits_.size()));
    }
    sets_from_.push_back(static_cast<std::uint32_t>(bits_from_.size() - 1));
  }
  by_tag_.clear();
  by_tag_from_ = {0};
  for (const auto& numbers : by_tag) {
    by_tag_.insert(by_tag_.end(), numbers.begin(), numbers.end());
    by_tag_from_.push_back(static_cast<std::uint32_t>(by_tag_.size()));
  }
}

bool PhraseIndex::is_met(std::uint32_t number, const TagSet& present) const {
  for (std::uint32_t set = sets_from_[number]; set < sets_from_[number + 1]; ++set) {
    bool met = false;
    for (std::uint32_t i = bits_from_[set]; i < bits_from_[set + 1] && !met; ++i) {
      met = (present.bits(bits_[i].index) & bits_[i].bits) != 0;
    }
    if (!met) return false;
  }
  return true;
}

void PhraseIndex::candidates(const TagSet& present, const std::vector<Tag>& listed,
                             std::vector<std::uint32_t>& out) const {
  out.clear();
  for (const Tag tag : listed) {
    if (tag + 1u >= by_tag_from_.size()) continue;
    for (std::uint32_t i = by_tag_from_[tag]; i < by_tag_from_[tag + 1u]; ++i) {
      if (is_met(by_tag_[i], present)) out.push_back(by_tag_[i]);
    }
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
}

void TaggedText::wipe() {
  candour::wipe(numbers.data(), numbers.size() * sizeof(numbers[0]));
  candour::wipe(words.data(), words.size() * sizeof(words[0]));
  candour::wipe(candidates.data(), candidates.size() * sizeof(candidates[0]));
  numbers.clear();
  words.clear();
  candidates.clear();
  sentences.clear();
  marks.wipe();
  present.clear();
}

Status Tagger::build(const RuleSet& rules) {
  CANDOUR_TRY(number_, lexicon_.tag(kNumberTag));
  CANDOUR_TRY(gap_stop_, lexicon_.tag(kGapStopTag));
  made_.add(number_);
  made_.add(gap_stop_);
  CANDOUR_TRY(add_words(rules));
  CANDOUR_TRY(add_compounds(rules));
  return add_references(rules);
}

Status Tagger::add_words(const RuleSet& rules) {
  for (const WordList& list : rules.words) {
    const std::string owner = list.where + ": words " + list.tag;
    CANDOUR_TRY(const std::vector<Tag> tags, with_parents(lexicon_, list.tag));
    for (const Tag tag : tags) made_.add(tag);
    for (const std::string& entry : list.entries) {
      const auto forms = forms_of(entry, rules.verbs);
      if (!forms) return invalid(owner, forms.error().message);
      for (const WordForm& form : forms.value()) {
        std::vector<Tag> all = tags;
        if (!form.form.empty()) {
          CANDOUR_TRY(const Tag tag, lexicon_.tag(list.tag + "." + form.form));
          made_.add(tag);
          all.push_back(tag);
        }
        for (const Tag tag : all) {
          const Status added = lexicon_.add(form.text, tag);
          if (!added) return invalid(owner, added.error().message);
        }
      }
    }
  }
  for (const std::string& word : rules.known) lexicon_.add_known(word);
  return ok();
}

Result<Phrase> Tagger::compile(const std::string& source, const PatternLists& fragments,
                               const std::string& owner) {
  auto phrase = Phrase::compile(source, fragments, lexicon_);
  if (!phrase) return invalid(owner, "phrase '" + source + "': " + phrase.error().message);
  return phrase;
}

Status Tagger::check_names(const Phrase& phrase, const std::string& owner) const {
  for (const std::string& name : phrase.named_tags()) {
    const Tag* tag = lexicon_.find_tag(name);
    if (tag == nullptr || !made_.has(*tag)) {
      return invalid(owner, "no word carries the tag '" + name + "'");
    }
  }
  return ok();
}

Status Tagger::add_compounds(const RuleSet& rules) {
  for (const Compound& compound : rules.compounds) {
    const std::string owner = compound.where + ": compound " + compound.tag;
    CANDOUR_TRY(const std::vector<Tag> tags, with_parents(lexicon_, compound.tag));
    for (const std::string& source : compound.phrases) {
      CANDOUR_TRY(Phrase phrase, compile(source, rules.fragments, owner));
      CANDOUR_TRY(check_names(phrase, owner));
      compounds_.add(std::move(phrase));
      compound_tags_.push_back(tags);
    }
    for (const Tag tag : tags) made_.add(tag);
  }
  return ok();
}

Status Tagger::add_references(const RuleSet& rules) {
  for (const Reference& reference : rules.references) {
    const std::string owner = reference.where + ": reference " + reference.words;
    CompiledReference compiled;
    const auto known = [&](const std::string& name) -> Result<Tag> {
      const Tag* tag = lexicon_.find_tag(name);
      if (tag == nullptr || !made_.has(*tag)) {
        return invalid(owner, "no word carries the tag '" + name + "'");
      }
      return *tag;
    };
    CANDOUR_TRY(compiled.words, known(reference.words));
    compiled.name = name_hash(reference.words);
    compiled.messages = reference.messages;
    for (const std::string& name : reference.to) {
      CANDOUR_TRY(const Tag tag, known(name));
      compiled.to.add(tag);
      compiled.names.emplace_back(name_hash(name), tag);
    }
    for (const std::string& name : reference.blocked_by) {
      CANDOUR_TRY(const Tag tag, known(name));
      compiled.blocked_by.add(tag);
    }
    for (const TagSet* set : {&compiled.to, &compiled.blocked_by}) {
      for (const Tag tag : set->list()) compiled.any.add(tag);
    }
    compiled.any.add(compiled.words);
    references_.push_back(std::move(compiled));
  }
  return ok();
}

void Tagger::tag(std::string_view text, const Conversation* talk, TaggedText& out,
                 std::vector<NamedGroup>* named) const {
  split_words(text, out.words);
  cut_sentences(out);
  mark_words(text, out);
  for (const WordRange sentence : out.sentences) mark_compounds(sentence, out);
  for (const CompiledReference& reference : references_) {
    mark_reference(reference, talk, out, named);
  }
}

void Tagger::cut_sentences(TaggedText& out) {
  out.sentences.clear();
  std::size_t start = 0;
  for (std::size_t i = 1; i <= out.words.size(); ++i) {
    const bool ends = i == out.words.size() || out.words[i].stop_before;
    if (!ends && i - start < kSentenceWordsMax) continue;
    out.sentences.push_back({start, i});
    start = i;
  }
}

void Tagger::mark_words(std::string_view text, TaggedText& out) const {
  out.marks.reset(out.words.size());
  out.numbers.clear();
  for (const Word& word : out.words) {
    out.numbers.push_back(lexicon_.find(text.substr(word.start, word.end - word.start)));
  }
  for (std::size_t i = 0; i < out.words.size(); ++i) {
    const Word& word = out.words[i];
    if (out.numbers[i] == Lexicon::kUnknown) {
      if (is_number(text.substr(word.start, word.end - word.start))) {
        out.marks.add(i, number_, i + 1);
      }
      continue;
    }
    std::uint32_t node = lexicon_.root(out.numbers[i]);
    for (std::size_t end = i + 1; node != 0; ++end) {
      for (const Tag tag : lexicon_.tags(node)) {
        out.marks.add(i, tag, end);
        if (tag == gap_stop_ && end == i + 1) out.marks.set_stop(i);
      }
      if (!lexicon_.goes_on(node) || end == out.words.size() || out.words[end].stop_before ||
          out.numbers[end] == Lexicon::kUnknown) {
        break;
      }
      node = lexicon_.step(node, out.numbers[end]);
    }
  }
}

void Tagger::present(const Marks& marks, WordRange sentence, PresentTags& out) {
  out.clear();
  for (std::size_t word = sentence.start; word < sentence.end; ++word) {
    for (std::uint32_t i = marks.begin(word); i != 0; i = marks.mark(i).next) {
      out.add(marks.mark(i).tag);
    }
  }
}

void Tagger::mark_compounds(WordRange sentence, TaggedText& out) const {
  if (compounds_.size() == 0) return;
  PresentTags& tags = out.present;
  present(out.marks, sentence, tags);
  // Compounds may stand on compounds before them: each pass offers what the last one made.
  std::size_t last = 0;
  for (int pass = 0; pass < 3; ++pass) {
    const std::size_t known = tags.list.size();
    compounds_.candidates(tags.set, tags.list, out.candidates);
    for (const std::uint32_t number : out.candidates) {
      const Phrase& phrase = compounds_.phrase(number);
      for (std::size_t start = sentence.start; start < sentence.end; ++start) {
        if (!phrase.can_begin(out.marks, start)) continue;
        const std::size_t end = phrase.match(out.marks, sentence, start, out.scratch);
        if (end == 0) continue;
        for (const Tag tag : compound_tags_[number]) {
          bool there = false;
          for (std::uint32_t i = out.marks.begin(start); i != 0; i = out.marks.mark(i).next) {
            there = there || (out.marks.mark(i).tag == tag && out.marks.mark(i).end == end);
          }
          if (!there) out.marks.add(start, tag, end);
          tags.add(tag);
        }
      }
    }
    if (tags.list.size() == known || known == last) break;
    last = known;
  }
}

// What the messages before left the reference standing for, the newest that says so first.
std::vector<Tag> Tagger::named_before(const CompiledReference& reference,
                                      const Conversation* talk) {
  std::vector<Tag> out;
  if (talk == nullptr || talk->past == nullptr) return out;
  const auto& past = talk->past->messages();
  std::size_t left = reference.messages;
  for (std::size_t i = past.size(); i-- > 0 && left > 0;) {
    if (!past[i].delivered || past[i].features.kind == ContentKind::reaction) continue;
    if (past[i].time.value + kReferenceAgeMaxMs < talk->now.value) break;
    --left;
    for (const NamedGroup& group : past[i].features.named) {
      if (group.reference != reference.name) continue;
      for (const auto& [name, tag] : reference.names) {
        const auto& tags = group.tags;
        if (std::find(tags.begin(), tags.end(), name) != tags.end()) out.push_back(tag);
      }
      return out;
    }
  }
  return out;
}

void Tagger::remember_named(const CompiledReference& reference, const std::vector<Tag>& tags,
                            std::vector<NamedGroup>& named) const {
  NamedGroup group;
  group.reference = reference.name;
  for (const auto& [name, tag] : reference.names) {
    if (std::find(tags.begin(), tags.end(), tag) != tags.end()) group.tags.push_back(name);
  }
  named.push_back(std::move(group));
}

void Tagger::mark_reference(const CompiledReference& reference, const Conversation* talk,
                            TaggedText& out, std::vector<NamedGroup>* remembered) const {
  std::vector<Tag> named = named_before(reference, talk);  // the group that was named last
  std::size_t named_at = 0;
  std::size_t inside_until = 0;
  bool changed = false;
  std::vector<Tag>& here = out.here;
  for (std::size_t word = 0; word < out.words.size(); ++word) {
    here.clear();
    std::size_t here_end = 0;
    bool refers = false;
    bool blocked = false;
    for (std::uint32_t i = out.marks.begin(word); i != 0; i = out.marks.mark(i).next) {
      const Marks::Mark& mark = out.marks.mark(i);
      if (!reference.any.has(mark.tag)) continue;
      refers = refers || mark.tag == reference.words;
      blocked = blocked || reference.blocked_by.has(mark.tag);
      if (reference.to.has(mark.tag)) {
        here.push_back(mark.tag);
        here_end = std::max<std::size_t>(here_end, mark.end);
      }
    }
    if (!here.empty()) {
      named = here;
      named_at = word;
      inside_until = here_end;
      changed = true;
    } else if (blocked && word >= inside_until) {
      named.clear();
      changed = true;
    } else if (refers && !named.empty() && word - named_at <= kReferenceReachMax) {
      for (const Tag tag : named) out.marks.add(word, tag, word + 1);
      changed = true;
    }
  }
  if (changed && remembered != nullptr) remember_named(reference, named, *remembered);
}

}  // namespace candour::policy
