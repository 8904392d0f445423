// Notes in files: reading, and adding signatures.
#pragma once

#include <filesystem>

#include "ctl/keys.h"
#include "identity/statement.h"

namespace candour::ctl {

/// The whole file as text; not_found, input_invalid (larger than a note may be).
Result<std::string> read_note_file(const std::filesystem::path& file);

/// The statement in `file`, signed by the root in `root_vkey_file`.
Result<identity::Statement> load_statement(const std::filesystem::path& file,
                                           const std::filesystem::path& root_vkey_file);

/// Reads a signed note, or a text that has no signature yet (it has no empty line then).
Result<identity::SignedNote> read_draft(const std::filesystem::path& file);

/// Adds the key's signature line unless it is there already. signature_invalid when a line of this
/// key is there and does not verify.
Status add_signature(identity::SignedNote& note, const NamedKey& key);

/// The line that names the format.
std::string first_line(std::string_view text);

}  // namespace candour::ctl
