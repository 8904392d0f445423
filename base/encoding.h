// Text forms of bytes and times: hex, base64 (RFC 4648), RFC 3339. All strict: a decoder accepts
// only what its encoder makes. For public values only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace candour {

/// Lower-case hex.
std::string hex_encode(ByteView bytes);
/// Lower or upper case; nothing when the length is odd or a character is not a hex digit.
std::optional<Bytes> hex_decode(std::string_view hex);

/// Standard alphabet with padding.
std::string base64_encode(ByteView bytes);
/// Nothing unless `text` is exactly what base64_encode would have made.
std::optional<Bytes> base64_decode(std::string_view text);

/// "2026-01-31T08:15:30.250Z".
std::string time_encode(std::uint64_t time_ms);
/// RFC 3339 in UTC ("Z"), with or without fractions of up to three digits.
std::optional<std::uint64_t> time_decode(std::string_view text);

}  // namespace candour
