#include <CLI/CLI.hpp>

#include "base/files.h"
#include "ctl/organisation/notes.h"
#include "ctl/verbs.h"
#include "identity/note_text.h"
#include "identity/notice.h"

namespace candour::ctl {
namespace {

constexpr std::size_t kLineSizeMax = 1000;

struct MakeNotice {
  std::string organisation;
  std::uint64_t version = 1;
  std::string text;
  std::string out;
};

Result<std::vector<std::string>> lines_of(const std::string& file) {
  CANDOUR_TRY(auto text, read_note_file(file));
  std::vector<std::string> lines;
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
    if (!line.empty() && !identity::valid_line(line, kLineSizeMax)) {
      return error(ErrorCode::input_invalid,
                   file + ": line " + std::to_string(lines.size() + 1) +
                       " is longer than 1000 bytes or holds characters that mislead readers");
    }
    lines.emplace_back(line);
  }
  if (lines.empty()) return error(ErrorCode::input_invalid, file + ": is empty");
  return lines;
}

Result<int> make_notice(const Context& context, const MakeNotice& o) {
  if (!identity::valid_identifier(o.organisation) || o.version == 0) {
    return error(ErrorCode::usage, "--id takes an organisation's id, --version a number from 1");
  }
  identity::Notice notice;
  notice.organisation = o.organisation;
  notice.version = o.version;
  notice.issued = context.clock.now();
  CANDOUR_TRY(notice.lines, lines_of(o.text));
  CANDOUR_TRY(write_file(o.out, as_bytes(notice.print())));
  JsonLine line;
  line.text("file", o.out)
      .number("version", o.version)
      .text("digest", identity::note_digest({notice.print(), {}}).hex());
  context.print(line, o.out +
                          ": not signed yet; policy author and policy approver sign it with "
                          "candourctl sign");
  return 0;
}

struct SignFile {
  std::string key;
  std::string name;
  std::string file;
};

Result<int> sign(const Context& context, const SignFile& o) {
  CANDOUR_TRY(auto key, load_named_key(o.key, o.name));
  if (key.verifier.type != identity::NoteKeyType::ed25519) {
    return error(ErrorCode::usage, o.key + ": is a witness' key; it signs checkpoints only");
  }
  CANDOUR_TRY(auto note, read_draft(o.file));
  CANDOUR_TRY(add_signature(note, key));
  CANDOUR_TRY(write_file(o.file, as_bytes(note.print())));
  JsonLine line;
  line.text("file", o.file)
      .text("name", key.verifier.name)
      .text("format", first_line(note.text))
      .number("signatures", note.signatures.size());
  context.print(line, o.file + ": signed by " + key.verifier.name + " (" +
                          std::to_string(note.signatures.size()) + " signatures)");
  return 0;
}

}  // namespace

void add_note_verbs(CLI::App& program, Context& context) {
  CLI::App& family = add_family(program, "notice", "The monitoring notice");
  add_verb(family, context, "make", "Make a notice from a text file, to be signed by two people",
           [&](CLI::App& verb) -> Run {
             auto o = std::make_shared<MakeNotice>();
             verb.add_option("--id", o->organisation, "Identifier of the organisation")->required();
             verb.add_option("--version", o->version, "Version, from 1")->required();
             verb.add_option("--text", o->text, "Text file")->required();
             verb.add_option("--out", o->out, "File to write")->required();
             return [&context, o] { return make_notice(context, *o); };
           });
  add_verb(program, context, "sign", "Add a signature to a note or an unsigned text",
           [&](CLI::App& verb) -> Run {
             auto o = std::make_shared<SignFile>();
             verb.add_option("--key", o->key, "Key file")->required();
             verb.add_option("--name", o->name, "Name to sign under (default: of the .vkey)");
             verb.add_option("FILE", o->file)->required();
             return [&context, o] { return sign(context, *o); };
           });
}

}  // namespace candour::ctl
