// Extensions of a GroupContext, made for CreateOptions and ProposeExtensions, and messages of
// people outside the group (RFC 9420 sections 11.1, 12.1.8).
#pragma once

#include "mls/commit.h"

namespace candour::mls {

/// Section 11.1: what every member must support. Default types need not be listed.
Extension required_capabilities(const std::vector<std::uint16_t>& extensions,
                                const std::vector<std::uint16_t>& proposals,
                                const std::vector<std::uint16_t>& credentials);

/// Section 12.1.8.1: who may propose from outside, by index.
struct OutsideSender {
  SigningPublicKey key;
  Bytes identity;
};
Extension external_senders(const std::vector<OutsideSender>& senders);

/// A proposal of an external sender (section 12.1.8); ProposeUpdate, and keys of resumption, are
/// not for them. `sender` is the index in the group's external_senders.
[[nodiscard]] Result<Bytes> propose_from_outside(ByteView group_id, Epoch epoch,
                                                 std::uint32_t sender,
                                                 const crypto::SigningKey& key,
                                                 const ProposalRequest& request, Random& random);
/// A would-be member's proposal to add itself; `key` is its key package's.
[[nodiscard]] Result<Bytes> propose_own_add(ByteView group_id, Epoch epoch, ByteView key_package,
                                            const crypto::SigningKey& key);

}  // namespace candour::mls
