#include "client/store.h"

#include <algorithm>

#include "identity/certificate.h"

namespace candour::client {
namespace {

// Of the records in it (records.h). Another one is refused as a whole, before any of it is read.
constexpr std::string_view kFormatName = "format";
constexpr std::uint64_t kFormat = 3;

template <class Record>
Result<std::optional<Record>> decoded(Result<std::optional<SecretBytes>> found) {
  CANDOUR_TRY(auto bytes, std::move(found));
  if (!bytes) return std::optional<Record>();
  CANDOUR_TRY(Record record, Record::decode(bytes->view()));
  return std::optional<Record>(std::move(record));
}

template <class Record>
Result<std::vector<Record>> all_of(SealedDb& db, Table table) {
  std::vector<Record> records;
  CANDOUR_TRY(db.scan(table, {}, [&](ByteView, SecretBytes value) -> Status {
    CANDOUR_TRY(Record record, Record::decode(value.view()));
    records.push_back(std::move(record));
    return ok();
  }));
  return records;
}

Bytes number_key(std::uint64_t number) {
  Writer key;
  key.u64(number);
  return key.take();
}

Bytes sender_key(const GroupId& group, const DeviceId& sender) {
  Writer key;
  key.id(group);
  key.id(sender);
  return key.take();
}

/// Ids are unique within a group only: senders choose them.
Bytes message_key(const GroupId& group, const MessageId& id) {
  Writer key;
  key.id(id);
  key.id(group);
  return key.take();
}

Error damaged(std::string_view what) {
  return error(ErrorCode::state_damaged, "the kept " + std::string(what) + " does not decode");
}

}  // namespace

Result<std::unique_ptr<Store>> Store::create(const std::filesystem::path& folder,
                                             const SecretText& passphrase, const Profile& profile,
                                             Random& random) {
  CANDOUR_TRY(auto db, SealedDb::create(folder, passphrase, random));
  std::unique_ptr<Store> store(new Store(std::move(db)));
  const auto signing = crypto::SigningKey::generate(random);
  const auto sealing = crypto::SealingKey::generate(random);
  CANDOUR_TRY(store->atomically([&]() -> Status {
    CANDOUR_TRY(store->put_number(kFormatName, kFormat));
    CANDOUR_TRY(store->db_->put(Table::meta, as_bytes("profile"), profile.encode().view()));
    CANDOUR_TRY(store->db_->put(Table::meta, as_bytes("signing key"), signing.seed().view()));
    return store->db_->put(Table::meta, as_bytes("sealing key"), sealing.private_key().view());
  }));
  CANDOUR_TRY(store->load());
  return store;
}

Result<std::unique_ptr<Store>> Store::open(const std::filesystem::path& folder,
                                           const SecretText& passphrase, Random& random) {
  CANDOUR_TRY(auto db, SealedDb::open(folder, passphrase, random));
  std::unique_ptr<Store> store(new Store(std::move(db)));
  CANDOUR_TRY(store->load());
  return store;
}

Status Store::load() {
  CANDOUR_TRY(auto profile, db_->get(Table::meta, as_bytes("profile")));
  CANDOUR_TRY(auto signing, db_->get(Table::meta, as_bytes("signing key")));
  CANDOUR_TRY(auto sealing, db_->get(Table::meta, as_bytes("sealing key")));
  if (!profile || !signing || !sealing || signing->size() != 32 || sealing->size() != 32) {
    return error(ErrorCode::state_damaged,
                 "the state holds no device keys; enrolment was interrupted: remove the folder and "
                 "enrol again");
  }
  CANDOUR_TRY(const std::uint64_t format, number(kFormatName));
  if (format != kFormat) {
    return error(ErrorCode::state_damaged,
                 "this device's state has format " + std::to_string(format) +
                     ", this program reads format " + std::to_string(kFormat) +
                     "; use the program that wrote it, or enrol this device anew");
  }
  CANDOUR_TRY(profile_, Profile::decode(profile->view()));
  auto seed = crypto::SigningSeed::copy_of(std::span<const std::uint8_t, 32>(signing->view()));
  auto secret =
      crypto::SealingPrivateKey::copy_of(std::span<const std::uint8_t, 32>(sealing->view()));
  auto key = crypto::SigningKey::from_seed(seed);
  const DeviceId device = identity::device_id(key.public_key());
  keys_.emplace(
      DeviceKeys{std::move(key), crypto::SealingKey::from_private(std::move(secret)), device});
  return ok();
}

Result<std::uint64_t> Store::number(std::string_view name) {
  CANDOUR_TRY(auto value, db_->get(Table::meta, as_bytes(name)));
  if (!value) return std::uint64_t{0};
  Reader in(value->view());
  const std::uint64_t number = in.u64();
  if (!in.finish()) return damaged(name);
  return number;
}

Status Store::put_number(std::string_view name, std::uint64_t value) {
  return db_->put(Table::meta, as_bytes(name), number_key(value));
}

Result<Bytes> Store::certificate() {
  CANDOUR_TRY(auto value, db_->get(Table::meta, as_bytes("certificate")));
  return value ? to_bytes(value->view()) : Bytes();
}
Status Store::put_certificate(ByteView note) {
  return db_->put(Table::meta, as_bytes("certificate"), note);
}
Result<std::uint64_t> Store::mail_cursor() { return number("mail cursor"); }
Status Store::put_mail_cursor(std::uint64_t cursor) { return put_number("mail cursor", cursor); }

Status Store::put_key_package(const Digest& reference, const KeyPackageRecord& record) {
  return db_->put(Table::key_packages, reference.view(), record.encode().view());
}
Result<std::optional<KeyPackageRecord>> Store::key_package(const Digest& reference) {
  return decoded<KeyPackageRecord>(db_->get(Table::key_packages, reference.view()));
}
Status Store::erase_key_package(const Digest& reference) {
  return db_->erase(Table::key_packages, reference.view());
}
Result<std::size_t> Store::key_package_count() {
  std::size_t count = 0;
  CANDOUR_TRY(db_->scan(Table::key_packages, {}, [&](ByteView, SecretBytes value) -> Status {
    CANDOUR_TRY(const auto record, KeyPackageRecord::decode(value.view()));
    if (!record.last_resort) ++count;
    return ok();
  }));
  return count;
}
Result<std::vector<Digest>> Store::last_resort_key_packages() {
  std::vector<std::pair<TimeMs, Digest>> found;
  CANDOUR_TRY(db_->scan(Table::key_packages, {}, [&](ByteView key, SecretBytes value) -> Status {
    CANDOUR_TRY(const auto record, KeyPackageRecord::decode(value.view()));
    const auto reference = Digest::from(key);
    if (!reference) return damaged("key package");
    if (record.last_resort) found.emplace_back(record.made, *reference);
    return ok();
  }));
  std::sort(found.begin(), found.end());
  std::vector<Digest> references;
  for (const auto& [made, reference] : found) references.push_back(reference);
  return references;
}

Status Store::put_key_package_batch(const KeyPackageBatch& batch) {
  return db_->put(Table::meta, as_bytes("key package batch"), batch.encode().view());
}
Result<std::optional<KeyPackageBatch>> Store::key_package_batch() {
  return decoded<KeyPackageBatch>(db_->get(Table::meta, as_bytes("key package batch")));
}
Status Store::erase_key_package_batch() {
  return db_->erase(Table::meta, as_bytes("key package batch"));
}

Status Store::put_group(const GroupRecord& record) {
  return db_->put(Table::groups, record.id.view(), record.encode().view());
}
Result<std::vector<GroupRecord>> Store::groups() {
  return all_of<GroupRecord>(*db_, Table::groups);
}
Status Store::put_progress(const GroupId& group, const GroupProgress& progress) {
  return db_->put(Table::progress, group.view(), progress.encode().view());
}
Result<GroupProgress> Store::progress(const GroupId& group) {
  CANDOUR_TRY(auto found, decoded<GroupProgress>(db_->get(Table::progress, group.view())));
  return found ? std::move(*found) : GroupProgress();
}

Status Store::put_mls_state(const GroupId& group, ByteView state) {
  return atomically([&]() -> Status {
    CANDOUR_TRY(db_->erase_prefix(Table::ratchets, group.view()));
    return db_->put(Table::mls_states, group.view(), state);
  });
}
Result<std::optional<SecretBytes>> Store::mls_state(const GroupId& group) {
  return db_->get(Table::mls_states, group.view());
}
Status Store::put_ratchet(const GroupId& group, Epoch epoch, mls::LeafIndex leaf, ByteView head) {
  Writer key;
  key.id(group);
  key.number(epoch);
  key.u32(leaf.value);
  return db_->put(Table::ratchets, key.view(), head);
}
Status Store::each_ratchet(const GroupId& group,
                           const std::function<Status(mls::LeafIndex leaf, ByteView head)>& visit) {
  return db_->scan(Table::ratchets, group.view(), [&](ByteView key, SecretBytes value) -> Status {
    Reader in(key);
    in.id<GroupId>();
    in.u64();
    const mls::LeafIndex leaf(in.u32());
    if (!in.finish()) return damaged("ratchet");
    return visit(leaf, value.view());
  });
}

Status Store::put_draft(const Draft& draft) {
  return db_->put(Table::drafts, draft.id.view(), draft.encode().view());
}
Result<std::optional<Draft>> Store::draft(const MessageId& id) {
  return decoded<Draft>(db_->get(Table::drafts, id.view()));
}
Status Store::erase_draft(const MessageId& id) { return db_->erase(Table::drafts, id.view()); }
Result<std::vector<Draft>> Store::drafts() {
  CANDOUR_TRY(auto drafts, all_of<Draft>(*db_, Table::drafts));
  std::sort(drafts.begin(), drafts.end(),
            [](const Draft& a, const Draft& b) { return a.order < b.order; });
  return drafts;
}

Status Store::put_outbox(const MessageId& id, const OutboxItem& item) {
  return db_->put(Table::outbox, id.view(), item.encode().view());
}
Result<std::optional<OutboxItem>> Store::outbox(const MessageId& id) {
  return decoded<OutboxItem>(db_->get(Table::outbox, id.view()));
}
Status Store::erase_outbox(const MessageId& id) { return db_->erase(Table::outbox, id.view()); }
Result<std::vector<std::pair<MessageId, OutboxItem>>> Store::outbox_items() {
  std::vector<std::pair<MessageId, OutboxItem>> items;
  CANDOUR_TRY(db_->scan(Table::outbox, {}, [&](ByteView key, SecretBytes value) -> Status {
    auto id = MessageId::from(key);
    if (!id) return damaged("submission");
    CANDOUR_TRY(OutboxItem item, OutboxItem::decode(value.view()));
    items.emplace_back(*id, std::move(item));
    return ok();
  }));
  std::sort(items.begin(), items.end(),
            [](const auto& a, const auto& b) { return a.second.counter < b.second.counter; });
  return items;
}
Result<std::uint64_t> Store::next_order() {
  CANDOUR_TRY(const std::uint64_t last, number("order"));
  CANDOUR_TRY(put_number("order", last + 1));
  return last + 1;
}

Status Store::put_history(const HistoryRow& row) {
  Writer place;
  place.id(row.group);
  place.number(row.seq);
  CANDOUR_TRY(db_->put(Table::messages, message_key(row.group, row.id), place.view()));
  return db_->put(Table::history, place.view(), row.encode().view());
}
Result<std::optional<HistoryRow>> Store::history(const GroupId& group, const MessageId& id) {
  CANDOUR_TRY(auto place, db_->get(Table::messages, message_key(group, id)));
  if (!place) return std::optional<HistoryRow>();
  return decoded<HistoryRow>(db_->get(Table::history, place->view()));
}
Result<std::optional<HistoryRow>> Store::history(const MessageId& id) {
  std::vector<SecretBytes> places;
  CANDOUR_TRY(db_->scan(Table::messages, id.view(), [&](ByteView, SecretBytes place) -> Status {
    places.push_back(std::move(place));
    return ok();
  }));
  std::optional<HistoryRow> found;
  for (const SecretBytes& place : places) {
    CANDOUR_TRY(auto row, decoded<HistoryRow>(db_->get(Table::history, place.view())));
    if (row && (!found || (row->own && !found->own))) found = std::move(row);
  }
  return found;
}
Status Store::each_history(const GroupId& group,
                           const std::function<Status(HistoryRow row)>& visit) {
  return db_->scan(Table::history, group.view(), [&](ByteView, SecretBytes value) -> Status {
    CANDOUR_TRY(HistoryRow row, HistoryRow::decode(value.view()));
    return visit(std::move(row));
  });
}
Status Store::put_unread(const GroupId& group, std::uint64_t count) {
  return put_number("unread " + group.hex(), count);
}
Result<std::uint64_t> Store::unread(const GroupId& group) {
  return number("unread " + group.hex());
}

Status Store::put_sender_counter(const GroupId& group, const DeviceId& sender,
                                 std::uint64_t counter) {
  return db_->put(Table::senders, sender_key(group, sender), number_key(counter));
}

Status Store::put_alert(const AlertRecord& record) {
  return db_->put(Table::alerts, record.id.view(), record.encode().view());
}
Result<std::optional<AlertRecord>> Store::alert(const messages::AlertId& id) {
  return decoded<AlertRecord>(db_->get(Table::alerts, id.view()));
}
Result<std::vector<AlertRecord>> Store::alerts() {
  return all_of<AlertRecord>(*db_, Table::alerts);
}

Status Store::put_watched(const WatchRecord& record) {
  return db_->put(Table::watched, record.leaf.view(), record.encode().view());
}
Status Store::erase_watched(const Digest& leaf) { return db_->erase(Table::watched, leaf.view()); }
Result<std::vector<WatchRecord>> Store::watched() {
  return all_of<WatchRecord>(*db_, Table::watched);
}
Status Store::put_included(const WatchRecord& record) {
  return db_->put(Table::included, record.leaf.view(), record.encode().view());
}
Result<std::optional<WatchRecord>> Store::included(const Digest& leaf) {
  return decoded<WatchRecord>(db_->get(Table::included, leaf.view()));
}
Status Store::put_alarm(const AlarmRecord& alarm) {
  return db_->put(Table::alarms, alarm.subject.view(), alarm.encode().view());
}
Result<bool> Store::has_alarm(const Digest& subject) {
  return db_->has(Table::alarms, subject.view());
}
Result<std::vector<AlarmRecord>> Store::alarms() {
  CANDOUR_TRY(auto alarms, all_of<AlarmRecord>(*db_, Table::alarms));
  std::stable_sort(alarms.begin(), alarms.end(),
                   [](const AlarmRecord& a, const AlarmRecord& b) { return a.time < b.time; });
  return alarms;
}

Result<bool> Store::seen(const GroupId& group, const MessageId& id) {
  return db_->has(Table::messages, message_key(group, id));
}

Result<std::optional<OwnSubmission>> Store::own_submission(const GroupId& group,
                                                           const MessageId& id) {
  CANDOUR_TRY(auto item, outbox(id));
  if (!item || item->group != group) return std::optional<OwnSubmission>();
  CANDOUR_TRY(auto kept, draft(id));
  if (!kept) return damaged("draft of a submission");
  return std::optional(OwnSubmission{item->ciphertext_hash, kept->commitment()});
}

Result<std::uint64_t> Store::sender_counter(const GroupId& group, const DeviceId& sender) {
  CANDOUR_TRY(auto value, db_->get(Table::senders, sender_key(group, sender)));
  if (!value) return std::uint64_t{0};
  Reader in(value->view());
  const std::uint64_t counter = in.u64();
  if (!in.finish()) return damaged("sender's counter");
  return counter;
}

Status Store::put_directory_entry(const DirectoryEntry& entry) {
  Writer out;
  out.u8(static_cast<std::uint8_t>(entry.kind));
  out.u64(entry.leaf_index);
  out.vec(entry.object);
  out.vec(entry.opening);
  return db_->put(Table::directory, number_key(entry.number), out.view());
}

Result<std::vector<DirectoryEntry>> Store::directory_entries() {
  std::vector<DirectoryEntry> entries;
  CANDOUR_TRY(db_->scan(Table::directory, {}, [&](ByteView key, SecretBytes value) -> Status {
    Reader number(key);
    Reader in(value.view());
    DirectoryEntry entry;
    entry.number = number.u64();
    entry.kind = static_cast<v1::ObjectKind>(in.u8());
    entry.leaf_index = in.u64();
    entry.object = to_bytes(in.vec());
    entry.opening = to_bytes(in.vec());
    if (!number.finish() || !in.finish()) return damaged("directory object");
    entries.push_back(std::move(entry));
    return ok();
  }));
  return entries;
}

Status Store::put_checkpoint(ByteView note) {
  return db_->put(Table::meta, as_bytes("checkpoint"), note);
}
Result<Bytes> Store::checkpoint() {
  CANDOUR_TRY(auto value, db_->get(Table::meta, as_bytes("checkpoint")));
  return value ? to_bytes(value->view()) : Bytes();
}
Status Store::begin_anew(std::string_view old_origin, const KeptTrust& anew) {
  return atomically([&]() -> Status {
    CANDOUR_TRY(const Bytes old, checkpoint());
    CANDOUR_TRY(db_->put(Table::meta, as_bytes("checkpoint of " + std::string(old_origin)), old));
    for (const Table table : {Table::directory, Table::proven, Table::watched}) {
      CANDOUR_TRY(db_->erase_all(table));
    }
    for (const DirectoryEntry& entry : anew.entries) {
      CANDOUR_TRY(put_directory_entry(entry));
    }
    for (const std::uint64_t number : anew.proven) {
      CANDOUR_TRY(put_proven(number));
    }
    CANDOUR_TRY(put_first_directory(anew.first_directory));
    CANDOUR_TRY(put_checkpoint(anew.checkpoint));
    return put_mail_cursor(0);
  });
}
Status Store::put_proven(std::uint64_t number) {
  return db_->put(Table::proven, number_key(number), {});
}
Status Store::put_first_directory(std::uint64_t size) {
  return put_number("first directory", size);
}
Result<std::uint64_t> Store::first_directory() { return number("first directory"); }
Result<std::vector<std::uint64_t>> Store::proven() {
  std::vector<std::uint64_t> numbers;
  CANDOUR_TRY(db_->scan(Table::proven, {}, [&](ByteView key, SecretBytes) -> Status {
    Reader in(key);
    numbers.push_back(in.u64());
    return ok();
  }));
  return numbers;
}

}  // namespace candour::client
