#include "client/messages/group_request.h"

#include <algorithm>
#include <set>

#include "base/limits.h"
#include "client/messages/utf8.h"

namespace candour::messages {
namespace {

constexpr std::string_view kFormat = "candour-group/v1";
constexpr std::string_view kClasses[] = {"standard", "statement", "training", "social"};

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

Status check_create(const GroupRequest& request) {
  if (request.name.empty() || request.name.size() > limits::kGroupNameSizeMax ||
      !is_utf8(request.name)) {
    return bad("the name must be text of at most " + std::to_string(limits::kGroupNameSizeMax) +
               " bytes");
  }
  if (std::find(std::begin(kClasses), std::end(kClasses), request.group_class) ==
      std::end(kClasses)) {
    return bad("the class must be standard, statement, training or social");
  }
  if (request.owners.empty()) return bad("a new group needs an owner");
  return ok();
}

Result<GroupRequest> parse(std::string_view text) {
  CANDOUR_TRY(auto fields,
              identity::NoteFields::parse(text, kFormat,
                                          {"organisation", "request", "action", "group", "name",
                                           "class", "unit", "owner", "member", "issued"}));
  GroupRequest request;
  CANDOUR_TRY(request.organisation, fields.one("organisation"));
  CANDOUR_TRY(request.request, one_id<RequestId>(fields, "request"));
  CANDOUR_TRY(request.action, fields.one("action"));
  CANDOUR_TRY(request.group, one_id<GroupId>(fields, "group"));
  CANDOUR_TRY(request.owners, devices(fields, "owner"));
  CANDOUR_TRY(request.members, devices(fields, "member"));
  CANDOUR_TRY(auto issued, fields.one("issued"));
  const auto time = time_decode(issued);
  if (!time) return bad("'issued' is not a time such as 2026-01-31T08:00:00.000Z");
  request.issued = TimeMs(*time);
  std::set<DeviceId> everybody(request.members.begin(), request.members.end());
  everybody.insert(request.owners.begin(), request.owners.end());
  if (everybody.size() + 1 > limits::kGroupMembersMax) {  // and the bot
    return bad("more than " + std::to_string(limits::kGroupMembersMax) + " members with the bot");
  }
  if (request.action == "create") {
    CANDOUR_TRY(request.name, fields.one("name"));
    CANDOUR_TRY(request.group_class, fields.one("class"));
    CANDOUR_TRY(request.unit, fields.one("unit"));
    CANDOUR_TRY(check_create(request));
    return request;
  }
  if (request.action != "add" && request.action != "remove") {
    return bad("the action must be create, add or remove");
  }
  if (fields.maybe("name") || fields.maybe("class") || fields.maybe("unit") ||
      !request.owners.empty()) {
    return bad("name, class, unit and owner belong to 'create' only");
  }
  if (request.members.empty()) return bad("no member is named");
  return request;
}

}  // namespace

std::string GroupRequest::print() const {
  std::string out(kFormat);
  out += '\n';
  line(out, "organisation", organisation);
  line(out, "request", request.hex());
  line(out, "action", action);
  line(out, "group", group.hex());
  if (action == "create") {
    line(out, "name", name);
    line(out, "class", group_class);
    line(out, "unit", unit);
    for (const DeviceId& owner : owners) line(out, "owner", owner.hex());
  }
  for (const DeviceId& member : members) line(out, "member", member.hex());
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
  if (request.organisation != statement.id) {
    return error(ErrorCode::not_permitted, "the group request is for organisation '" +
                                               request.organisation + "', not '" + statement.id +
                                               "'");
  }
  return request;
}

}  // namespace candour::messages
