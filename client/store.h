// Everything a device remembers (records.h), sealed (sealed_db.h), as verbs of the domain.
//
// Order that makes a crash harmless:
//   - `queue_submission` keeps the MLS ratchet and the exact bytes before they are sent, so that a
//     retry sends the same bytes and no MLS generation is used twice;
//   - what one delivered message changes (ratchet, history, chain, sender's counter, mail cursor)
//     goes into one `atomically`, and only afterwards the relay is told.
//
// Every call fails with storage_failed or state_damaged when the disk or the state is at fault.
// Not thread-safe; one process at a time (state_locked).
#pragma once

#include "client/message_log.h"
#include "client/records.h"
#include "client/sealed_db.h"
#include "client/trust.h"
#include "client/watch_records.h"
#include "crypto/hpke.h"
#include "crypto/sign.h"
#include "mls/types.h"

namespace candour::client {

/// The device's own keys.
struct DeviceKeys {
  crypto::SigningKey signing;
  crypto::SealingKey sealing;
  DeviceId device;
};

class Store : public TrustStore, public MessageLog {
 public:
  /// A new state with fresh device keys.
  [[nodiscard]] static Result<std::unique_ptr<Store>> create(const std::filesystem::path& folder,
                                                             const SecretText& passphrase,
                                                             const Profile& profile,
                                                             Random& random);
  [[nodiscard]] static Result<std::unique_ptr<Store>> open(const std::filesystem::path& folder,
                                                           const SecretText& passphrase,
                                                           Random& random);

  Status atomically(const std::function<Status()>& work) { return db_->atomically(work); }

  // The device.
  const Profile& profile() const { return profile_; }
  const DeviceKeys& keys() const { return *keys_; }
  /// The certificate as signed; empty before enrolment is finished.
  Result<Bytes> certificate();
  Status put_certificate(ByteView note);
  Result<std::uint64_t> mail_cursor();
  Status put_mail_cursor(std::uint64_t number);

  // Key packages by reference.
  Status put_key_package(const Digest& reference, const KeyPackageRecord& record);
  Result<std::optional<KeyPackageRecord>> key_package(const Digest& reference);
  Status erase_key_package(const Digest& reference);
  /// Without those of last resort.
  Result<std::size_t> key_package_count();
  /// Those of last resort, oldest first.
  Result<std::vector<Digest>> last_resort_key_packages();
  /// Those that the relay has not confirmed, if any.
  Status put_key_package_batch(const KeyPackageBatch& batch);
  Result<std::optional<KeyPackageBatch>> key_package_batch();
  Status erase_key_package_batch();

  // Groups.
  Status put_group(const GroupRecord& record);
  Result<std::vector<GroupRecord>> groups();
  Status put_progress(const GroupId& group, const GroupProgress& progress);
  Result<GroupProgress> progress(const GroupId& group);
  /// The whole MLS state after a join or merge; ratchet heads kept before are in it.
  Status put_mls_state(const GroupId& group, ByteView state);
  Result<std::optional<SecretBytes>> mls_state(const GroupId& group);
  Status put_ratchet(const GroupId& group, Epoch epoch, mls::LeafIndex leaf, ByteView head);
  Status each_ratchet(const GroupId& group,
                      const std::function<Status(mls::LeafIndex leaf, ByteView head)>& visit);

  // Own messages.
  Status put_draft(const Draft& draft);
  Result<std::optional<Draft>> draft(const MessageId& id);
  Status erase_draft(const MessageId& id);
  /// In the order they were written.
  Result<std::vector<Draft>> drafts();
  Status put_outbox(const MessageId& id, const OutboxItem& item);
  Result<std::optional<OutboxItem>> outbox(const MessageId& id);
  Status erase_outbox(const MessageId& id);
  /// In the order they were sent.
  Result<std::vector<std::pair<MessageId, OutboxItem>>> outbox_items();
  /// The next number for Draft::order and OutboxItem::order.
  Result<std::uint64_t> next_order();

  // Shown messages.
  Status put_history(const HistoryRow& row);
  Result<std::optional<HistoryRow>> history(const GroupId& group, const MessageId& id);
  /// Of whichever group has it; an own message before another's of the same id.
  Result<std::optional<HistoryRow>> history(const MessageId& id);
  /// In delivery order, one row at a time.
  Status each_history(const GroupId& group, const std::function<Status(HistoryRow row)>& visit);
  /// How many messages of others this device's person has not read. Other devices, and other
  /// people, learn nothing of it.
  Status put_unread(const GroupId& group, std::uint64_t count);
  Result<std::uint64_t> unread(const GroupId& group);
  Status put_sender_counter(const GroupId& group, const DeviceId& sender, std::uint64_t counter);

  // Alerts.
  Status put_alert(const AlertRecord& record);
  Result<std::optional<AlertRecord>> alert(const messages::AlertId& id);
  Result<std::vector<AlertRecord>> alerts();

  // Warnings this device got, for its owner's own record.
  Status put_warning(const OwnWarning& warning);
  /// Nothing happens where there is no such warning.
  Status end_warning(const MessageId& id, WarningOutcome outcome);
  Status erase_warning(const MessageId& id);
  Result<std::optional<OwnWarning>> warning(const MessageId& id);
  /// Oldest first.
  Result<std::vector<OwnWarning>> warnings();

  // Closed alerts about this device's owner.
  Status put_closed_alert(const OwnClosedAlert& alert);
  Result<std::vector<OwnClosedAlert>> closed_alerts();

  // The watch over the log (log_watch.h): leaves that are waited for; own ones that are there.
  Status put_watched(const WatchRecord& record);
  Status erase_watched(const Digest& leaf);
  Result<std::vector<WatchRecord>> watched();
  Status put_included(const WatchRecord& record);
  Result<std::optional<WatchRecord>> included(const Digest& leaf);
  Status put_alarm(const AlarmRecord& alarm);
  Result<bool> has_alarm(const Digest& subject);
  /// Oldest first.
  Result<std::vector<AlarmRecord>> alarms();

  // MessageLog.
  Result<bool> seen(const GroupId& group, const MessageId& id) override;
  Result<std::optional<OwnSubmission>> own_submission(const GroupId& group,
                                                      const MessageId& id) override;
  Result<std::uint64_t> sender_counter(const GroupId& group, const DeviceId& sender) override;

  // TrustStore.
  Status put_directory_entry(const DirectoryEntry& entry) override;
  Result<std::vector<DirectoryEntry>> directory_entries() override;
  Status put_checkpoint(ByteView note) override;
  Result<Bytes> checkpoint() override;
  Status put_proven(std::uint64_t number) override;
  Result<std::vector<std::uint64_t>> proven() override;
  Status put_first_directory(std::uint64_t size) override;
  Result<std::uint64_t> first_directory() override;
  /// Also forgets what was waited for of the old log (log_watch.h) and the mail cursor.
  Status begin_anew(std::string_view old_origin, const KeptTrust& anew) override;

 private:
  explicit Store(std::unique_ptr<SealedDb> db) : db_(std::move(db)) {}
  Status load();
  Result<std::uint64_t> number(std::string_view name);
  Status put_number(std::string_view name, std::uint64_t value);

  std::unique_ptr<SealedDb> db_;
  Profile profile_;
  std::optional<DeviceKeys> keys_;
};

}  // namespace candour::client
