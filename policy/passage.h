// Where sentences and quotations lie in a folded text, so that a frame looks at the right words.
#pragma once

#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

namespace candour::policy {

/// A half-open range of bytes of the folded text.
struct Range {
  std::size_t start = 0;
  std::size_t end = 0;
  bool encloses(Range inner) const { return start <= inner.start && inner.end <= end; }
  bool overlaps(Range other) const { return start < other.end && other.start < end; }
};

/// How far from a match a sentence may reach, in bytes: bounds the work for each match.
inline constexpr std::size_t kSentenceReachMax = 400;

/// Made once for a text; cheap to ask often. Keeps a view: the text must outlive it.
class Passages {
 public:
  explicit Passages(std::string_view text);

  /// The sentence around `match`, at most kSentenceReachMax bytes either way. A quotation is never
  /// cut: when `match` stands in one, the sentence is that around the quotation.
  Range sentence(Range match) const;
  /// The quotation that encloses `match`, without its marks; an empty range when there is none.
  Range quotation(Range match) const;

 private:
  std::string_view text_;
  std::vector<Range> quotations_;  // in order
};

}  // namespace candour::policy
