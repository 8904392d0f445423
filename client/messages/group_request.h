// What an owner or registrar asks the bot to do with a group: a signed note of one registrar.
//
//   candour-group/v1
//   organisation example-constabulary
//   request <32 hex>              random; asking twice does it once
//   action create | add | remove
//   group <32 hex>
//   name Team A                   create only
//   class standard                create only: standard | statement | training | social
//   unit team-a                   create only: whose supervisors get its alerts
//   owner <device id>             create only, at least one, repeated; an owner is a member
//                                 whether or not it is named as one too
//   member <device id>            repeated; at least one for add and remove
//   issued <time>
#pragma once

#include "identity/statement.h"

namespace candour::messages {

using RequestId = Id<struct RequestIdTag, 16>;

struct GroupRequest {
  std::string organisation;
  RequestId request;
  std::string action;
  GroupId group;
  std::string name;
  std::string group_class;
  std::string unit;
  std::vector<DeviceId> owners;
  std::vector<DeviceId> members;
  TimeMs issued;

  std::string print() const;
  /// Checks the form, the limits (input_invalid, note_malformed), a registrar's signature
  /// (signature_invalid) and that it is this organisation (not_permitted).
  static Result<GroupRequest> verify(std::string_view note, const identity::Statement& statement);
};

}  // namespace candour::messages
