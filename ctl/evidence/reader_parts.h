// The fixed parts of the reader, from the files in reader/, which the build turns into strings.
// Inner to this folder.
#pragma once

#include <string_view>

namespace candour::ctl::reader {

extern const std::string_view kPage;    // reader/page.html with {{...}} where parts go
extern const std::string_view kStyle;   // reader/reader.css
extern const std::string_view kScript;  // reader/reader.js

}  // namespace candour::ctl::reader
