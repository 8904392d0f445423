// Tagging: what the words of a text are, by the lexicon, by compound tags ("black" and then a word
// for people is a mention of a group) and by reference ("they" is the group named before).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "policy/conversation.h"
#include "policy/lexicon.h"
#include "policy/phrase.h"
#include "policy/rule.h"
#include "policy/words.h"

namespace candour::policy {

/// The tags of a sentence, as set and as list.
struct PresentTags {
  TagSet set;
  std::vector<Tag> list;
  void add(Tag tag) {
    if (set.has(tag)) return;
    set.add(tag);
    list.push_back(tag);
  }
  void clear() {
    set.clear(list);
    list.clear();
  }
};

/// One text with its words, sentences and marks. To be used again for the next text.
struct TaggedText {
  std::vector<Word> words;
  std::vector<std::uint32_t> numbers;  // of the words in the lexicon
  std::vector<WordRange> sentences;
  Marks marks;
  /// Forgets the text without leaving a trace of it; the memory stays for the next.
  void wipe();
  // Working memory.
  PhraseScratch scratch;
  PresentTags present;
  std::vector<std::uint32_t> candidates;
  std::vector<Tag> here;
};

/// Phrases found by what they cannot do without. Filled once, then immutable.
class PhraseIndex {
 public:
  /// Returns the phrase's number: 0, 1, 2 ...
  std::size_t add(Phrase phrase);
  std::size_t size() const { return phrases_.size(); }
  const Phrase& phrase(std::size_t number) const { return phrases_[number]; }
  /// Chooses for each phrase the set it is found by: the one that `counts`, by tag, has least of.
  void finish(const std::vector<std::size_t>& counts);
  /// Numbers, in order, of the phrases whose required tags all are in `present`, the set of
  /// `listed` tags.
  void candidates(const TagSet& present, const std::vector<Tag>& listed,
                  std::vector<std::uint32_t>& out) const;

 private:
  // 64 tags, one bit for each, that stand at `index` in a set.
  struct Bits {
    std::uint32_t index = 0;
    std::uint64_t bits = 0;
  };
  bool is_met(std::uint32_t number, const TagSet& present) const;

  std::vector<Phrase> phrases_;
  // Phrases by the tags they are found by: those of a tag from from_[tag] up to from_[tag + 1].
  std::vector<std::uint32_t> by_tag_from_;
  std::vector<std::uint32_t> by_tag_;
  // What else each phrase needs: sets (from_ by phrase) of bits (from_ by set).
  std::vector<std::uint32_t> sets_from_;
  std::vector<std::uint32_t> bits_from_;
  std::vector<Bits> bits_;
};

/// Immutable after build(), which reads the words, compounds and references of a rule set.
class Tagger {
 public:
  /// policy_invalid names place, entry or phrase.
  Status build(const RuleSet& rules);
  /// Compiles a rule's phrase; `owner` begins the message of an error.
  Result<Phrase> compile(const std::string& source, const PatternLists& fragments,
                         const std::string& owner);
  /// Every tag a phrase names must be some word's, some compound's, or built in.
  Status check_names(const Phrase& phrase, const std::string& owner) const;
  /// After the last compile().
  void finish(const std::vector<std::size_t>& counts) { compounds_.finish(counts); }
  /// After the last compile() and before the first tag().
  void finish_words() { lexicon_.finish(); }

  const Lexicon& lexicon() const { return lexicon_; }
  /// Marks the words of a folded text. With a conversation, words may stand for what was named in a
  /// message before, and `named` gets what this one leaves them standing for.
  void tag(std::string_view text, const Conversation* talk, TaggedText& out,
           std::vector<NamedGroup>* named = nullptr) const;
  /// The tags that stand in a sentence.
  static void present(const Marks& marks, WordRange sentence, PresentTags& out);

 private:
  struct CompiledReference {
    Tag words = 0;
    NameHash name = 0;
    std::size_t messages = 0;
    std::vector<std::pair<NameHash, Tag>> names;  // of `to`
    TagSet to;
    TagSet blocked_by;
    TagSet any;  // all of these
  };
  Status add_words(const RuleSet& rules);
  Status add_compounds(const RuleSet& rules);
  Status add_references(const RuleSet& rules);
  void mark_words(std::string_view text, TaggedText& out) const;
  void mark_compounds(WordRange sentence, TaggedText& out) const;
  void mark_reference(const CompiledReference& reference, const Conversation* talk, TaggedText& out,
                      std::vector<NamedGroup>* remembered) const;
  static std::vector<Tag> named_before(const CompiledReference& reference,
                                       const Conversation* talk);
  void remember_named(const CompiledReference& reference, const std::vector<Tag>& tags,
                      std::vector<NamedGroup>& named) const;
  static void cut_sentences(TaggedText& out);

  Lexicon lexicon_;
  PhraseIndex compounds_;
  std::vector<std::vector<Tag>> compound_tags_;  // by phrase
  std::vector<CompiledReference> references_;
  TagSet made_;  // tags that something can carry
  Tag number_ = 0;
  Tag gap_stop_ = 0;
};

}  // namespace candour::policy
