#include "ctl/log/succession.h"

#include <CLI/CLI.hpp>

#include "base/files.h"
#include "crypto/hash.h"
#include "ctl/organisation/notes.h"
#include "ctl/verbs.h"
#include "identity/note_text.h"
#include "identity/succession.h"
#include "tlog/checkpoint.h"
#include "tlog/directory_leaf.h"

namespace candour::ctl {
namespace {

namespace fs = std::filesystem;

constexpr int kNumberDigits = 6;
constexpr std::size_t kReasonSizeMax = 1000;

/// Names that sort in the directory's order.
fs::path file_of(std::int64_t number, tlog::LeafKind kind) {
  std::string digits = std::to_string(number);
  if (digits.size() < kNumberDigits) digits.insert(0, kNumberDigits - digits.size(), '0');
  return digits + "." + std::string(tlog::name_of(kind));
}

Status write_objects(LogDb& db, const fs::path& folder, DirectoryExport& out) {
  SQLite::Statement rows(db.database(),
                         "SELECT number, kind, object, object_hash FROM directory ORDER BY number");
  while (rows.executeStep()) {
    const std::int64_t number = rows.getColumn(0).getInt64();
    const auto kind =
        tlog::directory_leaf_kind(static_cast<std::uint64_t>(rows.getColumn(1).getInt64()));
    const Bytes object = blob_of(rows.getColumn(2));
    if (!kind || Digest::from(blob_of(rows.getColumn(3))) != crypto::sha256(object)) {
      return error(ErrorCode::state_damaged, "directory object " + std::to_string(number) +
                                                 " is not what it was; run candourctl log verify");
    }
    if (*kind == tlog::LeafKind::statement || *kind == tlog::LeafKind::succession) continue;
    out.files.push_back(folder / file_of(number, *kind));
    CANDOUR_TRY(write_file(out.files.back(), object));
  }
  return ok();
}

struct ExportDirectory {
  std::string db;
  std::string out;
};

Result<int> export_verb(const Context& context, const ExportDirectory& o) {
  CANDOUR_TRY(auto file, relay_db_file(context.state, o.db));
  CANDOUR_TRY(auto db, LogDb::open(file));
  CANDOUR_TRY(const auto done, guarded([&] { return export_directory(*db, o.out); }));
  std::string list;
  for (const fs::path& path : done.files)
    list += (list.empty() ? "\"" : ", \"") + path.string() + "\"";
  JsonLine line;
  line.text("folder", o.out)
      .number("objects", done.files.size())
      .text("checkpoint", done.checkpoint.string())
      .number("size", done.size)
      .raw("bootstrap", "[" + list + "]");
  context.print(line, "# " + std::to_string(done.files.size()) +
                          " objects; the newest checkpoint is " + done.checkpoint.string() +
                          "\n# put the succession and the new statement first\nbootstrap = [" +
                          list + "]");
  return 0;
}

struct Draft {
  std::string checkpoint;
  std::string new_log;
  std::string reason;
  std::string statement;
  std::string root;
  std::string out;
};

Result<int> draft_succession(const Context& context, const Draft& o) {
  CANDOUR_TRY(const auto statement, load_statement(o.statement, o.root));
  CANDOUR_TRY(const std::string text, read_note_file(o.checkpoint));
  CANDOUR_TRY(const auto note, identity::SignedNote::parse(text));
  const auto checkpoint = tlog::verify_log_signature(note, statement.log);
  if (!checkpoint) {
    return error(checkpoint.error().code, o.checkpoint + ": is no checkpoint of the log that " +
                                              o.statement +
                                              " names: " + checkpoint.error().message);
  }
  if (!identity::valid_line(o.reason, kReasonSizeMax)) {
    return error(ErrorCode::usage, "--reason takes one line of at most 1000 bytes");
  }
  identity::Succession succession;
  succession.organisation = statement.id;
  succession.old_log = statement.log;
  succession.old_size = checkpoint.value().size;
  succession.old_root = checkpoint.value().root;
  CANDOUR_TRY(succession.new_log, load_vkey(o.new_log));
  succession.reason = o.reason;
  succession.issued = context.clock.now();
  const std::string printed = succession.print();
  if (const auto readable = identity::Succession::parse(printed); !readable) {
    return readable.error();
  }
  CANDOUR_TRY(write_file(o.out, as_bytes(printed)));
  JsonLine line;
  line.text("file", o.out)
      .number("old_size", succession.old_size)
      .text("old_root", succession.old_root.hex())
      .text("new_log", succession.new_log.name);
  context.print(line, o.out + ": " + succession.new_log.name + " follows " +
                          succession.old_log.name + " from size " +
                          std::to_string(succession.old_size) +
                          "; not signed yet: an authoriser and a registrar, two people, sign it "
                          "with candourctl sign");
  return 0;
}

}  // namespace

Result<DirectoryExport> export_directory(LogDb& db, const fs::path& folder) {
  std::error_code failed;
  if (fs::exists(folder) && !fs::is_empty(folder, failed)) {
    return error(ErrorCode::already_exists, folder.string() + " is not empty");
  }
  const auto sizes = db.checkpoint_sizes();
  if (sizes.empty()) return error(ErrorCode::not_found, "no checkpoint is kept");
  fs::create_directories(folder, failed);
  if (failed) return error(ErrorCode::storage_failed, folder.string() + " cannot be made");
  DirectoryExport out;
  CANDOUR_TRY(write_objects(db, folder, out));
  out.size = sizes.back();
  out.checkpoint = folder / "old.checkpoint";
  CANDOUR_TRY(write_file(out.checkpoint, as_bytes(db.checkpoint(out.size).value_or(""))));
  return out;
}

void add_succession_verbs(CLI::App& family, Context& context) {
  add_verb(family, context, "export-directory",
           "Write a lost relay's directory as files for the bootstrap of a new one",
           [&](CLI::App& verb) -> Run {
             auto o = std::make_shared<ExportDirectory>();
             verb.add_option("--db", o->db, "relay.db, instead of --state");
             verb.add_option("--out", o->out, "Folder to write, empty or new")->required();
             return [&context, o] { return export_verb(context, *o); };
           });
  add_verb(family, context, "succession",
           "Draft the note with which a new log follows a lost one, to be signed by two people",
           [&](CLI::App& verb) -> Run {
             auto o = std::make_shared<Draft>();
             verb.add_option("--old-checkpoint", o->checkpoint, "Newest checkpoint of the lost log")
                 ->required();
             verb.add_option("--statement", o->statement, "Statement that names the lost log")
                 ->required();
             verb.add_option("--root", o->root, ".vkey file of the root")->required();
             verb.add_option("--new-log", o->new_log, ".vkey file of the new log")->required();
             verb.add_option("--reason", o->reason, "Why, in one line")->required();
             verb.add_option("--out", o->out, "File to write")->required();
             return [&context, o] { return draft_succession(context, *o); };
           });
}

}  // namespace candour::ctl
