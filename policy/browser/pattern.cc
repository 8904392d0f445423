// policy/pattern.h for a browser: the page has the regular expressions (re2js, of RE2's kin).
//
// compile() takes every source: the page compiles an expression when it is first asked, since a
// message needs few of a pack's. That each compiles and matches no empty text was checked when
// the pack was signed, and its signed note says that these are that pack's rules.
#include "policy/pattern.h"

#include <algorithm>
#include <array>
#include <utility>

#include "policy/browser/page.h"

namespace candour::policy {

struct Pattern::Impl {
  std::uint32_t number = 0;
};

namespace {

std::uint32_t size_of(std::string_view text) { return static_cast<std::uint32_t>(text.size()); }

}  // namespace

Pattern::Pattern(std::unique_ptr<const Impl> impl) : impl_(std::move(impl)) {}
Pattern::Pattern(Pattern&&) noexcept = default;
Pattern& Pattern::operator=(Pattern&&) noexcept = default;
Pattern::~Pattern() = default;

Result<Pattern> Pattern::compile(const std::string& source) {
  auto impl = std::make_unique<Impl>();
  impl->number = page_pattern_add(source.data(), size_of(source));
  return Pattern(std::move(impl));
}

bool Pattern::is_in(std::string_view text) const {
  return page_pattern_test(impl_->number, text.data(), size_of(text)) != 0;
}

bool Pattern::matches_nothing() const { return false; }

bool Pattern::find(std::string_view text, std::size_t from, PatternMatch& out) const {
  std::array<std::uint32_t, 4> found{};
  if (page_pattern_find(impl_->number, text.data(), size_of(text), static_cast<std::uint32_t>(from),
                        found.data()) == 0) {
    return false;
  }
  out.whole = {found[0], found[1]};
  out.marked = {found[2], found[3]};
  return true;
}

bool any_in(const Patterns& patterns, std::string_view text) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const Pattern& pattern) { return pattern.is_in(text); });
}

}  // namespace candour::policy
