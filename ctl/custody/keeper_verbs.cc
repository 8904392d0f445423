#include <CLI/CLI.hpp>

#include "base/files.h"
#include "client/messages/group_request.h"
#include "ctl/custody/answer.h"
#include "ctl/keys.h"
#include "ctl/verbs.h"
#include "warrant/seal/retention.h"

namespace candour::ctl {
namespace {

namespace fs = std::filesystem;

constexpr const char* kKeysFile = "retention.keys";

struct Keep {
  std::string dir;
  std::vector<std::string> classes;
  std::vector<std::string> periods;
};

Result<int> keep(const Context& context, const Keep& o, bool add) {
  const fs::path file = fs::path(o.dir) / kKeysFile;
  std::error_code failed;
  fs::create_directories(o.dir, failed);
  if (failed) {
    return error(ErrorCode::storage_failed,
                 o.dir + ": cannot create the folder: " + failed.message());
  }
  warrant::RetentionKeys keys;
  if (add) {
    CANDOUR_TRY(keys, warrant::RetentionKeys::read(file));
  }
  std::vector<std::string> classes = o.classes;
  if (classes.empty()) {
    classes.assign(std::begin(messages::kGroupClasses), std::end(messages::kGroupClasses));
  }
  std::vector<std::string> periods = o.periods;
  if (periods.empty()) {
    const std::string year = warrant::period_of(context.clock.now());
    // Next year's keys too: nobody has to be awake at midnight on the 31st of December.
    periods = {year, std::to_string(std::stoi(year) + 1)};
  }
  CANDOUR_TRY(keys.add_missing(classes, periods, context.random));
  CANDOUR_TRY(keys.write(file, add));
  JsonLine line;
  line.text("file", file.string()).number("keys", keys.keys().size());
  context.print(line, file.string() + ": " + std::to_string(keys.keys().size()) +
                          " retention keys; copy the file to the bot before it is first used");
  return 0;
}

Run keep_run(CLI::App& verb, Context& context, bool add) {
  auto o = std::make_shared<Keep>();
  verb.add_option("--dir", o->dir, "Folder of retention.keys")->required();
  verb.add_option("--class", o->classes, "Class of groups, repeated (default: all there are)");
  verb.add_option("--period", o->periods, "Year, repeated (default: this and the next)");
  return [&context, o, add] { return keep(context, *o, add); };
}

struct Keeper {
  CustodyPlace place{.role = warrant::CustodyRole::keeper};
  std::string key;
  std::string key_name;
  std::string package;
  std::string out;
  std::string note;
  std::string statement;
};

Result<int> approve(const Context& context, const Keeper& o) {
  CANDOUR_TRY(auto key, load_named_key(o.key, o.key_name));
  return answer_package(
      context, o.place, key.verifier.name, o.package, o.out,
      [&](const warrant::Approved& approved) -> Result<warrant::ApprovalFile> {
        // Under the folder's lock, and only when every check has passed.
        CANDOUR_TRY(auto keys, warrant::RetentionKeys::read(fs::path(o.place.dir) / kKeysFile));
        return warrant::answer_as_keeper(approved, keys, {key.verifier.name, key.key},
                                         context.clock.now(), context.random);
      });
}

void add_place(CLI::App& verb, Keeper& o) {
  verb.add_option("--dir", o.place.dir, "Folder of retention.keys")->required();
  add_root_option(verb, o.place);
}

void add_key(CLI::App& verb, Keeper& o) {
  verb.add_option("--key", o.key, "The keeper's key file")->required();
  verb.add_option("--name", o.key_name, "The key's name (default: of the .vkey beside it)");
}

Run review_run(CLI::App& verb, Context& context) {
  auto o = std::make_shared<Keeper>();
  add_place(verb, *o);
  add_key(verb, *o);
  verb.add_option("PACKAGE", o->package, "The request package")->required();
  return [&context, o]() -> Result<int> {
    CANDOUR_TRY(auto key, load_named_key(o->key, o->key_name));
    return review_package(context, o->place, key.verifier.name, o->package);
  };
}

Run approve_run(CLI::App& verb, Context& context) {
  auto o = std::make_shared<Keeper>();
  add_place(verb, *o);
  add_key(verb, *o);
  verb.add_option("PACKAGE", o->package, "The request package")->required();
  verb.add_option("--out", o->out, "File for the answer")->required();
  return [&context, o] { return approve(context, *o); };
}

Run revoked_run(CLI::App& verb, Context& context) {
  auto o = std::make_shared<Keeper>();
  add_place(verb, *o);
  verb.add_option("--statement", o->statement,
                  "Statement to check it by (default: of the last request answered)");
  verb.add_option("NOTE", o->note, "The revocation")->required();
  return [&context, o] { return hear_revocation(context, o->place, o->note, o->statement); };
}

}  // namespace

void add_keeper_verbs(CLI::App& program, Context& context) {
  CLI::App& family = add_family(program, "keeper", "Retention keys, and their use");
  add_verb(family, context, "new", "Make retention.keys",
           [&](CLI::App& verb) { return keep_run(verb, context, false); });
  add_verb(family, context, "add", "Add missing keys to retention.keys",
           [&](CLI::App& verb) { return keep_run(verb, context, true); });
  add_verb(family, context, "review", "Read a request and what the checks say; decides nothing",
           [&](CLI::App& verb) { return review_run(verb, context); });
  add_verb(family, context, "approve", "Check a request and give its records' retention parts",
           [&](CLI::App& verb) { return approve_run(verb, context); });
  add_verb(family, context, "revoked", "Remember that a warrant was revoked",
           [&](CLI::App& verb) { return revoked_run(verb, context); });
}

}  // namespace candour::ctl
