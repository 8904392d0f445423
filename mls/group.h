// The face of mls/: one member's view of one MLS group (RFC 9420), with cipher suite 0x0001 or
// 0x0003.
//
// A pure library: bytes in, bytes out. No sockets, no disk; randomness and time are passed in.
// All messages are whole MLSMessage structures (RFC 9420 section 6).
//
// How it is used
//   - Everybody publishes key packages (mls/key_package_bundle.h).
//   - Somebody `Group::create`s a group and sits at leaf 0. A member adds others with `commit`,
//   sends
//     commit and welcome, and calls `merge` once the delivery service has accepted the commit.
//     Others `process_commit` it, look at the StagedCommit, and `merge`. Joiners `join`.
//   - Content goes through `protect` and `unprotect`.
//   - What the application permits is a Policy (mls/policy.h).
//   - State: `save()` once after create, join and each merge, propose and process_proposal; after
//     each protect, unprotect and commit only `ratchet_state(leaf)`. After a restart
//     `restore(saved)` and `apply_ratchet_state` for every stored blob give the very same group.
//     Save before sending: a lost ratchet state would let a key be used twice. A saved state holds
//     the epoch's secret tree as it was then; what was deleted since stays readable in it until it
//     is replaced by a newer save().
//
// Errors: mls_invalid (message breaks the RFC rule that the text names), decryption_failed,
// signature_invalid, epoch_stale (of an epoch no longer or not yet known), group_unknown (of
// another group), not_a_member (own device was removed), state_damaged (restore). A call that
// fails leaves the group exactly as it was: save() gives the same bytes before and after.
//
// Not thread-safe; one owner. Moves, does not copy. Views passed in need to live for the call only.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"
#include "crypto/sign.h"
#include "mls/commit.h"
#include "mls/key_package_bundle.h"
#include "mls/leaf_cache.h"
#include "mls/message.h"
#include "mls/policy.h"
#include "mls/types.h"

namespace candour::mls {

class Group;

struct CreateOptions {
  CipherSuite suite = CipherSuite::chacha20_poly1305;
  /// Of the GroupContext: mls/group_extensions.h makes those of the RFC.
  Extensions extensions = {};
  Policy policy = {};
};

struct JoinOptions {
  /// Used when the Welcome or GroupInfo carries no ratchet_tree extension; otherwise ignored.
  ByteView ratchet_tree = {};
  /// Those the Welcome may name; for an external commit those to put in, all of them.
  std::vector<ExternalPsk> psks = {};
  /// The only leaf whose Welcome is taken, where the application knows who adds members: another
  /// member can sign a valid GroupInfo over the same tree with secrets of its own. By default the
  /// policy's steward, if it has one.
  std::optional<LeafIndex> signer = std::nullopt;
  /// Leaves this process verified before, and more of them afterwards. Lives for the call.
  LeafCache* leaf_cache = nullptr;
  /// Verifies the leaves of a large group on the application's threads; none: on this one.
  Executor executor = {};
  /// A group this one follows or branches from, or the same one as it was (sections 11.2, 11.3):
  /// needed when the Welcome names one of its resumption keys.
  const Group* predecessor = nullptr;
  Policy policy = {};
};

struct ExternalJoin;
struct SuccessorGroup;

/// Application messages are padded with zeros so that the encrypted part is a multiple of this.
inline constexpr std::size_t kPaddingStep = 256;

class Group {
 public:
  /// A group of one at leaf 0, epoch 0.
  [[nodiscard]] static Result<Group> create(ByteView mls_group_id, const crypto::SigningKey& key,
                                            ByteView identity, Lifetime lifetime, Random& random,
                                            const CreateOptions& options = {});
  /// `key_package` and `private_part` as made by make_key_package; `key` must be the one that
  /// signed it. The caller then checks that it is in no other group of this group_id (section
  /// 12.4.3.1) and every member's certificate, leaf 0 first, and erases the private part: a key
  /// package is used once.
  [[nodiscard]] static Result<Group> join(ByteView welcome, ByteView key_package,
                                          ByteView private_part, const crypto::SigningKey& key,
                                          TimeMs now, const JoinOptions& options = {});
  /// Joins a group by its published GroupInfo (section 12.4.3.2): the group as it will be, and the
  /// commit to send. Keep the group only when the delivery service accepts the commit. With
  /// `replaces` the own leaf of before goes in the same commit.
  [[nodiscard]] static Result<ExternalJoin> join_by_external_commit(
      ByteView group_info, const crypto::SigningKey& key, ByteView identity, Random& random,
      const JoinOptions& options = {}, std::optional<LeafIndex> replaces = std::nullopt);

  Group(Group&&) noexcept;
  Group& operator=(Group&&) noexcept;
  ~Group();

  const Bytes& group_id() const;
  CipherSuite suite() const;
  Epoch epoch() const;
  LeafIndex own_leaf() const;
  const Policy& policy() const;
  /// Of the GroupContext.
  const Extensions& extensions() const;
  /// False once a commit that removed the own leaf was merged; every message is refused then.
  bool active() const;
  /// Set once a commit of a ReInit was merged: nothing can be sent any more, the group goes on as
  /// the one described (section 11.2).
  std::optional<ReInitParameters> reinit() const;
  /// In leaf order.
  std::vector<Member> members() const;
  std::optional<Member> member(LeafIndex leaf) const;
  /// The member as of a past epoch that is still kept, for messages that opened late.
  std::optional<Member> member(LeafIndex leaf, Epoch epoch) const;
  /// The same for all members exactly when they are in the same state (section 8.7).
  Digest epoch_authenticator() const;
  Digest tree_hash() const;
  /// The ratchet_tree extension's bytes (section 12.4.3.3), for Welcomes without it.
  Bytes ratchet_tree() const;
  /// MLS-Exporter (section 8.5). Empty once the group is inactive.
  SecretBytes export_secret(std::string_view label, ByteView context, std::size_t size) const;
  /// MLSMessage(GroupInfo) of this epoch, which lets anybody join by an external commit.
  [[nodiscard]] Result<Bytes> group_info(bool with_tree = true) const;

  /// An application PrivateMessage. `authenticated_data` travels readable.
  [[nodiscard]] Result<Bytes> protect(ByteView plaintext, ByteView authenticated_data,
                                      Random& random, std::size_t padding_step = kPaddingStep);
  /// Opens an application message of this epoch or one of policy().past_epochs_max before it. Each
  /// message opens once; messages of one sender may come in any order within the limits.
  [[nodiscard]] Result<Received> unprotect(ByteView message);

  /// Proposes to the group and keeps the proposal until the epoch ends. save() before sending: an
  /// update's new key is only there, and a handshake generation is used up.
  [[nodiscard]] Result<Bytes> propose(const ProposalRequest& request, TimeMs now, Random& random,
                                      WireFormat wire_format = WireFormat::private_message,
                                      ByteView authenticated_data = {});
  /// Checks and keeps another's standalone proposal until the epoch ends, so that a commit may
  /// refer to it.
  [[nodiscard]] Status process_proposal(ByteView message, TimeMs now);

  /// Uses up one generation of the own handshake ratchet (as PrivateMessage), whether the commit is
  /// merged or not: store ratchet_state(own_leaf()) and the staged commit before sending. `psks`
  /// answers the pre-shared keys it names.
  [[nodiscard]] Result<PreparedCommit> commit(const CommitRequest& request, TimeMs now,
                                              Random& random,
                                              const std::vector<ExternalPsk>& psks = {});
  /// Checks a commit of another member or of one that joins by it. `now` is held against the
  /// lifetimes of added key packages: a device that catches up late passes the time the commit was
  /// accepted, if it knows it, or has Policy::ended_key_packages; or it would refuse what everybody
  /// else has accepted. `psks` answers pre-shared keys it names.
  [[nodiscard]] Result<StagedCommit> process_commit(
      ByteView message, TimeMs now, const std::vector<ExternalPsk>& psks = {}) const;
  /// Enters the next epoch. epoch_stale when `staged` was not made for the present one,
  /// state_damaged when it is another member's; `staged` is left as it was then. When it
  /// removes the own leaf the group becomes inactive and all its secrets are erased. When it has an
  /// own change of key (LeafChange), the new key signs from now on.
  [[nodiscard]] Status merge(StagedCommit&& staged);

  /// The group that reinit() describes, with the own device at leaf 0 and the others by these key
  /// packages, of all members (section 11.2). One Welcome for all of them.
  [[nodiscard]] Result<SuccessorGroup> continue_reinit(
      const std::vector<VerifiedKeyPackage>& packages, Lifetime lifetime, TimeMs now,
      Random& random) const;
  /// A group of some of the members (section 11.3).
  [[nodiscard]] Result<SuccessorGroup> branch(ByteView mls_group_id,
                                              const std::vector<VerifiedKeyPackage>& packages,
                                              Lifetime lifetime, TimeMs now, Random& random) const;

  /// The whole state except signing key and policy. Secret: encrypt it before it reaches a disk.
  SecretBytes save() const;
  /// The key that restore() of this saved state asks for: tells, after an own change of key,
  /// whether it was merged.
  [[nodiscard]] static Result<SigningPublicKey> signature_key_of(ByteView saved);
  /// `key` must be the own leaf's key. state_damaged when the bytes do not fit together.
  [[nodiscard]] static Result<Group> restore(ByteView saved, const crypto::SigningKey& key,
                                             const Policy& policy = {});
  /// What protect, unprotect and commit changed for one sender: its ratchet heads and skipped keys
  /// in `epoch` (by default the present one). Small. Empty when the epoch is not kept, there is no
  /// such leaf or nothing of it was used yet.
  SecretBytes ratchet_state(LeafIndex leaf, std::optional<Epoch> epoch = std::nullopt) const;
  /// Puts back what ratchet_state gave. epoch_stale when its epoch is not kept (skip it then);
  /// state_damaged when it is of another group or leaf, or older than what the group has.
  [[nodiscard]] Status apply_ratchet_state(LeafIndex leaf, ByteView blob);

 private:
  explicit Group(std::unique_ptr<internal::GroupState> state);
  [[nodiscard]] Result<SuccessorGroup> found(const ReInitParameters& parameters, std::uint8_t usage,
                                             const std::vector<VerifiedKeyPackage>& packages,
                                             Lifetime lifetime, TimeMs now, Random& random) const;
  std::unique_ptr<internal::GroupState> state_;
};

struct ExternalJoin {
  Group group;
  /// PublicMessage for the members.
  Bytes commit;
};

struct SuccessorGroup {
  /// In epoch 1.
  Group group;
  Bytes welcome;
};

}  // namespace candour::mls
