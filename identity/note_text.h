// What text in a note may look like. Everything in a note is shown to people and compared by
// programs, so it must read the same for both: valid UTF-8, no control characters, and no
// characters that turn the direction of writing.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"

namespace candour::identity {

/// Valid UTF-8 (RFC 3629: shortest form, no surrogates) without control characters below U+0020
/// other than newline.
bool valid_note_text(std::string_view text);

/// A key name: not empty, at most 255 bytes, no Unicode space, no '+', no control character.
bool valid_key_name(std::string_view name);

/// An identifier of people or things: 1 to 128 characters of A-Z a-z 0-9 and "-_./@:".
bool valid_identifier(std::string_view text);

/// One line a person reads, such as a name: not empty, at most `size_max` bytes, no control
/// characters, no newline, no direction marks.
bool valid_line(std::string_view text, std::size_t size_max);

/// A decimal number without sign or leading zeroes.
std::optional<std::uint64_t> parse_decimal(std::string_view text);

}  // namespace candour::identity
