// Proposals and commits as applications handle them (RFC 9420 sections 12.1 and 12.4).
#pragma once

#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "mls/key_package_bundle.h"
#include "mls/message.h"

namespace candour::mls {

/// ReInit: what the group is to become (section 12.1.5).
struct ReInitParameters {
  Bytes group_id;
  CipherSuite suite = CipherSuite::chacha20_poly1305;
  Extensions extensions;
};

namespace internal {
struct GroupState;
struct Staged;
}  // namespace internal

/// A commit that passed every check and has not changed the group yet.
class StagedCommit {
 public:
  StagedCommit(StagedCommit&&) noexcept;
  StagedCommit& operator=(StagedCommit&&) noexcept;
  ~StagedCommit();

  /// For an external commit the leaf the new member takes.
  LeafIndex sender() const;
  /// Did the sender join by itself (section 12.4.3.2)? It is among added() then.
  bool external() const;
  /// The epoch the group is in after merge().
  Epoch epoch() const;
  /// New members, at their leaves after the commit. The caller checks their certificates.
  const std::vector<Member>& added() const;
  /// Removed members, at their leaves before the commit.
  const std::vector<Member>& removed() const;
  /// Members that stay and whose identity or signature key differs afterwards (new values). MLS
  /// permits this; a caller that pins certificates refuses it.
  const std::vector<Member>& changed() const;
  bool removes_own_leaf() const;
  /// False for commits of adds only that were made without an UpdatePath.
  bool has_path() const;
  const Bytes& authenticated_data() const;
  /// The group ends with this commit and is to be continued as this one (section 11.2).
  std::optional<ReInitParameters> reinit() const;
  /// Zero-filled when own leaf is removed: the next epoch's secrets are unknown then.
  Digest epoch_authenticator() const;

  /// Everything needed to merge after a restart; holds the next epoch's secrets.
  SecretBytes save() const;
  [[nodiscard]] static Result<StagedCommit> restore(ByteView saved);

 private:
  friend class Group;
  explicit StagedCommit(std::unique_ptr<internal::Staged> staged);
  std::unique_ptr<internal::Staged> staged_;
};

// What can be proposed (section 12.1).
struct ProposeAdd {
  VerifiedKeyPackage key_package;
};
/// What else changes in the own leaf when it gets fresh keys (sections 5.3.1 and 7.3). The message
/// itself is still signed with the key of before; once it is merged the new one counts, and
/// restore() asks for it: keep both until then.
struct LeafChange {
  /// Null to keep the signature key. Needs to live for the call.
  const crypto::SigningKey* key = nullptr;
  /// Of the basic credential.
  std::optional<Bytes> identity = std::nullopt;

  bool any() const { return key != nullptr || identity.has_value(); }
};
/// Fresh keys for the own leaf; only standalone, a commit has its path for that.
struct ProposeUpdate {
  LeafChange change = {};
};
struct ProposeRemove {
  LeafIndex leaf;
};
struct ProposeExternalPsk {
  Bytes id;
};
/// A resumption key of this group (section 8.6).
struct ProposeResumptionPsk {
  Epoch epoch;
};
struct ProposeExtensions {
  Extensions extensions;
};
using ProposalRequest = std::variant<ProposeAdd, ProposeUpdate, ProposeRemove, ProposeExternalPsk,
                                     ProposeResumptionPsk, ProposeExtensions, ReInitParameters>;

struct CommitRequest {
  /// Joiners get leaves from the left, in this order.
  std::vector<VerifiedKeyPackage> adds;
  /// Never the own leaf. A leaf removed here may be filled again by an add of the same commit.
  std::vector<LeafIndex> removes;
  /// An UpdatePath gives the group fresh secrets. Only a commit of adds, pre-shared keys and ReInit
  /// alone can do without; for any other it is made even when false.
  bool path = true;
  /// Of the own leaf; makes an UpdatePath.
  LeafChange change;
  /// Travels readable and signed with the commit.
  Bytes authenticated_data;

  /// More proposals by value; not ProposeUpdate.
  std::vector<ProposalRequest> proposals;
  /// Takes in the kept proposals, where they fit together: a Remove goes before an Update, the
  /// latest Update before earlier ones, anything before ReInit (section 12.2). Those with which no
  /// valid commit can be made, beside the others and what is asked for here, stay out.
  bool kept_proposals = false;
  /// private_message or public_message.
  WireFormat wire_format = WireFormat::private_message;
  /// Without, joiners must get `Group::ratchet_tree()` by other means.
  bool tree_in_welcome = true;
};

struct PreparedCommit {
  /// For the members.
  Bytes commit;
  /// One Welcome for all joiners; empty without adds.
  Bytes welcome;
  StagedCommit staged;
};

/// A pre-shared key the application gave out of band (RFC 9420 section 8.4).
struct ExternalPsk {
  Bytes id;
  SecretBytes secret;
};

}  // namespace candour::mls
