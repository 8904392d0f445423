// Who is in a group, as the bot says it with each released commit. The relay fans out by it; the
// clients compare it with the MLS tree.
//
//   roster = version u8 = 2, group 16, mls group id vec, epoch u64 (after the commit), class vec,
//            members u16 count, each: device 32, leaf u32, owner u8; about vec; then
//            Ed25519 64 over "candour roster v1" 00 (all before)
//   The bot is a member at leaf 0. `about` is name and unit of the group as the bot seals them to
//   itself: with the newest roster, which the relay keeps, a bot that lost its memory can form the
//   group again.
#pragma once

#include <vector>

#include "base/codec.h"
#include "crypto/sign.h"

namespace candour::identity {

struct RosterMember {
  DeviceId device;
  std::uint32_t leaf = 0;
  bool owner = false;
  bool operator==(const RosterMember&) const = default;
};

struct Roster {
  GroupId group;
  Bytes mls_group;
  Epoch epoch;
  std::string group_class;
  std::vector<RosterMember> members;
  Bytes about;

  Bytes sign(const crypto::SigningKey& bot) const;
  static Result<Roster> verify(ByteView bytes, const SigningPublicKey& bot);
  /// Whether the bytes say that they are this group's; nothing else of them is looked at.
  static bool names(ByteView bytes, const GroupId& group);
};

}  // namespace candour::identity
