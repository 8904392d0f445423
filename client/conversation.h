// A device in conversation: connection, trust, store and groups put together.
//
// How it is used: `open` from the store, `connect`, `sync` until caught up, then `pump` again and
// again; between pumps, `send` and its kin. Everything that happens is told to the EventSink after
// it is durable. When `pump` says disconnected, `connect` again: submissions without an outcome
// are sent again, the same bytes under the same message id.
//
// What fails how
//   - A delivered message that fails a check is not shown; its group is stopped on this device and
//     an event says why. Other groups go on.
//   - storage_failed and state_damaged are final: memory may be ahead of the disk, so every later
//     call fails with the same error; start anew.
//   - A submission that the relay answers with epoch_stale or epoch_pending is encrypted and sent
//     again by itself; one it answers with rate_limited, queue_full or storage_full goes out again
//     after the wait the relay asks for: as it is, unless the epoch has moved or a later message of
//     the group may have overtaken it.
//   - Where the relay no longer has what this device missed of a group, the bot is asked to add it
//     anew: membership events "lost" and "added again"; messages to the group wait meanwhile.
//   - Messages into a group one of whose members is not yet proven to be in a witnessed checkpoint
//     wait until that proof is there. Delivered messages that cite a policy version which is not
//     yet proven wait likewise.
//
// In the background the client watches the log (log_watch.h) and the directory. What it finds is
// told once, as an `alarm` event, and kept (Store::alarms):
//   inclusion_late      a delivered message is not in a witnessed checkpoint in time
//   receipt_missing     the bot gave no receipt for an own message in time
//   receipt_invalid     a receipt does not fit what was sent
//   log_inconsistent    two checkpoints contradict each other, or a proof is wrong
//   directory_unproven  a statement, notice, policy version or revocation is not in the log in time
//   device_unproven     a member's certificate is not in the log in time
//   device_added        a device was certified in this person's name
//
// Not thread-safe; one thread. References passed to `open` outlive it.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "client/connection.h"
#include "client/event.h"
#include "client/group_session.h"
#include "client/log_watch.h"
#include "client/messages/answer.h"
#include "client/messages/group_request.h"
#include "client/messages/to_bot.h"
#include "client/store.h"
#include "client/trust.h"

namespace candour::client {

inline constexpr std::string_view kClientBuild = "candour/0.1.0";

class Client {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Client>> open(Store& store, const Clock& clock,
                                                            Random& random, EventSink& sink);

  /// Logs in, brings the directory up to date, publishes key packages, sends again what has no
  /// outcome. Needs a certificate in the store (unknown_device otherwise).
  [[nodiscard]] Status connect(net::IoThread& io, const net::Endpoint& endpoint,
                               std::uint64_t timeout_ms);
  [[nodiscard]] Status connect(std::unique_ptr<Channel> channel, std::uint64_t timeout_ms);
  /// Handles frames until everything the relay had for this device at login is here.
  [[nodiscard]] Status sync(std::uint64_t timeout_ms);
  /// Waits up to `timeout_ms` for frames and handles what came. True when there was any.
  [[nodiscard]] Result<bool> pump(std::uint64_t timeout_ms);
  /// Acknowledges what is durable here and ends the connection.
  void disconnect();
  /// What the relay asked to wait before the next `connect`; 0 = nothing.
  std::uint64_t retry_after_ms() const { return retry_after_ms_; }

  // Own messages. All return the id of the new message; its outcome comes as an event. Fail at
  // once with notice_unacknowledged, bot_leaf_missing, group_stopped, not_a_member, group_unknown
  // or input_invalid.
  [[nodiscard]] Result<MessageId> send(const GroupId& group, const messages::Content& content);
  /// The same for many at the price of one disk write; stops at the first that fails.
  [[nodiscard]] Result<std::vector<MessageId>> send_all(
      const GroupId& group, std::span<const messages::Content> contents);
  /// Of a warned, blocked or rejected draft: sends `text` in its place. Of an own delivered
  /// message: sends an edit.
  [[nodiscard]] Result<MessageId> edit(const MessageId& id, SecretText text);
  [[nodiscard]] Status withdraw(const MessageId& id);
  /// Sends a warned draft anyway. justification_invalid unless the reason has 10 to 500 characters;
  /// warning_invalid when the draft was blocked or the warning has expired.
  [[nodiscard]] Result<MessageId> override_warning(const MessageId& id, SecretText reason);
  /// Tells the bot that its warning is wrong; the draft stays warned, under a new id. A reason may
  /// be given, of 10 to 500 characters.
  [[nodiscard]] Result<MessageId> dispute(const MessageId& id, SecretText reason);
  /// Asks the unit's supervisors to let a blocked draft through; what comes of it comes as appeal
  /// events. warning_invalid unless it was blocked, already_exists when it was appealed before,
  /// justification_invalid.
  [[nodiscard]] Status appeal(const MessageId& id, SecretText reason);
  /// Sends a blocked draft again, citing the approval it got. approval_invalid without one,
  /// approval_expired.
  [[nodiscard]] Result<MessageId> resubmit(const MessageId& id);
  /// Reports a shown message to professional standards, with what proves it (report_proof.h).
  /// Members see nothing of it; the relay sees a submission that was withheld, like any that is
  /// warned about, not what or whom it is about.
  [[nodiscard]] Result<MessageId> report(const MessageId& id, SecretText reason);

  /// Proves that the message a report is about is in the log, and remembers it. The relay learns
  /// which leaf that is, and so which message.
  [[nodiscard]] Result<AlertRecord> prove_report(const messages::AlertId& id);

  /// An alert's next step; that it was taken comes as an alert event, that it was not as a
  /// mail_refused event of the mail whose id is returned. not_permitted where it does not follow.
  /// `resolution` is of close, and needed there.
  [[nodiscard]] Result<messages::MailId> alert_step(
      const messages::AlertId& id, messages::AlertAction action, SecretText argument,
      messages::Resolution resolution = messages::Resolution::none);

  /// Approves or refuses an appeal; a refusal has a reason of 10 to 500 characters.
  [[nodiscard]] Result<messages::MailId> decide_appeal(const messages::AlertId& id, bool approve,
                                                       SecretText reason);

  /// Asks the bot to create or change a group; the answer comes as a group_request event of that
  /// request. Organisation, request id, device and time are filled in. input_invalid.
  [[nodiscard]] Result<messages::RequestId> request_group(messages::GroupRequest request);

  /// Adds the people of the group that the text names as @person to the content's mentions.
  /// not_a_member when it mentions somebody else already.
  [[nodiscard]] Status mention(const GroupId& group, messages::Content& content) const;
  /// The people in a group, without the bot, each once.
  std::vector<std::string> people_of(const GroupId& group) const;
  /// Everything up to this message, or everything, is read; returns how much is not. Nobody else is
  /// told (docs/decisions).
  [[nodiscard]] Result<std::uint64_t> mark_read(const GroupId& group,
                                                const std::optional<MessageId>& through);

  [[nodiscard]] Status acknowledge_notice();
  bool notice_acknowledged() const { return notice_acknowledged_; }

  bool connected() const { return connection_ != nullptr; }
  bool bot_present() const { return bot_present_; }
  Connection* connection() { return connection_.get(); }
  Trust& trust() { return *trust_; }
  Store& store() { return store_; }
  const std::map<GroupId, GroupSession>& groups() const { return groups_; }
  /// By id, by a unique beginning of the id (4 hex digits or more) or by name.
  [[nodiscard]] Result<GroupId> find_group(std::string_view what) const;
  /// How many own messages have no outcome yet.
  std::size_t undecided() const { return waiting_.size() + queued_.size(); }
  /// Why queued messages wait, or empty.
  const std::string& waiting_for() const { return waiting_for_; }
  /// Asks for the proofs that the members' certificates are in the log, of those who have none yet;
  /// whom none came for stays unproven (Trust::proven). Fails without a connection.
  [[nodiscard]] Status prove_members(const GroupId& group);
  /// Asks for and checks the proof that a leaf is in the log: of a receipt or of a message's token.
  [[nodiscard]] Result<LeafProof> prove_leaf(const Digest& leaf);
  /// What the watch over the log knows of a leaf.
  [[nodiscard]] Result<std::optional<WatchRecord>> watched(const Digest& leaf) {
    return watch_.find(leaf);
  }
  /// How many leaves have no proof yet.
  std::size_t unproven_leaves() const { return watch_.waiting().size(); }

 private:
  struct Queued {
    GroupId group;
    std::uint64_t order = 0;
    TimeMs not_before;  // monotonic
    /// Of the bytes in the outbox, which the relay did not take; 0 = not encrypted.
    std::uint64_t counter = 0;
  };
  /// Encrypted and kept, to be sent once that is durable.
  using Ready = std::vector<std::pair<MessageId, v1::Submit>>;

  Client(Store& store, const Clock& clock, Random& random, EventSink& sink)
      : store_(store), clock_(clock), random_(random), sink_(sink), watch_(store) {}

  // conversation.cc
  Status load();
  Status load_group(GroupRecord record);
  Status keep(const std::function<Status()>& work);
  Status flush();
  Status log_in(const std::function<Result<std::unique_ptr<Connection>>(const LoginOptions&)>& open,
                std::uint64_t timeout_ms);
  Status take_login();
  Status compare_groups();
  void tell_stopped_by_relay(const GroupSession& known);
  Status handle(v1::ServerFrame frame);
  Status handle_push(v1::ServerFrame& frame);
  Status follow_up(bool idle);
  void tell_notice();
  /// Once for each connection, while there is time for a new certificate.
  void tell_expiry(const identity::Certificate& own);
  Status check_working() const;
  Status need_connection() const;
  void tell(Event event) { events_.push_back(std::move(event)); }
  Event event(EventType type) const;
  void drop_connection();
  GroupSession* session(const GroupId& group);

  // conversation_receive.cc
  Status handle_deliver(const v1::Deliver& delivered);
  Status deliver_to(GroupSession& session, const v1::Deliver& delivered);
  Status show(GroupSession& session, const v1::Deliver& delivered, AcceptedMessage message);
  Status await_policy(const v1::Deliver& delivered, bool& wait);
  /// What is new in the directory. False when the relay does not answer: `lost_` says why, and what
  /// is read with the directory stays untouched until the next connection delivers it again.
  Result<bool> ask_directory(bool prove);
  Status deliver_held();
  HistoryRow own_row(const Draft& draft) const;
  /// An own message that was released: in the history, and no draft any more.
  Status keep_own(const Draft& draft, const HistoryRow& row, const identity::ReleaseToken& token);
  Status show_own(GroupSession& session, const v1::Deliver& delivered,
                  const identity::ReleaseToken& token);
  void tell_commit(GroupSession& session, const v1::Deliver& delivered,
                   const AcceptedCommit& commit);
  void stop(GroupSession& session, const Error& reason, std::uint64_t seq);
  void report_failure(const GroupSession& session, const v1::Deliver& delivered);
  std::string person_of(const DeviceId& device) const;

  // conversation_mail.cc
  Status handle_mail(const v1::MailItem& mail);
  Status take_mail(const v1::MailItem& mail);
  Status handle_reply(const v1::MailItem& mail);
  Status handle_receipt(const MessageId& id, const GroupId& group, const messages::Receipt& receipt,
                        std::optional<Draft> draft);
  Status handle_warning(Draft draft, const messages::WarningReply& reply,
                        const SigningPublicKey& bot);
  Status keep_warning(const Draft& draft, const messages::WarningReply& reply, bool dispute,
                      const std::optional<MessageId>& original);
  Status handle_welcome(const v1::MailItem& mail);
  Status enter(const v1::WelcomeMail& mail, GroupSession session);
  Status handle_alert(const v1::MailItem& mail);
  Status check_receipt(const KeptReceipt& receipt, const identity::ReleaseToken& token) const;
  Status take_report_receipt(const Draft& draft, const KeptReceipt& receipt);
  void refuse(const Error& reason, const v1::MailItem& mail);

  // conversation_reform.cc
  std::string log_origin() const;
  /// The group is of a log that was lost; it waits for the bot to form it again.
  bool is_of_old_log(const GroupSession& session) const;
  /// The log was lost and another followed: nothing of the old one is waited for any more.
  void follow_new_log(const std::string& before);
  /// Until the welcome to its MLS group, if one comes on this connection.
  void keep_early(const GroupId& id, const v1::Deliver& delivered);
  /// The message belongs to an MLS group whose welcome is still to come.
  bool awaits_welcome(const GroupSession& session, const v1::Deliver& delivered) const;
  /// The group of this device that the welcome forms again, or null.
  GroupSession* formed_again(const v1::WelcomeMail& mail);
  bool comes_too_early(const v1::MailItem& mail);
  Status take_deferred_mail();
  /// not_permitted unless the group has the same class and owners, and nobody in it who was not.
  Status check_formed_again(const GroupSession& before, const GroupSession& after) const;
  /// Own messages without an outcome, for the MLS group this device has just entered.
  Status encrypt_anew(const GroupId& group);

  // conversation_resync.cc
  /// Durable with the frames at hand; to be acknowledged.
  void owe(const GroupId& group, Seq through);
  /// Sends the acknowledgements that are due, or all.
  void acknowledge(bool all);
  /// How long a pump may wait without an acknowledgement becoming late.
  std::uint64_t until_acknowledgement_ms() const;
  /// The relay has nothing more of the group before `oldest`.
  void take_resynchronise(const v1::Resynchronise& told);
  /// Acknowledges, where nothing is missing here; otherwise tells the bot.
  Status resynchronise();
  Status report_lost(GroupSession* known, const GroupId& group);
  /// The device is in the group again after a gap: puts the gap into the history and settles own
  /// messages that were under way.
  Status settle_gap(GroupSession& session, const GroupProgress& before, const MessageId& commit);
  Status settle_own(const Draft& draft);

  // conversation_keys.cc
  /// Publishes key packages where the relay has few of this device's, and one of last resort.
  Status refill_key_packages();
  Status make_key_package(bool last_resort, KeyPackageBatch& batch);
  Status make_key_package_batch(bool few);
  /// At login: whether the relay took the batch whose confirmation did not come.
  Status settle_key_packages();
  Status confirm_key_packages();

  // conversation_send.cc
  Status may_send(const GroupId& group);
  Result<Draft> new_draft(const GroupId& group, SecretBytes content);
  Status enqueue(std::vector<Draft> drafts, std::optional<MessageId> replaces = std::nullopt);
  Status prepare_due(Ready& ready);
  Result<v1::Submit> encrypt(GroupSession& session, Draft& draft);
  /// Whether something encrypted later into the group may be with the relay, or was.
  bool is_overtaken(const GroupSession& session, const Queued& queued) const;
  /// The bytes in the outbox, or nothing where they would be refused.
  Result<std::optional<v1::Submit>> encrypted_before(const GroupSession& session,
                                                     const Queued& queued, Draft& draft);
  Status transmit(const Ready& ready);
  Status submit_due();
  Status handle_answer(const v1::ServerFrame& frame);
  Status handle_refusal(const MessageId& id, const Error& reason, std::uint64_t retry_after_ms);
  /// Up to half as long again, so that not everybody comes at once.
  std::uint64_t with_jitter(std::uint64_t ms);
  Status reject(Draft draft, const Error& reason);
  Status resend_outbox();
  void outcome(const MessageId& id);

  // conversation_content.cc
  Status check_content(const GroupId& group, const messages::Content& content);
  Status note_change(const GroupId& group, const messages::Content& content,
                     std::string_view person, Event& shown);
  Status count_unread(const HistoryRow& row, const messages::Content& content);

  // conversation_people.cc
  void tell_appeal(const Draft& draft, std::string_view code, std::string_view message);
  Status handle_bots_answer(const v1::MailItem& mail);
  Status take_appeal_answer(const messages::Answer& answer);
  void take_group_answer(const messages::Answer& answer);
  Status take_group_name(const messages::MailId& mail, const messages::Answer& answer);
  Status take_refused_mail(const messages::Answer& answer);

  // conversation_renew.cc
  /// Makes and sends the key packages the bot asked for.
  Status renew_keys();

  // conversation_desk.cc
  /// It was sent and has no outcome. What the relay said that it did not take counts too.
  Result<bool> may_be_with_bot(const Draft& draft);
  Result<Draft> withheld_draft(const MessageId& id);
  Result<MessageId> answer_warning(const MessageId& id, messages::BotFieldType type,
                                   SecretText reason);
  bool members_proven(GroupSession& session);
  /// Remembers, or forgets, that a desk that came later is to get the alert.
  void note_wanted(AlertRecord& record, const messages::AlertUpdate& update);
  /// Shares alerts with the desks that should have them and came later.
  Status share_wanted();
  Status share(const AlertRecord& record, const DeviceId& desk);
  Result<messages::MailId> send_to_bot(messages::ToBotType type, SecretBytes body);
  /// not_permitted, and who did it, where the step does not follow from what this desk knows.
  Status check_follows(const AlertRecord& known, messages::AlertAction action) const;

  // conversation_watch.cc
  /// A member's word of which checkpoint it has seen.
  struct Claim {
    SeenCheckpoint checkpoint;
    DeviceId device;
    GroupId group;
    MessageId message;
    unsigned attempts = 0;
  };
  Status watch_log(bool idle);
  Status watch_tick(std::uint64_t passed_ms);
  Status watch_devices();
  Status watch_message(WatchKind kind, const GroupId& group, const identity::ReleaseToken& token,
                       bool receipt);
  Status take_proofs();
  Status take_proof(const Digest& leaf, const v1::ServerFrame& answer);
  Status ask_proofs(bool idle);
  Status prove_pending();
  Status tell_late(const WatchRecord& late);
  Status tell_unproven(std::uint64_t passed_ms);
  Status see_claim(const GroupSession& session, const AcceptedMessage& message);
  Status check_claims();
  Status alarm_claim(const Claim& claim, const Error& reason);
  Status alarm_receipt(const GroupId& group, const MessageId& message, const Error& reason);
  /// Tells and keeps an alarm, unless this subject was told under this code before.
  Status raise(std::string code, ByteView subject, AlarmRecord alarm);
  /// What was raised where nobody saw it.
  Status tell_alarms();
  void tell_alarm(const AlarmRecord& alarm);
  Status alarm_log(const Error& reason);
  std::string name_of_group(const GroupId& group) const;

  Store& store_;
  const Clock& clock_;
  Random& random_;
  EventSink& sink_;
  LogWatch watch_;
  std::set<messages::AlertId> wanted_alerts_;  // to be shared with other desks
  TimeMs share_at_;                            // not before
  std::unique_ptr<Trust> trust_;
  std::unique_ptr<Connection> connection_;
  std::map<GroupId, GroupSession> groups_;
  std::optional<Error> broken_;

  std::deque<Event> events_;
  struct Owed {
    Seq through;
    std::size_t messages = 0;
  };
  std::map<GroupId, Owed> acks_;  // durable here, not yet acknowledged
  std::optional<std::uint64_t> mail_ack_;
  std::size_t mails_owed_ = 0;
  std::uint64_t owed_since_ = 0;  // monotonic; 0 = nothing is owed
  struct Behind {
    Seq oldest;
    TimeMs not_before;  // monotonic
  };
  std::map<GroupId, Behind> behind_;  // groups the relay said to resynchronise
  std::uint64_t retry_after_ms_ = 0;
  std::uint64_t mail_cursor_ = 0;
  std::map<GroupId, std::vector<v1::Deliver>> early_;  // before their welcome
  std::size_t early_count_ = 0;
  std::deque<v1::MailItem> deferred_mail_;           // until what was released before it is read
  std::map<GroupId, std::deque<v1::Deliver>> held_;  // until their policy is proven
  std::optional<Error> lost_;                        // the connection, while frames were handled

  std::map<MessageId, Queued> queued_;              // to be encrypted and sent
  std::map<MessageId, unsigned> attempts_;          // refused so often, also once sent again
  std::set<MessageId> waiting_;                     // sent, no outcome yet
  std::map<std::uint64_t, MessageId> requests_;     // submissions not yet answered
  std::map<MessageId, std::uint64_t> submissions_;  // the relay's numbers
  std::string waiting_for_;
  std::map<GroupId, Epoch> proven_epochs_;  // all members proven

  std::set<GroupId> renewals_due_;  // the bot asked for new keys
  std::set<GroupId> renewing_;      // and was sent them
  std::map<messages::RequestId, std::pair<std::string, GroupId>> requests_to_bot_;  // action
  std::map<std::uint64_t, Digest> proof_requests_;  // leaves asked about
  std::vector<std::pair<Digest, v1::ServerFrame>> proof_answers_;
  std::deque<Claim> claims_;
  std::map<std::uint64_t, std::uint64_t> unproven_objects_;  // number: milliseconds waited
  std::map<DeviceId, std::uint64_t> unproven_members_;
  std::uint64_t watched_revision_ = 0;  // of trust_
  TimeMs ticked_;                       // 0 = not yet on this connection
  Digest told_notice_;

  std::map<GroupId, Seq> newest_;  // what the relay had at login
  std::uint64_t pong_ = 0;
  std::string checkpoint_;  // to be looked at
  std::size_t key_packages_held_ = 0;
  std::optional<KeyPackageBatch> unconfirmed_;  // as in the store
  bool last_resort_due_ = false;
  TimeMs refill_at_;  // monotonic; not before
  bool directory_behind_ = false;
  bool notice_acknowledged_ = false;
  bool bot_present_ = false;
};

}  // namespace candour::client
