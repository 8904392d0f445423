// A policy pack: a folder of TOML files and `pack.note`, loaded into an engine.
//
// `pack.note` is text: `candour-policy/v1`, name, version, then a line `sha256 <hex> <path>` for
// every TOML file, sorted by path; each line ends with a newline. A signed note (C2SP signed-note)
// adds a blank line and signature lines; who must have signed is the caller's question
// (identity/), asked of `raw_note`. The pack's digest is the SHA-256 of the note text.
// The TOML format is described in policy/README.md.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "policy/engine.h"

namespace candour::policy {

/// Immutable, shared between threads.
struct Pack {
  std::string name;
  std::string version;
  /// SHA-256 of `note_text`: the policy version every verdict cites.
  Digest digest;
  /// The signed part: everything before the blank line, with its last newline.
  std::string note_text;
  /// The whole of pack.note, with signatures where there are any.
  std::string raw_note;
  std::shared_ptr<const Engine> engine;
};

/// Reads, checks and compiles the pack in `folder`. Refused with policy_invalid, naming file, line,
/// rule and example where they apply: a file that is not listed, is missing or does not hash to
/// what the note says; TOML that does not parse; an unknown key or a wrong type; a pattern that
/// does not compile; an id used twice; a rule that fails its own examples; too many rules or bytes.
Result<std::shared_ptr<const Pack>> load_pack(const std::filesystem::path& folder);

/// The same rules without looking at pack.note and without running the examples: for authors'
/// tools only. Name, version, note and digest stay empty.
Result<std::shared_ptr<const Pack>> load_draft(const std::filesystem::path& folder);

/// The note text for the folder's TOML files as they are now.
Result<std::string> make_note_text(const std::filesystem::path& folder, const std::string& name,
                                   const std::string& version);
/// Writes that text to `folder`/pack.note, dropping old signatures.
Status write_pack_note(const std::filesystem::path& folder, const std::string& name,
                       const std::string& version);

}  // namespace candour::policy
