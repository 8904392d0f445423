// Lines of the small text files that hold keys (retention keys, custodian shares). The texts never
// pass through a std::string.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/secret.h"

namespace candour::warrant {

/// Appends public text.
void append_text(SecretBytes::Buffer& out, std::string_view text);
/// Appends lower-case hex of a secret.
void append_hex(SecretBytes::Buffer& out, ByteView secret);
/// 32 bytes from exactly 64 lower-case hex digits.
std::optional<Secret<32>> secret_from_hex(std::string_view hex);

/// The lines of a text that ends with a newline; nothing when it does not. Views into `text`.
std::optional<std::vector<std::string_view>> lines_of(std::string_view text);
/// The words of a line, separated by exactly one space each.
std::vector<std::string_view> words_of(std::string_view line);
/// A decimal number without sign or leading zero.
std::optional<std::uint32_t> small_number(std::string_view word);

}  // namespace candour::warrant
