#include "ctl/warrant/relay.h"

#include <CLI/CLI.hpp>

#include "base/files.h"
#include "ctl/custody/journal.h"
#include "ctl/organisation/notes.h"
#include "ctl/warrant/case_folder.h"
#include "ctl/warrant/opening_client.h"
#include "identity/note_text.h"
#include "warrant/open/oversight.h"

namespace candour::ctl {
namespace {

namespace fs = std::filesystem;

struct Submit {
  RelayOptions relay;
  std::string case_dir;
  std::string warrant;
};

/// Puts `text` there, or finds it there already; other content is already_exists.
Status put_once(const CaseFolder& folder, std::string_view name, const std::string& text) {
  if (!folder.has(name)) return folder.put(name, as_bytes(text));
  CANDOUR_TRY(auto there, folder.text(name));
  if (there == text) return ok();
  return error(ErrorCode::already_exists, folder.file(name).string() +
                                              ": the case folder holds another one already; use "
                                              "a folder of its own for each warrant");
}

/// The opening kept from an earlier attempt, or a new one that is on disk when this returns.
Result<tlog::LeafOpening> keep_opening(const CaseFolder& folder, const std::string& stem,
                                       tlog::LeafKind kind, const std::string& note,
                                       Random& random) {
  if (folder.has(stem + ".opening")) return folder.opening(stem);
  const auto opening = warrant::make_note_opening(kind, note, random);
  CANDOUR_TRY(folder.put(stem + ".opening", opening.encode()));
  return opening;
}

Result<tlog::ProofFile> log_warrant(const Context& context, RelaySession& session,
                                    const CaseFolder& folder, const warrant::Warrant& w,
                                    const std::string& note) {
  if (folder.has("warrant.tlog-proof")) return folder.proof("warrant");
  CANDOUR_TRY(auto opening,
              keep_opening(folder, "warrant", tlog::LeafKind::warrant, note, context.random));
  const Opening leaf{
      identity::OpeningKind::warrant, note, opening, std::nullopt, 0, w.sealed_until};
  CANDOUR_TRY(auto proof, log_opening(session, context, leaf));
  // The first witnessed checkpoint that covers the warrant: it dates the cooling-off.
  CANDOUR_TRY(folder.put("warrant.tlog-proof", as_bytes(proof.print())));
  JsonLine about;
  about.text("warrant", w.digest().hex())
      .text("by", session.key().verifier.name)
      .number("leaf_index", proof.index);
  CANDOUR_TRY(folder.journal(context, "warrant_logged", about));
  return proof;
}

Result<int> submit(const Context& context, const Submit& o) {
  CANDOUR_TRY(auto note, read_note_file(o.warrant));
  CANDOUR_TRY(auto root, load_vkey(o.relay.root));
  CANDOUR_TRY(auto session, RelaySession::open(context, o.relay));
  CANDOUR_TRY(auto trust, session->directory());
  CANDOUR_TRY(auto w, warrant::Warrant::verify(note, *trust->statement()));
  if (session->key().verifier.name != w.requester.key_name) {
    return error(ErrorCode::not_permitted, "only the requester '" + w.requester.key_name +
                                               "' submits this warrant, not '" +
                                               session->key().verifier.name + "'");
  }
  if (context.clock.now() >= w.expires) {
    return error(ErrorCode::warrant_expired, "the warrant expired before it was submitted");
  }
  CANDOUR_TRY(auto folder, CaseFolder::create(o.case_dir));
  CANDOUR_TRY(auto lock, FolderLock::take(folder.dir()));
  CANDOUR_TRY(put_once(folder, "root.vkey", root.vkey() + "\n"));
  CANDOUR_TRY(auto statement_note, session->statement_note());
  CANDOUR_TRY(put_once(folder, "warrant.note", note));
  CANDOUR_TRY(folder.put("statement.note", as_bytes(statement_note), true));
  CANDOUR_TRY(auto proof, log_warrant(context, *session, folder, w, note));
  CANDOUR_TRY(auto leaf, folder.leaf_hash("warrant"));
  CANDOUR_TRY(auto verified, proof.verify(leaf, *trust->statement()));
  JsonLine line;
  line.text("case", o.case_dir)
      .text("warrant", w.digest().hex())
      .text("stage", "logged")
      .number("leaf_index", proof.index)
      .text("leaf", leaf.hex())
      .number("checkpoint_size", verified.checkpoint.size);
  context.print(line, "warrant " + w.digest().hex() + " is leaf " + std::to_string(proof.index) +
                          " of the log, witnessed; its case folder is " + o.case_dir);
  return 0;
}

struct Revoke {
  RelayOptions relay;
  std::string statement;
  std::string warrant;
  std::string proof;
  std::string reason;
  std::string out;
};

Status check_reason(const std::string& reason) {
  if (identity::valid_line(reason, 500)) return ok();
  return error(ErrorCode::usage, "--reason takes one readable line of at most 500 bytes");
}

/// The revocation as it lies in `file`, or a new one, signed.
Result<std::string> revocation_note(const Context& context, const Revoke& o, const NamedKey& key,
                                    const identity::Statement& statement,
                                    const warrant::Warrant& w) {
  if (fs::exists(o.out)) {
    CANDOUR_TRY(auto there, read_note_file(o.out));
    CANDOUR_TRY(auto earlier, warrant::WarrantRevocation::verify(there, statement));
    if (earlier.warrant == w.digest()) return there;
    return error(ErrorCode::already_exists, o.out + ": is the revocation of another warrant");
  }
  const warrant::WarrantRevocation revocation{statement.id, w.digest(), o.reason,
                                              context.clock.now()};
  identity::SignedNote note{revocation.print(), {}};
  CANDOUR_TRY(add_signature(note, key));
  CANDOUR_TRY(warrant::WarrantRevocation::verify(note.print(), statement));
  CANDOUR_TRY(write_secret_file(o.out, as_bytes(note.print())));
  return note.print();
}

/// Leaf hash of the warrant, from the opening its proof file carries.
Result<Digest> leaf_of_proof(const std::string& file, const std::string& warrant_note) {
  CANDOUR_TRY(auto text, read_note_file(file));
  CANDOUR_TRY(auto proof, tlog::ProofFile::parse(text));
  if (!proof.extra) {
    return error(ErrorCode::input_invalid, file + ": lacks the opening of the warrant's leaf");
  }
  CANDOUR_TRY(auto opening, tlog::LeafOpening::decode(*proof.extra));
  CANDOUR_TRY(warrant::check_note_opening(opening, tlog::LeafKind::warrant, warrant_note));
  return tlog::leaf_hash(opening.entry(tlog::LeafClass::opening));
}

Result<tlog::ProofFile> log_revocation(const Context& context, const Revoke& o,
                                       RelaySession& session, const warrant::Warrant& w,
                                       const Digest& leaf, const std::string& note) {
  const fs::path opening_file = o.out + ".opening";
  tlog::LeafOpening opening;
  if (fs::exists(opening_file)) {
    CANDOUR_TRY(auto bytes, read_secret_file(opening_file, tlog::kOpeningSize));
    CANDOUR_TRY(opening, tlog::LeafOpening::decode(bytes.view()));
  } else {
    opening = warrant::make_note_opening(tlog::LeafKind::warrant_revocation, note, context.random);
    CANDOUR_TRY(write_secret_file(opening_file, opening.encode()));
  }
  return log_opening(
      session, context,
      {identity::OpeningKind::warrant_revocation, note, opening, leaf, 0, w.sealed_until});
}

void print_revocation(const Context& context, const Revoke& o, const warrant::Warrant& w,
                      std::optional<std::uint64_t> index) {
  JsonLine line;
  line.text("warrant", w.digest().hex()).text("file", o.out).boolean("logged", index.has_value());
  if (index) line.number("leaf_index", *index);
  context.print(line, o.out + ": revokes warrant " + w.digest().hex() +
                          (index ? "; the relay takes no further request under it. "
                                 : "; publish it with the relay options. ") +
                          "Hand the file to every custodian and keeper (custodian revoked)");
}

Result<int> revoke(const Context& context, const Revoke& o) {
  CANDOUR_TRY(check_reason(o.reason));
  CANDOUR_TRY(auto warrant_note, read_note_file(o.warrant));
  if (o.relay.relay.empty()) {
    if (o.statement.empty()) {
      return error(ErrorCode::usage, "give --statement, or the relay options to publish it too");
    }
    CANDOUR_TRY(auto statement, load_statement(o.statement, o.relay.root));
    CANDOUR_TRY(auto key, load_named_key(o.relay.key, o.relay.key_name));
    CANDOUR_TRY(auto w, warrant::Warrant::verify(warrant_note, statement));
    CANDOUR_TRY(revocation_note(context, o, key, statement, w));
    print_revocation(context, o, w, std::nullopt);
    return 0;
  }
  if (o.proof.empty()) {
    return error(ErrorCode::usage, "give --proof, the warrant's .tlog-proof, to publish it");
  }
  CANDOUR_TRY(auto leaf, leaf_of_proof(o.proof, warrant_note));
  CANDOUR_TRY(auto session, RelaySession::open(context, o.relay));
  CANDOUR_TRY(auto trust, session->directory());
  CANDOUR_TRY(auto w, warrant::Warrant::verify(warrant_note, *trust->statement()));
  CANDOUR_TRY(auto note, revocation_note(context, o, session->key(), *trust->statement(), w));
  CANDOUR_TRY(auto proof, log_revocation(context, o, *session, w, leaf, note));
  CANDOUR_TRY(write_secret_file(o.out + ".tlog-proof", as_bytes(proof.print()), true));
  print_revocation(context, o, w, proof.index);
  return 0;
}

struct Unseal {
  RelayOptions relay;
  std::string case_dir;
  bool early = false;
};

Result<int> unseal(const Context& context, const Unseal& o) {
  CANDOUR_TRY(auto folder, CaseFolder::open(o.case_dir));
  CANDOUR_TRY(auto w, folder.warrant());
  if (context.clock.now() < w.sealed_until && !o.early) {
    return error(ErrorCode::not_permitted, "the warrant is sealed until " +
                                               time_encode(w.sealed_until.value) +
                                               "; --early makes it public now");
  }
  CANDOUR_TRY(auto session, RelaySession::open(context, o.relay));
  CANDOUR_TRY(auto openings, fetch_openings(*session));
  std::uint64_t count = 0;
  for (const char* stem : {"warrant", "request", "release"}) {
    if (!folder.has(std::string(stem) + ".opening")) continue;
    CANDOUR_TRY(auto note, folder.text(std::string(stem) + ".note"));
    CANDOUR_TRY(auto opening, folder.opening(stem));
    CANDOUR_TRY(unseal_opening(*session, openings, opening, note));
    JsonLine about;
    about.text("note", stem).text("by", session->key().verifier.name);
    CANDOUR_TRY(folder.journal(context, "unsealed", about));
    ++count;
  }
  JsonLine line;
  line.text("case", o.case_dir).number("unsealed", count);
  context.print(line, std::to_string(count) + " notes of this case are public now");
  return 0;
}

Run submit_run(CLI::App& verb, Context& context) {
  auto o = std::make_shared<Submit>();
  add_relay_options(verb, o->relay);
  verb.add_option("--case", o->case_dir, "Case folder, made when missing")->required();
  verb.add_option("--warrant", o->warrant, "The warrant with both signatures")->required();
  return [&context, o] { return submit(context, *o); };
}

Run revoke_run(CLI::App& verb, Context& context) {
  auto o = std::make_shared<Revoke>();
  add_relay_options(verb, o->relay);
  verb.get_option("--relay")->required(false);
  verb.get_option("--ca")->required(false)->needs("--relay");
  o->statement.clear();
  verb.add_option("--warrant", o->warrant, "The warrant to revoke")->required();
  verb.add_option("--proof", o->proof, "Its .tlog-proof, to publish the revocation");
  verb.add_option("--reason", o->reason, "Why, in one line")->required();
  verb.add_option("--out", o->out, "File for the revocation")->required();
  return [&context, o] {
    o->statement = o->relay.statement;
    return revoke(context, *o);
  };
}

}  // namespace

void add_warrant_relay_verbs(CLI::App& family, Context& context) {
  add_verb(family, context, "submit", "Log a warrant's commitment and tell the auditors",
           [&](CLI::App& verb) { return submit_run(verb, context); });
  add_verb(family, context, "revoke", "Revoke a warrant as an authoriser",
           [&](CLI::App& verb) { return revoke_run(verb, context); });
  add_verb(family, context, "unseal", "Make the notes of a case public, when it is due",
           [&](CLI::App& verb) -> Run {
             auto o = std::make_shared<Unseal>();
             add_relay_options(verb, o->relay);
             verb.add_option("--case", o->case_dir, "Case folder")->required();
             verb.add_flag("--early", o->early, "Even before the time it is sealed until");
             return [&context, o] { return unseal(context, *o); };
           });
}

}  // namespace candour::ctl
