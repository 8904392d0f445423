// Inside of BotStore: the database handle, its statements, and the sealing of rows.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <map>
#include <unordered_map>
#include <utility>

#include "base/assert.h"
#include "base/codec.h"
#include "base/stages.h"
#include "storage/bot_store.h"

namespace candour::storage {

struct BotStore::Impl {
  Impl(SQLite::Database&& opened, crypto::AeadKey&& state_key, Random& source)
      : database(std::move(opened)), key(std::move(state_key)), random(source) {}

  /// The prepared statement for this literal, reset and without bindings.
  SQLite::Statement& statement(const char* sql) {
    auto& slot = statements[sql];
    if (!slot) slot = std::make_unique<SQLite::Statement>(database, sql);
    slot->reset();
    slot->clearBindings();
    return *slot;
  }

  Bytes seal(ByteView context, ByteView plaintext) {
    return crypto::box_seal(key, context, plaintext, random);
  }
  Result<SecretBytes> open(ByteView context, ByteView box) const {
    auto opened = crypto::box_open(key, context, box);
    if (opened) return std::move(opened).value();
    return error(ErrorCode::state_damaged,
                 "a row of bot.db does not open with the state key; were files of two bots mixed?");
  }

  /// Runs `work` and turns whatever SQLite throws into storage_failed.
  template <class Work>
  auto guard(Work&& work) -> decltype(work()) {
    const StageScope stage(Stage::database);
    if (broken) return failure("an earlier write failed");
    try {
      return work();
    } catch (const SQLite::Exception& e) {
      broken = true;
      return failure(e.what());
    }
  }
  /// As guard, for writes: they belong to a batch.
  template <class Work>
  Status write(Work&& work) {
    CANDOUR_ASSERT(batch);
    return guard([&]() -> Status {
      work();
      return ok();
    });
  }
  /// Puts into the database what put_sender was given since.
  void write_senders();
  static Error failure(const std::string& why) {
    return error(ErrorCode::storage_failed, "bot.db cannot be read or written: " + why);
  }

  SQLite::Database database;
  std::unordered_map<const char*, std::unique_ptr<SQLite::Statement>> statements;
  crypto::AeadKey key;
  Random& random;
  /// Given to put_sender and not yet in the database: several parts of the bot change one row for
  /// one message. Written before the next mark, keep or commit, and gone with an undo.
  std::map<std::pair<GroupId, DeviceId>, BotSender> senders;
  std::vector<std::int64_t> marks;  // changes made in all when each mark was set
  bool batch = false;
  bool broken = false;
};

inline void put_at(SQLite::Statement& statement, int index, ByteView bytes) {
  // A null pointer would bind SQL NULL, which is not an empty value.
  static constexpr std::uint8_t kNothing = 0;
  statement.bind(index, bytes.empty() ? &kNothing : bytes.data(), static_cast<int>(bytes.size()));
}

inline void put_at(SQLite::Statement& statement, int index, std::uint64_t value) {
  statement.bind(index, static_cast<std::int64_t>(value));
}

inline ByteView blob(const SQLite::Statement& statement, int index) {
  const SQLite::Column column = statement.getColumn(index);
  return {static_cast<const std::uint8_t*>(column.getBlob()),
          static_cast<std::size_t>(column.getBytes())};
}

inline std::uint64_t number_at(const SQLite::Statement& statement, int index) {
  return static_cast<std::uint64_t>(statement.getColumn(index).getInt64());
}

/// An id from a column; zero when the column has another length (rows are written only by us).
template <class IdType>
IdType id_at(const SQLite::Statement& statement, int index) {
  return IdType::from(blob(statement, index)).value_or(IdType());
}

inline Bytes encode_previous(const BotPrevious& previous) {
  Writer out;
  out.id(previous.record);
  out.id(previous.leaf_hash);
  return out.take();
}

inline BotPrevious previous_at(const SQLite::Statement& statement, int index) {
  Reader in(blob(statement, index));
  BotPrevious previous;
  previous.record = in.id<RecordId>();
  previous.leaf_hash = in.id<Digest>();
  return previous;
}

/// What a sealed value is and whose: table, then the parts of the row's key.
inline Bytes row_context(std::string_view table, std::initializer_list<ByteView> parts) {
  Writer out;
  out.raw(as_bytes("candour bot store v1"));
  out.vec(table);
  for (ByteView part : parts) out.vec(part);
  return out.take();
}

}  // namespace candour::storage
