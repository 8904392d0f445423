#include "policy/pattern.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <optional>
#include <utility>

namespace candour::policy {
namespace {

constexpr int kPatternMemoryBytes = 4 * 1024 * 1024;
constexpr int kGroupsMax = 16;

RE2::Options options() {
  RE2::Options out;
  out.set_log_errors(false);
  out.set_max_mem(kPatternMemoryBytes);
  return out;
}

re2::StringPiece piece(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

// Most patterns of a pack are seldom or never needed in one process, and a compiled one takes some
// hundred KiB: what compile() has checked is compiled again when it is first asked.
struct Pattern::Impl {
  std::string source;
  int span_group = 0;
  bool matches_nothing = false;
  mutable std::once_flag once;
  mutable std::optional<RE2> compiled;

  const RE2& expression() const {
    std::call_once(once, [this] { compiled.emplace(source, options()); });
    return *compiled;
  }
};

Pattern::Pattern(std::unique_ptr<const Impl> impl) : impl_(std::move(impl)) {}
Pattern::Pattern(Pattern&&) noexcept = default;
Pattern& Pattern::operator=(Pattern&&) noexcept = default;
Pattern::~Pattern() = default;

Result<Pattern> Pattern::compile(const std::string& source) {
  auto impl = std::make_unique<Impl>();
  impl->source = source;
  const RE2 expression(source, options());
  if (!expression.ok()) {
    return error(ErrorCode::policy_invalid,
                 "pattern '" + source + "' does not compile: " + expression.error());
  }
  impl->matches_nothing = RE2::PartialMatch("", expression);
  const auto& names = expression.NamedCapturingGroups();
  const auto span = names.find("span");
  if (span != names.end()) impl->span_group = span->second;
  if (impl->span_group >= kGroupsMax) {
    return error(ErrorCode::policy_invalid, "pattern '" + source + "': the group named span has " +
                                                std::to_string(kGroupsMax - 1) +
                                                " or more groups before it; use (?: )");
  }
  return Pattern(std::move(impl));
}

bool Pattern::is_in(std::string_view text) const {
  return RE2::PartialMatch(piece(text), impl_->expression());
}

bool Pattern::matches_nothing() const { return impl_->matches_nothing; }

bool Pattern::find(std::string_view text, std::size_t from, PatternMatch& out) const {
  std::array<re2::StringPiece, kGroupsMax> groups;
  const int count = impl_->span_group + 1;
  if (!impl_->expression().Match(piece(text), from, text.size(), RE2::UNANCHORED, groups.data(),
                                 count)) {
    return false;
  }
  const auto range = [&](const re2::StringPiece& found) {
    const auto start = static_cast<std::size_t>(found.data() - text.data());
    return Range{start, start + found.size()};
  };
  out.whole = range(groups[0]);
  const re2::StringPiece span = groups[static_cast<std::size_t>(impl_->span_group)];
  out.marked = span.data() == nullptr ? out.whole : range(span);
  return true;
}

bool any_in(const Patterns& patterns, std::string_view text) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const Pattern& pattern) { return pattern.is_in(text); });
}

}  // namespace candour::policy
