// pack.note, the signed list of what a pack is made of: `candour-policy/v1`, name, version, then a
// line `sha256 <hex> <path>` for every TOML file, sorted by path; each line ends with a newline. A
// signed note (C2SP signed-note) adds a blank line and signature lines. One path is no file's:
// under kCompiledRulesPath stands the hash of the rules as policy/compiled.h writes them, so that
// the signatures cover the compiled form too.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/result.h"

namespace candour::policy {

inline constexpr std::string_view kPackNoteFirstLine = "candour-policy/v1";
inline constexpr std::size_t kPackNameSizeMax = 100;

inline constexpr std::string_view kCompiledRulesPath = "rules.compiled.v1";
/// Whether a path of a note is of compiled rules, of this version or another.
inline bool is_compiled_rules_path(std::string_view path) {
  return path.starts_with("rules.compiled.v");
}

struct PackNote {
  std::string name;
  std::string version;
  /// The signed part: everything before the blank line, with its last newline.
  std::string text;
  std::map<std::string, std::string> hashes;  // path to lower-case hex
};

/// policy_invalid names the line and what was expected there.
Result<PackNote> parse_pack_note(std::string_view raw);

/// One line that may stand in a note: not empty, no control characters, no spaces at its ends.
bool is_plain_line(std::string_view text);

/// SHA-256 of a text. Of a note's text it is the pack's digest: the version of the policy.
Digest text_digest(std::string_view note_text);

}  // namespace candour::policy
