#include "policy/lexicon.h"

#include <algorithm>

#include "policy/words.h"

namespace candour::policy {
namespace {

constexpr std::size_t kSlotsAtFirst = 1024;

// FNV-1a: short words, few of them, none chosen by an enemy of the table (misses end at once).
std::uint64_t hash_of(std::string_view word) {
  std::uint64_t h = 0xcbf29ce484222325ULL;
  for (const char c : word) {
    h ^= static_cast<unsigned char>(c);
    h *= 0x100000001b3ULL;
  }
  return h ^ (h >> 29);
}

}  // namespace

Lexicon::Lexicon() : words_(1), slots_(kSlotsAtFirst, kUnknown), nodes_(1) {}

Result<Tag> Lexicon::tag(std::string_view name) {
  const auto found = tags_.find(name);
  if (found != tags_.end()) return found->second;
  if (names_.size() == kTagsMax) {
    return error(ErrorCode::policy_invalid,
                 "the pack has more than " + std::to_string(kTagsMax) + " tags");
  }
  const Tag tag = static_cast<Tag>(names_.size());
  names_.emplace_back(name);
  tags_.emplace(names_.back(), tag);
  return tag;
}

const Tag* Lexicon::find_tag(std::string_view name) const {
  const auto found = tags_.find(name);
  return found == tags_.end() ? nullptr : &found->second;
}

Status Lexicon::add(std::string_view entry, Tag tag) {
  std::vector<Word> words;
  split_words(entry, words);
  if (words.empty() || words.size() > kEntryWordsMax) {
    return error(ErrorCode::policy_invalid, "the entry '" + std::string(entry) +
                                                "' is not of one to " +
                                                std::to_string(kEntryWordsMax) + " words");
  }
  std::uint32_t node = 0;
  for (const Word& w : words) {
    const std::uint32_t word = intern(entry.substr(w.start, w.end - w.start));
    std::uint32_t next = node == 0 ? words_[word].node : step(node, word);
    if (next == 0) {
      next = static_cast<std::uint32_t>(nodes_.size());
      nodes_.emplace_back();
      if (node == 0) {
        words_[word].node = next;
      } else {
        children_.emplace((std::uint64_t{node} << 32) | word, next);
        nodes_[node].goes_on = true;
      }
    }
    node = next;
  }
  auto& tags = nodes_[node].tags;
  if (std::find(tags.begin(), tags.end(), tag) == tags.end()) tags.push_back(tag);
  return ok();
}

std::uint32_t Lexicon::find(std::string_view word) const {
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t at = hash_of(word) & mask;; at = (at + 1) & mask) {
    const std::uint32_t number = slots_[at];
    if (number == kUnknown || words_[number].text == word) return number;
  }
}

std::uint32_t Lexicon::step(std::uint32_t node, std::uint32_t word) const {
  if (!nodes_[node].goes_on) return 0;
  const auto found = children_.find((std::uint64_t{node} << 32) | word);
  return found == children_.end() ? 0 : found->second;
}

std::uint32_t Lexicon::intern(std::string_view word) {
  const std::uint32_t known = find(word);
  if (known != kUnknown) return known;
  if (words_.size() * 2 > slots_.size()) grow();
  const auto number = static_cast<std::uint32_t>(words_.size());
  words_.push_back({std::string(word), 0});
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = hash_of(word) & mask;
  while (slots_[at] != kUnknown) at = (at + 1) & mask;
  slots_[at] = number;
  return number;
}

void Lexicon::grow() {
  std::vector<std::uint32_t> larger(slots_.size() * 2, kUnknown);
  const std::size_t mask = larger.size() - 1;
  for (std::uint32_t number = 1; number < words_.size(); ++number) {
    std::size_t at = hash_of(words_[number].text) & mask;
    while (larger[at] != kUnknown) at = (at + 1) & mask;
    larger[at] = number;
  }
  slots_ = std::move(larger);
}

}  // namespace candour::policy
