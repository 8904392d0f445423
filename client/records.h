// What a device remembers, as values: each has one encoding for the store. They hold text and keys
// and exist decrypted only in memory.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/codec.h"
#include "base/ids.h"
#include "base/result.h"
#include "base/secret.h"
#include "client/messages/alert.h"
#include "client/messages/bot_field.h"
#include "client/messages/content.h"
#include "client/messages/own_alert.h"
#include "client/messages/report_proof.h"
#include "client/messages/to_bot.h"
#include "identity/note.h"
#include "transport/net/client.h"

namespace candour::client {

/// Who this device is and where its relay is.
struct Profile {
  net::Endpoint relay;
  identity::NoteKey root;
  std::string organisation;
  std::string person;
  std::string name;
  std::string role;
  std::string unit;

  SecretBytes encode() const;
  static Result<Profile> decode(ByteView bytes);
};

/// What a group is. Changes with each commit.
struct GroupRecord {
  GroupId id;
  std::string name;
  std::string group_class;
  std::string unit;
  Bytes roster;                           // as signed by the bot
  DeviceId bot;                           // at leaf 0
  TimeMs joined;                          // when this device entered
  TimeMs bot_since;                       // not-before of the bot's certificate: the age of its key
  std::vector<messages::MailId> renames;  // mails that gave it another name; none counts twice

  SecretBytes encode() const;
  static Result<GroupRecord> decode(ByteView bytes);
};

/// How far a group has come. Changes with each message.
struct GroupProgress {
  Seq seq;                    // of the last accepted token
  Digest previous;            // its hash
  std::uint64_t counter = 0;  // last sender's counter this device used
  ErrorCode stopped = ErrorCode::internal;
  std::string stopped_message;  // empty = not stopped
  bool removed = false;         // this device is no longer a member
  bool lost = false;            // it missed too much and waits to be added anew
  std::string log_origin;       // the log that `seq` is logged in

  bool is_stopped() const { return !stopped_message.empty(); }
  /// Deliveries are for the MLS group this device is in.
  bool takes_part() const { return !is_stopped() && !removed && !lost; }
  SecretBytes encode() const;
  static Result<GroupProgress> decode(ByteView bytes);
};

/// The private half of a published key package.
struct KeyPackageRecord {
  Bytes key_package;
  SecretBytes private_part;
  TimeMs made;
  bool last_resort = false;  // not erased when it is used

  SecretBytes encode() const;
  static Result<KeyPackageRecord> decode(ByteView bytes);
};

/// Key packages that the relay has not confirmed. The same are put again until it does.
struct KeyPackageBatch {
  bool replace = false;    // what the relay has goes
  std::uint64_t held = 0;  // how many the relay had before
  std::optional<Digest> last_resort;
  std::vector<Digest> references;  // those for one use

  SecretBytes encode() const;
  static Result<KeyPackageBatch> decode(ByteView bytes);
};

enum class DraftState : std::uint8_t {
  queued = 0,     // to be encrypted (again)
  submitted = 1,  // sent, no outcome yet: see the outbox
  warned = 2,
  blocked = 3,
  rejected = 4,
};
std::string_view name_of(DraftState state);

/// How far the appeal of a blocked draft has come.
enum class AppealState : std::uint8_t {
  none = 0,
  sent = 1,      // to the bot
  received = 2,  // it is with the desks
  approved = 3,  // the same content may be sent again, until the approval expires
  refused = 4,
};
std::string_view name_of(AppealState state);

/// A message of this device until its outcome is final.
struct Draft {
  MessageId id;
  GroupId group;
  std::uint64_t order = 0;  // in which messages were written
  DraftState state = DraftState::queued;
  TimeMs time;
  SecretBytes content;  // encoded messages::Content; the commitment is over exactly these bytes
  messages::CommitmentKey commitment_key;
  messages::BotField field;           // what it tells the bot
  std::optional<MessageId> original;  // the warned draft it overrides, disputes or replaces
  std::uint64_t submission = 0;
  Bytes signed_warning;
  Bytes findings;
  TimeMs expires;
  std::string code;  // of a rejection
  std::string message;
  Bytes receipt;  // encoded Receipt that came before the message itself
  AppealState appeal = AppealState::none;
  std::optional<MessageId> appealed;  // the message id the block names
  Bytes approval;                     // signed, once it is approved
  TimeMs approval_expires;
  SecretText decision;  // what the desk said

  Digest commitment() const;
  bool overrides() const { return field.type == messages::BotFieldType::override_warning; }
  /// Withheld, and the bot was told that this is wrong.
  bool disputed() const {
    return field.type == messages::BotFieldType::dispute && state != DraftState::submitted &&
           state != DraftState::queued;
  }
  SecretBytes encode() const;
  static Result<Draft> decode(ByteView bytes);
};

/// The exact bytes of a submission, kept until its outcome: a retry sends these and no others.
struct OutboxItem {
  std::uint64_t counter = 0;  // the sender's, which it was encrypted under: the order in the group
  GroupId group;
  Epoch epoch;
  Digest ciphertext_hash;
  Bytes submit;  // encoded v1::Submit

  SecretBytes encode() const;
  static Result<OutboxItem> decode(ByteView bytes);
};

/// The sender's proof that a message is in the log, as the bot gave it.
struct KeptReceipt {
  Seq seq;
  Submission submission;
  Digest leaf_hash;
  Bytes opening;
  bool overridden = false;

  Bytes encode() const;
  static Result<KeptReceipt> decode(ByteView bytes);
};

/// A released message: what was shown. Or a gap: so many messages before `seq` that this device
/// missed and cannot read; then only `id`, of the commit that added it anew, group, seq, time and
/// `missed` say anything.
struct HistoryRow {
  MessageId id;
  GroupId group;
  Seq seq;
  Submission submission;
  TimeMs time;  // the sender's
  DeviceId sender;
  std::string person;
  std::string name;
  bool own = false;
  bool overridden = false;  // own messages sent past a warning
  std::optional<MessageId> original;
  Bytes token;                             // empty of an own message that was released within a gap
  Bytes receipt;                           // encoded KeptReceipt, own messages only
  SecretBytes content;                     // encoded messages::Content
  messages::CommitmentKey commitment_key;  // with content and token: a report proves itself
  std::uint64_t missed = 0;

  bool is_gap() const { return missed != 0; }
  SecretBytes encode() const;
  static Result<HistoryRow> decode(ByteView bytes);
};

/// What became of a message that was withheld with a warning or block.
enum class WarningOutcome : std::uint8_t {
  open = 0,
  withdrawn = 1,
  edited = 2,
  overridden = 3,
  approved = 4,  // a desk let it through
  cleared = 5,   // it was disputed and the findings fell
};
std::string_view name_of(WarningOutcome outcome);

/// A warning this device got: part of its owner's own record. It outlives the draft.
struct OwnWarning {
  MessageId id;
  GroupId group;
  TimeMs time;
  bool block = false;
  bool disputed = false;
  WarningOutcome outcome = WarningOutcome::open;
  Bytes findings;  // encoded messages::ReplyFinding list
  Bytes signed_warning;

  SecretBytes encode() const;
  static Result<OwnWarning> decode(ByteView bytes);
};

/// An alert about this device's owner that was closed, as the bot told.
struct OwnClosedAlert {
  MessageId message_id;
  messages::Resolution resolution = messages::Resolution::none;
  TimeMs closed;
  messages::OwnAlert alert;

  SecretBytes encode() const;
  static Result<OwnClosedAlert> decode(ByteView bytes);
};

/// An alert with the steps taken on it.
struct AlertStepSeen {
  TimeMs time;
  messages::AlertAction action = messages::AlertAction::acknowledge;
  messages::AlertState state = messages::AlertState::open;
  messages::Resolution resolution = messages::Resolution::none;
  std::string person;  // empty: the bot
  SecretText argument;
};
struct AlertRecord {
  messages::AlertId id;
  messages::AlertKeys keys;
  DeviceId bot;
  SecretBytes body;                 // encoded AlertBody
  messages::AlertSubject revealed;  // where the body has a pseudonym and the person became known
  std::vector<DeviceId> wanted;     // desks that came later and are to get it from here
  std::vector<AlertStepSeen> steps;
  std::vector<Digest> updates;  // SHA-256 of each update taken, so that none counts twice
  std::uint32_t repeats = 0;    // messages like it that raised no alert of their own
  std::optional<messages::ReportChecks> checks;  // of a report: what its proof showed on arrival
  std::uint64_t leaf_index = 0;                  // once this desk proved it to be in the log
  std::uint64_t log_size = 0;                    // 0 = it did not

  messages::AlertState state() const;
  SecretBytes encode() const;
  static Result<AlertRecord> decode(ByteView bytes);
};

}  // namespace candour::client
