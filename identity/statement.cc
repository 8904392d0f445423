#include "identity/statement.h"

#include <algorithm>
#include <set>

#include "base/limits.h"
#include "crypto/hpke.h"
#include "identity/note_text.h"

namespace candour::identity {
namespace {

constexpr std::string_view kFormat = "candour-organisation/v1";
constexpr std::string_view kRoles[] = {"registrar",       "authoriser", "auditor", "policy-author",
                                       "policy-approver", "custodian",  "keeper",  "investigator"};

Error invalid(std::string message) {
  return error(ErrorCode::statement_invalid, "organisation statement: " + std::move(message));
}

/// The words of a field's value, separated by single spaces.
std::vector<std::string_view> words(std::string_view value) {
  std::vector<std::string_view> out;
  for (;;) {
    const auto space = value.find(' ');
    out.push_back(value.substr(0, space));
    if (space == value.npos) return out;
    value.remove_prefix(space + 1);
  }
}

Result<std::uint64_t> number(std::string_view text, std::string_view field) {
  const auto value = parse_decimal(text);
  if (!value) return invalid("field '" + std::string(field) + "' is not a number");
  return *value;
}

Result<Bytes> point_hex(std::string_view text) {
  const auto key = hex_decode(text);
  if (!key || key->size() != 32) return invalid("a custodians' key is not 64 hex digits");
  return *key;
}

Result<CustodianGroup> parse_group(std::string_view value) {
  const auto part = words(value);
  const auto usage = invalid("'custodians' reads <group> <k> <n> <suite> <key hex>");
  if (part.size() != 5) return usage;
  const auto threshold = parse_decimal(part[1]);
  const auto count = parse_decimal(part[2]);
  const auto suite = parse_decimal(part[3]);
  if (!valid_identifier(part[0]) || !threshold || !count || !suite) return usage;
  if (*threshold < 1 || *threshold > *count || *count > 255) {
    return invalid("'custodians' needs 1 <= k <= n <= 255");
  }
  if (*suite < 1 || *suite > 0xFFFF) return invalid("'custodians' names an impossible suite");
  CANDOUR_TRY(auto key, point_hex(part[4]));
  return CustodianGroup{std::string(part[0]),
                        static_cast<std::uint32_t>(*threshold),
                        static_cast<std::uint32_t>(*count),
                        static_cast<std::uint16_t>(*suite),
                        std::move(key),
                        {}};
}

Status add_group(std::string_view value, std::vector<CustodianGroup>& groups) {
  CANDOUR_TRY(auto group, parse_group(value));
  for (const CustodianGroup& other : groups) {
    if (other.name == group.name) return invalid("custodians '" + group.name + "' listed twice");
  }
  if (groups.size() == kCustodianGroupsMax) {
    return invalid("at most " + std::to_string(kCustodianGroupsMax) + " groups of custodians");
  }
  groups.push_back(std::move(group));
  return ok();
}

/// Adds a member to its group.
Status add_member(std::string_view value, std::vector<CustodianGroup>& groups) {
  const auto part = words(value);
  const auto index = part.size() == 4 ? parse_decimal(part[1]) : std::nullopt;
  if (!index) return invalid("'custodian' reads <group> <index> <key name> <verification key hex>");
  const auto group = std::find_if(groups.begin(), groups.end(),
                                  [&](const CustodianGroup& g) { return g.name == part[0]; });
  if (group == groups.end()) return invalid("a custodian is of a group that is not listed");
  if (*index != group->members.size() + 1 || *index > group->count) {
    return invalid("the custodians of group '" + group->name + "' are not numbered 1 to n");
  }
  CANDOUR_TRY(auto key, point_hex(part[3]));
  group->members.push_back(
      {static_cast<std::uint32_t>(*index), std::string(part[2]), std::move(key)});
  return ok();
}

Status check_complete(const std::vector<CustodianGroup>& groups) {
  for (const CustodianGroup& group : groups) {
    if (group.members.size() == group.count) continue;
    return invalid("group '" + group.name + "' has " + std::to_string(group.count) +
                   " custodians, " + std::to_string(group.members.size()) + " are listed");
  }
  return ok();
}

/// Each group is complete, and each custodian is one person in one place with a key of that role.
Status check_custodians(const Statement& s) {
  CANDOUR_TRY(check_complete(s.custodians));
  std::set<std::string> people;
  for (const CustodianGroup& group : s.custodians) {
    for (const CustodianMember& member : group.members) {
      const RoleKey* key = s.role_key(member.key_name);
      if (key == nullptr || key->role != "custodian") {
        return invalid("custodian '" + member.key_name + "' has no role key as custodian");
      }
      if (!people.insert(key->person).second) {
        return invalid("person '" + key->person + "' is custodian twice");
      }
    }
  }
  return ok();
}

Result<RoleKey> parse_role(std::string_view value) {
  const auto part = words(value);
  if (part.size() != 3 && part.size() != 4) {
    return invalid("'role' reads <role> <person> <vkey> [<sealing key hex>]");
  }
  if (std::find(std::begin(kRoles), std::end(kRoles), part[0]) == std::end(kRoles)) {
    return invalid("'" + std::string(part[0].substr(0, 80)) + "' is not a role");
  }
  if (!valid_identifier(part[1])) return invalid("a role names an impossible person id");
  CANDOUR_TRY(auto key, NoteKey::parse(part[2]));
  RoleKey role{std::string(part[0]), std::string(part[1]), std::move(key)};
  if (part.size() == 4) {
    role.sealing_key = SealingPublicKey::from_hex(part[3]);
    if (!role.sealing_key) return invalid("a role's sealing key is not 64 hex digits");
    if (crypto::of_low_order(*role.sealing_key)) {
      return invalid("the sealing key of '" + role.key.name + "' is of low order");
    }
  }
  return role;
}

/// Every key has one holder and one use: with a shared key, one person could sign for two.
Status check_keys(const Statement& s) {
  if (s.log.type != NoteKeyType::ed25519) return invalid("the log's key is not of type 1");
  std::set<std::string> names{s.log.name};
  std::set<SigningPublicKey> keys{s.log.public_key};
  const auto take = [&](const NoteKey& key, NoteKeyType type, std::string_view what) -> Status {
    if (key.type != type) {
      return invalid("the key of " + std::string(what) + " '" + key.name + "' has the wrong type");
    }
    if (!names.insert(key.name).second) return invalid("two keys are named '" + key.name + "'");
    if (!keys.insert(key.public_key).second) {
      return invalid("the key of '" + key.name + "' is listed twice");
    }
    return ok();
  };
  for (const NoteKey& witness : s.witnesses) {
    CANDOUR_TRY(take(witness, NoteKeyType::cosignature, "witness"));
  }
  for (const RoleKey& role : s.roles) {
    CANDOUR_TRY(take(role.key, NoteKeyType::ed25519, role.role));
  }
  if (s.quorum > s.witnesses.size()) {
    return invalid("the quorum asks for " + std::to_string(s.quorum) + " witnesses, " +
                   std::to_string(s.witnesses.size()) + " are listed");
  }
  return ok();
}

Status parse_lists(const NoteFields& fields, Statement& s) {
  for (const std::string& value : fields.all("witness")) {
    CANDOUR_TRY(auto key, NoteKey::parse(value));
    s.witnesses.push_back(std::move(key));
  }
  for (const std::string& value : fields.all("bot")) {
    const auto device = DeviceId::from_hex(value);
    if (!device) return invalid("a bot's device id is not 64 hex digits");
    if (s.lists_bot(*device)) return invalid("bot " + device->hex() + " is listed twice");
    s.bots.push_back(*device);
  }
  for (const std::string& value : fields.all("role")) {
    CANDOUR_TRY(auto role, parse_role(value));
    s.roles.push_back(std::move(role));
  }
  for (const std::string& value : fields.all("client")) {
    if (!valid_identifier(value)) return invalid("a client build id is malformed");
    s.client_builds.push_back(value);
  }
  for (const std::string& value : fields.all("custodians")) {
    CANDOUR_TRY(add_group(value, s.custodians));
  }
  for (const std::string& value : fields.all("custodian")) {
    CANDOUR_TRY(add_member(value, s.custodians));
  }
  const auto example = fields.all("example");
  if (example.size() > 1 || (!example.empty() && example.front() != "yes")) {
    return invalid("field 'example' is 'yes', once, or absent");
  }
  s.example = !example.empty();
  return ok();
}

}  // namespace

std::string print_custodians(const CustodianGroup& group) {
  std::string out = "custodians " + group.name + " " + std::to_string(group.threshold) + " " +
                    std::to_string(group.count) + " " + std::to_string(group.suite) + " " +
                    hex_encode(group.public_key) + "\n";
  for (const CustodianMember& member : group.members) {
    out += "custodian " + group.name + " " + std::to_string(member.index) + " " + member.key_name +
           " " + hex_encode(member.verification_key) + "\n";
  }
  return out;
}

Result<std::vector<CustodianGroup>> parse_custodians(std::string_view lines) {
  constexpr std::string_view kGroup = "custodians ";
  constexpr std::string_view kMember = "custodian ";
  std::vector<CustodianGroup> groups;
  while (!lines.empty()) {
    const auto end = lines.find('\n');
    if (end == lines.npos) return invalid("the last line of the custodians does not end");
    const std::string_view line = lines.substr(0, end);
    lines.remove_prefix(end + 1);
    if (line.starts_with(kGroup)) {
      CANDOUR_TRY(add_group(line.substr(kGroup.size()), groups));
    } else if (line.starts_with(kMember)) {
      CANDOUR_TRY(add_member(line.substr(kMember.size()), groups));
    } else {
      return invalid("a line starts neither with 'custodians' nor with 'custodian'");
    }
  }
  if (groups.empty()) return invalid("there is no 'custodians' line");
  CANDOUR_TRY(check_complete(groups));
  return groups;
}

std::string Statement::print() const {
  std::string out = std::string(kFormat) + "\n";
  const auto line = [&](std::string_view key, std::string_view value) {
    out += std::string(key) + " " + std::string(value) + "\n";
  };
  line("name", name);
  line("id", id);
  line("version", std::to_string(version));
  line("issued", time_encode(issued.value));
  if (example) line("example", "yes");
  line("log", log.vkey());
  for (const NoteKey& witness : witnesses) line("witness", witness.vkey());
  line("quorum", std::to_string(quorum));
  for (const DeviceId& bot : bots) line("bot", bot.hex());
  for (const CustodianGroup& group : custodians) out += print_custodians(group);
  for (const RoleKey& role : roles) {
    line("role", role.role + " " + role.person + " " + role.key.vkey() +
                     (role.sealing_key ? " " + role.sealing_key->hex() : ""));
  }
  for (const std::string& build : client_builds) line("client", build);
  return out;
}

Result<Statement> Statement::parse(std::string_view text) {
  CANDOUR_TRY(auto fields,
              NoteFields::parse(text, kFormat,
                                {"name", "id", "version", "issued", "example", "log", "witness",
                                 "quorum", "bot", "custodians", "custodian", "role", "client"}));
  Statement s;
  CANDOUR_TRY(s.name, fields.one("name"));
  if (!valid_line(s.name, limits::kGroupNameSizeMax)) return invalid("the name is malformed");
  CANDOUR_TRY(s.id, fields.one("id"));
  if (!valid_identifier(s.id)) return invalid("the id is malformed");
  CANDOUR_TRY(auto version, fields.one("version"));
  CANDOUR_TRY(s.version, number(version, "version"));
  if (s.version == 0) return invalid("versions start at 1");
  CANDOUR_TRY(auto issued, fields.one("issued"));
  const auto time_ms = time_decode(issued);
  if (!time_ms) return invalid("'issued' is not a time such as 2026-01-31T08:00:00.000Z");
  s.issued = TimeMs(*time_ms);
  CANDOUR_TRY(auto log, fields.one("log"));
  CANDOUR_TRY(s.log, NoteKey::parse(log));
  CANDOUR_TRY(auto quorum_text, fields.one("quorum"));
  CANDOUR_TRY(auto quorum, number(quorum_text, "quorum"));
  CANDOUR_TRY(parse_lists(fields, s));
  if (quorum > s.witnesses.size()) {
    return invalid("the quorum asks for " + std::to_string(quorum) + " witnesses, " +
                   std::to_string(s.witnesses.size()) + " are listed");
  }
  s.quorum = static_cast<std::uint32_t>(quorum);
  CANDOUR_TRY(check_keys(s));
  CANDOUR_TRY(check_custodians(s));
  return s;
}

Result<Statement> Statement::verify(std::string_view note, const NoteKey& root) {
  CANDOUR_TRY(auto signed_note, SignedNote::parse(note));
  CANDOUR_TRY(auto signers, signed_note.verify({root}));
  if (signers.empty()) {
    return error(ErrorCode::wrong_root_key,
                 "the organisation statement is not signed by the pinned root key '" + root.name +
                     "' (" + root.vkey() + "); it belongs to another organisation or is forged");
  }
  CANDOUR_TRY(auto statement, parse(signed_note.text));
  for (const RoleKey& role : statement.roles) {
    if (role.key.public_key == root.public_key) {
      return invalid("the root key must not also hold the role '" + role.role + "'");
    }
  }
  return statement;
}

std::vector<NoteKey> Statement::keys_of(std::string_view role) const {
  std::vector<NoteKey> out;
  for (const RoleKey& entry : roles) {
    if (entry.role == role) out.push_back(entry.key);
  }
  return out;
}

const RoleKey* Statement::role_key(std::string_view key_name) const {
  const auto found = std::find_if(roles.begin(), roles.end(),
                                  [&](const RoleKey& entry) { return entry.key.name == key_name; });
  return found == roles.end() ? nullptr : &*found;
}

const CustodianGroup* Statement::custodian_group(std::string_view group) const {
  const auto found = std::find_if(custodians.begin(), custodians.end(),
                                  [&](const CustodianGroup& g) { return g.name == group; });
  return found == custodians.end() ? nullptr : &*found;
}

bool Statement::lists_bot(const DeviceId& device) const {
  return std::find(bots.begin(), bots.end(), device) != bots.end();
}

bool Statement::lists_build(std::string_view build) const {
  return std::find(client_builds.begin(), client_builds.end(), build) != client_builds.end();
}

}  // namespace candour::identity
