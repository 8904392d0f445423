// Steward: who is in which group. It keeps what registrars asked for (the devices *wanted* in a
// group) and brings the MLS group there by commits of its own, one at a time:
//
//   request -> wanted -> [key packages] -> prepared commit, durable -> submitted -> checked like
//   any submission, so after everything accepted before it -> verdict -> Done -> merged
//
// Whoever is in the tree and not wanted is removed; revoked devices are wanted nowhere. A device
// without a usable key package is waited for; a record says so once. A sender who used up its
// withheld generations makes it commit a fresh epoch; so does time (steward_rotate.cc).
//
// After a crash the same prepared commit is submitted again, or its verdict sent again.
#pragma once

#include "bot/answers.h"
#include "bot/groups.h"
#include "bot/intake.h"
#include "bot/outbox.h"
#include "bot/scribe.h"
#include "client/messages/group_request.h"

namespace candour::bot {

class Steward {
 public:
  Steward(Context& context, Groups& groups, Scribe& scribe, Outbox& outbox, Answers& answers)
      : context_(context), groups_(groups), scribe_(scribe), outbox_(outbox), answers_(answers) {}

  /// Within a batch: a registrar's request, done once whatever how often it comes. Refusals change
  /// nothing (signature_invalid, not_permitted, group_unknown, already_exists, input_invalid).
  Status request(std::string_view note);
  /// Within a batch: the request of an officer's device, done once, and answered. Who may ask for
  /// what: bot/group_rights.h. Refusals as above, and not_a_member.
  Status member_request(ByteView bytes);
  /// Within a batch: tells the device whose request was refused why; nobody, when it is not signed.
  Status answer_refused(ByteView bytes, const Error& reason);
  /// Within a batch: a member's signed word that it could not process a released commit: it is
  /// removed and added again in one commit. input_invalid unless it is about the last released
  /// commit; each device is heard once about each.
  Status failure_report(ByteView bytes, const messages::MailId& mail);
  /// Within a batch: a member's signed word that messages it missed are gone: it is removed and
  /// added again in one commit. not_a_member unless it is in the group; input_invalid when it
  /// missed nothing or said so before.
  Status lost_group(ByteView bytes, const messages::MailId& mail);
  /// Within a batch: a key package that a member was asked for, because its keys are old: it is
  /// removed and added with it in one commit. not_a_member, not_permitted when they are not old,
  /// input_invalid.
  Status key_renewal(ByteView bytes);
  /// Within a batch, in every turn: from time to time asks members whose keys are old for new ones.
  Status ask_renewals();
  /// Within a batch: drops devices whose certificate was revoked or has expired from what is
  /// wanted. Call when the directory grew and when it is due.
  Status sweep_revoked();
  bool sweep_due() const;

  /// Whether `work` has something to do now.
  bool due();
  /// Outside a batch: proves certificates of devices to be added, which asks the relay.
  Status prove_joiners(client::Connection& connection);
  /// Within a batch: asks for key packages, prepares and submits commits.
  Status work();

  /// Within a batch: what the relay answered to a question about key packages.
  Status key_packages(const Expected& expected, const v1::KeyPackages& packages);
  /// The relay's answer to a submitted commit.
  void submitted(const Expected& expected, const Status& outcome);
  /// Whether the submission is the commit this group waits for.
  bool is_own_commit(const Envelope& envelope) const;
  /// Within a batch: the verdict over the own commit. It is abandoned when a device it adds may no
  /// longer join.
  Status judge_commit(const Envelope& envelope);
  /// Within a batch: withholds the own commit and forgets it; another one is prepared when due.
  Status abandon(const Envelope& envelope);
  /// Within a batch: the relay released the commit. True when the group entered a new epoch.
  Result<bool> released(const Expected& expected);
  /// On a new connection.
  void restart();

 private:
  struct Change {
    std::vector<DeviceId> missing;  // wanted and not in the tree, or to be added again
    TimeMs later;                   // when the next one is to be added again; 0 = nobody
    std::map<DeviceId, mls::LeafIndex> present;
    std::vector<mls::LeafIndex> removes;
    std::vector<DeviceId> removed;
  };

  Change change_for(const Group& group) const;
  /// The device is to be removed and added again, now or after the pause that is due
  /// (steward_readd.cc), which it is told.
  Status add_again(Group& group, const DeviceId& device, const messages::MailId& mail,
                   messages::ToBotType report);
  /// When something may be done that costs everybody a commit: the first time at once, then at a
  /// pace that halves; keep_pace when it is done.
  struct Pace {
    std::uint64_t at = 0;
    std::uint64_t count = 0;  // lately
  };
  Result<Pace> pace(const std::string& at_name, const std::string& count_name) const;
  Status keep_pace(const std::string& at_name, const std::string& count_name, const Pace& pace);
  /// The device's keys in the group are old (steward_renew.cc).
  bool renewal_due(const Group& group, const DeviceId& device) const;
  Status prepare_renewals(Group& group);
  /// rate_limited when the group was formed again on somebody's word not long ago.
  Status ask_reform(const messages::GroupRequest& request, Group& group);
  bool gone(const DeviceId& device) const;
  bool can_join(const DeviceId& device) const;
  bool has_work(Group& group) const;
  /// The group's keys are to be renewed, now.
  bool rotation_due(const Group& group) const;
  void rotated();
  Status apply(const messages::GroupRequest& request, ByteView evidence);
  Status check_possible(const messages::GroupRequest& request, const Group* group) const;
  Status change(const messages::GroupRequest& request, Group& group);
  Status drop(Group& group, const DeviceId& device);
  Status set_owners(Group& group, const std::vector<DeviceId>& owners);
  Status log_request(const messages::GroupRequest& request, ByteView evidence, Group& group);
  Status tell_name(const Group& group) const;
  Result<bool> done_before(const messages::GroupRequest& request) const;
  Status want(Group& group, const DeviceId& device, Wanted wanted);
  /// A line about a member for the log.
  Status note(Group& group, const std::string& text);
  void fetch(Group& group, const std::vector<DeviceId>& devices);
  Status prepare(Group& group, const std::vector<mls::VerifiedKeyPackage>& adds,
                 const std::vector<Joiner>& joiners);
  void submit(Group& group);
  std::vector<DeviceId> joinable(const Group& group, const Change& change) const;
  /// Nothing unless the package is good now and the device's own.
  std::optional<mls::VerifiedKeyPackage> usable_key_package(const DeviceId& device,
                                                            ByteView package) const;
  Status gather(Group& group, const v1::KeyPackages& packages);
  Status prepare_reform(Group& group);
  Status tell_missing(Group& group, const DeviceId& device);
  Result<Bytes> roster_after(const Group& group, const mls::StagedCommit& staged) const;
  Status add_welcomes(const Group& group, ByteView token, ByteView roster, v1::Verdict& verdict);
  void retry_in(Group& group, std::uint64_t delay_ms) const;

  Context& context_;
  Groups& groups_;
  Scribe& scribe_;
  Outbox& outbox_;
  Answers& answers_;
  TimeMs sweep_at_;
  std::map<std::pair<GroupId, DeviceId>, TimeMs> renewals_asked_;  // not again before
  TimeMs renewals_at_;                                             // when to look next
  TimeMs rotate_at_;  // no commit for fresh keys alone before
};

/// How many devices the first commit of a re-formed group may add: more than others, because
/// whoever comes later has lost its place in the queue of deliveries.
std::size_t adds_of_reform_max();
/// How many devices one commit may add to a group of `members` so that its verdict, which carries
/// a Welcome with the whole tree for each, fits one frame.
std::size_t adds_per_commit_max(std::size_t members);

}  // namespace candour::bot
