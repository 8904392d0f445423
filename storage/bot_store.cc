#include "storage/bot_store.h"

#include <sqlite3.h>
#include <sys/stat.h>

#include "storage/bot_store_impl.h"

namespace candour::storage {
namespace {

// A bot.db of another format is refused: nothing is lost without somebody deciding it.
constexpr int kSchemaVersion = 8;

constexpr const char* kSchema = R"(
CREATE TABLE groups(
  group_id BLOB PRIMARY KEY, about BLOB NOT NULL, mls_state BLOB NOT NULL) WITHOUT ROWID;
-- Apart from the states, which are large: these change with every message.
CREATE TABLE chains(
  group_id BLOB PRIMARY KEY, seq INTEGER NOT NULL, previous_token BLOB NOT NULL,
  previous_record BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE ratchets(
  group_id BLOB NOT NULL, epoch INTEGER NOT NULL, leaf INTEGER NOT NULL, blob BLOB NOT NULL,
  PRIMARY KEY(group_id, epoch, leaf)) WITHOUT ROWID;
CREATE TABLE senders(
  group_id BLOB NOT NULL, device BLOB NOT NULL, counter INTEGER NOT NULL,
  withheld_epoch INTEGER NOT NULL, withheld INTEGER NOT NULL, previous_record BLOB NOT NULL,
  generation_epoch INTEGER NOT NULL, seen_generations INTEGER NOT NULL,
  released_generations INTEGER NOT NULL, PRIMARY KEY(group_id, device)) WITHOUT ROWID;
CREATE TABLE seen(
  group_id BLOB NOT NULL, message_id BLOB NOT NULL, submission INTEGER NOT NULL,
  sender BLOB NOT NULL, PRIMARY KEY(message_id, group_id)) WITHOUT ROWID;
CREATE TABLE warnings_used(
  warning BLOB PRIMARY KEY, expires INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE requests_done(request BLOB PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE wanted(
  group_id BLOB NOT NULL, device BLOB NOT NULL, owner INTEGER NOT NULL,
  missing_told INTEGER NOT NULL, readd INTEGER NOT NULL,
  PRIMARY KEY(group_id, device)) WITHOUT ROWID;
CREATE TABLE commits(
  group_id BLOB PRIMARY KEY, message_id BLOB NOT NULL, judged INTEGER NOT NULL,
  staged BLOB NOT NULL, plan BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE outbox(
  number INTEGER PRIMARY KEY AUTOINCREMENT, kind INTEGER NOT NULL, group_id BLOB NOT NULL,
  message_id BLOB NOT NULL, frame BLOB NOT NULL);
CREATE TABLE alerts(
  alert BLOB PRIMARY KEY, group_id BLOB NOT NULL, author BLOB NOT NULL, subject BLOB NOT NULL,
  message_id BLOB NOT NULL, state INTEGER NOT NULL, resolution INTEGER NOT NULL,
  serious INTEGER NOT NULL, hidden INTEGER NOT NULL, update_key BLOB NOT NULL,
  desks BLOB NOT NULL, sealed BLOB NOT NULL, raised INTEGER NOT NULL, due INTEGER NOT NULL,
  reminders INTEGER NOT NULL, returned INTEGER NOT NULL, likeness BLOB NOT NULL,
  repeats INTEGER NOT NULL, closed INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX alert_due ON alerts(due) WHERE due > 0;
CREATE INDEX alert_subject ON alerts(subject, raised);
CREATE INDEX alert_likeness ON alerts(likeness, raised);
CREATE TABLE alert_tallies(
  subject BLOB NOT NULL, raised INTEGER NOT NULL, alert BLOB NOT NULL,
  resolution INTEGER NOT NULL, PRIMARY KEY(subject, raised, alert)) WITHOUT ROWID;
CREATE INDEX tally_raised ON alert_tallies(raised);
CREATE TABLE pasts(
  group_id BLOB NOT NULL, number INTEGER NOT NULL, time INTEGER NOT NULL, features BLOB NOT NULL,
  PRIMARY KEY(group_id, number)) WITHOUT ROWID;
CREATE TABLE leaves(leaf_hash BLOB PRIMARY KEY, acknowledged INTEGER) WITHOUT ROWID;
CREATE TABLE directory(
  number INTEGER PRIMARY KEY, kind INTEGER NOT NULL, object BLOB NOT NULL,
  leaf_index INTEGER NOT NULL, opening BLOB NOT NULL, proven INTEGER NOT NULL);
CREATE TABLE notes(name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE numbers(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
)";

Status prepare(SQLite::Database& database) {
  // An exclusive lock for the whole life: two processes with one MLS state would reuse keys.
  database.exec("PRAGMA locking_mode=EXCLUSIVE");
  database.exec("PRAGMA journal_mode=WAL");
  database.exec("PRAGMA synchronous=FULL");
  database.exec("PRAGMA secure_delete=ON");
  database.exec("PRAGMA temp_store=MEMORY");  // what marks keep needs no file
  database.exec("BEGIN IMMEDIATE");
  const int version = database.execAndGet("PRAGMA user_version").getInt();
  if (version == 0) {
    database.exec(kSchema);
    database.exec("PRAGMA user_version=" + std::to_string(kSchemaVersion));
  } else if (version != kSchemaVersion) {
    return error(ErrorCode::state_damaged,
                 "bot.db has format " + std::to_string(version) + ", this program reads format " +
                     std::to_string(kSchemaVersion) +
                     " and changes none; start the program that wrote it, or set the bot up anew");
  }
  database.exec("COMMIT");
  return ok();
}

}  // namespace

BotStore::BotStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
BotStore::~BotStore() = default;

Result<std::unique_ptr<BotStore>> BotStore::open(const std::filesystem::path& file,
                                                 crypto::AeadKey key, Random& random) {
  try {
    const mode_t before = ::umask(0077);
    std::optional<SQLite::Database> database;
    try {
      database.emplace(file.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    } catch (...) {
      ::umask(before);
      throw;
    }
    Status prepared = prepare(*database);
    ::umask(before);
    CANDOUR_TRY(std::move(prepared));
    auto impl = std::make_unique<Impl>(std::move(*database), std::move(key), random);
    return std::unique_ptr<BotStore>(new BotStore(std::move(impl)));
  } catch (const SQLite::Exception& e) {
    if (e.getErrorCode() == SQLITE_BUSY || e.getErrorCode() == SQLITE_LOCKED) {
      return error(ErrorCode::state_locked,
                   file.string() + " is in use by another candour-bot; stop that one first");
    }
    if (e.getErrorCode() == SQLITE_NOTADB || e.getErrorCode() == SQLITE_CORRUPT) {
      return error(ErrorCode::state_damaged, file.string() + " is damaged: " + e.what());
    }
    return error(ErrorCode::storage_failed, file.string() + " cannot be opened: " + e.what());
  }
}

Status BotStore::begin() {
  CANDOUR_ASSERT(!impl_->batch);
  return impl_->guard([&]() -> Status {
    impl_->statement("BEGIN IMMEDIATE").exec();
    impl_->batch = true;
    return ok();
  });
}

Status BotStore::commit() {
  CANDOUR_ASSERT(impl_->batch);
  return impl_->guard([&]() -> Status {
    impl_->write_senders();
    // A statement that still stands on a row would keep the WAL from being checkpointed.
    for (auto& [sql, statement] : impl_->statements) statement->tryReset();
    impl_->statement("COMMIT").exec();
    impl_->batch = false;
    return ok();
  });
}

Status BotStore::mark() {
  return impl_->write([&] {
    impl_->write_senders();
    impl_->statement("SAVEPOINT mark").exec();
    impl_->marks.push_back(impl_->database.getTotalChanges());
  });
}

Status BotStore::keep() {
  CANDOUR_ASSERT(!impl_->marks.empty());
  return impl_->write([&] {
    impl_->write_senders();
    impl_->statement("RELEASE mark").exec();
    impl_->marks.pop_back();
  });
}

Result<bool> BotStore::undo() {
  CANDOUR_ASSERT(impl_->batch && !impl_->marks.empty());
  return impl_->guard([&]() -> Result<bool> {
    for (auto& [sql, statement] : impl_->statements) statement->tryReset();
    const bool changed =
        !impl_->senders.empty() || impl_->database.getTotalChanges() != impl_->marks.back();
    impl_->senders.clear();
    impl_->statement("ROLLBACK TO mark").exec();
    impl_->statement("RELEASE mark").exec();
    impl_->marks.pop_back();
    return changed;
  });
}

bool BotStore::in_batch() const { return impl_->batch; }

Result<std::vector<BotGroup>> BotStore::groups() {
  return impl_->guard([&]() -> Result<std::vector<BotGroup>> {
    std::vector<BotGroup> all;
    auto& query = impl_->statement(
        "SELECT group_id, about, mls_state, seq, previous_token, previous_record "
        "FROM groups JOIN chains USING(group_id)");
    while (query.executeStep()) {
      BotGroup group;
      group.group = id_at<GroupId>(query, 0);
      CANDOUR_TRY(group.about,
                  impl_->open(row_context("about", {group.group.view()}), blob(query, 1)));
      CANDOUR_TRY(group.mls_state,
                  impl_->open(row_context("mls_state", {group.group.view()}), blob(query, 2)));
      group.seq = Seq(number_at(query, 3));
      group.previous_token = id_at<Digest>(query, 4);
      group.previous_record = previous_at(query, 5);
      all.push_back(std::move(group));
    }
    return all;
  });
}

Status BotStore::add_group(const BotGroup& group) {
  return impl_->write([&] {
    const Bytes about = impl_->seal(row_context("about", {group.group.view()}), group.about.view());
    const Bytes state =
        impl_->seal(row_context("mls_state", {group.group.view()}), group.mls_state.view());
    auto& insert = impl_->statement("INSERT INTO groups VALUES(?, ?, ?)");
    put_at(insert, 1, group.group.view());
    put_at(insert, 2, about);
    put_at(insert, 3, state);
    insert.exec();
    auto& chain = impl_->statement("INSERT INTO chains VALUES(?, ?, ?, ?)");
    put_at(chain, 1, group.group.view());
    put_at(chain, 2, group.seq.value);
    put_at(chain, 3, group.previous_token.view());
    put_at(chain, 4, encode_previous(group.previous_record));
    chain.exec();
  });
}

Status BotStore::put_about(const GroupId& group, ByteView about) {
  return impl_->write([&] {
    const Bytes sealed = impl_->seal(row_context("about", {group.view()}), about);
    auto& update = impl_->statement("UPDATE groups SET about=? WHERE group_id=?");
    put_at(update, 1, sealed);
    put_at(update, 2, group.view());
    CANDOUR_ASSERT(update.exec() == 1);
  });
}

Status BotStore::put_mls_state(const GroupId& group, ByteView state) {
  return impl_->write([&] {
    const Bytes sealed = impl_->seal(row_context("mls_state", {group.view()}), state);
    auto& update = impl_->statement("UPDATE groups SET mls_state=? WHERE group_id=?");
    put_at(update, 1, sealed);
    put_at(update, 2, group.view());
    CANDOUR_ASSERT(update.exec() == 1);
    auto& drop = impl_->statement("DELETE FROM ratchets WHERE group_id=?");
    put_at(drop, 1, group.view());
    drop.exec();
  });
}

Status BotStore::put_chain(const GroupId& group, Seq seq, const Digest& previous_token) {
  return impl_->write([&] {
    auto& update = impl_->statement("UPDATE chains SET seq=?, previous_token=? WHERE group_id=?");
    put_at(update, 1, seq.value);
    put_at(update, 2, previous_token.view());
    put_at(update, 3, group.view());
    CANDOUR_ASSERT(update.exec() == 1);
  });
}

Status BotStore::put_previous_record(const GroupId& group, const BotPrevious& record) {
  return impl_->write([&] {
    auto& update = impl_->statement("UPDATE chains SET previous_record=? WHERE group_id=?");
    put_at(update, 1, encode_previous(record));
    put_at(update, 2, group.view());
    CANDOUR_ASSERT(update.exec() == 1);
  });
}

namespace {
Bytes ratchet_context(const GroupId& group, Epoch epoch, std::uint32_t leaf) {
  Writer where;
  where.number(epoch);
  where.u32(leaf);
  return row_context("ratchet", {group.view(), where.view()});
}
}  // namespace

Result<std::vector<BotRatchet>> BotStore::ratchets(const GroupId& group) {
  return impl_->guard([&]() -> Result<std::vector<BotRatchet>> {
    std::vector<BotRatchet> all;
    auto& query =
        impl_->statement("SELECT epoch, leaf, blob FROM ratchets WHERE group_id=? ORDER BY epoch");
    put_at(query, 1, group.view());
    while (query.executeStep()) {
      BotRatchet ratchet;
      ratchet.epoch = Epoch(number_at(query, 0));
      ratchet.leaf = static_cast<std::uint32_t>(number_at(query, 1));
      CANDOUR_TRY(ratchet.blob,
                  impl_->open(ratchet_context(group, ratchet.epoch, ratchet.leaf), blob(query, 2)));
      all.push_back(std::move(ratchet));
    }
    return all;
  });
}

Status BotStore::put_ratchet(const GroupId& group, const BotRatchet& ratchet) {
  return impl_->write([&] {
    const Bytes sealed =
        impl_->seal(ratchet_context(group, ratchet.epoch, ratchet.leaf), ratchet.blob.view());
    auto& put = impl_->statement("INSERT OR REPLACE INTO ratchets VALUES(?, ?, ?, ?)");
    put_at(put, 1, group.view());
    put_at(put, 2, ratchet.epoch.value);
    put_at(put, 3, std::uint64_t{ratchet.leaf});
    put_at(put, 4, sealed);
    put.exec();
  });
}

Result<std::optional<BotSender>> BotStore::sender(const GroupId& group, const DeviceId& device) {
  return impl_->guard([&]() -> Result<std::optional<BotSender>> {
    const auto put = impl_->senders.find({group, device});
    if (put != impl_->senders.end()) return std::optional<BotSender>(put->second);
    auto& query = impl_->statement(
        "SELECT counter, withheld_epoch, withheld, previous_record, generation_epoch, "
        "seen_generations, released_generations FROM senders WHERE group_id=? AND device=?");
    put_at(query, 1, group.view());
    put_at(query, 2, device.view());
    if (!query.executeStep()) return std::optional<BotSender>();
    BotSender sender;
    sender.group = group;
    sender.device = device;
    sender.counter = number_at(query, 0);
    sender.withheld_epoch = Epoch(number_at(query, 1));
    sender.withheld = number_at(query, 2);
    sender.previous_record = previous_at(query, 3);
    sender.generation_epoch = Epoch(number_at(query, 4));
    sender.seen_generations = number_at(query, 5);
    sender.released_generations = number_at(query, 6);
    return std::optional<BotSender>(sender);
  });
}

Status BotStore::put_sender(const BotSender& sender) {
  return impl_->write([&] { impl_->senders[{sender.group, sender.device}] = sender; });
}

void BotStore::Impl::write_senders() {
  for (const auto& [key, sender] : senders) {
    auto& put = statement("INSERT OR REPLACE INTO senders VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)");
    put_at(put, 1, sender.group.view());
    put_at(put, 2, sender.device.view());
    put_at(put, 3, sender.counter);
    put_at(put, 4, sender.withheld_epoch.value);
    put_at(put, 5, sender.withheld);
    put_at(put, 6, encode_previous(sender.previous_record));
    put_at(put, 7, sender.generation_epoch.value);
    put_at(put, 8, sender.seen_generations);
    put_at(put, 9, sender.released_generations);
    put.exec();
  }
  senders.clear();
}

Result<bool> BotStore::withheld_reached(const GroupId& group, Epoch epoch, std::uint64_t count) {
  return impl_->guard([&]() -> Result<bool> {
    impl_->write_senders();
    auto& query = impl_->statement(
        "SELECT 1 FROM senders WHERE group_id=?1 AND ((withheld_epoch=?2 AND withheld>=?3) OR "
        "(generation_epoch=?2 AND seen_generations-released_generations>?3)) LIMIT 1");
    put_at(query, 1, group.view());
    put_at(query, 2, epoch.value);
    put_at(query, 3, count);
    return query.executeStep();
  });
}

Result<std::optional<BotSeen>> BotStore::seen(const GroupId& group, const MessageId& message) {
  return impl_->guard([&]() -> Result<std::optional<BotSeen>> {
    auto& query =
        impl_->statement("SELECT submission, sender FROM seen WHERE group_id=? AND message_id=?");
    put_at(query, 1, group.view());
    put_at(query, 2, message.view());
    if (!query.executeStep()) return std::optional<BotSeen>();
    BotSeen seen;
    seen.submission = Submission(number_at(query, 0));
    seen.sender = id_at<DeviceId>(query, 1);
    return std::optional<BotSeen>(seen);
  });
}

Result<bool> BotStore::message_id_used(const MessageId& message) {
  return impl_->guard([&]() -> Result<bool> {
    auto& query = impl_->statement("SELECT 1 FROM seen WHERE message_id=? LIMIT 1");
    put_at(query, 1, message.view());
    return query.executeStep();
  });
}

Status BotStore::put_seen(const GroupId& group, const MessageId& message, const BotSeen& seen) {
  return impl_->write([&] {
    auto& put = impl_->statement("INSERT INTO seen VALUES(?, ?, ?, ?)");
    put_at(put, 1, group.view());
    put_at(put, 2, message.view());
    put_at(put, 3, seen.submission.value);
    put_at(put, 4, seen.sender.view());
    put.exec();
  });
}

}  // namespace candour::storage
