// What joining by Welcome and by external commit share (RFC 9420 section 12.4.3).
#pragma once

#include "mls/group_state.h"
#include "mls/welcome.h"

namespace candour::mls::internal {

/// A GroupInfo whose signature, context and tree are good: what a joiner's group is made of.
struct VerifiedGroupInfo {
  Verified<GroupInfo> info;
  Verified<RatchetTree> tree;
};
/// The group as its GroupInfo tells, without secrets.
std::unique_ptr<GroupState> state_of(VerifiedGroupInfo&& group, crypto::SigningKey&& key,
                                     const Policy& policy);
/// Are the identities of `some` among those of `all`? Several leaves may have one identity.
bool members_within(const RatchetTree& some, const RatchetTree& all);
Result<VerifiedGroupInfo> verify_group_info(GroupInfo&& info, const JoinOptions& options,
                                            const Checks& checks);

}  // namespace candour::mls::internal
