#include <CLI/CLI.hpp>
#include <algorithm>

#include "ctl/keys.h"
#include "ctl/verbs.h"

namespace candour::ctl {
namespace {

using identity::NoteKeyType;

struct NewKey {
  std::string name;
  std::string dir;
  std::string stem;
  bool cosignature = false;
  bool sealing = false;
};

/// With --sealing a signing key that is there already is kept.
Result<identity::NoteKey> signing_key(const Context& context, const NewKey& o,
                                      const std::filesystem::path& dir, const std::string& stem) {
  if (o.sealing && std::filesystem::exists(dir / (stem + ".vkey"))) {
    CANDOUR_TRY(auto key, load_named_key(dir / (stem + ".key"), ""));
    if (key.verifier.name == o.name) return key.verifier;
  }
  return make_key(dir, stem, o.name,
                  o.cosignature ? NoteKeyType::cosignature : NoteKeyType::ed25519, context.random);
}

Result<int> new_key(const Context& context, const NewKey& o) {
  std::string stem = o.stem.empty() ? o.name : o.stem;
  std::replace(stem.begin(), stem.end(), '/', '-');
  const std::filesystem::path dir = o.dir;
  CANDOUR_TRY(auto key, signing_key(context, o, dir, stem));
  JsonLine line;
  line.text("name", key.name)
      .text("vkey", key.vkey())
      .text("key_file", (dir / (stem + ".key")).string())
      .text("vkey_file", (dir / (stem + ".vkey")).string());
  if (o.sealing) {
    CANDOUR_TRY(const auto sealing, make_sealing_key(dir, stem, context.random));
    line.text("sealing", sealing.hex())
        .text("sealing_file", (dir / (stem + ".sealing.pub")).string());
  }
  context.print(line, key.vkey());
  return 0;
}

struct ShowKey {
  std::string file;
  std::string name;
  bool cosignature = false;
};

Result<int> show_key(const Context& context, const ShowKey& o) {
  CANDOUR_TRY(auto key,
              load_named_key(o.file, o.name,
                             o.cosignature ? NoteKeyType::cosignature : NoteKeyType::ed25519));
  JsonLine line;
  line.text("name", key.verifier.name).text("vkey", key.verifier.vkey());
  context.print(line, key.verifier.vkey());
  return 0;
}

}  // namespace

void add_key_verbs(CLI::App& program, Context& context) {
  CLI::App& family = add_family(program, "key", "Signing keys of roles, logs and witnesses");
  add_verb(family, context, "new", "Make a key: DIR/STEM.key and DIR/STEM.vkey",
           [&](CLI::App& verb) -> Run {
             auto o = std::make_shared<NewKey>();
             verb.add_option("--name", o->name, "Name the key signs under")->required();
             verb.add_option("--dir", o->dir, "Folder for the two files")->required();
             verb.add_option("--file", o->stem, "File name without ending (default: the name)");
             verb.add_flag("--cosignature", o->cosignature, "A witness' key (type 04)");
             verb.add_flag("--sealing", o->sealing,
                           "Also a key others can seal to: STEM.sealing.key and STEM.sealing.pub");
             return [&context, o] { return new_key(context, *o); };
           });
  add_verb(family, context, "show", "Print the verifier key of a key file",
           [&](CLI::App& verb) -> Run {
             auto o = std::make_shared<ShowKey>();
             verb.add_option("KEYFILE", o->file)->required();
             verb.add_option("--name", o->name, "Name (default: of the .vkey beside it)");
             verb.add_flag("--cosignature", o->cosignature, "As a witness' key, with --name");
             return [&context, o] { return show_key(context, *o); };
           });
}

}  // namespace candour::ctl
