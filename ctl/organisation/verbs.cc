#include "ctl/verbs.h"

#include <CLI/CLI.hpp>

#include "base/files.h"
#include "ctl/json_list.h"
#include "ctl/organisation/notes.h"
#include "identity/note_text.h"

namespace candour::ctl {
namespace {

namespace fs = std::filesystem;
using identity::NoteFields;
using identity::Statement;

constexpr std::string_view kDraftFormat = "candour-organisation-draft/v1";
constexpr const char* kDraftFile = "organisation.txt";

struct Init {
  std::string dir;
  std::string id;
  std::string name;
  bool example = false;
};

Result<int> init(const Context& context, const Init& o) {
  if (!identity::valid_identifier(o.id) || !identity::valid_line(o.name, 128)) {
    return error(ErrorCode::usage,
                 "--id takes A-Z a-z 0-9 -_./@: and --name one readable line of "
                 "at most 128 bytes");
  }
  const fs::path dir = o.dir;
  CANDOUR_TRY(auto root, make_key(dir, "root", o.id + "/root", identity::NoteKeyType::ed25519,
                                  context.random));
  const std::string draft = std::string(kDraftFormat) + "\nid " + o.id + "\nname " + o.name +
                            (o.example ? "\nexample yes\n" : "\n");
  CANDOUR_TRY(write_file(dir / kDraftFile, as_bytes(draft)));
  JsonLine line;
  line.text("id", o.id)
      .text("root", root.vkey())
      .text("root_vkey_file", (dir / "root.vkey").string())
      .boolean("example", o.example);
  context.print(line, root.vkey());
  return 0;
}

struct Make {
  std::string dir;
  std::string out;
  std::uint64_t version = 1;
  std::string log;
  std::vector<std::string> witnesses;
  std::uint32_t quorum = 0;
  std::vector<std::string> bots;
  std::vector<std::string> custodians;
  std::vector<std::string> roles;
  std::vector<std::string> clients;
};

/// "<role>:<person>:<vkey file>" with ":<sealing key file>" when the role has one.
Result<identity::RoleKey> role_of(const std::string& text) {
  std::vector<std::string> part;
  for (std::size_t at = 0; at != text.npos;) {
    const auto colon = text.find(':', at);
    part.push_back(text.substr(at, colon - at));
    at = colon == text.npos ? text.npos : colon + 1;
  }
  if (part.size() != 3 && part.size() != 4) {
    return error(ErrorCode::usage,
                 "--role takes ROLE:PERSON:VKEYFILE or ROLE:PERSON:VKEYFILE:SEALINGPUBFILE, not '" +
                     text + "'");
  }
  CANDOUR_TRY(auto key, load_vkey(part[2]));
  identity::RoleKey role{part[0], part[1], std::move(key)};
  if (part.size() == 4) {
    CANDOUR_TRY(role.sealing_key, load_sealing_public_key(part[3]));
  }
  return role;
}

/// The groups in a file of statement lines, as `custodian finish` writes it.
Status add_custodians(const fs::path& file, std::vector<identity::CustodianGroup>& groups) {
  CANDOUR_TRY(auto text, read_note_file(file));
  auto read = identity::parse_custodians(text);
  if (!read) return error(read.error().code, file.string() + ": " + read.error().message);
  for (auto& group : read.value()) groups.push_back(std::move(group));
  return ok();
}

Result<Statement> draft(const Context& context, const Make& o) {
  const fs::path file = fs::path(o.dir) / kDraftFile;
  CANDOUR_TRY(auto text, read_note_file(file));
  CANDOUR_TRY(auto fields, NoteFields::parse(text, kDraftFormat, {"id", "name", "example"}));
  Statement s;
  CANDOUR_TRY(s.id, fields.one("id"));
  CANDOUR_TRY(s.name, fields.one("name"));
  s.example = fields.maybe("example") == "yes";
  s.version = o.version;
  s.issued = context.clock.now();
  CANDOUR_TRY(s.log, load_vkey(o.log));
  for (const std::string& witness : o.witnesses) {
    CANDOUR_TRY(auto key, load_vkey(witness));
    s.witnesses.push_back(std::move(key));
  }
  s.quorum = o.quorum;
  for (const std::string& bot : o.bots) {
    const auto device = DeviceId::from_hex(bot);
    if (!device) return error(ErrorCode::usage, "--bot takes a device id of 64 hex digits");
    s.bots.push_back(*device);
  }
  for (const std::string& path : o.custodians) {
    CANDOUR_TRY(add_custodians(path, s.custodians));
  }
  for (const std::string& role : o.roles) {
    CANDOUR_TRY(auto key, role_of(role));
    s.roles.push_back(std::move(key));
  }
  s.client_builds = o.clients;
  return s;
}

Result<int> make(const Context& context, const Make& o) {
  CANDOUR_TRY(auto statement, draft(context, o));
  CANDOUR_TRY(auto root, load_named_key(fs::path(o.dir) / "root.key", ""));
  identity::SignedNote note{statement.print(), {}};
  CANDOUR_TRY(add_signature(note, root));
  // What is signed must be what every party will accept.
  CANDOUR_TRY(Statement::verify(note.print(), root.verifier));
  CANDOUR_TRY(write_file(o.out, as_bytes(note.print())));
  JsonLine line;
  line.text("id", statement.id).number("version", statement.version).text("file", o.out);
  context.print(line, o.out + ": version " + std::to_string(statement.version) + " of '" +
                          statement.id + "', signed by " + root.verifier.name);
  return 0;
}

std::string custodians_json(const identity::CustodianGroup& group) {
  JsonLine line;
  line.text("group", group.name)
      .number("threshold", group.threshold)
      .text("key", hex_encode(group.public_key))
      .raw("members", json_array(group.members,
                                 [](const auto& member) { return json_quote(member.key_name); }));
  return line.str();
}

struct Show {
  std::string file;
  std::string root;
};

Result<int> show(const Context& context, const Show& o) {
  CANDOUR_TRY(auto note, read_draft(o.file));
  auto statement = Statement::parse(note.text);
  if (!o.root.empty()) statement = load_statement(o.file, o.root);
  if (!statement) return statement.error();
  const Statement& s = statement.value();
  const auto quoted = [](const std::string& text) { return json_quote(text); };
  JsonLine line;
  line.text("id", s.id)
      .text("name", s.name)
      .number("version", s.version)
      .text("issued", time_encode(s.issued.value))
      .boolean("example", s.example)
      .text("log", s.log.name)
      .raw("witnesses", json_array(s.witnesses, [](const auto& w) { return json_quote(w.name); }))
      .number("quorum", s.quorum)
      .raw("bots", json_array(s.bots, [](const auto& b) { return json_quote(b.hex()); }))
      .raw("roles", json_array(s.roles,
                               [](const identity::RoleKey& r) {
                                 JsonLine role;
                                 role.text("role", r.role).text("person", r.person);
                                 role.text("key", r.key.name);
                                 return role.boolean("sealing", r.sealing_key.has_value()).str();
                               }))
      .raw("custodians", json_array(s.custodians, custodians_json))
      .raw("clients", json_array(s.client_builds, quoted))
      .boolean("verified", !o.root.empty());
  context.print(line, note.text + (o.root.empty() ? "(signature not checked: give --root)\n"
                                                  : "(signed by the root key)\n"));
  return 0;
}

}  // namespace

void add_organisation_verbs(CLI::App& program, Context& context) {
  CLI::App& family = add_family(program, "org", "The organisation and its statement");
  add_verb(family, context, "init", "Make the offline root key", [&](CLI::App& verb) -> Run {
    auto o = std::make_shared<Init>();
    verb.add_option("--dir", o->dir, "Folder of the root key")->required();
    verb.add_option("--id", o->id, "Identifier, such as example-constabulary")->required();
    verb.add_option("--name", o->name, "Name people read")->required();
    verb.add_flag("--example", o->example, "An example organisation: loopback only");
    return [&context, o] { return init(context, *o); };
  });
  add_verb(family, context, "statement", "Make and sign a version of the statement",
           [&](CLI::App& verb) -> Run {
             auto o = std::make_shared<Make>();
             verb.add_option("--dir", o->dir, "Folder of the root key")->required();
             verb.add_option("--out", o->out, "File to write")->required();
             verb.add_option("--version", o->version, "Version, from 1 (default 1)");
             verb.add_option("--log", o->log, ".vkey file of the log")->required();
             verb.add_option("--witness", o->witnesses, ".vkey file of a witness, repeated");
             verb.add_option("--quorum", o->quorum, "How many witnesses must cosign (default 0)");
             verb.add_option("--bot", o->bots, "Device id of a bot, repeated");
             verb.add_option("--custodians", o->custodians,
                             "File with a group's 'custodians' and 'custodian' lines, repeated");
             verb.add_option("--role", o->roles, "ROLE:PERSON:VKEYFILE[:SEALINGPUBFILE], repeated");
             verb.add_option("--client", o->clients, "Approved client build, repeated");
             return [&context, o] { return make(context, *o); };
           });
  add_verb(family, context, "show", "Print a statement", [&](CLI::App& verb) -> Run {
    auto o = std::make_shared<Show>();
    verb.add_option("FILE", o->file)->required();
    verb.add_option("--root", o->root, ".vkey file of the root; checks the signature");
    return [&context, o] { return show(context, *o); };
  });
}

}  // namespace candour::ctl
