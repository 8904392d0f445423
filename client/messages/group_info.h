// What a group is called: sealed by the bot to each device that joins, so that the relay never
// learns names, and signed, so that it cannot give a group another one.
//
//   group info = version u8 = 1, group 16, name vec, class vec, unit vec,
//                Ed25519 64 over "candour group info v1" 00 (all before)
//     (HPKE, info "candour group info v1", aad = group)
#pragma once

#include "base/codec.h"
#include "crypto/hpke.h"
#include "crypto/sign.h"

namespace candour::messages {

struct GroupInfo {
  GroupId group;
  std::string name;
  std::string group_class;
  std::string unit;

  Result<Bytes> seal(const SealingPublicKey& to, const crypto::SigningKey& bot,
                     Random& random) const;
  /// decryption_failed, input_invalid, or signature_invalid when `bot` did not sign it.
  static Result<GroupInfo> open(ByteView sealed, const crypto::SealingKey& mine,
                                const GroupId& group, const SigningPublicKey& bot);
};

}  // namespace candour::messages
