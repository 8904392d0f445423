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

struct PendingProposal {
  LeafIndex sender;
  Proposal proposal;
};

struct GroupState {
  explicit GroupState(crypto::SigningKey&& signing_key) : key(std::move(signing_key)) {}

  crypto::SigningKey key;
  const Suite* suite = &kSuite3;
  bool active = true;
  EpochState now;
  std::deque<PastEpoch> past;                  // newest first
  std::map<Bytes, PendingProposal> proposals;  // by ProposalRef
};

struct Staged {
  Bytes group_id;
  Epoch from;
  /// epoch_authenticator of the epoch it starts from: tells forks of the same number apart.
  Digest from_authenticator;
  LeafIndex sender;
  std::vector<Member> added;
  std::vector<Member> removed;
  std::vector<Member> changed;
  bool has_path = false;
  Bytes authenticated_data;
  /// The handshake generation the commit used up, when it came as PrivateMessage.
  std::optional<std::uint32_t> generation;
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
  AuthenticatedContent content;
  std::optional<std::uint32_t> generation;  // for PrivateMessage
};
Result<OpenedHandshake> open_handshake(const GroupState& state, ByteView message,
                                       ContentType expected);

/// Opens a PrivateMessage with one epoch's keys; checks sender and padding, not the signature.
struct OpenedPrivate {
  AuthenticatedContent content;
  SenderData sender;
};
Result<OpenedPrivate> open_private(const Suite& suite, const PrivateMessage& message,
                                   const KdfSecret& sender_data_secret, const RatchetTree& tree,
                                   const SecretTree& secret_tree, LeafIndex own_leaf);

/// The secrets for these ids, in order (section 8.4).
Result<std::vector<SecretBytes>> find_psks(const GroupState* state,
                                           const std::vector<PreSharedKeyId>& ids,
                                           const std::vector<ExternalPsk>& external);

Result<Staged> stage_commit(const GroupState& state, ByteView message, const Checks& checks,
                            const std::vector<ExternalPsk>& psks);
struct Prepared {
  Bytes commit;
  Bytes welcome;
  Staged staged;
};
Result<Prepared> prepare_commit(GroupState& state, const CommitRequest& request,
                                const Checks& checks, Random& random);
Status keep_proposal(GroupState& state, ByteView message, const Checks& checks);
Result<std::unique_ptr<GroupState>> join_group(ByteView welcome, ByteView key_package,
                                               ByteView private_part, crypto::SigningKey&& key,
                                               const Checks& checks, const JoinOptions& options);
Status merge_commit(GroupState& state, Staged&& staged);

SecretBytes save_state(const GroupState& state);
Result<std::unique_ptr<GroupState>> restore_state(ByteView saved, crypto::SigningKey&& key);
SecretBytes save_staged(const Staged& staged);
Result<Staged> restore_staged(ByteView saved);

}  // namespace candour::mls::internal
