// Regular expressions, behind one header: RE2 stands in pattern.cc and nowhere else, so that
// another implementation of the same syntax can take its place (a browser has its own).
//
// Syntax is that of RE2 (https://github.com/google/re2/wiki/Syntax); matching is leftmost,
// preferring what is written first, and takes time linear in the text. Texts are UTF-8. Immutable;
// any number of threads may match at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "policy/passage.h"

namespace candour::policy {

struct PatternMatch {
  Range whole;
  /// The group named `span` where there is one that took part, else the whole.
  Range marked;
};

class Pattern {
 public:
  /// policy_invalid with the reason when `source` is no regular expression, or is larger than a
  /// pattern may be when compiled (4 MiB).
  static Result<Pattern> compile(const std::string& source);
  Pattern(Pattern&&) noexcept;
  Pattern& operator=(Pattern&&) noexcept;
  ~Pattern();

  bool is_in(std::string_view text) const;
  /// The first match that begins at `from` or later; `from` is at most text.size(). What stands
  /// before `from` is seen by \b and ^.
  bool find(std::string_view text, std::size_t from, PatternMatch& out) const;
  /// Whether an empty text is a match.
  bool matches_nothing() const;

 private:
  struct Impl;
  explicit Pattern(std::unique_ptr<const Impl> impl);
  std::unique_ptr<const Impl> impl_;
};

using Patterns = std::vector<Pattern>;

/// Whether any of them is in the text.
bool any_in(const Patterns& patterns, std::string_view text);

}  // namespace candour::policy
