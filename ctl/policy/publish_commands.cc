// policy sign, policy publish: from a pack that holds to one the bot may use.
#include <CLI/CLI.hpp>
#include <thread>

#include "base/files.h"
#include "ctl/organisation/notes.h"
#include "ctl/policy/commands.h"
#include "ctl/policy/signing.h"
#include "ctl/policy/verbs.h"
#include "ctl/relay_access.h"
#include "identity/pack_note.h"
#include "policy/compiled.h"

namespace candour::ctl {
namespace {

constexpr std::chrono::milliseconds kProofPause{500};
constexpr int kProofAttempts = 120;

struct Sign {
  std::string pack;
  std::string key;
  std::string name;
  std::string statement;
  std::string root;
};

// One digest must not stand for two sets of rules: the compiled ones that the note lists are those
// of the TOML that people have read.
Status check_compiled(const policy::Pack& pack) {
  const auto same_rules = policy::load_compiled(policy::compile_pack(pack));
  if (same_rules) return ok();
  return error(ErrorCode::policy_invalid,
               same_rules.error().message + "; write the note anew with candourctl policy note");
}

// What does not hold is not signed: the pack is loaded as the bot would first.
Result<int> sign(const Context& context, const Sign& o) {
  CANDOUR_TRY(const auto pack, load_as_bot(o.pack));
  CANDOUR_TRY(check_compiled(*pack));
  CANDOUR_TRY(const auto statement, load_statement(o.statement, o.root));
  CANDOUR_TRY(const auto key, load_named_key(o.key, o.name));
  CANDOUR_TRY(const auto signatures, sign_pack(*pack, key, statement));
  const std::filesystem::path file = std::filesystem::path(o.pack) / "pack.note";
  CANDOUR_TRY(write_file(file, as_bytes(signatures.note.print())));
  JsonLine line;
  line.text("file", file.string()).text("digest", pack->digest.hex());
  line.text("author", signatures.author).text("approver", signatures.approver);
  line.boolean("complete", signatures.complete());
  context.print(line, file.string() + ": " + signatures.describe());
  return 0;
}

struct Publish {
  RelayOptions relay;
  std::string pack;
  bool wait = false;
};

/// The bot takes a version up when the witnesses have cosigned a checkpoint that holds it.
Status await_proof(RelaySession& session, const Digest& digest) {
  for (int attempt = 0; attempt < kProofAttempts; ++attempt) {
    CANDOUR_TRY(client::Trust * trust, session.directory());
    CANDOUR_TRY(trust->prove_pending(session.connection()));
    if (trust->policy_proven(digest)) return ok();
    std::this_thread::sleep_for(kProofPause);
  }
  return error(ErrorCode::timed_out,
               "the policy is in the log, and no checkpoint with it has the witnesses' signatures "
               "yet; see the relay's /readyz, then ask again with the same command");
}

Result<int> publish(const Context& context, const Publish& o) {
  CANDOUR_TRY(const auto pack, load_as_bot(o.pack));
  CANDOUR_TRY(check_compiled(*pack));
  CANDOUR_TRY(auto session, RelaySession::open(context, o.relay));
  CANDOUR_TRY(const client::Trust* trust, session->directory());
  const auto verified = identity::PackNote::verify(pack->raw_note, *trust->statement());
  if (!verified) {
    return error(ErrorCode::policy_invalid, o.pack + "/pack.note: " + verified.error().message +
                                                "; each signs with candourctl policy sign");
  }
  CANDOUR_TRY(const auto done, session->publish(v1::POLICY, pack->raw_note));
  if (o.wait) {
    CANDOUR_TRY(await_proof(*session, pack->digest));
  }
  JsonLine line;
  line.text("digest", pack->digest.hex()).number("leaf_index", done.number());
  line.boolean("duplicate", done.duplicate()).boolean("witnessed", o.wait);
  context.print(line, pack->name + " " + pack->version + " (" + pack->digest.hex() + "): " +
                          (done.duplicate() ? "was in the log already"
                                            : "logged as leaf " + std::to_string(done.number())) +
                          (o.wait ? ", witnessed" : "") +
                          "; the bot takes it up from its own copy of the folder");
  return 0;
}

}  // namespace

void add_policy_publishing(CLI::App& family, Context& context) {
  add_verb(family, context, "sign", "Sign a pack, as its author or as its approver",
           [&](CLI::App& verb) -> Run {
             auto o = std::make_shared<Sign>();
             verb.add_option("PACK", o->pack, "Folder of the pack")->required();
             verb.add_option("--key", o->key, "Key file")->required();
             verb.add_option("--name", o->name, "Name to sign under (default: of the .vkey)");
             verb.add_option("--statement", o->statement, "The organisation statement")->required();
             verb.add_option("--root", o->root, ".vkey file of the root")->required();
             return [&context, o] { return sign(context, *o); };
           });
  add_verb(family, context, "publish", "Put a signed pack's version into the log",
           [&](CLI::App& verb) -> Run {
             auto o = std::make_shared<Publish>();
             add_relay_options(verb, o->relay);
             verb.add_option("PACK", o->pack, "Folder of the pack")->required();
             verb.add_flag("--wait", o->wait, "Until the witnesses have cosigned it");
             return [&context, o] { return publish(context, *o); };
           });
}

}  // namespace candour::ctl
