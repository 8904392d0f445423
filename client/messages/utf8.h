// The little that formats need to know about UTF-8 (RFC 3629): whether text is well-formed, where
// its characters begin, and how long a reason is that a person gave. Pure and thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace candour::messages {

/// Takes the first code point off `text`; nothing when `text` is empty or does not begin with a
/// well-formed character (overlong forms, surrogates and values above U+10FFFF are not).
std::optional<std::uint32_t> take_code_point(std::string_view& text);

bool is_utf8(std::string_view text);

/// The longest beginning of `text` of at most `size_max` bytes that does not split a character.
std::string_view cut_utf8(std::string_view text, std::size_t size_max);

/// The number of code points without leading and trailing white space (Unicode White_Space);
/// nothing when `text` is not UTF-8.
std::optional<std::size_t> trimmed_code_points(std::string_view text);

/// Whether a code point could steer a terminal or turn text round when it is shown: C0 (the line
/// feed too), DEL, C1, line and paragraph separators, and the marks and overrides of direction.
bool is_steering(std::uint32_t code_point);
/// UTF-8 without any of those, and not only white space: fit for names, options, emoji.
bool shows_as_written(std::string_view text);

}  // namespace candour::messages
