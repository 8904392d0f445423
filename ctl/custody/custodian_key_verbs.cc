// The verbs of key ceremonies: files in, files out, no network. See warrant/open/ceremony.h.
#include <CLI/CLI.hpp>
#include <algorithm>

#include "base/encoding.h"
#include "base/files.h"
#include "ctl/custody/custodian_store.h"
#include "ctl/custody/state.h"
#include "ctl/organisation/notes.h"
#include "ctl/verbs.h"
#include "warrant/open/dkg_signature.h"

namespace candour::ctl {
namespace {

namespace fs = std::filesystem;
using warrant::Ceremony;
using warrant::RoundMessage;

constexpr const char* kOwnMessage[] = {"", "round1.note", "round2.note"};
constexpr const char* kAllMessages[] = {"", "round1.set", "round2.set"};
constexpr std::size_t kCeremonyFileSizeMax = 4 << 20;

struct Part {
  std::string state;
  std::string passphrase_file;
  std::string session;
  std::vector<std::string> in;
  std::string dealings;
  std::string statement;
  std::string root;
  std::string out;
};

Result<std::string> read_text(const std::string& file) {
  CANDOUR_TRY(const auto bytes, read_file(file, kCeremonyFileSizeMax));
  return std::string(as_text(bytes));
}

Result<Ceremony> read_ceremony(const std::string& file) {
  CANDOUR_TRY(const auto text, read_text(file));
  auto ceremony = Ceremony::parse(text);
  if (!ceremony) {
    return error(ceremony.error().code, file + ": " + ceremony.error().message);
  }
  return ceremony;
}

/// What every verb of a ceremony with secrets begins with.
struct Desk {
  CustodianStore store;
  SecretText passphrase;
  warrant::StaticKey key;
  Ceremony ceremony;
  Digest session;
};

Result<Desk> sit_down(const Part& o) {
  CANDOUR_TRY(auto ceremony, read_ceremony(o.session));
  CANDOUR_TRY(auto store, CustodianStore::open(o.state));
  CANDOUR_TRY(auto passphrase, read_passphrase(o.passphrase_file));
  CANDOUR_TRY(auto key, store.static_key(passphrase));
  const Digest session = ceremony.digest();
  return Desk{std::move(store), std::move(passphrase), std::move(key), std::move(ceremony),
              session};
}

/// Signs the message, keeps it, and writes it out; keeping comes first, so that a message that was
/// sent is never forgotten.
Status send(Desk& desk, std::uint32_t round, Bytes message, const std::string& out) {
  const RoundMessage sent{round, desk.store.key().verifier.name, std::move(message)};
  identity::SignedNote note{sent.print(desk.session), {}};
  CANDOUR_TRY(add_signature(note, desk.store.key()));
  CANDOUR_TRY(RoundMessage::verify(note.print(), desk.ceremony));
  CANDOUR_TRY(desk.store.write_session_file(desk.session, kOwnMessage[round], note.print()));
  return write_file(out, as_bytes(note.print()));
}

/// The session is the coordinator's word, and what is sent lets its members make the key: the
/// custodian reads who they are before the message leaves this machine.
std::string describe_session(const Ceremony& ceremony) {
  std::string out = "\nGroup '" + ceremony.group() + "': any " +
                    std::to_string(ceremony.threshold()) + " of these " +
                    std::to_string(ceremony.members().size()) + " will open records together:";
  for (const auto& member : ceremony.members()) out += "\n  " + member.key.vkey();
  for (const auto& dealer : ceremony.dealers()) out += "\nhanded on by " + dealer.card.key.vkey();
  return out;
}

void print_sent(const Context& context, const Desk& desk, std::uint32_t round,
                const std::string& out) {
  JsonLine line;
  line.text("session", desk.session.hex())
      .number("round", round)
      .text("group", desk.ceremony.group())
      .number("threshold", desk.ceremony.threshold())
      .number("members", desk.ceremony.members().size())
      .text("file", out);
  context.print(line, out + ": round " + std::to_string(round) + " of session " +
                          desk.session.hex() + describe_session(desk.ceremony) +
                          "\nHand the file on only when these are the custodians you expect, with "
                          "the keys you know, and the other custodians read out the same digits.");
}

Error not_permitted(std::string why) {
  return error(ErrorCode::not_permitted, "resharing: " + std::move(why));
}

/// The session is what the coordinator wrote; who may receive is what the organisation signed.
Status check_receivers(const Ceremony& ceremony, const identity::Statement& statement) {
  for (const auto& member : ceremony.members()) {
    const identity::RoleKey* role = statement.role_key(member.name);
    if (role == nullptr || role->role != "custodian" || !(role->key == member.key)) {
      return not_permitted("receiver '" + member.key.vkey() +
                           "' is no custodian key of the statement's version " +
                           std::to_string(statement.version) +
                           "; a new custodian is in the statement before a share is handed on");
    }
  }
  return ok();
}

/// The dealers are the custodians the statement lists for the group, with its key and theirs.
Status check_dealers(const Ceremony& ceremony, const identity::Statement& statement) {
  const identity::CustodianGroup* group = statement.custodian_group(ceremony.group());
  if (group == nullptr || !same(group->public_key, ceremony.public_key()->encoded())) {
    return not_permitted("the statement lists no group '" + ceremony.group() +
                         "' with the session's public key");
  }
  for (const auto& dealer : ceremony.dealers()) {
    const auto listed =
        std::any_of(group->members.begin(), group->members.end(), [&](const auto& member) {
          return member.index == dealer.index && member.key_name == dealer.card.name &&
                 same(member.verification_key, dealer.verification_key.encoded());
        });
    const identity::RoleKey* role = statement.role_key(dealer.card.name);
    if (!listed || role == nullptr || !(role->key == dealer.card.key)) {
      return not_permitted("dealer '" + dealer.card.key.vkey() +
                           "' does not stand in the statement's group '" + ceremony.group() +
                           "' with that index and those keys");
    }
  }
  return ok();
}

/// Enough dealings make the key for whoever receives them: nothing is dealt to receivers that the
/// organisation's root did not sign for, whatever the coordinator says.
Status check_reshare(const Desk& desk, const Part& o) {
  if (o.statement.empty()) {
    return error(ErrorCode::usage,
                 "the session hands the own share on: give the organisation's newest statement "
                 "with --statement, so that its receivers can be checked");
  }
  // The store holds the folder's lock.
  CANDOUR_TRY(const auto state,
              CustodyState::open(desk.store.dir(), warrant::CustodyRole::custodian, o.root, false));
  CANDOUR_TRY(const auto note, read_note_file(o.statement));
  CANDOUR_TRY(const auto statement, identity::Statement::verify(note, state.root()));
  if (const auto kept = state.statement(); kept && kept.value().version > statement.version) {
    return not_permitted(o.statement + " is version " + std::to_string(statement.version) +
                         "; version " + std::to_string(kept.value().version) +
                         " was seen here before");
  }
  CANDOUR_TRY(check_dealers(desk.ceremony, statement));
  return check_receivers(desk.ceremony, statement);
}

Result<int> round1(const Context& context, const Part& o) {
  CANDOUR_TRY(auto desk, sit_down(o));
  if (!desk.ceremony.deals(desk.key.public_key)) {
    return error(ErrorCode::not_found,
                 "this custodian has no part in round 1 of the session; was its card made before "
                 "'custodian rekey'?");
  }
  if (desk.ceremony.reshares()) {
    CANDOUR_TRY(check_reshare(desk, o));
  }
  if (desk.store.has_session_file(desk.session, kOwnMessage[1])) {
    // The same message again: a second one would be another secret.
    CANDOUR_TRY(const auto note, desk.store.read_session_file(desk.session, kOwnMessage[1]));
    CANDOUR_TRY(write_file(o.out, as_bytes(note)));
    print_sent(context, desk, 1, o.out);
    return 0;
  }
  std::optional<warrant::EscrowShare> share;
  if (desk.ceremony.reshares()) {
    CANDOUR_TRY(share, desk.store.share(desk.passphrase));
  } else if (desk.store.has_share()) {
    return error(ErrorCode::already_exists,
                 desk.store.dir().string() +
                     ": holds a share already; the custodian of another group has another folder");
  }
  CANDOUR_TRY(const auto dealing,
              desk.ceremony.deal(desk.key, share ? &*share : nullptr, context.random));
  CANDOUR_TRY(
      desk.store.write_session_file(desk.session, "session.txt", desk.ceremony.print(), true));
  CANDOUR_TRY(send(desk, 1, dealing.encode(), o.out));
  print_sent(context, desk, 1, o.out);
  return 0;
}

Result<int> collect(const Context& context, const Part& o) {
  CANDOUR_TRY(const auto ceremony, read_ceremony(o.session));
  std::vector<std::string> notes;
  for (const std::string& file : o.in) {
    CANDOUR_TRY(auto note, read_text(file));
    notes.push_back(std::move(note));
  }
  CANDOUR_TRY(const auto first, RoundMessage::verify(notes.front(), ceremony));
  CANDOUR_TRY(const auto all, warrant::collect_round(ceremony, first.round, notes));
  CANDOUR_TRY(write_file(o.out, as_bytes(all)));
  JsonLine line;
  line.text("session", ceremony.digest().hex()).number("round", first.round).text("file", o.out);
  context.print(line, o.out + ": round " + std::to_string(first.round) + " is complete");
  return 0;
}

/// Keeps the dealings of a session once and for all: a coordinator that shows others later is
/// refused.
Result<std::vector<warrant::Dealing>> keep_dealings(Desk& desk, const std::string& file) {
  CANDOUR_TRY(const auto text, read_text(file));
  CANDOUR_TRY(const auto messages, warrant::read_round(desk.ceremony, 1, text));
  CANDOUR_TRY(auto dealings, desk.ceremony.decode_dealings(messages));
  if (desk.store.has_session_file(desk.session, kAllMessages[1])) {
    CANDOUR_TRY(const auto kept, desk.store.read_session_file(desk.session, kAllMessages[1]));
    if (kept != text) {
      return error(ErrorCode::not_permitted,
                   file +
                       ": other dealings were shown before in this session; somebody shows "
                       "different things at different times, so start a new session");
    }
  }
  if (desk.store.has_session_file(desk.session, kOwnMessage[1])) {
    CANDOUR_TRY(const auto own, desk.store.read_session_file(desk.session, kOwnMessage[1]));
    if (text.find("part " + base64_encode(as_bytes(own)) + "\n") == text.npos) {
      return error(ErrorCode::not_permitted,
                   file + ": does not hold the message this custodian sent in round 1");
    }
  }
  CANDOUR_TRY(desk.store.write_session_file(desk.session, kAllMessages[1], text, true));
  return dealings;
}

Result<int> round2(const Context& context, const Part& o) {
  CANDOUR_TRY(auto desk, sit_down(o));
  if (!desk.ceremony.receives(desk.key.public_key)) {
    return error(ErrorCode::not_found,
                 "this custodian gets no share in the session and has nothing to sign; it runs "
                 "'custodian finish' with --dealings when round 2 is complete");
  }
  CANDOUR_TRY(const auto dealings, keep_dealings(desk, o.in.front()));
  CANDOUR_TRY(desk.ceremony.finish(desk.key, dealings));
  if (desk.store.has_session_file(desk.session, kOwnMessage[2])) {
    CANDOUR_TRY(const auto note, desk.store.read_session_file(desk.session, kOwnMessage[2]));
    CANDOUR_TRY(write_file(o.out, as_bytes(note)));
  } else {
    const Bytes signature = warrant::dkg_sign(desk.key.secret, desk.ceremony.transcript(dealings));
    CANDOUR_TRY(send(desk, 2, signature, o.out));
  }
  print_sent(context, desk, 2, o.out);
  return 0;
}

Result<std::vector<warrant::Dealing>> kept_dealings(Desk& desk, const std::string& file) {
  if (!file.empty()) return keep_dealings(desk, file);
  auto text = desk.store.read_session_file(desk.session, kAllMessages[1]);
  if (!text) {
    return error(ErrorCode::usage,
                 "round 2 was not run here: give the dealings of round 1 with --dealings");
  }
  CANDOUR_TRY(const auto messages, warrant::read_round(desk.ceremony, 1, text.value()));
  return desk.ceremony.decode_dealings(messages);
}

/// The share kept here, if any, is the one the session replaces: nobody loses a newer share to the
/// files of an older session.
Status check_replaced(const Desk& desk) {
  if (!desk.store.has_share()) return ok();
  CANDOUR_TRY(const auto old, desk.store.share_header());
  if (old.group != desk.ceremony.group() || !(old.public_key == desk.ceremony.public_key())) {
    return error(ErrorCode::already_exists,
                 desk.store.dir().string() + ": holds another share, of group '" + old.group + "'");
  }
  for (const auto& dealer : desk.ceremony.dealers()) {
    if (dealer.index > old.count ||
        !(old.verification_keys[dealer.index - 1] == dealer.verification_key)) {
      return error(ErrorCode::share_invalid,
                   "the session replaces another share than the one here: an older one, or one of "
                   "a session that was not finished here; finish that one first");
    }
  }
  return ok();
}

Status note_event(Desk& desk, const Context& context, const char* event) {
  JsonLine line;
  line.text("time", time_encode(context.clock.now().value))
      .text("event", event)
      .text("group", desk.ceremony.group())
      .text("session", desk.session.hex());
  return desk.store.write_journal(line);
}

/// This custodian really has no part in what comes after the session.
Status check_outgoing(const Desk& desk) {
  for (const auto& member : desk.ceremony.members()) {
    if (member.name == desk.store.key().verifier.name) {
      return error(ErrorCode::not_found,
                   "the session gives this custodian a share under a static key it no longer has");
    }
  }
  return check_replaced(desk);
}

/// Somebody else's session now: what this custodian had is worthless once enough do the same.
Result<int> step_down(const Context& context, Desk& desk,
                      std::span<const warrant::Dealing> dealings) {
  CANDOUR_TRY(check_outgoing(desk));
  // Anybody can write a session and sign for receivers of their own: only who holds the other
  // shares can make dealings that hand the key on. Erasing cannot be undone, so that is checked.
  CANDOUR_TRY(desk.ceremony.check_handed_on(dealings));
  CANDOUR_TRY(desk.store.forget_share());
  CANDOUR_TRY(note_event(desk, context, "share_forgotten"));
  JsonLine line;
  line.text("session", desk.session.hex()).boolean("share", false);
  context.print(line,
                desk.store.dir().string() + ": the share is erased here; erase its backups too");
  return 0;
}

Result<int> finish(const Context& context, const Part& o) {
  CANDOUR_TRY(auto desk, sit_down(o));
  CANDOUR_TRY(const auto dealings, kept_dealings(desk, o.dealings));
  CANDOUR_TRY(const auto text, read_text(o.in.front()));
  CANDOUR_TRY(const auto signatures, warrant::read_round(desk.ceremony, 2, text));
  CANDOUR_TRY(desk.ceremony.certify(dealings, signatures));
  if (!desk.ceremony.receives(desk.key.public_key)) {
    return step_down(context, desk, dealings);
  }

  CANDOUR_TRY(const auto share, desk.ceremony.finish(desk.key, dealings));
  const bool repeated = desk.store.has_session_file(desk.session, kAllMessages[2]);
  if (!repeated) {
    CANDOUR_TRY(check_replaced(desk));
  }
  CANDOUR_TRY(desk.store.write_session_file(desk.session, kAllMessages[2], text, true));
  CANDOUR_TRY(desk.store.write_share(share, desk.passphrase, context.random));
  CANDOUR_TRY(desk.store.forget_sessions_but(desk.session));
  const std::string lines = identity::print_custodians(desk.ceremony.custodian_group(share));
  const std::string out =
      o.out.empty() ? (desk.store.dir() / ("custodians-" + share.group + ".txt")).string() : o.out;
  CANDOUR_TRY(write_file(out, as_bytes(lines)));
  CANDOUR_TRY(note_event(desk, context, desk.ceremony.reshares() ? "share_renewed" : "share_made"));
  JsonLine line;
  line.text("session", desk.session.hex())
      .boolean("share", true)
      .text("group", share.group)
      .number("index", share.index)
      .text("public_key", hex_encode(share.public_key.encoded()))
      .text("file", out);
  context.print(line, out + ":\n" + lines);
  return 0;
}

Run part_run(CLI::App& verb, Context& context, Result<int> (*run)(const Context&, const Part&),
             const char* in, const char* out) {
  auto o = std::make_shared<Part>();
  verb.add_option("--session", o->session, "The session file")->required();
  if (run != collect) {
    verb.add_option("--state", o->state, "The custodian's folder")->required();
    verb.add_option("--passphrase-file", o->passphrase_file, "File (0600) with the passphrase")
        ->required();
  }
  if (in != nullptr) {
    auto* option = verb.add_option("--in", o->in, in)->required();
    if (run != collect) option->expected(1);
  }
  if (run == round1) {
    verb.add_option("--statement", o->statement,
                    "The newest statement: whom a share is handed on to (resharing only)");
    verb.add_option("--root", o->root,
                    "The organisation's root .vkey; pinned the first time it is given");
  }
  if (run == finish) {
    verb.add_option("--dealings", o->dealings, "Round 1, where round 2 was not run");
  }
  auto* option = verb.add_option("--out", o->out, out);
  if (run != finish) option->required();
  return [&context, o, run] { return run(context, *o); };
}

}  // namespace

void add_custody_verbs(CLI::App& program, Context& context) {
  CLI::App& family =
      add_family(program, "custodian", "Shares of the key records are sealed to, and their use");
  add_custodian_setup_verbs(family, context);
  add_verb(family, context, "round1", "Deal shares, or hand the own one on", [&](CLI::App& verb) {
    return part_run(verb, context, round1, nullptr, "File for the message");
  });
  add_verb(family, context, "collect", "Coordinator: make one file of all messages of a round",
           [&](CLI::App& verb) {
             return part_run(verb, context, collect, "The messages", "File to write");
           });
  add_verb(family, context, "round2", "Check all dealings and sign the transcript",
           [&](CLI::App& verb) {
             return part_run(verb, context, round2, "Round 1, collected", "File for the message");
           });
  add_verb(family, context, "finish", "Check that all signed the same, and keep the share",
           [&](CLI::App& verb) {
             return part_run(verb, context, finish, "Round 2, collected",
                             "File for the statement's lines (default: in the folder)");
           });
}

}  // namespace candour::ctl
