// A JSON string literal of public text (RFC 8259), for lines that are written, not parsed.
#pragma once

#include <string>
#include <string_view>

namespace candour {

/// `text` in double quotes with every character escaped that JSON or a log reader needs escaped.
std::string json_quote(std::string_view text);

}  // namespace candour
