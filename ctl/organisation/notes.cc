#include "ctl/organisation/notes.h"

#include "base/files.h"
#include "identity/note_text.h"

namespace candour::ctl {

namespace fs = std::filesystem;

Result<std::string> read_note_file(const fs::path& file) {
  CANDOUR_TRY(auto bytes, read_file(file, identity::kSignedNoteSizeMax));
  return std::string(as_text(bytes));
}

Result<identity::Statement> load_statement(const fs::path& file, const fs::path& root_vkey_file) {
  CANDOUR_TRY(auto root, load_vkey(root_vkey_file));
  CANDOUR_TRY(auto note, read_note_file(file));
  return identity::Statement::verify(note, root);
}

Result<identity::SignedNote> read_draft(const fs::path& file) {
  CANDOUR_TRY(auto text, read_note_file(file));
  const auto malformed = [&](const std::string& why) {
    return error(ErrorCode::note_malformed, file.string() + ": " + why);
  };
  if (text.find("\n\n") != text.npos) {
    auto note = identity::SignedNote::parse(text);
    if (!note) return malformed(note.error().message);
    return note;
  }
  if (!text.ends_with('\n') || text == "\n" || !identity::valid_note_text(text)) {
    return malformed("the text to sign is not UTF-8 lines, each with a newline at its end");
  }
  return identity::SignedNote{std::move(text), {}};
}

Status add_signature(identity::SignedNote& note, const NamedKey& key) {
  CANDOUR_TRY(auto there, note.verify({key.verifier}));
  if (there.empty()) identity::sign_note(note, key.verifier.name, key.key);
  return ok();
}

std::string first_line(std::string_view text) {
  return std::string(text.substr(0, text.find('\n')));
}

}  // namespace candour::ctl
