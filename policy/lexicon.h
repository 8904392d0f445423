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
#include <string>
#include <string_view>
#include <unordered_map>
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

  /// The number of a word, kUnknown when it is none of ours.
  std::uint32_t find(std::string_view word) const;
  std::string_view word(std::uint32_t number) const { return words_[number].text; }
  /// Numbers run from 1 up to this, exclusive.
  std::size_t word_count() const { return words_.size(); }

  /// The trie: where a first word leads, where `word` leads from there; 0 where nothing goes on.
  std::uint32_t root(std::uint32_t word) const { return words_[word].node; }
  std::uint32_t step(std::uint32_t node, std::uint32_t word) const;
  /// Tags of the entry that ends at a node other than 0.
  const std::vector<Tag>& tags(std::uint32_t node) const { return nodes_[node].tags; }

 private:
  struct Entry {
    std::string text;
    std::uint32_t node = 0;
  };
  struct Node {
    std::vector<Tag> tags;
    bool goes_on = false;
  };
  std::uint32_t intern(std::string_view word);
  void grow();

  std::vector<std::string> names_;
  std::map<std::string, Tag, std::less<>> tags_;
  std::vector<Entry> words_;
  std::vector<std::uint32_t> slots_;  // open addressing over words_
  std::vector<Node> nodes_;
  std::unordered_map<std::uint64_t, std::uint32_t> children_;
};

}  // namespace candour::policy
