#include "client/sealed_db.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <map>

#include "base/assert.h"
#include "base/codec.h"
#include "base/files.h"
#include "base/private_folder.h"
#include "crypto/aead.h"
#include "crypto/password.h"

namespace candour::client {
namespace {

constexpr std::array<const char*, 19> kTables = {
    "meta",    "key_packages", "groups", "progress", "mls_states",   "ratchets",  "senders",
    "history", "messages",     "drafts", "outbox",   "alerts",       "directory", "proven",
    "watched", "included",     "alarms", "warnings", "closed_alerts"};
constexpr std::uint8_t kKeyFileVersion = 1;
constexpr std::string_view kKeyFileContext = "candour state key v1";
constexpr std::size_t kKeyFileSizeMax = 1024;

const char* name_of(Table table) { return kTables.at(static_cast<std::size_t>(table)); }

Bytes context_of(Table table, ByteView key) {
  Writer context;
  context.raw(as_bytes(name_of(table)));
  context.u8(0);
  context.raw(key);
  return context.take();
}

/// The smallest key that is greater than every key with this prefix; empty when there is none.
Bytes end_of_prefix(ByteView prefix) {
  Bytes end = to_bytes(prefix);
  while (!end.empty() && end.back() == 0xff) end.pop_back();
  if (!end.empty()) ++end.back();
  return end;
}

}  // namespace

struct SealedDb::Impl {
  Impl(Random& r) : random(r) {}
  ~Impl() {
    for (auto& [sql, statement] : statements) sqlite3_finalize(statement);
    if (db != nullptr) sqlite3_close(db);
    if (lock >= 0) ::close(lock);
  }

  Error failed(std::string_view what) const {
    return error(ErrorCode::storage_failed, "the state could not be " + std::string(what) + ": " +
                                                sqlite3_errmsg(db) +
                                                "; check the disk and its space");
  }
  Status run(const char* sql) {
    if (sqlite3_exec(db, sql, nullptr, nullptr, nullptr) == SQLITE_OK) return ok();
    return failed("used");
  }
  Result<sqlite3_stmt*> prepared(const std::string& sql) {
    auto found = statements.find(sql);
    if (found == statements.end()) {
      sqlite3_stmt* statement = nullptr;
      if (sqlite3_prepare_v3(db, sql.c_str(), -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr) !=
          SQLITE_OK) {
        return failed("read");
      }
      found = statements.emplace(sql, statement).first;
    }
    sqlite3_reset(found->second);
    sqlite3_clear_bindings(found->second);
    return found->second;
  }
  static void bind(sqlite3_stmt* statement, int at, ByteView bytes) {
    // A null pointer would bind NULL; an empty key is an empty blob.
    static const std::uint8_t nothing = 0;
    sqlite3_bind_blob(statement, at, bytes.empty() ? &nothing : bytes.data(),
                      static_cast<int>(bytes.size()), SQLITE_TRANSIENT);
  }
  static ByteView column(sqlite3_stmt* statement, int at) {
    return {static_cast<const std::uint8_t*>(sqlite3_column_blob(statement, at)),
            static_cast<std::size_t>(sqlite3_column_bytes(statement, at))};
  }
  Status finish(sqlite3_stmt* statement) {
    const int code = sqlite3_step(statement);
    sqlite3_reset(statement);
    return code == SQLITE_DONE ? Status(ok()) : Status(failed("written"));
  }
  Result<SecretBytes> unseal(Table table, ByteView key, ByteView box) const {
    auto value = crypto::box_open(state_key, context_of(table, key), box);
    if (value) return std::move(value).value();
    return error(ErrorCode::state_damaged,
                 std::string("a row of table ") + name_of(table) +
                     " does not open with the state key; the file client.db was changed");
  }

  Status take_lock(const std::filesystem::path& folder);
  Status open_database(const std::filesystem::path& folder);

  Random& random;
  crypto::AeadKey state_key;
  sqlite3* db = nullptr;
  int lock = -1;
  int depth = 0;
  std::map<std::string, sqlite3_stmt*> statements;
};

Status SealedDb::Impl::take_lock(const std::filesystem::path& folder) {
  lock = ::open((folder / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0) {
    return error(ErrorCode::storage_failed,
                 "cannot write in the state folder " + folder.string() + "; check its owner");
  }
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    return error(ErrorCode::state_locked,
                 "another candour (a watch or a chat?) uses the state folder " + folder.string() +
                     "; end it first, or type the command there");
  }
  return ok();
}

Status SealedDb::Impl::open_database(const std::filesystem::path& folder) {
  const std::string path = (folder / "client.db").string();
  // The file must never be readable by others, not even while it is made.
  const mode_t mask = ::umask(0077);
  const int code = sqlite3_open_v2(
      path.c_str(), &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  Status set = code == SQLITE_OK ? run("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                                       "PRAGMA secure_delete=ON; PRAGMA temp_store=MEMORY;")
                                 : Status(failed("opened"));
  ::umask(mask);
  CANDOUR_TRY(std::move(set));
  for (const char* table : kTables) {
    CANDOUR_TRY(run((std::string("CREATE TABLE IF NOT EXISTS ") + table +
                     " (key BLOB PRIMARY KEY NOT NULL, box BLOB NOT NULL) WITHOUT ROWID")
                        .c_str()));
  }
  return ok();
}

SealedDb::SealedDb(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SealedDb::~SealedDb() = default;

Result<std::unique_ptr<SealedDb>> SealedDb::create(const std::filesystem::path& folder,
                                                   const SecretText& passphrase, Random& random) {
  CANDOUR_TRY(make_private_folder(folder));
  auto impl = std::make_unique<Impl>(random);
  CANDOUR_TRY(impl->take_lock(folder));
  if (std::filesystem::exists(folder / "state.key")) {
    return error(ErrorCode::already_exists, "the folder " + folder.string() +
                                                " already holds a device; choose another --state");
  }
  impl->state_key = random.secret<32>();
  Bytes salt(crypto::kPasswordSaltSize);
  random.fill(salt);
  CANDOUR_TRY(crypto::AeadKey wrapping, crypto::key_from_passphrase(passphrase, salt));
  Writer file;
  file.u8(kKeyFileVersion);
  file.raw(salt);
  file.raw(crypto::box_seal(wrapping, as_bytes(kKeyFileContext), impl->state_key.view(), random));
  CANDOUR_TRY(impl->open_database(folder));
  CANDOUR_TRY(write_secret_file(folder / "state.key", file.view()));
  return std::unique_ptr<SealedDb>(new SealedDb(std::move(impl)));
}

Result<std::unique_ptr<SealedDb>> SealedDb::open(const std::filesystem::path& folder,
                                                 const SecretText& passphrase, Random& random) {
  if (!std::filesystem::exists(folder / "state.key")) {
    return error(ErrorCode::not_found,
                 "the folder " + folder.string() + " holds no device; run `candour enrol` first");
  }
  auto impl = std::make_unique<Impl>(random);
  CANDOUR_TRY(impl->take_lock(folder));
  CANDOUR_TRY(SecretBytes file, read_secret_file(folder / "state.key", kKeyFileSizeMax));
  Reader reader(file.view());
  const std::uint8_t version = reader.u8();
  const ByteView salt = reader.raw(crypto::kPasswordSaltSize);
  if (!reader.ok() || version != kKeyFileVersion) {
    return error(ErrorCode::state_damaged, "the file state.key is not one of this version");
  }
  CANDOUR_TRY(crypto::AeadKey wrapping, crypto::key_from_passphrase(passphrase, salt));
  auto key = crypto::box_open(wrapping, as_bytes(kKeyFileContext), reader.rest());
  if (!key || key.value().size() != crypto::AeadKey::kSize) {
    return error(ErrorCode::decryption_failed,
                 "the passphrase does not open this state; try again");
  }
  impl->state_key = crypto::AeadKey::copy_of(
      std::span<const std::uint8_t, crypto::AeadKey::kSize>(key.value().view()));
  CANDOUR_TRY(impl->open_database(folder));
  return std::unique_ptr<SealedDb>(new SealedDb(std::move(impl)));
}

Status SealedDb::put(Table table, ByteView key, ByteView value) {
  CANDOUR_TRY(auto* statement, impl_->prepared(std::string("INSERT OR REPLACE INTO ") +
                                               name_of(table) + " VALUES (?, ?)"));
  Impl::bind(statement, 1, key);
  Impl::bind(statement, 2,
             crypto::box_seal(impl_->state_key, context_of(table, key), value, impl_->random));
  return impl_->finish(statement);
}

Status SealedDb::erase(Table table, ByteView key) {
  CANDOUR_TRY(auto* statement,
              impl_->prepared(std::string("DELETE FROM ") + name_of(table) + " WHERE key = ?"));
  Impl::bind(statement, 1, key);
  return impl_->finish(statement);
}

Status SealedDb::erase_prefix(Table table, ByteView prefix) {
  CANDOUR_ASSERT(!prefix.empty());
  const Bytes end = end_of_prefix(prefix);
  const bool bounded = !end.empty();
  CANDOUR_TRY(auto* statement,
              impl_->prepared(std::string("DELETE FROM ") + name_of(table) + " WHERE key >= ?" +
                              (bounded ? " AND key < ?" : "")));
  Impl::bind(statement, 1, prefix);
  if (bounded) Impl::bind(statement, 2, end);
  return impl_->finish(statement);
}

Status SealedDb::erase_all(Table table) {
  CANDOUR_TRY(auto* statement, impl_->prepared(std::string("DELETE FROM ") + name_of(table)));
  return impl_->finish(statement);
}

Result<std::optional<SecretBytes>> SealedDb::get(Table table, ByteView key) {
  CANDOUR_TRY(auto* statement,
              impl_->prepared(std::string("SELECT box FROM ") + name_of(table) + " WHERE key = ?"));
  Impl::bind(statement, 1, key);
  const int code = sqlite3_step(statement);
  if (code == SQLITE_DONE) {
    sqlite3_reset(statement);
    return std::optional<SecretBytes>();
  }
  if (code != SQLITE_ROW) return impl_->failed("read");
  auto value = impl_->unseal(table, key, Impl::column(statement, 0));
  sqlite3_reset(statement);
  if (!value) return value.error();
  return std::optional<SecretBytes>(std::move(value).value());
}

Result<bool> SealedDb::has(Table table, ByteView key) {
  CANDOUR_TRY(auto* statement,
              impl_->prepared(std::string("SELECT 1 FROM ") + name_of(table) + " WHERE key = ?"));
  Impl::bind(statement, 1, key);
  const int code = sqlite3_step(statement);
  sqlite3_reset(statement);
  if (code != SQLITE_ROW && code != SQLITE_DONE) return impl_->failed("read");
  return code == SQLITE_ROW;
}

Status SealedDb::scan(Table table, ByteView prefix,
                      const std::function<Status(ByteView key, SecretBytes value)>& visit) {
  const Bytes end = end_of_prefix(prefix);
  const bool bounded = !end.empty();
  CANDOUR_TRY(auto* statement, impl_->prepared(std::string("SELECT key, box FROM ") +
                                               name_of(table) + " WHERE key >= ?" +
                                               (bounded ? " AND key < ?" : "") + " ORDER BY key"));
  Impl::bind(statement, 1, prefix);
  if (bounded) Impl::bind(statement, 2, end);
  Status result = ok();
  int code = sqlite3_step(statement);
  for (; code == SQLITE_ROW && result; code = sqlite3_step(statement)) {
    const Bytes key = to_bytes(Impl::column(statement, 0));
    auto value = impl_->unseal(table, key, Impl::column(statement, 1));
    result = value ? visit(key, std::move(value).value()) : Status(value.error());
    if (!result) break;
  }
  sqlite3_reset(statement);
  CANDOUR_TRY(std::move(result));
  if (code != SQLITE_DONE) return impl_->failed("read");
  return ok();
}

Status SealedDb::atomically(const std::function<Status()>& work) {
  if (impl_->depth > 0) return work();
  CANDOUR_TRY(impl_->run("BEGIN IMMEDIATE"));
  ++impl_->depth;
  Status result = work();
  --impl_->depth;
  if (result) result = impl_->run("COMMIT");
  if (!result) sqlite3_exec(impl_->db, "ROLLBACK", nullptr, nullptr, nullptr);
  return result;
}

}  // namespace candour::client
