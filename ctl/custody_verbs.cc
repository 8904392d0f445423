#include <CLI/CLI.hpp>

#include "base/files.h"
#include "ctl/notes.h"
#include "ctl/verbs.h"
#include "warrant/open/dealer.h"

namespace candour::ctl {
namespace {

namespace fs = std::filesystem;

struct Deal {
  std::string root_key;
  std::string statement;
  std::uint32_t threshold = 0;
  std::string group;
  std::vector<std::string> custodians;
  std::string passphrase;
  std::string out;
};

Status make_folder(const fs::path& dir) {
  std::error_code failed;
  fs::create_directories(dir, failed);
  if (!failed) return ok();
  return error(ErrorCode::storage_failed,
               dir.string() + ": cannot create the folder: " + failed.message());
}

Result<int> deal(const Context& context, const Deal& o) {
  CANDOUR_TRY(auto root, load_named_key(o.root_key, ""));
  CANDOUR_TRY(auto note, read_note_file(o.statement));
  CANDOUR_TRY(auto statement, identity::Statement::verify(note, root.verifier));
  CANDOUR_TRY(auto dealt,
              warrant::deal(statement.example, o.threshold, o.group, o.custodians, context.random));
  const fs::path dir = o.out;
  CANDOUR_TRY(make_folder(dir));
  CANDOUR_TRY(const auto text, read_secret_file(o.passphrase, 4096));
  const SecretText passphrase(text.clone());
  for (const warrant::EscrowShare& share : dealt.shares) {
    CANDOUR_TRY(const auto file, warrant::seal_share(share, passphrase, context.random));
    CANDOUR_TRY(
        write_secret_file(dir / ("share-" + std::to_string(share.index) + ".txt"), as_bytes(file)));
  }
  const std::string lines = identity::print_custodians(dealt.custodians);
  const fs::path file = dir / "custodians.txt";
  CANDOUR_TRY(write_file(file, as_bytes(lines)));
  JsonLine line;
  line.text("custodians", lines).text("file", file.string()).number("shares", dealt.shares.size());
  context.print(line, file.string() + ":\n" + lines +
                          "The dealer has seen the whole key: for examples only. Give each "
                          "custodian one share file and keep no copy.");
  return 0;
}

}  // namespace

void add_custody_verbs(CLI::App& program, Context& context) {
  CLI::App& custodian = add_family(program, "custodian", "Shares of the key records are sealed to");
  add_verb(
      custodian, context, "deal", "Make and share out a key, for example organisations only",
      [&](CLI::App& verb) -> Run {
        auto o = std::make_shared<Deal>();
        verb.add_option("--root-key", o->root_key, "root.key of the organisation")->required();
        verb.add_option("--statement", o->statement, "A statement that says example")->required();
        verb.add_option("--threshold", o->threshold, "How many open together")->required();
        verb.add_option("--group", o->group, "Name of the group (default: internal)")
            ->default_val("internal");
        verb.add_option("--custodian", o->custodians, "Name of a custodian's role key, repeated")
            ->required();
        verb.add_option("--passphrase-file", o->passphrase, "Encrypts the shares")->required();
        verb.add_option("--out", o->out, "Folder for custodians.txt and the shares")->required();
        return [&context, o] { return deal(context, *o); };
      });
}

}  // namespace candour::ctl
