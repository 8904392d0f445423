// What people ask the bot to do with a group: a note signed by one registrar, or the same text
// signed by the device of an officer, whose rights the bot checks (bot/group_rights.h).
//
//   candour-group/v1
//   organisation example-constabulary
//   request <32 hex>              random; asking twice does it once
//   action create | rename | class | add | remove | owners | reform |
//          leave
//   group <32 hex>
//   name Team A                   create, rename
//   class ordinary                create, class: one of kGroupClasses
//   unit team-a                   create only: whose supervisors get its alerts
//   owner <device id>             create, owners: at least one, repeated; an owner of a new group
//   is
//                                 a member whether or not it is named as one too; `owners` names
//                                 all there shall be, members already
//   member <device id>            repeated; at least one for add and remove; also create
//   by <device id>                of a device's request only, and always there
//   issued <time>
//
//   member request = text vec, Ed25519 64 by the device over "candour group request v1" 00 text
//     (travels as ToBot mail; the bot answers it, from_bot.h)
//
// `reform`: the same members, in a new MLS group (docs/architecture.md, "Lost parties"); for a
// group that the relay stopped, or whose members cannot read each other any more. `leave` is a
// device's request only: all devices of its person go.
#pragma once

#include <optional>

#include "base/codec.h"
#include "crypto/sign.h"
#include "identity/statement.h"

namespace candour::messages {

using RequestId = Id<struct RequestIdTag, 16>;

/// What a group is for. Policy packs give rules another severity by class (docs/policy.md), and
/// each class has retention keys of its own.
inline constexpr std::string_view kGroupClasses[] = {"ordinary", "statement", "training",
                                                     "privileged", "sensitive"};
bool is_group_class(std::string_view name);

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
  std::optional<DeviceId> by;  // of a device's request
  TimeMs issued;

  bool creates() const { return action == "create"; }
  std::string print() const;
  /// Checks the form, the limits (input_invalid, note_malformed), a registrar's signature
  /// (signature_invalid) and that it is this organisation (not_permitted).
  static Result<GroupRequest> verify(std::string_view note, const identity::Statement& statement);

  /// As a device sends it; `by` must name the device of the key.
  SecretBytes sign(const crypto::SigningKey& device_key) const;
  /// Form and limits of a device's request, without checking who signed it.
  static Result<GroupRequest> decode_signed(ByteView bytes);
  /// signature_invalid unless signed by `device_key`, and that key is the named device's;
  /// not_permitted when it is for another organisation.
  static Result<GroupRequest> verify_signed(ByteView bytes, const SigningPublicKey& device_key,
                                            std::string_view organisation);
};

}  // namespace candour::messages
