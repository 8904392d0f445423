#include <CLI/CLI.hpp>

#include "base/files.h"
#include "ctl/custody/answer.h"
#include "ctl/custody/custodian_store.h"
#include "ctl/keys.h"
#include "ctl/verbs.h"

namespace candour::ctl {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kShareFileSizeMax = 64 * 1024;

struct Custodian {
  CustodyPlace place;
  std::string passphrase_file;
  std::string package;
  std::string out;
  std::string note;
  std::string statement;
};

Result<NamedKey> own_key(const Custodian& o) {
  return load_named_key(fs::path(o.place.dir) / "custodian.key", "");
}

Result<int> approve(const Context& context, const Custodian& o) {
  CANDOUR_TRY(auto key, own_key(o));
  CANDOUR_TRY(auto passphrase, read_passphrase(o.passphrase_file));
  return answer_package(
      context, o.place, key.verifier.name, o.package, o.out,
      [&](const warrant::Approved& approved) -> Result<warrant::ApprovalFile> {
        // Under the folder's lock: a ceremony that ends meanwhile does not leave the old share in
        // use. It is opened only when every check has passed, and for this request alone.
        CANDOUR_TRY(auto share_text,
                    read_secret_file(fs::path(o.place.dir) / "share.txt", kShareFileSizeMax));
        const std::string_view share_file = as_text(share_text.view());
        CANDOUR_TRY(auto header, warrant::read_share_header(share_file));
        CANDOUR_TRY(warrant::check_share(header, approved.statement, key.verifier.name));
        CANDOUR_TRY(auto share, warrant::open_share(share_file, passphrase));
        return warrant::answer_as_custodian(approved, share, {key.verifier.name, key.key},
                                            context.clock.now(), context.random);
      });
}

Run review_run(CLI::App& verb, Context& context) {
  auto o = std::make_shared<Custodian>();
  verb.add_option("--state", o->place.dir, "The custodian's folder")->required();
  add_root_option(verb, o->place);
  verb.add_option("PACKAGE", o->package, "The request package")->required();
  return [&context, o]() -> Result<int> {
    CANDOUR_TRY(auto key, own_key(*o));
    return review_package(context, o->place, key.verifier.name, o->package);
  };
}

Run approve_run(CLI::App& verb, Context& context) {
  auto o = std::make_shared<Custodian>();
  verb.add_option("--state", o->place.dir, "The custodian's folder")->required();
  verb.add_option("--passphrase-file", o->passphrase_file, "File (0600) with the passphrase")
      ->required();
  add_root_option(verb, o->place);
  verb.add_option("PACKAGE", o->package, "The request package")->required();
  verb.add_option("--out", o->out, "File for the answer")->required();
  return [&context, o] { return approve(context, *o); };
}

Run revoked_run(CLI::App& verb, Context& context) {
  auto o = std::make_shared<Custodian>();
  verb.add_option("--state", o->place.dir, "The custodian's folder")->required();
  add_root_option(verb, o->place);
  verb.add_option("--statement", o->statement,
                  "Statement to check it by (default: of the last request answered)");
  verb.add_option("NOTE", o->note, "The revocation")->required();
  return [&context, o] { return hear_revocation(context, o->place, o->note, o->statement); };
}

}  // namespace

void add_custodian_verbs(CLI::App& program, Context& context) {
  CLI::App& family =
      add_family(program, "custodian", "Shares of the key records are sealed to, and their use");
  add_verb(family, context, "review", "Read a request and what the checks say; decides nothing",
           [&](CLI::App& verb) { return review_run(verb, context); });
  add_verb(family, context, "approve", "Check a request and help to open its records",
           [&](CLI::App& verb) { return approve_run(verb, context); });
  add_verb(family, context, "revoked", "Remember that a warrant was revoked",
           [&](CLI::App& verb) { return revoked_run(verb, context); });
}

}  // namespace candour::ctl
