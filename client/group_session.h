// One group as a member sees it: its MLS state, its chain of release tokens and its roster, and
// the rule that nothing is shown or sent outside them (invariants I2 and I5).
//
// `accept` takes a delivered message through every check, in this order, and the first that fails
// names itself:
//   1 token there (token_missing)            2 signed by the bot at leaf 0 (token_invalid)
//   3 of this organisation's log (log_inconsistent), by a bot still listed and not revoked, judged
//     by a policy version of the directory (token_invalid)
//   4 exactly the next of the chain          5 over this ciphertext, id, epoch and kind
//   6 MLS: opens, or is a commit that stands (mls_invalid, decryption_failed, signature_invalid)
//   7 the sender's device is certified and its key is the leaf's (unknown_device,
//     certificate_invalid)                   8 authenticated data is the message id
//   9 what is inside decodes (input_invalid) 10 its commitment is the token's (token_invalid)
//  11 the sender's counter grows             12 the id was never shown in this group
//     (message_id_reused)
// Commits: made by the bot, and the roster it signed is exactly the tree they lead to.
//
// After a failure the caller stops the group: what was read of it is not to be relied on.
//
// No disk and no network; what must be kept is asked for with `take_changes`. Not thread-safe.
#pragma once

#include <set>
#include <variant>
#include <vector>

#include "client/message_log.h"
#include "client/records.h"
#include "client/store.h"
#include "client/trust.h"
#include "identity/roster.h"
#include "identity/token.h"
#include "mls/group.h"
#include "transport/wire/candour.pb.h"

namespace candour::client {

/// Content that may be shown.
struct AcceptedMessage {
  identity::ReleaseToken token;
  bool own = false;  // matched by id with a submission of this device; nothing below is filled in
  DeviceId sender;
  std::uint64_t counter = 0;
  TimeMs time;
  messages::CheckpointSeen checkpoint;
  SecretBytes content;
  messages::CommitmentKey commitment_key;
};

/// A commit that was merged.
struct AcceptedCommit {
  identity::ReleaseToken token;
  std::vector<DeviceId> joined;
  std::vector<DeviceId> removed;
  bool self_removed = false;
  bool self_added = false;  // too: nothing changed yet, a welcome brings this device's new keys
};

/// Delivered before; nothing to do but to acknowledge it again.
struct Repeated {};

using Accepted = std::variant<AcceptedMessage, AcceptedCommit, Repeated>;

/// A message ready to be submitted.
struct Encrypted {
  Bytes ciphertext;
  Digest ciphertext_hash;
  Epoch epoch;
};

/// What changed since it was last kept.
struct GroupChanges {
  bool mls = false;                   // the whole MLS state
  std::set<mls::LeafIndex> ratchets;  // or these heads of the present epoch
  bool record = false;
  bool progress = false;
};

class GroupSession {
 public:
  /// Enters a group by the bot's welcome. bot_leaf_missing unless leaf 0 is a certified bot of the
  /// statement; token_invalid, mls_invalid, ... as for `accept`. `before` is how far this device
  /// had come in the same group, when it is being added again.
  [[nodiscard]] static Result<GroupSession> join(const v1::WelcomeMail& mail,
                                                 const KeyPackageRecord& key_package,
                                                 const DeviceKeys& keys, const Trust& trust,
                                                 const GroupProgress& before, TimeMs now);
  /// As it was kept.
  [[nodiscard]] static Result<GroupSession> restore(GroupRecord record, GroupProgress progress,
                                                    mls::Group group);

  const GroupRecord& record() const { return record_; }
  const GroupProgress& progress() const { return progress_; }
  const mls::Group& mls() const { return mls_; }
  Epoch epoch() const { return mls_.epoch(); }
  std::vector<identity::RosterMember> members() const;
  /// Leaf 0's key, which signs tokens, replies and rosters of this group.
  Result<SigningPublicKey> bot_key() const;

  [[nodiscard]] Result<Accepted> accept(const v1::Deliver& delivered, const Trust& trust,
                                        MessageLog& log, TimeMs now);
  /// bot_leaf_missing unless leaf 0 is the certified bot, group_stopped, not_a_member: asked
  /// before every message.
  [[nodiscard]] Status may_send(const Trust& trust) const;
  /// Encrypts the draft's content for the present epoch, with the next counter. Uses up an MLS
  /// generation: keep `take_changes` before the ciphertext leaves the device.
  [[nodiscard]] Result<Encrypted> encrypt(const Draft& draft, const SeenCheckpoint& checkpoint,
                                          TimeMs now, Random& random);
  /// As the bot says, in this mail, that the group is called now.
  void rename(std::string name, const messages::MailId& mail);
  /// What this device had of the group before it entered again.
  void keep_renames(const GroupRecord& before);
  /// Nothing is accepted or sent from here on.
  void stop(const Error& reason);
  void leave();
  /// What was delivered meanwhile is gone; the bot is to add this device anew.
  void lose();

  GroupChanges take_changes();

 private:
  GroupSession(GroupRecord record, GroupProgress progress, mls::Group group)
      : record_(std::move(record)), progress_(std::move(progress)), mls_(std::move(group)) {}
  Result<identity::ReleaseToken> check_token(const v1::Deliver& delivered,
                                             const Trust& trust) const;
  Result<Accepted> accept_message(const v1::Deliver& delivered, identity::ReleaseToken token,
                                  const Trust& trust, MessageLog& log);
  Result<Accepted> accept_commit(const v1::Deliver& delivered, identity::ReleaseToken token,
                                 const Trust& trust, TimeMs now);
  void advance(const identity::ReleaseToken& token);

  GroupRecord record_;
  GroupProgress progress_;
  mls::Group mls_;
  GroupChanges changes_;
};

}  // namespace candour::client
