#include "bot/group_rights.h"

#include <algorithm>

namespace candour::bot {
namespace {

template <class List, class Value>
bool contains(const List& list, const Value& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

Error refused(const std::string& why) { return error(ErrorCode::not_permitted, why); }

Status check_class(const std::string& group_class, const identity::Certificate& by) {
  if (group_class == "ordinary" || group_class == "sensitive") return ok();
  if (by.subject.role == "supervisor") return ok();
  return refused("a supervisor decides that a group is of class " + group_class +
                 "; ask one, or a registrar");
}

Status check_create(const messages::GroupRequest& request, const identity::Certificate& by,
                    const Context& context) {
  const identity::Enrolment& subject = by.subject;
  const auto& units = context.officers_create_in;
  const bool officers = contains(units, subject.unit) || contains(units, std::string("*"));
  if (subject.role != "supervisor" && !(subject.role == "officer" && officers)) {
    return refused("groups of unit " + subject.unit +
                   " are created by its supervisors or a registrar; ask one of them");
  }
  if (request.unit != subject.unit) {
    return refused("you can create groups of your own unit only, which is " + subject.unit);
  }
  if (!contains(request.owners, by.device())) {
    return refused("whoever creates a group is one of its owners");
  }
  return check_class(request.group_class, by);
}

Status check_keeps_owner(const messages::GroupRequest& request, const Group& group) {
  const bool owner_stays =
      std::any_of(group.wanted.begin(), group.wanted.end(), [&](const auto& entry) {
        return entry.second.owner && !contains(request.members, entry.first);
      });
  if (owner_stays) return ok();
  return refused("the group would be left without an owner; make somebody else one first");
}

}  // namespace

std::vector<DeviceId> devices_of(const Group& group, std::string_view person,
                                 const client::Trust& trust) {
  std::vector<DeviceId> out;
  for (const auto& [device, wanted] : group.wanted) {
    const identity::Certificate* certificate = trust.find(device);
    if (certificate != nullptr && certificate->subject.person == person) out.push_back(device);
  }
  return out;
}

Status check_rights(const messages::GroupRequest& request, const identity::Certificate& by,
                    const Group* group, const Context& context) {
  if (request.creates()) return check_create(request, by, context);
  const auto own = group == nullptr ? std::vector<DeviceId>()
                                    : devices_of(*group, by.subject.person, context.trust);
  // To somebody who is not in it, a group that exists and one that does not are the same.
  if (!contains(own, by.device())) {
    return error(ErrorCode::not_a_member, "you are not in such a group");
  }
  if (request.action == "leave") return ok();
  const bool owner = std::any_of(own.begin(), own.end(), [&](const DeviceId& device) {
    return group->wanted.at(device).owner;
  });
  if (!owner) return refused("only an owner of the group may do this; ask one of them");
  if (request.action == "class") {
    CANDOUR_TRY(check_class(group->info.group_class, by));
    return check_class(request.group_class, by);
  }
  if (request.action == "remove") return check_keeps_owner(request, *group);
  return ok();
}

}  // namespace candour::bot
