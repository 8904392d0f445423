// Before a ceremony: a custodian's folder and card, and the coordinator's session file.
#include <CLI/CLI.hpp>

#include "base/files.h"
#include "ctl/custody/custodian_store.h"
#include "ctl/organisation/notes.h"
#include "ctl/verbs.h"

namespace candour::ctl {
namespace {

namespace fs = std::filesystem;
using warrant::Ceremony;
using warrant::CustodianCard;

struct Init {
  std::string state;
  std::string name;
  std::string passphrase_file;
  std::uint64_t cooling_off_ms = 86'400'000;
  std::uint64_t records_per_day = 20'000;
  std::uint64_t checkpoint_age_ms_max = 86'400'000;
};

void print_card(const Context& context, const CustodianStore& store) {
  JsonLine line;
  line.text("name", store.key().verifier.name)
      .text("vkey", store.key().verifier.vkey())
      .text("vkey_file", (store.dir() / "custodian.vkey").string())
      .text("card", store.card_file().string());
  context.print(line, store.card_file().string() + ": hand this card to the coordinator\n" +
                          store.key().verifier.vkey());
}

Result<int> init(const Context& context, const Init& o) {
  CANDOUR_TRY(const auto passphrase, read_passphrase(o.passphrase_file));
  CANDOUR_TRY(const auto store,
              CustodianStore::create(o.state, o.name, passphrase, context.random));
  const std::string rules = "[rules]\ncooling_off_ms = " + std::to_string(o.cooling_off_ms) +
                            "\nrecords_per_day = " + std::to_string(o.records_per_day) +
                            "\ncheckpoint_age_ms_max = " + std::to_string(o.checkpoint_age_ms_max) +
                            "\n";
  CANDOUR_TRY(write_file(store.dir() / "custodian.toml", as_bytes(rules)));
  print_card(context, store);
  return 0;
}

Result<int> rekey(const Context& context, const Init& o) {
  CANDOUR_TRY(const auto passphrase, read_passphrase(o.passphrase_file));
  CANDOUR_TRY(auto store, CustodianStore::open(o.state));
  CANDOUR_TRY(store.renew_static_key(passphrase, context.random));
  print_card(context, store);
  return 0;
}

struct Session {
  std::string group;
  std::uint32_t threshold = 0;
  std::vector<std::string> members;
  std::vector<std::string> dealers;
  std::string statement;
  std::string root;
  std::string out;
};

Result<std::vector<CustodianCard>> read_cards(const std::vector<std::string>& files) {
  std::vector<CustodianCard> cards;
  for (const std::string& file : files) {
    CANDOUR_TRY(const auto text, read_note_file(file));
    auto card = CustodianCard::verify(text);
    if (!card) return error(card.error().code, file + ": " + card.error().message);
    cards.push_back(std::move(card.value()));
  }
  return cards;
}

Result<int> write_session(const Context& context, const Ceremony& ceremony,
                          const std::string& out) {
  CANDOUR_TRY(write_file(out, as_bytes(ceremony.print())));
  JsonLine line;
  line.text("session", ceremony.digest().hex())
      .text("group", ceremony.group())
      .number("threshold", ceremony.threshold())
      .number("members", ceremony.members().size())
      .number("dealers", ceremony.dealers().size())
      .text("file", out);
  context.print(line, out + ": session " + ceremony.digest().hex() +
                          "\nThe custodians compare these digits by voice.");
  return 0;
}

Result<int> session(const Context& context, const Session& o) {
  CANDOUR_TRY(auto members, read_cards(o.members));
  CANDOUR_TRY(const auto ceremony,
              Ceremony::generate(o.group, o.threshold, std::move(members), context.random));
  return write_session(context, ceremony, o.out);
}

Result<int> reshare(const Context& context, const Session& o) {
  CANDOUR_TRY(const auto statement, load_statement(o.statement, o.root));
  const identity::CustodianGroup* group = statement.custodian_group(o.group);
  if (group == nullptr) {
    return error(ErrorCode::not_found,
                 o.statement + ": lists no group of custodians '" + o.group + "'");
  }
  CANDOUR_TRY(auto dealers, read_cards(o.dealers));
  for (const CustodianCard& card : dealers) {
    const identity::RoleKey* key = statement.role_key(card.name);
    if (key == nullptr || !(key->key == card.key)) {
      return error(ErrorCode::input_invalid,
                   "the card of '" + card.name + "' is not signed by the key the statement lists");
    }
  }
  CANDOUR_TRY(auto members, read_cards(o.members));
  const std::uint32_t threshold = o.threshold == 0 ? group->threshold : o.threshold;
  CANDOUR_TRY(const auto ceremony, Ceremony::reshare(*group, std::move(dealers), threshold,
                                                     std::move(members), context.random));
  return write_session(context, ceremony, o.out);
}

Result<int> show(const Context& context, const Init& o) {
  CANDOUR_TRY(const auto store, CustodianStore::open(o.state));
  CANDOUR_TRY(const auto card, store.card());
  JsonLine line;
  line.text("name", card.name)
      .text("vkey", card.key.vkey())
      .text("static_key", hex_encode(card.static_key.encoded()))
      .boolean("share", store.has_share());
  std::string plain = card.name + "\n" + card.key.vkey() + "\nstatic key " +
                      hex_encode(card.static_key.encoded()) + "\n";
  if (store.has_share()) {
    CANDOUR_TRY(const auto share, store.share_header());
    const std::string mine = hex_encode(share.verification_keys[share.index - 1].encoded());
    line.text("group", share.group)
        .number("index", share.index)
        .number("threshold", share.threshold)
        .number("count", share.count)
        .text("public_key", hex_encode(share.public_key.encoded()))
        .text("verification_key", mine);
    plain += "share " + std::to_string(share.index) + " of group '" + share.group + "', " +
             std::to_string(share.threshold) + " of " + std::to_string(share.count) +
             " needed\npublic key " + hex_encode(share.public_key.encoded()) +
             "\nverification key " + mine;
  } else {
    plain += "no share yet";
  }
  context.print(line, plain);
  return 0;
}

void add_state_options(CLI::App& verb, Init& o) {
  verb.add_option("--state", o.state, "The custodian's folder")->required();
  verb.add_option("--passphrase-file", o.passphrase_file, "File (0600) with the passphrase")
      ->required();
}

Run init_run(CLI::App& verb, Context& context) {
  auto o = std::make_shared<Init>();
  add_state_options(verb, *o);
  verb.add_option("--name", o->name, "Name of the role key")->required();
  verb.add_option("--cooling-off-ms", o->cooling_off_ms,
                  "How long a warrant must have been logged (default: a day)");
  verb.add_option("--records-per-day", o->records_per_day,
                  "Help with at most so many in 24 hours (default: 20000)");
  verb.add_option("--checkpoint-age-ms-max", o->checkpoint_age_ms_max,
                  "How old the request's checkpoint may be (default: a day)");
  return [&context, o] { return init(context, *o); };
}

void add_session_options(CLI::App& verb, Session& o) {
  verb.add_option("--group", o.group, "Name of the group (default: internal)")
      ->default_val("internal");
  verb.add_option("--member", o.members, "Card of who gets a share, repeated, in order")
      ->required();
  verb.add_option("--out", o.out, "File to write")->required();
}

}  // namespace

void add_custodian_setup_verbs(CLI::App& family, Context& context) {
  add_verb(family, context, "init", "Make a custodian's folder, keys and card",
           [&](CLI::App& verb) { return init_run(verb, context); });
  add_verb(family, context, "rekey", "Make a new key for ceremonies and a new card",
           [&](CLI::App& verb) -> Run {
             auto o = std::make_shared<Init>();
             add_state_options(verb, *o);
             return [&context, o] { return rekey(context, *o); };
           });
  add_verb(family, context, "show", "Print card and share, not the secrets",
           [&](CLI::App& verb) -> Run {
             auto o = std::make_shared<Init>();
             verb.add_option("--state", o->state, "The custodian's folder")->required();
             return [&context, o] { return show(context, *o); };
           });
  add_verb(family, context, "session", "Coordinator: begin the generation of a key",
           [&](CLI::App& verb) -> Run {
             auto o = std::make_shared<Session>();
             add_session_options(verb, *o);
             verb.add_option("--threshold", o->threshold, "How many open together")->required();
             return [&context, o] { return session(context, *o); };
           });
  add_verb(family, context, "reshare",
           "Coordinator: begin the handing on of a key, to refresh shares or replace custodians",
           [&](CLI::App& verb) -> Run {
             auto o = std::make_shared<Session>();
             add_session_options(verb, *o);
             verb.add_option("--statement", o->statement, "The current statement")->required();
             verb.add_option("--root", o->root, ".vkey file of the root")->required();
             verb.add_option("--dealer", o->dealers,
                             "Card of who hands the share on, repeated: as many as the threshold")
                 ->required();
             verb.add_option("--threshold", o->threshold, "The new one (default: as before)");
             return [&context, o] { return reshare(context, *o); };
           });
}

}  // namespace candour::ctl
