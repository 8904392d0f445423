#include "policy/pattern.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>
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

struct Pattern::Impl {
  explicit Impl(const std::string& source) : expression(source, options()) {}
  RE2 expression;
  int span_group = 0;
};

Pattern::Pattern(std::unique_ptr<const Impl> impl) : impl_(std::move(impl)) {}
Pattern::Pattern(Pattern&&) noexcept = default;
Pattern& Pattern::operator=(Pattern&&) noexcept = default;
Pattern::~Pattern() = default;

Result<Pattern> Pattern::compile(const std::string& source) {
  auto impl = std::make_unique<Impl>(source);
  if (!impl->expression.ok()) {
    return error(ErrorCode::policy_invalid,
                 "pattern '" + source + "' does not compile: " + impl->expression.error());
  }
  const auto& names = impl->expression.NamedCapturingGroups();
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
  return RE2::PartialMatch(piece(text), impl_->expression);
}

bool Pattern::find(std::string_view text, std::size_t from, PatternMatch& out) const {
  std::array<re2::StringPiece, kGroupsMax> groups;
  const int count = impl_->span_group + 1;
  if (!impl_->expression.Match(piece(text), from, text.size(), RE2::UNANCHORED, groups.data(),
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
