// A policy pack: a folder of TOML files and `pack.note`, loaded into an engine.
//
// Who must have signed pack.note (policy/pack_note.h) is the caller's question (identity/), asked
// of `raw_note`. The TOML format is described in policy/README.md.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/result.h"
#include "policy/compiled.h"

namespace candour::policy {

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
