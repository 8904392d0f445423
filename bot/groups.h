// The groups the bot is in: name and class, its end of the MLS group, the token chain, and the
// commit that is on its way, if any. Values in memory mirror bot.db; whoever changes one changes
// both, in the same batch.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>

#include "bot/context.h"
#include "bot/reform_note.h"
#include "client/messages/group_info.h"
#include "client/messages/group_request.h"
#include "identity/token.h"
#include "mls/group.h"

namespace candour::bot {

/// One device that a commit adds.
struct Joiner {
  DeviceId device;
  Digest key_package_ref;
};

/// A commit as it was prepared, before it is merged:
///   version u8 = 1, message id 16, epoch u64, commit vec, welcome vec, joiners u16 count, each:
///   device 32, key package reference 32; removed u16 count, each: device 32
struct CommitPlan {
  MessageId message_id;
  Epoch epoch;  // it is sent in
  Bytes commit;
  Bytes welcome;
  std::vector<Joiner> joiners;
  std::vector<DeviceId> removed;

  SecretBytes encode() const;
  static Result<CommitPlan> decode(ByteView bytes);
};

struct PendingCommit {
  CommitPlan plan;
  SecretBytes staged;      // mls::StagedCommit::save()
  bool judged = false;     // its verdict is in the outbox
  bool submitted = false;  // on this connection
};

/// A device that shall be in the group.
struct Wanted {
  bool owner = false;
  bool missing_told = false;  // a record says that it had no key package
  bool readd = false;         // it could not process a commit: remove and add again
  TimeMs readd_at;            // not before
};

/// A group that is being formed again: its first commit is not released yet.
struct Reforming {
  ReformNote note;
  TimeMs since;
  std::map<DeviceId, Bytes> key_packages;  // fetched, for the one commit that all shall come with
};

/// The member who asked for it, by which request.
struct ReformAsker {
  messages::RequestId request;
  DeviceId device;
};

/// What is known of a group whose state this bot does not have (any more).
struct LostGroup {
  std::string reason;
  Bytes mls_group;
  Epoch epoch;
  Seq seq;
  Digest token;
  std::vector<ReformMember> members;
};

/// Since when the group's keys are as they are.
struct Fresh {
  TimeMs since;
  Seq seq;  // of the commit that brought them
};

struct Group {
  messages::GroupInfo info;
  mls::Group mls;
  identity::TokenChain chain;
  storage::BotPrevious previous_record;
  std::map<DeviceId, Wanted> wanted;
  std::optional<PendingCommit> commit;
  bool roster_owed = false;  // class or owners changed: the next commit tells
  bool rekey = false;        // a sender used up its withheld generations of this epoch
  bool fetching = false;     // key packages are being asked for
  bool settled = false;      // the tree is known to be as wanted
  TimeMs unsettled_at;       // when somebody is to be added again; 0 = nobody
  TimeMs retry_at;           // no new attempt at a commit before

  /// Something changed: compare tree and wishes again, now.
  void unsettle() {
    settled = false;
    retry_at = TimeMs();
  }
  /// Submissions of the epoch that begins when the pending commit is merged.
  std::deque<v1::Check> waiting;
  std::optional<Reforming> reform;
  Fresh fresh = {};
  bool reform_asked = false;  // by an owner or a registrar
  /// Since when members' leaves are as they are; and key packages that came to replace some.
  std::map<DeviceId, TimeMs> leaves_since = {};
  std::map<DeviceId, Bytes> renewals = {};

  const GroupId& id() const { return info.group; }
};

/// The number in bot.db that says when the device was last to be added again (steward_readd.cc).
std::string readd_name(const GroupId& group, const DeviceId& device);

/// The leaf's device id; zero when its identity is none (never for members we added).
DeviceId device_of(const mls::Member& member);

/// Lives as long as the bot; pointers to groups stay valid until `reload`. Not thread-safe.
class Groups {
 public:
  explicit Groups(Context& context) : context_(context) {}

  /// Reads everything from the store. state_damaged when it does not fit together.
  Status load();
  /// Within a batch, after the store took something back: memory as the store has it. What lives
  /// for one connection stays. Pointers to groups from before are no longer good.
  Status reload();
  Group* find(const GroupId& group);
  std::map<GroupId, Group>& all() { return groups_; }

  /// Within a batch: another name or class. The class is in rosters, which are told by a commit.
  Status rename(Group& group, const std::string& name);
  Status classify(Group& group, const std::string& group_class);
  /// Within a batch: members are owed a roster, or got it with the commit that was just judged.
  Status owe_roster(Group& group, bool owed);
  /// Within a batch: these leaves are new, those of who is no member any more forgotten.
  Status put_leaves(Group& group, const std::vector<DeviceId>& fresh);
  /// Within a batch: the group is to be formed again on somebody's word, a member's (who is told
  /// what came of it) or a registrar's; and that was done or refused.
  Status ask_reform(Group& group, const std::optional<ReformAsker>& asker);
  Status reform_answered(Group& group);
  const std::set<GroupId>& reforms_asked() const { return reforms_asked_; }
  Result<std::optional<ReformAsker>> reform_asker(const GroupId& group) const;
  /// Within a batch: a new group with the bot alone in it; formed again when it is a lost one.
  Result<Group*> create(messages::GroupInfo info);
  /// Within a batch: a new MLS group for the same group, with the bot alone in it, in place of the
  /// one it had. The chain goes on after `lost.seq`; nobody is wanted yet.
  Result<Group*> reform(messages::GroupInfo info, const LostGroup& lost);
  /// Groups whose name only a registrar can say, by a request to create them.
  std::map<GroupId, LostGroup>& lost() { return lost_; }
  /// Within a batch: what unprotect or commit changed for one leaf.
  Status keep_ratchet(const Group& group, mls::LeafIndex leaf, Epoch epoch);
  /// Within a batch: enters the next epoch.
  Status merge(Group& group);

 private:
  Result<mls::Group> new_mls_group() const;
  /// The epoch began now.
  Status put_fresh(Group& group);
  Group* place(messages::GroupInfo info, mls::Group mls, const storage::BotGroup& row);

  Context& context_;
  std::map<GroupId, Group> groups_;
  std::map<GroupId, LostGroup> lost_;
  std::set<GroupId> reforms_asked_;
};

/// Name, class and unit as bytes, for bot.db and, sealed, for the roster.
SecretBytes encode_about(const messages::GroupInfo& info);
Result<messages::GroupInfo> decode_about(const GroupId& group, ByteView bytes);
/// The roster's `about`: what encode_about gives, sealed with the bot's state key.
Bytes seal_about(const messages::GroupInfo& info, Context& context);
/// decryption_failed when another bot sealed it.
Result<messages::GroupInfo> open_about(const GroupId& group, ByteView sealed,
                                       const Context& context);

}  // namespace candour::bot
