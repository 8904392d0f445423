// The gate between what was accepted and what is delivered: hands pending submissions to the bot in
// accept order and applies its verdicts. Without a bot nothing passes (I11). IoThread only.
#pragma once

#include "identity/roster.h"
#include "identity/token.h"
#include "transport/relay/fanout.h"
#include "transport/relay/log_service.h"

namespace candour::relay {

class Gate {
 public:
  Gate(Context& context, Fanout& fanout, LogService& log)
      : context_(context), fanout_(fanout), log_(log) {}

  void load(const storage::RelaySnapshot& snapshot);
  /// Before the first write: which MLS group each group has now.
  Status load_rosters();
  /// A new session of the bot: everything pending is sent again, oldest first.
  void bot_attached();
  /// Forgets what is pending in a group that is formed again; the caller queues the write, which
  /// takes the numbers of the rows.
  std::vector<std::uint64_t> drop_pending(Group& group);
  /// A submission became durable.
  void accepted(const GroupId& group, Submission submission);

  Status verdict(Session& session, std::uint64_t request, const v1::Verdict& verdict);
  Status append_record(Session& session, std::uint64_t request, const v1::AppendRecord& append);
  Status bot_mail(Session& session, std::uint64_t request, const v1::BotMail& mail);

 private:
  struct CheckedVerdict {
    std::optional<identity::ReleaseToken> token;
    std::optional<identity::Roster> roster;
    std::vector<storage::MailRow> mail;
    std::vector<storage::LogLeaf> leaves;  // without their places
  };
  void feed();
  void read_pending(std::uint64_t from);
  void send_check(Pending& pending);
  void stop_group(Group& group, std::string_view why);
  Result<CheckedVerdict> check(const Session& bot, const Group& group, const Pending& pending,
                               const v1::Verdict& verdict) const;
  Status check_token(const identity::ReleaseToken& token, const Group& group,
                     const Pending& pending, const v1::Verdict& verdict) const;
  Status check_leaf(const identity::ReleaseToken& token, const v1::Verdict& verdict) const;
  Result<identity::Roster> check_roster(const Session& bot, const Pending& pending,
                                        const v1::Verdict& verdict) const;
  Result<std::vector<storage::MailRow>> check_mail(
      const google::protobuf::RepeatedPtrField<v1::Mail>& mail) const;
  /// The leaf of a record of the bot's; input_invalid unless it is one of class ordinary and the
  /// record's label is for this log and under this record id.
  Result<storage::LogLeaf> check_log_entry(const v1::LogEntry& entry) const;
  /// Listed, with a certificate, and not revoked.
  bool takes_mail(const DeviceId& bot) const;
  /// The bot mail goes to: the last one that logged in, else the first listed; zero when none is
  /// listed, known and unrevoked.
  DeviceId mailbox() const;
  /// Whom the mail is for: the bot, or from the bot the device it names.
  Result<DeviceId> addressee(const Session& session, const v1::BotMail& mail) const;
  /// queue_full when this sender, or all together, have too much mail that no bot has read.
  Status check_waiting_mail(const DeviceId& sender);
  void remember_appended(const RecordId& record, const Digest& hash, std::uint64_t index);
  /// Members that had to resynchronise and get a Welcome with this commit.
  static std::vector<DeviceId> added_anew(const Group& group,
                                          const std::vector<storage::MailRow>& mail);
  /// The oldest that is pending, now that it is judged.
  Pending take_first(Group& group);
  void apply(SessionId session, std::uint64_t request, Group& group, const v1::Verdict& verdict,
             const Digest& hash, CheckedVerdict checked);

  Context& context_;
  Fanout& fanout_;
  LogService& log_;
  /// Durable, pending, not yet sent to this session of the bot; in accept order.
  std::deque<std::pair<GroupId, Submission>> feed_;
  bool reading_ = false;
  std::unordered_map<RecordId, std::pair<Digest, std::uint64_t>> appended_;
  std::deque<RecordId> appended_order_;
  /// Mail to a bot that it has not acknowledged: bot and number, and who sent it.
  std::map<std::pair<DeviceId, std::uint64_t>, DeviceId> waiting_mail_;
  std::map<DeviceId, std::size_t> waiting_by_sender_;
  std::map<std::pair<DeviceId, MessageId>, Digest> bot_mail_ids_;
  std::deque<std::pair<DeviceId, MessageId>> bot_mail_order_;
};

}  // namespace candour::relay
