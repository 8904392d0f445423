#include "ctl/verbs.h"

#include <CLI/CLI.hpp>

#include "base/files.h"
#include "ctl/organisation/notes.h"
#include "ctl/witness/mirror.h"
#include "ctl/witness/server.h"
#include "ctl/witness/store.h"

namespace candour::ctl {
namespace {

struct Options {
  std::string dir;
  std::string key;
  std::string name;
  std::vector<std::string> logs;
  // serve
  std::uint16_t port = 0;
  std::string address = "127.0.0.1";
  std::string mirror;
  RelayOptions relay;
  // cosign
  std::string request;
  std::string out;
};

struct Loaded {
  NamedKey key;
  std::vector<identity::NoteKey> logs;
};

Result<Loaded> load(const Options& o) {
  CANDOUR_TRY(auto key, load_named_key(o.key, o.name, identity::NoteKeyType::cosignature));
  if (key.verifier.type != identity::NoteKeyType::cosignature) {
    return error(ErrorCode::usage,
                 o.key + ": is no witness' key; make one with candourctl key new --cosignature");
  }
  std::vector<identity::NoteKey> logs;
  for (const std::string& file : o.logs) {
    CANDOUR_TRY(auto log, load_vkey(file));
    logs.push_back(std::move(log));
  }
  return Loaded{std::move(key), std::move(logs)};
}

Result<int> serve(const Context& context, const Options& o) {
  CANDOUR_TRY(auto loaded, load(o));
  CANDOUR_TRY(auto store, WitnessStore::open(o.dir, std::move(loaded.logs)));
  std::unique_ptr<Mirror> mirror;
  if (!o.mirror.empty()) {
    CANDOUR_TRY(mirror, Mirror::open(context, o.mirror, o.relay));
  }
  return serve_witness(context, *store, {loaded.key.verifier.name, loaded.key.key}, mirror.get(),
                       o.address, o.port);
}

Result<int> cosign(const Context& context, const Options& o) {
  CANDOUR_TRY(auto loaded, load(o));
  CANDOUR_TRY(auto store, WitnessStore::open(o.dir, std::move(loaded.logs)));
  CANDOUR_TRY(auto body, read_note_file(o.request));
  CANDOUR_TRY(auto answer, store->add_checkpoint(body, {loaded.key.verifier.name, loaded.key.key},
                                                 context.clock.now()));
  if (answer.status != 200) {
    std::string why = answer.body;
    if (why.ends_with('\n')) why.pop_back();
    if (answer.status == 409) why = "the newest checkpoint cosigned has size " + why;
    return error(answer.status == 422 ? ErrorCode::log_inconsistent : ErrorCode::not_permitted,
                 o.request + ": not cosigned (" + std::to_string(answer.status) + "): " + why);
  }
  if (!o.out.empty()) {
    CANDOUR_TRY(write_file(o.out, as_bytes(answer.body)));
  }
  JsonLine line;
  line.number("size", answer.new_state->size).text("cosignature", answer.body);
  context.print(line, answer.body);
  return 0;
}

/// The options of add_relay_options, needed only with --mirror; --key is the witness' own here.
void add_mirror(CLI::App& verb, Options& o) {
  CLI::Option* mirror = verb.add_option(
      "--mirror", o.mirror, "Folder for a copy of the log: nothing is cosigned that is not in it");
  const auto with_mirror = [&](const char* name, std::string& value, const char* text) {
    CLI::Option* option = verb.add_option(name, value, text);
    option->needs(mirror);
    return option;
  };
  mirror->needs(with_mirror("--relay", o.relay.relay, "HOST:PORT of the relay"));
  mirror->needs(with_mirror("--ca", o.relay.ca, "PEM file: the only trust anchor for TLS"));
  mirror->needs(with_mirror("--root", o.relay.root, ".vkey file of the organisation's root"));
  mirror->needs(with_mirror("--statement", o.relay.statement, "Statement file: names the log"));
  mirror->needs(with_mirror("--mirror-key", o.relay.key, "Key file of a keeper or an auditor"));
  with_mirror("--mirror-name", o.relay.key_name, "The key's name (default: of the .vkey beside)");
  with_mirror("--tls-name", o.relay.tls_name, "Name in the certificate (default localhost)");
}

void add_common(CLI::App& verb, Options& o) {
  verb.add_option("--dir", o.dir, "Folder where the witness remembers")->required();
  verb.add_option("--key", o.key, "Key file (type 04)")->required();
  verb.add_option("--name", o.name, "Its name (default: of the .vkey beside it)");
  verb.add_option("--log", o.logs, ".vkey file of a log to witness, repeated")->required();
}

}  // namespace

void add_witness_verbs(CLI::App& program, Context& context) {
  CLI::App& family = add_family(program, "witness", "Cosigning of checkpoints (C2SP tlog-witness)");
  add_verb(family, context, "serve", "Answer add-checkpoint requests over HTTP",
           [&](CLI::App& verb) -> Run {
             auto o = std::make_shared<Options>();
             add_common(verb, *o);
             verb.add_option("--port", o->port, "Port (default: any free one)");
             verb.add_option("--address", o->address, "Loopback address (default 127.0.0.1)");
             add_mirror(verb, *o);
             return [&context, o] { return serve(context, *o); };
           });
  add_verb(family, context, "cosign", "Answer one add-checkpoint request from a file",
           [&](CLI::App& verb) -> Run {
             auto o = std::make_shared<Options>();
             add_common(verb, *o);
             verb.add_option("--request", o->request, "File with the request")->required();
             verb.add_option("--out", o->out, "File for the cosignature line");
             return [&context, o] { return cosign(context, *o); };
           });
}

}  // namespace candour::ctl
