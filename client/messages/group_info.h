// What a group is called: sealed by the bot to each device that joins, so that the relay never
// learns names.
//
//   group info = version u8 = 1, group 16, name vec, class vec, unit vec
//     (HPKE, info "candour group info v1", aad = group)
#pragma once

#include "base/codec.h"
#include "crypto/hpke.h"

namespace candour::messages {

struct GroupInfo {
  GroupId group;
  std::string name;
  std::string group_class;
  std::string unit;

  Result<Bytes> seal(const SealingPublicKey& to, Random& random) const;
  static Result<GroupInfo> open(ByteView sealed, const crypto::SealingKey& mine,
                                const GroupId& group);
};

}  // namespace candour::messages
