// Who may ask the bot for what in a group. Registrars may ask for everything (their signature is
// checked with the note); this is about officers who ask from their own devices:
//
//   create           supervisors, and officers of the units that groups.officers_create_in names;
//                    for the own unit, as one of its owners
//   rename, add, remove, owners, class
//                    an owner. A group keeps at least one owner as long as it has members
//   leave            every member
//
// Classes statement, training and privileged make the policy milder where the pack says so, and
// take a supervisor (who creates, or is the owner that sets them); ordinary and sensitive do not.
// Pure.
#pragma once

#include "bot/groups.h"
#include "client/messages/group_request.h"

namespace candour::bot {

/// not_permitted or not_a_member with what is missing. `group` is null for `create` only; `by` is
/// the certificate of the device that signed the request.
Status check_rights(const messages::GroupRequest& request, const identity::Certificate& by,
                    const Group* group, const Context& context);

/// The devices that shall be in the group and belong to this person.
std::vector<DeviceId> devices_of(const Group& group, std::string_view person,
                                 const client::Trust& trust);

}  // namespace candour::bot
