#include "client/messages/group_request.h"

#include <algorithm>
#include <set>

#include "base/limits.h"
#include "client/messages/utf8.h"
#include "crypto/hash.h"

namespace candour::messages {
namespace {

constexpr std::string_view kFormat = "candour-group/v1";
constexpr std::string_view kLabel = "candour group request v1";

Error bad(const std::string& what) {
  return error(ErrorCode::input_invalid, "the group request is not valid: " + what);
}

void line(std::string& out, std::string_view key, std::string_view value) {
  out += key;
  out += ' ';
  out += value;
  out += '\n';
}

template <class IdType>
Result<IdType> one_id(const identity::NoteFields& fields, std::string_view key) {
  CANDOUR_TRY(auto text, fields.one(key));
  auto id = IdType::from_hex(text);
  if (!id) {
    return bad("'" + std::string(key) + "' must be " + std::to_string(IdType::kSize * 2) +
               " hex digits");
  }
  return *id;
}

Result<std::vector<DeviceId>> devices(const identity::NoteFields& fields, std::string_view key) {
  std::vector<DeviceId> out;
  std::set<DeviceId> seen;
  for (const std::string& text : fields.all(key)) {
    const auto id = DeviceId::from_hex(text);
    if (!id) return bad("'" + std::string(key) + "' must be 64 hex digits, a device id");
    if (!seen.insert(*id).second)
      return bad("device " + text + " is named twice as " + std::string(key));
    out.push_back(*id);
  }
  return out;
}

Status check_name(const std::string& name) {
  const bool fits = !name.empty() && name.size() <= limits::kGroupNameSizeMax && is_utf8(name);
  if (fits && shows_as_written(name)) return ok();
  return bad("the name must be text of at most " + std::to_string(limits::kGroupNameSizeMax) +
             " bytes without control characters");
}

Status check_class(const std::string& name) {
  if (is_group_class(name)) return ok();
  return bad("the class must be ordinary, statement, training, privileged or sensitive");
}

Status check_organisation(const GroupRequest& request, std::string_view organisation) {
  if (request.organisation == organisation) return ok();
  return error(ErrorCode::not_permitted, "the group request is for organisation '" +
                                             request.organisation + "', not '" +
                                             std::string(organisation) + "'");
}

/// Which fields an action has beside those that all have.
struct Action {
  std::string_view name;
  bool named = false;
  bool classed = false;
  bool owners = false;
  bool members = false;  // may have
  bool needs_members = false;
};
constexpr Action kActions[] = {
    {.name = "create", .named = true, .classed = true, .owners = true, .members = true},
    {.name = "rename", .named = true},
    {.name = "class", .classed = true},
    {.name = "add", .members = true, .needs_members = true},
    {.name = "remove", .members = true, .needs_members = true},
    {.name = "owners", .owners = true},
    {.name = "reform"},
    {.name = "leave"},
};

const Action* find_action(std::string_view name) {
  for (const Action& action : kActions) {
    if (action.name == name) return &action;
  }
  return nullptr;
}

Status read_fields(const identity::NoteFields& fields, const Action& action,
                   GroupRequest& request) {
  if (action.named) {
    CANDOUR_TRY(request.name, fields.one("name"));
    CANDOUR_TRY(check_name(request.name));
  }
  if (action.classed) {
    CANDOUR_TRY(request.group_class, fields.one("class"));
    CANDOUR_TRY(check_class(request.group_class));
  }
  if (request.creates()) {
    CANDOUR_TRY(request.unit, fields.one("unit"));
  }
  const bool too_much =
      (!action.named && fields.maybe("name")) || (!action.classed && fields.maybe("class")) ||
      (!request.creates() && fields.maybe("unit")) || (!action.owners && !request.owners.empty()) ||
      (!action.members && !request.members.empty());
  if (too_much) return bad("it has lines that '" + request.action + "' does not have");
  if (action.owners && request.owners.empty()) return bad("no owner is named");
  if (action.needs_members && request.members.empty()) return bad("no member is named");
  return ok();
}

Result<GroupRequest> parse(std::string_view text) {
  CANDOUR_TRY(auto fields,
              identity::NoteFields::parse(text, kFormat,
                                          {"organisation", "request", "action", "group", "name",
                                           "class", "unit", "owner", "member", "by", "issued"}));
  GroupRequest request;
  CANDOUR_TRY(request.organisation, fields.one("organisation"));
  CANDOUR_TRY(request.request, one_id<RequestId>(fields, "request"));
  CANDOUR_TRY(request.action, fields.one("action"));
  CANDOUR_TRY(request.group, one_id<GroupId>(fields, "group"));
  CANDOUR_TRY(request.owners, devices(fields, "owner"));
  CANDOUR_TRY(request.members, devices(fields, "member"));
  if (fields.maybe("by")) {
    CANDOUR_TRY(request.by, one_id<DeviceId>(fields, "by"));
  }
  CANDOUR_TRY(auto issued, fields.one("issued"));
  const auto time = time_decode(issued);
  if (!time) return bad("'issued' is not a time such as 2026-01-31T08:00:00.000Z");
  request.issued = TimeMs(*time);
  std::set<DeviceId> everybody(request.members.begin(), request.members.end());
  everybody.insert(request.owners.begin(), request.owners.end());
  if (everybody.size() + 1 > limits::kGroupMembersMax) {  // and the bot
    return bad("more than " + std::to_string(limits::kGroupMembersMax) + " members with the bot");
  }
  const Action* action = find_action(request.action);
  if (action == nullptr) {
    return bad("the action must be create, rename, class, add, remove, owners or leave");
  }
  CANDOUR_TRY(read_fields(fields, *action, request));
  return request;
}

}  // namespace

bool is_group_class(std::string_view name) {
  return std::find(std::begin(kGroupClasses), std::end(kGroupClasses), name) !=
         std::end(kGroupClasses);
}

std::string GroupRequest::print() const {
  std::string out(kFormat);
  out += '\n';
  line(out, "organisation", organisation);
  line(out, "request", request.hex());
  line(out, "action", action);
  line(out, "group", group.hex());
  const Action* has = find_action(action);
  if (has == nullptr || has->named) line(out, "name", name);
  if (has == nullptr || has->classed) line(out, "class", group_class);
  if (has == nullptr || creates()) line(out, "unit", unit);
  if (has == nullptr || has->owners) {
    for (const DeviceId& owner : owners) line(out, "owner", owner.hex());
  }
  if (has == nullptr || has->members) {
    for (const DeviceId& member : members) line(out, "member", member.hex());
  }
  if (by) line(out, "by", by->hex());
  line(out, "issued", time_encode(issued.value));
  return out;
}

Result<GroupRequest> GroupRequest::verify(std::string_view note,
                                          const identity::Statement& statement) {
  CANDOUR_TRY(auto signed_note, identity::SignedNote::parse(note));
  CANDOUR_TRY(auto signers, signed_note.verify(statement.keys_of("registrar")));
  if (signers.empty()) {
    return error(ErrorCode::signature_invalid, "the group request is not signed by a registrar");
  }
  CANDOUR_TRY(auto request, parse(signed_note.text));
  CANDOUR_TRY(check_organisation(request, statement.id));
  if (request.by || request.action == "leave") {
    return bad("'by' and 'leave' are of a device's request, not of a registrar's");
  }
  return request;
}

SecretBytes GroupRequest::sign(const crypto::SigningKey& device_key) const {
  const std::string text = print();
  SecretWriter out;
  out.vec(text);
  out.id(device_key.sign_labelled(kLabel, as_bytes(text)));
  return SecretBytes(out.take());
}

Result<GroupRequest> GroupRequest::decode_signed(ByteView bytes) {
  Reader in(bytes);
  const ByteView text = in.vec(limits::kNoteSizeMax);
  in.id<Signature>();
  if (!in.finish()) return bad("cut off, or followed by more bytes");
  CANDOUR_TRY(auto request, parse(as_text(text)));
  if (!request.by) return bad("it does not name the device it is by");
  return request;
}

Result<GroupRequest> GroupRequest::verify_signed(ByteView bytes, const SigningPublicKey& device_key,
                                                 std::string_view organisation) {
  CANDOUR_TRY(auto request, decode_signed(bytes));
  Reader in(bytes);
  const ByteView text = in.vec(limits::kNoteSizeMax);
  const Signature signature = in.id<Signature>();
  if (!same(request.by->view(), crypto::sha256(device_key.view()).view()) ||
      !crypto::verify_labelled(device_key, kLabel, text, signature)) {
    return error(ErrorCode::signature_invalid,
                 "the group request is not signed by the device it names");
  }
  CANDOUR_TRY(check_organisation(request, organisation));
  return request;
}

}  // namespace candour::messages
