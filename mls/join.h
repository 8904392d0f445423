// What joining by Welcome and by external commit share (RFC 9420 section 12.4.3).
#pragma once

#include "mls/group_state.h"
#include "mls/welcome.h"

namespace candour::mls::internal {

/// A GroupInfo whose signature, context and tree are good.
struct VerifiedGroupInfo {
  GroupInfo info;
  RatchetTree tree;
};
/// Are the identities of `some` among those of `all`? Several leaves may have one identity.
bool members_within(const RatchetTree& some, const RatchetTree& all);
Result<VerifiedGroupInfo> verify_group_info(GroupInfo&& info, const JoinOptions& options,
                                            const Checks& checks);

}  // namespace candour::mls::internal
