// Matching of compiled phrases.
#include <algorithm>

#include "policy/phrase.h"

namespace candour::policy {

bool Phrase::can_begin(const Marks& marks, std::size_t word) const {
  if (!first_known_) return true;
  for (std::uint32_t i = marks.begin(word); i != 0; i = marks.mark(i).next) {
    if (first_.has(marks.mark(i).tag)) return true;
  }
  return false;
}

bool Phrase::has(const Item& item, Tag tag) const {
  const Tag* begin = tags_.data() + item.begin;
  const Tag* end = tags_.data() + item.end;
  if (end - begin > 8) return std::binary_search(begin, end, tag);
  return std::find(begin, end, tag) != end;
}

std::size_t Phrase::match(const Marks& marks, WordRange sentence, std::size_t start,
                          PhraseScratch& scratch) const {
  const std::size_t reach = std::min(sentence.end - start, kPhraseReachMax);
  const std::size_t columns = kPhraseReachMax + 1;
  if (scratch.seen_.size() < steps_.size() * columns) {
    scratch.seen_.assign(steps_.size() * columns, 0);
    scratch.round_ = 0;
  }
  ++scratch.round_;
  auto& stack = scratch.stack_;
  stack.clear();
  stack.emplace_back(0, 0);
  while (!stack.empty()) {
    const auto [at, offset] = stack.back();
    stack.pop_back();
    std::uint32_t& seen = scratch.seen_[at * columns + offset];
    if (seen == scratch.round_) continue;
    seen = scratch.round_;
    const Step& step = steps_[at];
    const std::size_t word = start + offset;
    const bool inside = offset < reach;
    switch (step.op) {
      case Op::match:
        if (offset > 0) return word;
        break;
      case Op::split:
        stack.emplace_back(step.y, offset);
        stack.emplace_back(step.x, offset);
        break;
      case Op::jump:
        stack.emplace_back(step.x, offset);
        break;
      case Op::any:
        if (inside && !marks.stops(word)) stack.emplace_back(at + 1, offset + 1);
        break;
      case Op::sentence_start:
        if (word == sentence.start) stack.emplace_back(at + 1, offset);
        break;
      case Op::sentence_end:
        if (word == sentence.end) stack.emplace_back(at + 1, offset);
        break;
      case Op::item:
      case Op::not_item: {
        bool found = false;
        for (std::uint32_t i = inside ? marks.begin(word) : 0; i != 0; i = marks.mark(i).next) {
          const Marks::Mark& mark = marks.mark(i);
          if (!has(items_[step.x], mark.tag)) continue;
          found = true;
          if (step.op == Op::item && mark.end - start <= reach) {
            stack.emplace_back(at + 1, static_cast<std::uint32_t>(mark.end - start));
          }
        }
        if (step.op == Op::not_item && !found) stack.emplace_back(at + 1, offset);
        break;
      }
    }
  }
  return 0;
}

}  // namespace candour::policy
