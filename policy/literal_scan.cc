#include "policy/literal_scan.h"

#include <algorithm>
#include <utility>

namespace candour::policy {

void LiteralHits::reset(std::size_t literals) {
  for (const std::uint32_t number : list_) bits_[number / 64] = 0;
  list_.clear();
  if (bits_.size() < literals / 64 + 1) bits_.resize(literals / 64 + 1);
}

std::uint32_t LiteralScan::add(const Literal& literal) {
  const auto [entry, is_new] =
      numbers_.emplace(literal, static_cast<std::uint32_t>(literals_.size()));
  if (is_new) literals_.push_back(literal);
  return entry->second;
}

// The automaton while it is being made.
struct LiteralScan::Trie {
  explicit Trie(std::size_t alphabet) : classes(alphabet) { add_state(); }
  void add_state() {
    next.resize(next.size() + classes, 0);
    fail.push_back(0);
    outputs.emplace_back();
  }
  void insert(const LiteralScan& scan, std::uint32_t number) {
    std::uint32_t state = 0;
    for (const char c : scan.literals_[number].text) {
      const std::size_t at = state * classes + scan.class_of_[byte(c)];
      if (next[at] == 0) {
        const auto fresh = static_cast<std::uint32_t>(fail.size());
        add_state();
        next[at] = fresh;
      }
      state = next[at];
    }
    outputs[state].push_back(number);
  }
  // Breadth first: what a state fails to is complete before it. Returns the states in that order.
  std::vector<std::uint32_t> complete() {
    std::vector<std::uint32_t> order = {0};
    for (std::size_t c = 0; c < classes; ++c) {
      if (next[c] != 0) order.push_back(next[c]);
    }
    for (std::size_t i = 1; i < order.size(); ++i) {
      const std::uint32_t state = order[i];
      const auto& inherited = outputs[fail[state]];
      outputs[state].insert(outputs[state].end(), inherited.begin(), inherited.end());
      for (std::size_t c = 0; c < classes; ++c) {
        std::uint32_t& to = next[state * classes + c];
        const std::uint32_t otherwise = next[fail[state] * classes + c];
        if (to == 0) {
          to = otherwise;
        } else {
          fail[to] = otherwise;
          order.push_back(to);
        }
      }
    }
    return order;
  }

  std::size_t classes;
  std::vector<std::uint32_t> next;
  std::vector<std::uint32_t> fail;
  std::vector<std::vector<std::uint32_t>> outputs;
};

bool LiteralScan::add_special(const Literal& literal, std::uint32_t number) {
  if (literal.text[0] == kDigit) {
    digits_[literal.text.size()] = number + 1;
  } else if (literal.text == kLetterDigit) {
    letter_digit_ = number + 1;
  } else if (literal.text == kDigitLetter) {
    digit_letter_ = number + 1;
  } else {
    return false;
  }
  return true;
}

void LiteralScan::build() {
  for (int c = 0; c < 256; ++c) {
    const auto at = static_cast<std::size_t>(c);
    is_digit_[at] = c >= '0' && c <= '9';
    is_letter_[at] = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    is_word_[at] = is_digit_[at] || is_letter_[at] || c == '_';
  }
  // Class 0 is of the bytes that stand in no literal.
  std::vector<std::uint32_t> plain;
  for (std::uint32_t number = 0; number < literals_.size(); ++number) {
    if (add_special(literals_[number], number)) continue;
    plain.push_back(number);
    for (const char c : literals_[number].text) {
      std::uint8_t& own = class_of_[byte(c)];
      if (own == 0) own = static_cast<std::uint8_t>(classes_++);
    }
  }
  Trie trie(classes_);
  for (const std::uint32_t number : plain) trie.insert(*this, number);
  const std::vector<std::uint32_t> order = trie.complete();
  std::vector<std::uint32_t> place(order.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) place[order[i]] = i;
  next_.reserve(trie.next.size());
  for (const std::uint32_t state : order) {
    output_from_.push_back(static_cast<std::uint32_t>(outputs_.size()));
    outputs_.insert(outputs_.end(), trie.outputs[state].begin(), trie.outputs[state].end());
    for (std::size_t c = 0; c < classes_; ++c) {
      const std::uint32_t to = trie.next[state * classes_ + c];
      const auto row = static_cast<std::uint32_t>(place[to] * classes_);
      next_.push_back(row | (trie.outputs[to].empty() ? 0 : kHasOutputs));
    }
  }
  output_from_.push_back(static_cast<std::uint32_t>(outputs_.size()));
}

void LiteralScan::scan(std::string_view text, LiteralHits& hits) const {
  std::uint32_t row = 0;
  bool digit = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::uint8_t c = byte(text[i]);
    digit = digit || is_digit_[c];
    row = next_[(row & ~kHasOutputs) + class_of_[c]];
    if ((row & kHasOutputs) == 0) continue;
    const std::size_t state = (row & ~kHasOutputs) / classes_;
    const std::uint32_t to = output_from_[state + 1];
    for (std::uint32_t at = output_from_[state]; at < to; ++at) {
      const std::uint32_t number = outputs_[at];
      if (!hits.has(number) && borders_hold(literals_[number], text, i + 1)) hits.add(number);
    }
  }
  if (digit) scan_digits(text, hits);
}

void LiteralScan::scan_digits(std::string_view text, LiteralHits& hits) const {
  std::size_t digits = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!is_digit_[byte(text[i])]) continue;
    ++digits;
    if (letter_digit_ != 0 && i > 0 && is_letter_[byte(text[i - 1])]) hits.add(letter_digit_ - 1);
    if (digit_letter_ != 0 && i + 1 < text.size() && is_letter_[byte(text[i + 1])]) {
      hits.add(digit_letter_ - 1);
    }
  }
  for (std::size_t n = 1; n <= std::min(digits, kDigitsMax); ++n) {
    if (digits_[n] != 0) hits.add(digits_[n] - 1);
  }
}

}  // namespace candour::policy
