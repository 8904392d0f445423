// What the bot must still know after a kill -9: its groups, the queue of what it decided and has
// not yet heard back about, and the small memories that make every decision happen once.
//
// How it is used: reads at any time; every write between `begin` and `commit`. What was written in
// one batch becomes durable together or not at all (SQLite, WAL, synchronous=FULL), and nothing of
// it may be told to anybody before `commit` returned ok. After any storage_failed the store is no
// longer usable and what the process holds in memory is ahead of the disk: drop both, open again.
//
// At rest: keys, states, names of groups and everything in the outbox are sealed with the bot's
// state key (crypto::box_seal, the context names table and row). Ids, numbers and hashes are not.
// No text of people is ever given to this store.
//
// One process at a time (state_locked otherwise); not thread-safe.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"
#include "crypto/aead.h"

namespace candour::storage {

/// The newest record of a group or a sender: the next one cites it, so that a gap shows.
struct BotPrevious {
  RecordId record;
  Digest leaf_hash;
};

/// A group of people and the bot's end of its MLS group and token chain.
struct BotGroup {
  GroupId group;
  SecretBytes about;  // name, class, unit: encoded by the bot
  SecretBytes mls_state;
  Seq seq;
  Digest previous_token;
  BotPrevious previous_record;
};

struct BotRatchet {
  Epoch epoch;
  std::uint32_t leaf = 0;
  SecretBytes blob;
};

/// What is remembered of one sender in one group.
struct BotSender {
  GroupId group;
  DeviceId device;
  std::uint64_t counter = 0;  // highest sender's counter seen
  Epoch withheld_epoch;       // the epoch `withheld` counts
  std::uint64_t withheld = 0;
  // Application generations of the sender's MLS ratchet in `generation_epoch`: one more than the
  // last one opened and the last one released; 0 when there was none.
  Epoch generation_epoch;
  std::uint64_t seen_generations = 0;
  std::uint64_t released_generations = 0;
  BotPrevious previous_record;
};

/// Who sent a message that was already judged, and under which submission number.
struct BotSeen {
  Submission submission;
  DeviceId sender;
};

enum class OutboxKind : std::uint8_t { verdict = 1, append_record = 2, answer = 3 };

/// One frame body the relay must get, exactly these bytes, in this order.
struct OutboxRow {
  std::uint64_t number = 0;
  OutboxKind kind = OutboxKind::verdict;
  GroupId group;         // of a verdict
  MessageId message_id;  // of a verdict
  Bytes frame;
};

/// A commit of ours from before it is submitted until it is merged.
struct BotCommit {
  GroupId group;
  MessageId message_id;
  bool judged = false;  // its verdict is in the outbox
  SecretBytes staged;   // mls::StagedCommit
  SecretBytes plan;     // commit, welcome, joiners: encoded by the bot
};

/// A device that shall be in a group; whoever is in the tree and not here is to be removed.
struct BotWanted {
  GroupId group;
  DeviceId device;
  bool owner = false;
  bool missing_told = false;  // a record says that it had no key package
  bool readd = false;         // it lost its state: remove and add again
};

/// A device an alert was sent to.
struct BotDesk {
  DeviceId device;
  TimeMs last_step;  // of this device, by its own clock; 0 = none yet
};

/// An alert and where it stands. What it says is in `sealed`, which this bot cannot open.
struct BotAlert {
  using AlertId = Id<struct AlertIdTag, 16>;
  using Subject = Id<struct AlertSubjectTag, 16>;
  using Likeness = Id<struct AlertLikenessTag, 16>;

  AlertId alert;
  GroupId group;
  DeviceId author;
  Subject subject;  // stands for the person it is about
  MessageId message_id;
  std::uint8_t state = 0;
  std::uint8_t resolution = 0;
  bool serious = false;
  bool hidden = false;     // its desks do not know yet whom it is about
  SecretBytes update_key;  // for what is told about it later
  std::vector<BotDesk> desks;
  Bytes sealed;  // ciphertext and envelopes not sent yet, as bot/alert_book.h lays them out
  TimeMs raised;
  TimeMs due;                  // when something is to be done about it; 0 = nothing
  std::uint8_t reminders = 0;  // since somebody last did something
  std::uint8_t returned = 0;   // how often it came back because nobody closed it
  Likeness likeness;           // alike: the same person, group, rule and outcome
  std::uint32_t repeats = 0;   // messages like it that were folded into it
  TimeMs closed;               // 0 = it is not
};

/// Alerts about one subject since a moment.
struct BotAlertCounts {
  std::uint32_t all = 0;
  std::uint32_t acted_upon = 0;
  std::uint32_t dismissed = 0;
};

/// What is remembered of one message of a group: features, never text.
struct BotPast {
  GroupId group;
  std::uint64_t number = 0;  // of the message in the bot's count of the group
  TimeMs time;
  SecretBytes features;  // encoded by the bot
};

/// A log leaf handed to the relay and not yet proven to be in the tree.
struct BotLeaf {
  Digest leaf_hash;
  std::optional<TimeMs> acknowledged;
};

/// An object of the organisation's directory, as the relay gave it and the bot accepted it.
struct BotDirectoryEntry {
  std::uint64_t number = 0;
  std::uint32_t kind = 0;
  Bytes object;
  std::uint64_t leaf_index = 0;
  Bytes opening;
  bool proven = false;
};

class BotStore {
 public:
  static Result<std::unique_ptr<BotStore>> open(const std::filesystem::path& file,
                                                crypto::AeadKey key, Random& random);
  ~BotStore();
  BotStore(const BotStore&) = delete;
  BotStore& operator=(const BotStore&) = delete;

  Status begin();
  Status commit();
  /// True between begin and commit.
  bool in_batch() const;
  /// Within a batch: a mark to come back to. Marks nest; each is ended by keep or undo.
  Status mark();
  /// Ends the newest mark; what was written since stays in the batch.
  Status keep();
  /// Ends the newest mark and takes back what was written since; whether there was anything.
  Result<bool> undo();

  // Groups.
  Result<std::vector<BotGroup>> groups();
  Status add_group(const BotGroup& group);
  Status put_about(const GroupId& group, ByteView about);
  /// In place of the group of the same id: its ratchets, prepared commit and wishes are dropped,
  /// and what was counted by epoch begins anew. Senders' counters and chains of records stay.
  Status replace_group(const BotGroup& group);
  /// A new whole state; drops the ratchet heads it contains.
  Status put_mls_state(const GroupId& group, ByteView state);
  Status put_chain(const GroupId& group, Seq seq, const Digest& previous_token);
  Status put_previous_record(const GroupId& group, const BotPrevious& record);
  Result<std::vector<BotRatchet>> ratchets(const GroupId& group);
  Status put_ratchet(const GroupId& group, const BotRatchet& ratchet);
  Result<std::optional<BotSender>> sender(const GroupId& group, const DeviceId& device);
  Status put_sender(const BotSender& sender);
  /// Whether some sender has `count` or more withheld generations in `epoch`, or the last one it
  /// used is that far from the last one released.
  Result<bool> withheld_reached(const GroupId& group, Epoch epoch, std::uint64_t count);

  // Every message is judged once, every warning used once, every request done once.
  Result<std::optional<BotSeen>> seen(const GroupId& group, const MessageId& message);
  /// Whether a message of any group had this id.
  Result<bool> message_id_used(const MessageId& message);
  Status put_seen(const GroupId& group, const MessageId& message, const BotSeen& seen);
  /// The message was judged, but nobody heard of it: it may be judged again.
  Status forget_seen(const GroupId& group, const MessageId& message);
  Result<bool> warning_used(const Digest& warning);
  /// Also forgets the warnings that expired before `now`.
  Status put_warning_used(const Digest& warning, TimeMs expires, TimeMs now);
  Result<bool> request_done(ByteView request);
  Status put_request_done(ByteView request);

  // Membership as it shall be, and the commit on its way there (at most one for each group).
  Result<std::vector<BotWanted>> wanted();
  Status put_wanted(const BotWanted& wanted);
  Status drop_wanted(const GroupId& group, const DeviceId& device);
  Result<std::vector<BotCommit>> commits();
  Status put_commit(const BotCommit& commit);
  Status drop_commit(const GroupId& group);

  // Outbox, in order.
  Result<std::vector<OutboxRow>> outbox();
  /// Returns the row's number.
  Result<std::uint64_t> put_outbox(const OutboxRow& row);
  Status drop_outbox(std::uint64_t number);

  // Alerts.
  Result<std::optional<BotAlert>> alert(ByteView id);
  Status put_alert(const BotAlert& alert);
  /// Up to `count` whose time has come, the longest due first.
  Result<std::vector<BotAlert::AlertId>> alerts_due(TimeMs now, std::size_t count);
  /// Those that are not closed, the oldest first.
  Result<std::vector<BotAlert::AlertId>> alerts_open();
  /// Those about a subject that are closed, the oldest first.
  Result<std::vector<BotAlert::AlertId>> alerts_closed(const BotAlert::Subject& subject);
  /// The newest of this likeness that is not closed and was raised at `since` or later.
  Result<std::optional<BotAlert::AlertId>> alert_like(const BotAlert::Likeness& likeness,
                                                      TimeMs since);
  /// When to look at it again, whatever its row says.
  Status postpone_alert(const BotAlert::AlertId& alert, TimeMs due);
  /// Forgets an alert but for what alert_counts needs of it.
  Status dispose_alert(const BotAlert& alert);
  /// Forgets what disposed alerts raised before left to be counted.
  Status drop_tallies(TimeMs before);
  /// Disposed alerts count too. `dismissed_from`: the first resolution that counts as dismissed, 0
  /// counting as none.
  Result<BotAlertCounts> alert_counts(const BotAlert::Subject& subject, TimeMs since,
                                      std::uint8_t dismissed_from);

  // Conversations, by group and number.
  Result<std::vector<BotPast>> pasts();
  /// Also drops those of the group up to `drop_through`.
  Status put_past(const BotPast& past, std::uint64_t drop_through);
  Status drop_pasts(TimeMs before);

  // The log as this bot has seen it.
  Result<std::vector<BotLeaf>> leaves();
  Status put_leaf(const BotLeaf& leaf);
  Status drop_leaf(const Digest& leaf_hash);
  Result<std::vector<BotDirectoryEntry>> directory();
  Status put_directory_entry(const BotDirectoryEntry& entry);
  Status put_proven(std::uint64_t number);
  Status drop_directory();

  /// Single public values with a name (newest checkpoint, witnessed checkpoint); empty when there
  /// is none yet.
  Result<Bytes> note(std::string_view name);
  Status put_note(std::string_view name, ByteView value);
  /// Single numbers with a name (mail handled so far, leaves acknowledged); 0 at first.
  Result<std::uint64_t> number(std::string_view name);
  Status put_number(std::string_view name, std::uint64_t value);

 private:
  struct Impl;
  explicit BotStore(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace candour::storage
