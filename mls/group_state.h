// What a Group and a StagedCommit are made of. Internal to mls/.
#pragma once

#include <deque>
#include <map>

#include "mls/group.h"
#include "mls/message_protection.h"
#include "mls/treekem.h"

namespace candour::mls::internal {

/// The present epoch, or the one a staged commit leads to.
struct EpochState {
  GroupContext context;
  Bytes context_bytes;  // `context` encoded
  Bytes interim_transcript_hash;
  RatchetTree tree;
  TreePrivate own;
  EpochSecrets secrets;
  SecretTree secret_tree;
};

/// What is kept of an epoch that is over: enough to open application messages that come late.
struct PastEpoch {
  Epoch epoch;
  Bytes context_bytes;
  KdfSecret sender_data_secret;
  KdfSecret resumption_psk;
  RatchetTree tree;
  SecretTree secret_tree;
};

/// The private half of an Update of this device's own.
struct OwnUpdate {
  std::shared_ptr<const crypto::SealingKey> leaf_key;
  std::shared_ptr<const crypto::SigningKey> signer;  // null when the signature key stays
};

struct KeptProposal {
  Bytes reference;  // ProposalRef
  Sender sender;
  Proposal proposal;
  OwnUpdate own_update;
  /// Of an Add. Null after a restart: it is verified again then.
  VerifiedPackage package;
};

inline Checks checks_of(const Policy& policy, TimeMs now) {
  return {
      .now = now, .lifetime_max_ms = policy.lifetime_max_ms, .clock_skew_ms = policy.clock_skew_ms};
}

struct GroupState {
  GroupState(crypto::SigningKey&& signing_key, const Policy& p)
      : key(std::move(signing_key)), policy(p) {}

  crypto::SigningKey key;
  Policy policy;
  const Suite* suite = &kSuite3;
  bool active = true;
  EpochState now;
  std::deque<PastEpoch> past;           // newest first
  std::vector<KeptProposal> proposals;  // in the order they came
  std::optional<ReInit> reinit;         // the group has ended with it

  Checks checks(TimeMs at) const { return checks_of(policy, at); }
  /// Of commits, and of proposals that a commit everybody else takes may refer to.
  Checks checks_on_receipt(TimeMs at) const {
    Checks out = checks(at);
    out.ended = policy.ended_key_packages;
    return out;
  }
};

struct Staged {
  Bytes group_id;
  Epoch from;
  /// epoch_authenticator of the epoch it starts from: tells forks of the same number apart.
  Digest from_authenticator;
  LeafIndex sender;
  bool external = false;
  std::vector<Member> added;
  std::vector<Member> removed;
  std::vector<Member> changed;
  bool has_path = false;
  Bytes authenticated_data;
  /// The handshake generation the commit used up, when it came as PrivateMessage.
  std::optional<std::uint32_t> generation;
  std::optional<ReInit> reinit;
  /// The own signature key from the next epoch on; null when it stays.
  std::shared_ptr<const crypto::SigningKey> signer;
  /// Nothing when the commit removes the own leaf.
  std::optional<EpochState> next;
};

Member member_of(LeafIndex index, const LeafNode& leaf);
Digest authenticator_of(const EpochSecrets& secrets);

/// Completes an epoch once its context is final. `interim` from the confirmation tag.
void finish_epoch(EpochState& epoch, EpochKeys&& keys, ByteView confirmation_tag);
Digest confirmation_tag(const EpochSecrets& secrets, const GroupContext& context);

/// A handshake message of the present epoch that opened and whose signature is good.
struct OpenedHandshake {
  Verified<AuthenticatedContent> content;
  std::optional<std::uint32_t> generation;  // for PrivateMessage
};
Result<OpenedHandshake> open_handshake(const GroupState& state, ByteView message,
                                       ContentType expected);

/// Opens a PrivateMessage with one epoch's keys; checks sender and padding, not the signature.
struct OpenedPrivate {
  AuthenticatedContent content;
  SenderData sender;
};
Result<OpenedPrivate> open_private(const GroupState& state, const PrivateMessage& message,
                                   const KdfSecret& sender_data_secret, const RatchetTree& tree,
                                   const SecretTree& secret_tree);

/// Where pre-shared keys come from; states may be null.
struct PskSources {
  const GroupState* group;
  const GroupState* predecessor;
  const std::vector<ExternalPsk>& external;
};
/// The secrets for these ids, in order (section 8.4).
Result<std::vector<SecretBytes>> find_psks(const PskSources& sources,
                                           const std::vector<PreSharedKeyId>& ids);

Result<Staged> stage_commit(const GroupState& state, ByteView message, const Checks& checks,
                            const std::vector<ExternalPsk>& psks);
struct Prepared {
  Bytes commit;
  Bytes welcome;
  Staged staged;
};
/// `founding` is the resumption key a new group starts with (sections 11.2 and 11.3).
Result<Prepared> prepare_commit(GroupState& state, const CommitRequest& request,
                                const Checks& checks, const PskSources& psks, Random& random,
                                const std::optional<PreSharedKeyId>& founding = std::nullopt);
/// Protects a handshake message of this member; as PrivateMessage it uses up a generation.
Result<Bytes> send_handshake(GroupState& state, AuthenticatedContent&& content, Random& random);
/// A proposal of this member, as it stands in a commit or by itself.
Result<Proposal> make_proposal(const ProposalRequest& request, ByteView group_id, Random& random);
Result<Bytes> send_proposal(GroupState& state, const ProposalRequest& request,
                            WireFormat wire_format, ByteView authenticated_data,
                            const Checks& checks, Random& random);
Status keep_proposal(GroupState& state, ByteView message, const Checks& checks);
Result<std::unique_ptr<GroupState>> join_group(ByteView welcome, ByteView key_package,
                                               ByteView private_part, crypto::SigningKey&& key,
                                               const Checks& checks, const JoinOptions& options,
                                               const GroupState* predecessor);
struct JoinedExternally {
  std::unique_ptr<GroupState> state;
  Bytes commit;
};
Result<JoinedExternally> join_externally(ByteView group_info, crypto::SigningKey&& key,
                                         ByteView identity, const JoinOptions& options,
                                         const GroupState* predecessor,
                                         std::optional<LeafIndex> replaces, Random& random);
/// MLSMessage(GroupInfo) with external_pub.
Bytes make_group_info(const GroupState& state, bool with_tree);
Status merge_commit(GroupState& state, Staged&& staged);

SecretBytes save_state(const GroupState& state);
Result<std::unique_ptr<GroupState>> restore_state(ByteView saved, crypto::SigningKey&& key,
                                                  const Policy& policy);
SecretBytes save_staged(const Staged& staged);
Result<Staged> restore_staged(ByteView saved);

}  // namespace candour::mls::internal
