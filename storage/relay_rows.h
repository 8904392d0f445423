// What passes between the relay's domain and its store: plain values.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "tlog/tree.h"

namespace candour::storage {

/// A new leaf with everything that becomes durable with it.
struct LogLeaf {
  std::uint64_t index = 0;
  Bytes entry;
  Digest leaf_hash;
  Bytes opening;                         // empty for a leaf of class opening
  Bytes record;                          // of an ordinary leaf; `opening` has its hash
  std::optional<TimeMs> time;            // in the label of the record
  std::vector<tlog::StoredHash> hashes;  // of subtrees this leaf completed
};

struct DirectoryRow {
  std::uint64_t number = 0;  // from 1
  int kind = 0;              // ObjectKind of candour.proto
  Bytes object;
  Digest object_hash;
  std::uint64_t leaf_index = 0;
  Bytes opening;
};

/// A leaf of class opening as far as the relay may know it.
struct OpeningRow {
  std::uint64_t number = 0;  // from 1
  std::uint64_t leaf_index = 0;
  int kind = 0;  // tlog::LeafKind
  Digest leaf_hash;
  std::optional<Digest> about;  // leaf hash of the warrant it belongs to
  std::uint64_t records = 0;
  TimeMs sealed_until;
  TimeMs logged;
  bool unsealed = false;
};

/// The same with what was sent along; `copy` is the one of whoever asked.
struct OpeningBody {
  OpeningRow about;
  Bytes notice;
  Bytes copy;
  Bytes object;   // once unsealed
  Bytes opening;  // once unsealed
};

struct OversightCopyRow {
  std::string auditor;
  Bytes sealed;
};

/// An ordinary leaf as it is asked for by its label.
struct RecordRow {
  std::uint64_t leaf_index = 0;
  Bytes opening;
  Bytes record;
};

/// The leaves first <= i < end.
struct LeafRange {
  std::uint64_t first = 0;
  std::uint64_t end = 0;
};

struct GroupRow {
  GroupId group;
  Epoch epoch;
  Seq seq;                // of the newest released message
  Submission submission;  // newest accepted
  Digest token_hash;      // of the newest release token
  bool stopped = false;
  Seq passed;  // messages up to here are gone; read only
};

struct MemberRow {
  GroupId group;
  DeviceId device;
  Seq cursor;  // everything up to here is durable at the device
};

/// A submission without its bytes.
struct PendingRow {
  std::uint64_t number = 0;  // counts what was accepted, from 1
  GroupId group;
  Submission submission;
  MessageId message_id;
  DeviceId sender;
  Epoch epoch;
  int kind = 0;  // SubmissionKind of candour.proto
  TimeMs accepted;
  Digest ciphertext_hash;
};

struct PendingBody {
  PendingRow about;
  Bytes ciphertext;
  Bytes bot_field;
};

/// The memory of one submission by its device, for repeats.
struct SubmittedRow {
  std::uint64_t number = 0;  // of the pending row
  DeviceId device;
  MessageId message_id;
  GroupId group;
  Submission submission;
  Digest hash;  // of the submission's bytes
};

struct MessageRow {
  GroupId group;
  Seq seq;
  Submission submission;
  Epoch epoch;
  int kind = 0;
  MessageId message_id;
  DeviceId sender;
  Bytes ciphertext;  // when released: taken from the pending row, left empty here
  Bytes token;
  Bytes roster;
};

struct MailRow {
  DeviceId device;
  std::uint64_t number = 0;  // per device, ascending
  int kind = 0;              // MailKind of candour.proto
  Bytes body;
  Bytes about;
};

struct VerdictRow {
  std::uint64_t number = 0;  // counts what was judged, from 1
  GroupId group;
  Submission submission;
  MessageId message_id;
  Digest hash;  // of the verdict's bytes
  Seq seq;      // 0 when withheld
};

struct BotMailId {
  DeviceId device;
  Bytes mail_id;
  Digest hash;
};

/// Mail to a bot that it has not acknowledged, without its bytes.
struct BotMailRow {
  DeviceId bot;
  std::uint64_t number = 0;
  int kind = 0;  // MailKind of candour.proto
  DeviceId sender;
};

struct AppendedRow {
  RecordId record_id;
  std::uint64_t index = 0;
  Digest hash;
};

struct CheckpointRow {
  std::uint64_t size = 0;
  std::string note;
  std::vector<std::pair<std::string, std::string>> cosignatures;  // witness name, line
};

/// Everything the relay's domain keeps in memory, as it was at the last commit.
struct RelaySnapshot {
  std::vector<DirectoryRow> directory;
  std::vector<OpeningRow> openings;
  std::vector<GroupRow> groups;
  std::vector<MemberRow> members;
  std::vector<PendingRow> pending;      // ordered by group and submission
  std::vector<SubmittedRow> submitted;  // ordered by number
  std::vector<VerdictRow> verdicts;     // ordered by number
  std::vector<std::pair<DeviceId, std::uint64_t>> mail_counters;
  std::vector<std::pair<DeviceId, std::uint64_t>> key_packages;  // how many
  std::vector<DeviceId> last_resorts;   // devices with one that was not handed out yet
  std::vector<BotMailId> bot_mail_ids;  // oldest first
  std::vector<BotMailRow> bot_mail;     // mail under the id of some mail to the bot
  std::vector<AppendedRow> appended;    // oldest first
  /// Size and number of cosignatures of every stored checkpoint, ascending.
  std::vector<std::pair<std::uint64_t, std::uint64_t>> checkpoints;
  std::uint64_t log_size = 0;
};

// ---- what becomes durable in one transaction -----------------------------------------------

struct PublishedObject {
  DirectoryRow object;
  LogLeaf leaf;
  /// A revocation: membership, mail and key packages of the device go in the same transaction.
  std::optional<DeviceId> revoked;
};

struct LoggedOpening {
  OpeningRow row;
  LogLeaf leaf;
  Bytes notice;
  std::vector<OversightCopyRow> copies;
};

struct UnsealedOpening {
  std::uint64_t number = 0;
  Bytes object;
  Bytes opening;
};

struct AcceptedSubmission {
  PendingBody pending;
  SubmittedRow submitted;
  bool creates_group = false;  // then the sender becomes its only member
  /// The sender, a bot, forms the group again: `dropped` was pending in it and goes, and the memory
  /// of it, so that it may come again with other bytes.
  bool forms_again = false;
  std::vector<std::uint64_t> dropped;    // numbers
  std::vector<std::uint64_t> forgotten;  // numbers of submissions whose repeats nobody knows now
};

struct RosterChange {
  Epoch epoch;
  std::vector<DeviceId> members;     // all of them; new ones start with the cursor at the commit
  std::vector<DeviceId> added_anew;  // of those who were members: their cursors start there too
};

struct JudgedSubmission {
  std::uint64_t number = 0;  // of the pending row, which goes
  VerdictRow verdict;
  std::vector<std::uint64_t> forgotten;  // numbers of verdicts whose repeats nobody knows now
  std::optional<MessageRow> released;
  Digest token_hash;  // of the released message's token
  std::optional<RosterChange> roster;
  std::vector<LogLeaf> log;
  std::vector<MailRow> mail;
};

struct AppendedRecord {
  AppendedRow appended;
  std::vector<RecordId> forgotten;  // repeats of these are no longer known as such
  LogLeaf leaf;
  std::vector<MailRow> mail;
};

struct StoredKeyPackages {
  DeviceId device;
  std::vector<Bytes> bodies;
  bool replace = false;  // what was stored before goes
  Bytes last_resort;     // empty: the one before stays
};

struct TakenKeyPackage {
  DeviceId device;
  Bytes body;
  bool last_resort = false;
};

struct MailAcknowledged {
  DeviceId device;
  std::uint64_t through = 0;
};

struct GroupPassed {
  GroupId group;
  Seq through;  // every cursor has passed this, or there were too many
};

/// What devices have acknowledged since the last time.
struct Acknowledged {
  std::vector<MemberRow> cursors;
  std::vector<GroupPassed> passed;
  std::vector<MailAcknowledged> mail;
};

}  // namespace candour::storage
