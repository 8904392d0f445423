// One SQLite connection with its prepared statements; for storage/relay_* only. Throws
// SQLite::Exception: the store catches it at its edge. Used by one thread at a time.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"

namespace candour::storage {

class RelayDb {
 public:
  enum class Mode { write, read };
  /// `pages_max` bounds the file (0 = no bound).
  RelayDb(const std::filesystem::path& file, Mode mode, std::uint32_t pages_max);

  SQLite::Database& database() { return database_; }

  /// A statement that is reset when it goes out of scope. Parameters are given in order; views
  /// must live until the statement ran.
  class Query {
   public:
    template <class... Values>
    Query(SQLite::Statement& statement, const Values&... values) : statement_(statement) {
      int position = 0;
      (bind(++position, values), ...);
    }
    ~Query() {
      statement_.tryReset();
      statement_.clearBindings();
    }
    Query(const Query&) = delete;
    Query& operator=(const Query&) = delete;

    bool step() { return statement_.executeStep(); }
    void run() { statement_.exec(); }

    std::uint64_t number(int column) const {
      return static_cast<std::uint64_t>(statement_.getColumn(column).getInt64());
    }
    Bytes blob(int column) const {
      const SQLite::Column value = statement_.getColumn(column);
      const auto* begin = static_cast<const std::uint8_t*>(value.getBlob());
      return begin == nullptr ? Bytes() : Bytes(begin, begin + value.getBytes());
    }
    std::string text(int column) const { return statement_.getColumn(column).getString(); }
    bool null(int column) const { return statement_.getColumn(column).isNull(); }
    /// An id; a row that does not hold one is damage, thrown as such.
    template <class IdType>
    IdType id(int column) const {
      auto value = IdType::from(blob(column));
      if (!value) throw SQLite::Exception("an id in relay.db has the wrong length");
      return *value;
    }

   private:
    void bind(int i, std::uint64_t v) { statement_.bind(i, static_cast<std::int64_t>(v)); }
    void bind(int i, int v) { statement_.bind(i, v); }
    void bind(int i, bool v) { statement_.bind(i, v ? 1 : 0); }
    void bind(int i, const std::string& v) { statement_.bindNoCopy(i, v); }
    void bind(int i, ByteView v) {
      // An empty view may have a null pointer, which SQLite would read as NULL.
      statement_.bindNoCopy(i, v.empty() ? "" : static_cast<const void*>(v.data()),
                            static_cast<int>(v.size()));
    }
    void bind(int i, const Bytes& v) { bind(i, ByteView(v)); }
    void bind(int i, std::nullptr_t) { statement_.bind(i); }
    template <class Tag, std::size_t N>
    void bind(int i, const Id<Tag, N>& v) {
      bind(i, v.view());
    }
    template <class Tag>
    void bind(int i, Number<Tag> v) {
      bind(i, v.value);
    }

    SQLite::Statement& statement_;
  };

  /// Rolled back at its end unless it was committed.
  class Transaction {
   public:
    explicit Transaction(RelayDb& db) : db_(db) { db_.run("BEGIN IMMEDIATE"); }
    ~Transaction() {
      if (!committed_) db_.database().tryExec("ROLLBACK");
    }
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    void commit() {
      db_.run("COMMIT");
      committed_ = true;
    }

   private:
    RelayDb& db_;
    bool committed_ = false;
  };

  /// `sql` is a literal: its address is the key of the cached statement.
  template <class... Values>
  Query query(const char* sql, const Values&... values) {
    return Query(statement(sql), values...);
  }
  template <class... Values>
  void run(const char* sql, const Values&... values) {
    query(sql, values...).run();
  }

 private:
  /// Throws unless the file is new or of our schema.
  void check_version();
  SQLite::Statement& statement(const char* sql);
  SQLite::Database database_;
  std::map<const char*, std::unique_ptr<SQLite::Statement>> statements_;
};

/// How the reads of RelayReader turn what SQLite throws into a value.
inline Error read_failed(const char* what, const std::exception& e) {
  return error(ErrorCode::storage_failed,
               std::string("cannot read ") + what + " from relay.db: " + e.what());
}

}  // namespace candour::storage
