// Proof hashes as lines of base64, as in add-checkpoint requests and proof files. For tlog's own
// files.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tlog/tree.h"

namespace candour::tlog {

/// Most hashes of an inclusion or consistency proof.
inline constexpr std::size_t kProofHashesMax = 63;

/// Takes one line off the front of `text`, without its newline; nothing when no newline is left.
std::optional<std::string_view> take_line(std::string_view& text);

std::string print_hash_lines(const Proof& proof);
/// Takes lines up to and including the first empty one; note_malformed for a line that is not a
/// hash, more than `hashes_max` hashes or no empty line. `line` is the number of the next line,
/// kept up.
Result<Proof> take_hash_lines(std::string_view& text, unsigned& line,
                              std::size_t hashes_max = kProofHashesMax);

}  // namespace candour::tlog
