// The face of mls/: one member's view of one MLS group (RFC 9420), with cipher suite 0x0001 or
// 0x0003.
//
// A pure library: bytes in, bytes out. No sockets, no disk; randomness and time are passed in.
// All messages are whole MLSMessage structures (RFC 9420 section 6).
//
// How it is used
//   - Everybody publishes key packages (mls/key_package_bundle.h).
//   - The bot `Group::create`s and so sits at leaf 0. It adds members with `commit`, sends commit
//     and welcome, and calls `merge` only once the relay has released the commit. Others
//     `process_commit` what was released, look at the StagedCommit, and `merge`. Joiners `join`.
//   - Content goes through `protect` and `unprotect`.
//   - State: `save()` once after create, join and each merge; after each protect, unprotect and
//     commit only `ratchet_state(leaf)`. After a restart `restore(saved)` and `apply_ratchet_state`
//     for every stored blob give the very same group. Save before sending: a lost ratchet state
//     would let a key be used twice. A saved state holds the epoch's secret tree as it was then;
//     what was deleted since stays readable in it until it is replaced by a newer save().
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
#include "mls/key_package_bundle.h"
#include "mls/types.h"

namespace candour::mls {

struct Member {
  LeafIndex leaf;
  /// The basic credential's identity; its link to the key is for the caller to check.
  Bytes identity;
  SigningPublicKey signature_key;
  bool operator==(const Member&) const = default;
};

/// What a message shows to anybody, without keys and without any proof that it is true.
struct MessageHeader {
  WireFormat wire_format;
  Bytes group_id;
  Epoch epoch;
  ContentType content_type;
  Bytes authenticated_data;
};

/// mls_invalid unless `message` is a PublicMessage or PrivateMessage. For a PrivateMessage the
/// ciphertext is not looked at.
[[nodiscard]] Result<MessageHeader> peek(ByteView message);

/// An application message that opened, from a sender whose signature was good.
struct Received {
  LeafIndex sender;
  Epoch epoch;
  std::uint32_t generation = 0;
  Bytes authenticated_data;
  SecretBytes content;
  /// The exact bytes the sender's signature covers (FramedContentTBS, section 6.1, which includes
  /// the GroupContext) and the signature: evidence that stands without the group's keys. See
  /// verify_signed_content.
  SecretBytes signed_content;
};

/// A view into the bytes given to verify_signed_content.
struct SignedContent {
  ByteView group_id;
  Epoch epoch;
  LeafIndex sender;
  ByteView authenticated_data;
  ByteView content;
  /// Of the sender's GroupContext: binds the roster and history the sender saw.
  ByteView tree_hash;
  ByteView confirmed_transcript_hash;
};

/// Checks the sender's signature on `Received::signed_content`, alone or years later.
/// signature_invalid when it is not by `key`; mls_invalid when the bytes are not such content.
[[nodiscard]] Result<SignedContent> verify_signed_content(ByteView signed_content,
                                                          const SigningPublicKey& key);

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

  LeafIndex sender() const;
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

struct CommitRequest {
  /// MLSMessage(KeyPackage) each; joiners get leaves from the left, in this order.
  std::vector<Bytes> adds;
  /// Never the own leaf. A leaf removed here may be filled again by an add of the same commit.
  std::vector<LeafIndex> removes;
  /// An UpdatePath gives the group fresh secrets. Only a commit of adds alone can do without;
  /// for any other it is made even when false.
  bool path = true;
  /// Travels readable and signed with the commit.
  Bytes authenticated_data;
};

struct PreparedCommit {
  /// PrivateMessage for the members.
  Bytes commit;
  /// One Welcome for all joiners, ratchet tree inside; empty without adds.
  Bytes welcome;
  StagedCommit staged;
};

/// A pre-shared key the application gave out of band (RFC 9420 section 8.4).
struct ExternalPsk {
  Bytes id;
  SecretBytes secret;
};

struct JoinOptions {
  /// Used when the Welcome carries no ratchet_tree extension; otherwise ignored.
  ByteView ratchet_tree;
  std::vector<ExternalPsk> psks;
  /// The only leaf whose Welcome is taken, where the application knows who adds members: another
  /// member can sign a valid GroupInfo over the same tree with secrets of its own.
  std::optional<LeafIndex> signer;
};

/// Application messages are padded with zeros so that the encrypted part is a multiple of this.
inline constexpr std::size_t kPaddingStep = 256;

struct CreateOptions {
  CipherSuite suite = CipherSuite::chacha20_poly1305;
};

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

  Group(Group&&) noexcept;
  Group& operator=(Group&&) noexcept;
  ~Group();

  const Bytes& group_id() const;
  CipherSuite suite() const;
  Epoch epoch() const;
  LeafIndex own_leaf() const;
  /// False once a commit that removed the own leaf was merged; every message is refused then.
  bool active() const;
  /// In leaf order.
  std::vector<Member> members() const;
  std::optional<Member> member(LeafIndex leaf) const;
  /// The member as of a past epoch that is still kept, for messages that opened late.
  std::optional<Member> member(LeafIndex leaf, Epoch epoch) const;
  /// The same for all members exactly when they are in the same state (section 8.7).
  Digest epoch_authenticator() const;
  Digest tree_hash() const;
  /// MLS-Exporter (section 8.5). Empty once the group is inactive.
  SecretBytes export_secret(std::string_view label, ByteView context, std::size_t size) const;

  /// An application PrivateMessage. `authenticated_data` travels readable.
  [[nodiscard]] Result<Bytes> protect(ByteView plaintext, ByteView authenticated_data,
                                      Random& random, std::size_t padding_step = kPaddingStep);
  /// Opens an application message of this epoch or one of limits::kPastEpochsMax before it. Each
  /// message opens once; messages of one sender may come in any order within the limits.
  [[nodiscard]] Result<Received> unprotect(ByteView message);

  /// Uses up one generation of the own handshake ratchet, whether the commit is merged or not:
  /// store ratchet_state(own_leaf()) and the staged commit before sending. Kept proposals of others
  /// are not taken in; they end with the epoch.
  [[nodiscard]] Result<PreparedCommit> commit(const CommitRequest& request, TimeMs now,
                                              Random& random);
  /// Checks a commit of another member. `now` is held against the lifetimes of added key packages:
  /// a device that catches up late passes the time the commit was accepted, not the present, or it
  /// would refuse what everybody else has accepted. `psks` answers pre-shared keys it names.
  [[nodiscard]] Result<StagedCommit> process_commit(
      ByteView message, TimeMs now, const std::vector<ExternalPsk>& psks = {}) const;
  /// Enters the next epoch. epoch_stale when `staged` was not made for the present one,
  /// state_damaged when it is another member's; `staged` is left as it was then. When it
  /// removes the own leaf the group becomes inactive and all its secrets are erased.
  [[nodiscard]] Status merge(StagedCommit&& staged);
  /// Checks and keeps a standalone proposal until the epoch ends, so that a commit may refer to
  /// it. Candour's own clients make none.
  [[nodiscard]] Status process_proposal(ByteView message, TimeMs now);

  /// The whole state except the signing key. Secret: encrypt it before it reaches a disk.
  SecretBytes save() const;
  /// `key` must be the own leaf's key. state_damaged when the bytes do not fit together.
  [[nodiscard]] static Result<Group> restore(ByteView saved, const crypto::SigningKey& key);
  /// What protect, unprotect and commit changed for one sender: its ratchet heads and skipped keys
  /// in `epoch` (by default the present one). Small. Empty when the epoch is not kept, there is no
  /// such leaf or nothing of it was used yet.
  SecretBytes ratchet_state(LeafIndex leaf, std::optional<Epoch> epoch = std::nullopt) const;
  /// Puts back what ratchet_state gave. epoch_stale when its epoch is not kept (skip it then);
  /// state_damaged when it is of another group or leaf, or older than what the group has.
  [[nodiscard]] Status apply_ratchet_state(LeafIndex leaf, ByteView blob);

 private:
  explicit Group(std::unique_ptr<internal::GroupState> state);
  std::unique_ptr<internal::GroupState> state_;
};

}  // namespace candour::mls
