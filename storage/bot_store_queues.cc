// The second half of BotStore: what happens once, what is wanted, what is on its way.
#include "storage/bot_store.h"
#include "storage/bot_store_impl.h"

namespace candour::storage {

Result<bool> BotStore::warning_used(const Digest& warning) {
  return impl_->guard([&]() -> Result<bool> {
    auto& query = impl_->statement("SELECT 1 FROM warnings_used WHERE warning=?");
    put_at(query, 1, warning.view());
    return query.executeStep();
  });
}

Status BotStore::put_warning_used(const Digest& warning, TimeMs expires, TimeMs now) {
  return impl_->write([&] {
    auto& forget = impl_->statement("DELETE FROM warnings_used WHERE expires < ?");
    put_at(forget, 1, now.value);
    forget.exec();
    auto& put = impl_->statement("INSERT OR REPLACE INTO warnings_used VALUES(?, ?)");
    put_at(put, 1, warning.view());
    put_at(put, 2, expires.value);
    put.exec();
  });
}

Result<bool> BotStore::request_done(ByteView request) {
  return impl_->guard([&]() -> Result<bool> {
    auto& query = impl_->statement("SELECT 1 FROM requests_done WHERE request=?");
    put_at(query, 1, request);
    return query.executeStep();
  });
}

Status BotStore::put_request_done(ByteView request) {
  return impl_->write([&] {
    auto& put = impl_->statement("INSERT OR IGNORE INTO requests_done VALUES(?)");
    put_at(put, 1, request);
    put.exec();
  });
}

Result<std::vector<BotWanted>> BotStore::wanted() {
  return impl_->guard([&]() -> Result<std::vector<BotWanted>> {
    std::vector<BotWanted> all;
    auto& query =
        impl_->statement("SELECT group_id, device, owner, missing_told, readd FROM wanted");
    while (query.executeStep()) {
      BotWanted wanted;
      wanted.group = id_at<GroupId>(query, 0);
      wanted.device = id_at<DeviceId>(query, 1);
      wanted.owner = number_at(query, 2) != 0;
      wanted.missing_told = number_at(query, 3) != 0;
      wanted.readd = number_at(query, 4) != 0;
      all.push_back(wanted);
    }
    return all;
  });
}

Status BotStore::put_wanted(const BotWanted& wanted) {
  return impl_->write([&] {
    auto& put = impl_->statement("INSERT OR REPLACE INTO wanted VALUES(?, ?, ?, ?, ?)");
    put_at(put, 1, wanted.group.view());
    put_at(put, 2, wanted.device.view());
    put_at(put, 3, std::uint64_t{wanted.owner});
    put_at(put, 4, std::uint64_t{wanted.missing_told});
    put_at(put, 5, std::uint64_t{wanted.readd});
    put.exec();
  });
}

Status BotStore::drop_wanted(const GroupId& group, const DeviceId& device) {
  return impl_->write([&] {
    auto& drop = impl_->statement("DELETE FROM wanted WHERE group_id=? AND device=?");
    put_at(drop, 1, group.view());
    put_at(drop, 2, device.view());
    drop.exec();
  });
}

Result<std::vector<BotCommit>> BotStore::commits() {
  return impl_->guard([&]() -> Result<std::vector<BotCommit>> {
    std::vector<BotCommit> all;
    auto& query =
        impl_->statement("SELECT group_id, message_id, judged, staged, plan FROM commits");
    while (query.executeStep()) {
      BotCommit commit;
      commit.group = id_at<GroupId>(query, 0);
      commit.message_id = id_at<MessageId>(query, 1);
      commit.judged = number_at(query, 2) != 0;
      const ByteView group = commit.group.view();
      CANDOUR_TRY(commit.staged, impl_->open(row_context("staged", {group}), blob(query, 3)));
      CANDOUR_TRY(commit.plan, impl_->open(row_context("plan", {group}), blob(query, 4)));
      all.push_back(std::move(commit));
    }
    return all;
  });
}

Status BotStore::put_commit(const BotCommit& commit) {
  return impl_->write([&] {
    const ByteView group = commit.group.view();
    const Bytes staged = impl_->seal(row_context("staged", {group}), commit.staged.view());
    const Bytes plan = impl_->seal(row_context("plan", {group}), commit.plan.view());
    auto& put = impl_->statement("INSERT OR REPLACE INTO commits VALUES(?, ?, ?, ?, ?)");
    put_at(put, 1, group);
    put_at(put, 2, commit.message_id.view());
    put_at(put, 3, std::uint64_t{commit.judged});
    put_at(put, 4, staged);
    put_at(put, 5, plan);
    put.exec();
  });
}

Status BotStore::drop_commit(const GroupId& group) {
  return impl_->write([&] {
    auto& drop = impl_->statement("DELETE FROM commits WHERE group_id=?");
    put_at(drop, 1, group.view());
    drop.exec();
  });
}

Result<std::vector<OutboxRow>> BotStore::outbox() {
  return impl_->guard([&]() -> Result<std::vector<OutboxRow>> {
    std::vector<OutboxRow> all;
    auto& query = impl_->statement(
        "SELECT number, kind, group_id, message_id, frame FROM outbox ORDER BY number");
    while (query.executeStep()) {
      OutboxRow row;
      row.number = number_at(query, 0);
      row.kind = static_cast<OutboxKind>(number_at(query, 1));
      row.group = id_at<GroupId>(query, 2);
      row.message_id = id_at<MessageId>(query, 3);
      CANDOUR_TRY(const SecretBytes frame,
                  impl_->open(row_context("outbox", {row.group.view(), row.message_id.view()}),
                              blob(query, 4)));
      row.frame = to_bytes(frame.view());
      all.push_back(std::move(row));
    }
    return all;
  });
}

Result<std::uint64_t> BotStore::put_outbox(const OutboxRow& row) {
  CANDOUR_TRY(impl_->write([&] {
    const Bytes sealed =
        impl_->seal(row_context("outbox", {row.group.view(), row.message_id.view()}), row.frame);
    auto& put = impl_->statement(
        "INSERT INTO outbox(kind, group_id, message_id, frame) VALUES(?, ?, ?, ?)");
    put_at(put, 1, static_cast<std::uint64_t>(row.kind));
    put_at(put, 2, row.group.view());
    put_at(put, 3, row.message_id.view());
    put_at(put, 4, sealed);
    put.exec();
  }));
  return static_cast<std::uint64_t>(impl_->database.getLastInsertRowid());
}

Status BotStore::drop_outbox(std::uint64_t number) {
  return impl_->write([&] {
    auto& drop = impl_->statement("DELETE FROM outbox WHERE number=?");
    put_at(drop, 1, number);
    drop.exec();
  });
}

Result<std::vector<BotLeaf>> BotStore::leaves() {
  return impl_->guard([&]() -> Result<std::vector<BotLeaf>> {
    std::vector<BotLeaf> all;
    auto& query = impl_->statement("SELECT leaf_hash, acknowledged FROM leaves");
    while (query.executeStep()) {
      BotLeaf leaf;
      leaf.leaf_hash = id_at<Digest>(query, 0);
      if (!query.isColumnNull(1)) leaf.acknowledged = TimeMs(number_at(query, 1));
      all.push_back(leaf);
    }
    return all;
  });
}

Status BotStore::put_leaf(const BotLeaf& leaf) {
  return impl_->write([&] {
    auto& put = impl_->statement("INSERT OR REPLACE INTO leaves VALUES(?, ?)");
    put_at(put, 1, leaf.leaf_hash.view());
    if (leaf.acknowledged) put_at(put, 2, leaf.acknowledged->value);
    put.exec();
  });
}

Status BotStore::drop_leaf(const Digest& leaf_hash) {
  return impl_->write([&] {
    auto& drop = impl_->statement("DELETE FROM leaves WHERE leaf_hash=?");
    put_at(drop, 1, leaf_hash.view());
    drop.exec();
  });
}

Result<std::vector<BotDirectoryEntry>> BotStore::directory() {
  return impl_->guard([&]() -> Result<std::vector<BotDirectoryEntry>> {
    std::vector<BotDirectoryEntry> all;
    auto& query = impl_->statement(
        "SELECT number, kind, object, leaf_index, opening, proven FROM directory ORDER BY number");
    while (query.executeStep()) {
      BotDirectoryEntry entry;
      entry.number = number_at(query, 0);
      entry.kind = static_cast<std::uint32_t>(number_at(query, 1));
      entry.object = to_bytes(blob(query, 2));
      entry.leaf_index = number_at(query, 3);
      entry.opening = to_bytes(blob(query, 4));
      entry.proven = number_at(query, 5) != 0;
      all.push_back(std::move(entry));
    }
    return all;
  });
}

Status BotStore::put_directory_entry(const BotDirectoryEntry& entry) {
  return impl_->write([&] {
    auto& put = impl_->statement("INSERT INTO directory VALUES(?, ?, ?, ?, ?, ?)");
    put_at(put, 1, entry.number);
    put_at(put, 2, std::uint64_t{entry.kind});
    put_at(put, 3, entry.object);
    put_at(put, 4, entry.leaf_index);
    put_at(put, 5, entry.opening);
    put_at(put, 6, std::uint64_t{entry.proven});
    put.exec();
  });
}

Status BotStore::drop_directory() {
  return impl_->write([&] { impl_->statement("DELETE FROM directory").exec(); });
}

Status BotStore::put_proven(std::uint64_t number) {
  return impl_->write([&] {
    auto& update = impl_->statement("UPDATE directory SET proven=1 WHERE number=?");
    put_at(update, 1, number);
    update.exec();
  });
}

Result<Bytes> BotStore::note(std::string_view name) {
  return impl_->guard([&]() -> Result<Bytes> {
    auto& query = impl_->statement("SELECT value FROM notes WHERE name=?");
    query.bind(1, std::string(name));
    return query.executeStep() ? to_bytes(blob(query, 0)) : Bytes();
  });
}

Status BotStore::put_note(std::string_view name, ByteView value) {
  return impl_->write([&] {
    auto& put = impl_->statement("INSERT OR REPLACE INTO notes VALUES(?, ?)");
    put.bind(1, std::string(name));
    put_at(put, 2, value);
    put.exec();
  });
}

Result<std::uint64_t> BotStore::number(std::string_view name) {
  return impl_->guard([&]() -> Result<std::uint64_t> {
    auto& query = impl_->statement("SELECT value FROM numbers WHERE name=?");
    query.bind(1, std::string(name));
    return query.executeStep() ? number_at(query, 0) : std::uint64_t{0};
  });
}

Status BotStore::put_number(std::string_view name, std::uint64_t value) {
  return impl_->write([&] {
    auto& put = impl_->statement("INSERT OR REPLACE INTO numbers VALUES(?, ?)");
    put.bind(1, std::string(name));
    put_at(put, 2, value);
    put.exec();
  });
}

}  // namespace candour::storage
