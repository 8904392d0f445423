// Phrases: patterns over the tags of words, the composition rules of a pack.
//
//   <race.many> (are|'re) <intensifier>* <contempt>
//
//   <tag>  <a|b>   words with that tag, or with one of them; an entry of several words is one item
//   word           that very word;   {list} the alternatives of a list of the pack
//   ( x | y )      alternatives;     x? x* x+  none or one, any number, one or more
//   ..5            up to five words of any kind, but none tagged `gap.stop`
//   !<tag>         here no word with that tag begins;   ^ $  begin and end of the sentence
//
// A match lies within one sentence and reaches at most kPhraseReachMax words. Time for a phrase is
// bounded by its own size times the words of the text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "policy/lexicon.h"
#include "policy/pattern_lists.h"

namespace candour::policy {

inline constexpr std::size_t kPhraseReachMax = 48;

/// A set of tags, as bits.
class TagSet {
 public:
  void add(Tag tag) {
    if (bits_.size() <= tag / 64u) bits_.resize(tag / 64u + 1);
    bits_[tag / 64u] |= std::uint64_t{1} << (tag % 64u);
  }
  bool has(Tag tag) const {
    return tag / 64u < bits_.size() && ((bits_[tag / 64u] >> (tag % 64u)) & 1) != 0;
  }
  /// 64 tags at a time; `index` may be beyond them.
  std::uint64_t bits(std::size_t index) const { return index < bits_.size() ? bits_[index] : 0; }
  /// Takes out what `tags`, among them all that are in the set, names.
  void clear(const std::vector<Tag>& tags) {
    for (const Tag tag : tags) bits_[tag / 64u] = 0;
  }
  std::vector<Tag> list() const;

 private:
  std::vector<std::uint64_t> bits_;
};

/// What a text's words are tagged with; made by policy/tagging.h.
class Marks {
 public:
  struct Mark {
    Tag tag = 0;
    std::uint32_t end = 0;   // index of the word after the entry
    std::uint32_t next = 0;  // 1 + index of the next mark of the same first word
  };
  void reset(std::size_t words) {
    first_.assign(words, 0);
    stops_.assign(words, 0);
    pool_.clear();
  }
  /// Forgets the text without leaving a trace of it.
  void wipe() {
    candour::wipe(pool_.data(), pool_.size() * sizeof(Mark));
    reset(0);
  }
  void add(std::size_t word, Tag tag, std::size_t end) {
    pool_.push_back({tag, static_cast<std::uint32_t>(end), first_[word]});
    first_[word] = static_cast<std::uint32_t>(pool_.size());
  }
  /// Walk: for (i = begin(word); i != 0; i = mark(i).next) mark(i) ...
  std::uint32_t begin(std::size_t word) const { return first_[word]; }
  const Mark& mark(std::uint32_t i) const { return pool_[i - 1]; }
  void set_stop(std::size_t word) { stops_[word] = 1; }
  bool stops(std::size_t word) const { return stops_[word] != 0; }
  std::size_t size() const { return first_.size(); }

 private:
  std::vector<std::uint32_t> first_;
  std::vector<std::uint8_t> stops_;
  std::vector<Mark> pool_;
};

/// A half-open range of words.
struct WordRange {
  std::size_t start = 0;
  std::size_t end = 0;
};

/// Working memory of match(), to be used again; not shared between threads.
class PhraseScratch {
 private:
  friend class Phrase;
  std::vector<std::uint32_t> seen_;
  std::uint32_t round_ = 0;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> stack_;
};

/// A compiled phrase. Immutable.
class Phrase {
 public:
  /// policy_invalid, saying what is wrong and where in the source. New words become tags of
  /// `lexicon`; a tag that nothing is tagged with is the caller's to find (see named_tags()).
  static Result<Phrase> compile(std::string_view source, const PatternLists& lists,
                                Lexicon& lexicon);

  /// The end of the match that begins at the word `start` of the sentence, preferring what is
  /// written first; 0 when there is none.
  std::size_t match(const Marks& marks, WordRange sentence, std::size_t start,
                    PhraseScratch& scratch) const;

  /// Sets of which every match has a tag of each; never empty.
  const std::vector<TagSet>& required() const { return required_; }
  /// False when no match can begin at `word`: spares match().
  bool can_begin(const Marks& marks, std::size_t word) const;
  /// The names written between < and >.
  const std::vector<std::string>& named_tags() const { return named_; }

 private:
  friend class PhraseCompiler;
  enum class Op : std::uint8_t {
    item,
    any,
    split,
    jump,
    not_item,
    sentence_start,
    sentence_end,
    match
  };
  struct Step {
    Op op = Op::match;
    std::uint32_t x = 0;  // set of an item, or where to go first
    std::uint32_t y = 0;  // where else to go
  };
  /// Tags of an item, sorted, among tags_: a set of bits for each would be most of a pack's memory.
  struct Item {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
  };
  bool has(const Item& item, Tag tag) const;

  std::vector<Step> steps_;
  std::vector<Item> items_;
  std::vector<Tag> tags_;
  std::vector<TagSet> required_;
  TagSet first_;
  bool first_known_ = false;
  std::vector<std::string> named_;
};

}  // namespace candour::policy
