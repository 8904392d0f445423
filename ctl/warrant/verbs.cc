#include "ctl/verbs.h"

#include <CLI/CLI.hpp>

#include "base/files.h"
#include "ctl/json_list.h"
#include "ctl/organisation/notes.h"
#include "ctl/warrant/case_folder.h"
#include "ctl/warrant/draft.h"
#include "ctl/warrant/relay.h"
#include "warrant/open/summary.h"

namespace candour::ctl {
namespace {

struct Public {
  std::string statement;
  std::string root;
};

void add_public_options(CLI::App& verb, Public& o, bool required = true) {
  verb.add_option("--statement", o.statement, "The organisation statement")->required(required);
  verb.add_option("--root", o.root, ".vkey file of the organisation's root")->required(required);
}

struct Draft {
  Public known;
  std::string out;
  DraftFields fields;
};

Result<int> draft(const Context& context, const Draft& o) {
  CANDOUR_TRY(auto statement, load_statement(o.known.statement, o.known.root));
  CANDOUR_TRY(auto w, draft_warrant(o.fields, statement, context.clock.now()));
  const identity::SignedNote note{w.print(), {}};
  CANDOUR_TRY(warrant::Warrant::verify_draft(note, statement));
  CANDOUR_TRY(write_secret_file(o.out, as_bytes(note.text)));
  JsonLine line;
  line.text("file", o.out).text("warrant", w.digest().hex()).text("stage", "drafted");
  context.print(line, warrant::describe(w, note, statement, context.clock.now()) + o.out +
                          ": drafted; now requester and authoriser sign it");
  return 0;
}

struct Sign {
  Public known;
  std::string key;
  std::string name;
  std::string file;
};

Result<int> sign(const Context& context, const Sign& o) {
  CANDOUR_TRY(auto statement, load_statement(o.known.statement, o.known.root));
  CANDOUR_TRY(auto key, load_named_key(o.key, o.name));
  CANDOUR_TRY(auto note, read_draft(o.file));
  CANDOUR_TRY(auto w, warrant::Warrant::verify_draft(note, statement));
  if (key.verifier.name != w.requester.key_name && key.verifier.name != w.authoriser.key_name) {
    return error(ErrorCode::not_permitted, "'" + key.verifier.name +
                                               "' is neither the requester nor the authoriser the "
                                               "warrant names");
  }
  if (statement.role_key(key.verifier.name)->key != key.verifier) {
    return error(ErrorCode::not_permitted,
                 "the statement lists another key under the name '" + key.verifier.name + "'");
  }
  CANDOUR_TRY(add_signature(note, key));
  CANDOUR_TRY(write_secret_file(o.file, as_bytes(note.print()), true));
  const auto missing = warrant::missing_signatures(note, statement, w);
  JsonLine line;
  line.text("file", o.file)
      .text("warrant", w.digest().hex())
      .text("stage", missing.empty() ? "authorised" : "drafted")
      .raw("missing", json_texts(missing));
  context.print(line, warrant::describe(w, note, statement, context.clock.now()) + o.file +
                          ": signed as '" + key.verifier.name + "'");
  return 0;
}

struct Show {
  Public known;
  std::string file;
  std::string case_dir;
};

void add_fields(JsonLine& line, const warrant::Warrant& w) {
  std::vector<std::string> authors;
  std::vector<std::string> groups;
  for (const auto& author : w.authors) authors.push_back(author.device.hex());
  for (const auto& group : w.groups) groups.push_back(group.group.hex());
  line.text("warrant", w.digest().hex())
      .text("case", w.case_name)
      .text("requester", w.requester.person)
      .text("authoriser", w.authoriser.person)
      .text("reviewer", w.reviewer)
      .raw("authors", json_texts(authors))
      .raw("groups", json_texts(groups))
      .text("from", time_encode(w.from.value))
      .text("until", time_encode(w.until.value))
      .text("issued", time_encode(w.issued.value))
      .text("expires", time_encode(w.expires.value))
      .text("sealed_until", time_encode(w.sealed_until.value));
}

Result<int> show_file(const Context& context, const Show& o) {
  if (o.known.statement.empty() || o.known.root.empty()) {
    return error(ErrorCode::usage, "give --statement and --root, or --case DIR");
  }
  CANDOUR_TRY(auto statement, load_statement(o.known.statement, o.known.root));
  CANDOUR_TRY(auto note, read_draft(o.file));
  CANDOUR_TRY(auto w, warrant::Warrant::verify_draft(note, statement));
  const auto missing = warrant::missing_signatures(note, statement, w);
  const TimeMs now = context.clock.now();
  JsonLine line;
  line.text("stage", now >= w.expires ? "expired" : missing.empty() ? "authorised" : "drafted");
  add_fields(line, w);
  line.raw("missing", json_texts(missing));
  context.print(line, warrant::describe(w, note, statement, now));
  return 0;
}

std::string describe_state(const WarrantState& state) {
  std::string out = "State: " + std::string(name_of(state.stage)) + "\n";
  if (state.requested) {
    for (const GroupProgress& group : state.groups) {
      out += "custodians '" + group.group + "': " + std::to_string(group.approved) + " of the " +
             std::to_string(group.threshold) + " needed have approved\n";
    }
    out += std::string("keeper: ") + (state.keeper ? "approved" : "not yet") + "\n";
  }
  for (const std::string& note : state.notes) out += "note: " + note + "\n";
  return out;
}

Result<int> show_case(const Context& context, const Show& o) {
  CANDOUR_TRY(auto folder, CaseFolder::open(o.case_dir));
  CANDOUR_TRY(auto state, warrant_state(folder, context.clock.now()));
  CANDOUR_TRY(auto statement, folder.statement());
  CANDOUR_TRY(auto text, folder.text("warrant.note"));
  CANDOUR_TRY(auto note, identity::SignedNote::parse(text));
  CANDOUR_TRY(auto w, warrant::Warrant::verify_draft(note, statement));
  std::string groups;
  for (const GroupProgress& group : state.groups) {
    JsonLine one;
    one.text("group", group.group)
        .number("approved", group.approved)
        .number("threshold", group.threshold);
    groups += (groups.empty() ? "" : ",") + one.str();
  }
  JsonLine line;
  line.text("stage", name_of(state.stage));
  add_fields(line, w);
  line.boolean("requested", state.requested)
      .raw("custodians", "[" + groups + "]")
      .boolean("keeper", state.keeper)
      .raw("notes", json_texts(state.notes));
  context.print(line,
                warrant::describe(w, note, statement, context.clock.now()) + describe_state(state));
  return 0;
}

Run draft_run(CLI::App& verb, Context& context) {
  auto o = std::make_shared<Draft>();
  verb.add_option("--out", o->out, "File to write")->required();
  add_public_options(verb, o->known);
  add_draft_options(verb, o->fields);
  return [&context, o] { return draft(context, *o); };
}

Run show_run(CLI::App& verb, Context& context) {
  auto o = std::make_shared<Show>();
  verb.add_option("FILE", o->file, "A warrant");
  verb.add_option("--case", o->case_dir, "A case folder, instead of a file");
  add_public_options(verb, o->known, false);
  return [&context, o]() -> Result<int> {
    if (o->file.empty() == o->case_dir.empty()) {
      return error(ErrorCode::usage, "give either a warrant or --case DIR");
    }
    return o->file.empty() ? show_case(context, *o) : show_file(context, *o);
  };
}

}  // namespace

void add_warrant_verbs(CLI::App& program, Context& context) {
  CLI::App& family = add_family(program, "warrant", "Warrants: why and how far records are opened");
  add_verb(family, context, "draft", "Write the text of a warrant",
           [&](CLI::App& verb) { return draft_run(verb, context); });
  add_verb(
      family, context, "sign", "Sign a warrant as its requester or authoriser",
      [&](CLI::App& verb) -> Run {
        auto o = std::make_shared<Sign>();
        verb.add_option("--key", o->key, "Key file of the requester or authoriser")->required();
        verb.add_option("--name", o->name, "The key's name (default: of the .vkey beside it)");
        verb.add_option("FILE", o->file, "The warrant")->required();
        add_public_options(verb, o->known);
        return [&context, o] { return sign(context, *o); };
      });
  add_verb(family, context, "show", "Print a warrant for people, and its state",
           [&](CLI::App& verb) { return show_run(verb, context); });
  add_warrant_relay_verbs(family, context);
}

}  // namespace candour::ctl
