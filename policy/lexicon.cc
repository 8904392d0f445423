#include "policy/lexicon.h"

#include <algorithm>
#include <bit>

#include "policy/words.h"

namespace candour::policy {
namespace {

constexpr std::size_t kSlotsAtFirst = 1024;

// FNV-1a: short words, few of them, none chosen by an enemy of the table (misses end at once).
std::uint32_t hash_of(std::string_view word) {
  std::uint64_t h = 0xcbf29ce484222325ULL;
  for (const char c : word) {
    h ^= static_cast<unsigned char>(c);
    h *= 0x100000001b3ULL;
  }
  return static_cast<std::uint32_t>(h ^ (h >> 32));
}

std::uint64_t child_key(std::uint32_t node, std::uint32_t word) {
  return (std::uint64_t{node} << 32) | word;
}

std::size_t child_place(std::uint64_t key) {
  return static_cast<std::size_t>((key * 0x9e3779b97f4a7c15ULL) >> 32);
}

}  // namespace

Lexicon::Lexicon() : words_(1), slots_(kSlotsAtFirst), nodes_(1), children_(1), tags_of_(1) {}

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
    const std::uint32_t number = intern(entry.substr(w.start, w.end - w.start));
    std::uint32_t& next = node == 0 ? words_[number].node
                                    : steps_.try_emplace(child_key(node, number), 0).first->second;
    if (next == 0) {
      next = static_cast<std::uint32_t>(tags_of_.size());
      tags_of_.emplace_back();
    }
    node = next;
  }
  auto& tags = tags_of_[node];
  if (std::find(tags.begin(), tags.end(), tag) == tags.end()) tags.push_back(tag);
  return ok();
}

void Lexicon::finish() {
  nodes_.assign(tags_of_.size(), {});
  tag_pool_.clear();
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    nodes_[i].tags_from = static_cast<std::uint32_t>(tag_pool_.size());
    nodes_[i].tags_count = static_cast<std::uint32_t>(tags_of_[i].size());
    tag_pool_.insert(tag_pool_.end(), tags_of_[i].begin(), tags_of_[i].end());
  }
  finish_children();
}

void Lexicon::finish_children() {
  children_.assign(std::bit_ceil(steps_.size() * 2 + 1), {});
  const std::size_t mask = children_.size() - 1;
  for (const auto& [key, node] : steps_) {
    std::size_t at = child_place(key) & mask;
    while (children_[at].key != 0) at = (at + 1) & mask;
    children_[at] = {key, node};
    nodes_[static_cast<std::size_t>(key >> 32)].goes_on = true;
  }
}

std::uint32_t Lexicon::find(std::string_view word) const {
  const std::uint32_t hash = hash_of(word);
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t at = hash & mask;; at = (at + 1) & mask) {
    const Slot slot = slots_[at];
    if (slot.number == kUnknown) return kUnknown;
    if (slot.hash == hash && this->word(slot.number) == word) return slot.number;
  }
}

std::uint32_t Lexicon::step(std::uint32_t node, std::uint32_t word) const {
  if (!nodes_[node].goes_on) return 0;
  const std::uint64_t key = child_key(node, word);
  const std::size_t mask = children_.size() - 1;
  for (std::size_t at = child_place(key) & mask;; at = (at + 1) & mask) {
    if (children_[at].key == key) return children_[at].node;
    if (children_[at].key == 0) return 0;
  }
}

std::uint32_t Lexicon::intern(std::string_view word) {
  const std::uint32_t known = find(word);
  if (known != kUnknown) return known;
  if (words_.size() * 4 > slots_.size()) grow();
  const auto number = static_cast<std::uint32_t>(words_.size());
  words_.push_back(
      {static_cast<std::uint32_t>(pool_.size()), static_cast<std::uint32_t>(word.size()), 0});
  pool_ += word;
  const std::uint32_t hash = hash_of(word);
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = hash & mask;
  while (slots_[at].number != kUnknown) at = (at + 1) & mask;
  slots_[at] = {hash, number};
  return number;
}

void Lexicon::grow() {
  std::vector<Slot> larger(slots_.size() * 2);
  const std::size_t mask = larger.size() - 1;
  for (const Slot slot : slots_) {
    if (slot.number == kUnknown) continue;
    std::size_t at = slot.hash & mask;
    while (larger[at].number != kUnknown) at = (at + 1) & mask;
    larger[at] = slot;
  }
  slots_ = std::move(larger);
}

}  // namespace candour::policy
