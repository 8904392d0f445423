// The words an engine knows and what each is tagged with.
//
// A tag is a short name for a kind of word ("hurt", "race.many"); words of a name with a dot also
// carry the name before it. A word written in a phrase (policy/phrase.h) is a tag of its own.
// Entries of several words are kept in a trie over words, so that tagging a text takes one look-up
// a word and a few more where an entry goes on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace candour::policy {

using Tag = std::uint16_t;

class Lexicon {
 public:
  static constexpr std::uint32_t kUnknown = 0;
  static constexpr std::size_t kTagsMax = 16 * 1024;
  static constexpr std::size_t kEntryWordsMax = 8;

  Lexicon();

  /// The number of the tag `name`, made when it is new; policy_invalid beyond kTagsMax.
  Result<Tag> tag(std::string_view name);
  /// Nothing when no tag has that name.
  const Tag* find_tag(std::string_view name) const;
  std::size_t tag_count() const { return names_.size(); }
  const std::string& tag_name(Tag tag) const { return names_[tag]; }

  /// Adds an entry of one or more words, split as split_words() does.
  Status add(std::string_view entry, Tag tag);
  /// A word that is known but has no tag.
  void add_known(std::string_view word) { intern(word); }
  /// After the last entry and before the first use of tags().
  void finish();

  /// The number of a word, kUnknown when it is none of ours.
  std::uint32_t find(std::string_view word) const;
  std::string_view word(std::uint32_t number) const {
    const Entry& entry = words_[number];
    return std::string_view(pool_).substr(entry.offset, entry.size);
  }
  /// Numbers run from 1 up to this, exclusive.
  std::size_t word_count() const { return words_.size(); }

  /// The trie: where a first word leads, where `word` leads from there; 0 where nothing goes on.
  std::uint32_t root(std::uint32_t word) const { return words_[word].node; }
  std::uint32_t step(std::uint32_t node, std::uint32_t word) const;
  bool goes_on(std::uint32_t node) const { return nodes_[node].goes_on; }
  /// Tags of the entry that ends at a node other than 0.
  std::span<const Tag> tags(std::uint32_t node) const {
    return {tag_pool_.data() + nodes_[node].tags_from, nodes_[node].tags_count};
  }

 private:
  struct Entry {
    std::uint32_t offset = 0;
    std::uint32_t size = 0;
    std::uint32_t node = 0;
  };
  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t number = 0;
  };
  struct Node {
    std::uint32_t tags_from = 0;
    std::uint32_t tags_count = 0;
    bool goes_on = false;
  };
  struct Child {
    std::uint64_t key = 0;  // node and word; 0: none
    std::uint32_t node = 0;
  };
  std::uint32_t intern(std::string_view word);
  void grow();
  void finish_children();

  std::vector<std::string> names_;
  std::map<std::string, Tag, std::less<>> tags_;
  std::string pool_;  // the words, end to end
  std::vector<Entry> words_;
  std::vector<Slot> slots_;  // open addressing over words_
  std::vector<Node> nodes_;
  std::vector<Tag> tag_pool_;
  std::vector<Child> children_;  // open addressing
  // Until finish().
  std::vector<std::vector<Tag>> tags_of_;  // by node
  std::map<std::uint64_t, std::uint32_t> steps_;
};

}  // namespace candour::policy
