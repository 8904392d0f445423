// A device's state at rest: tables of sealed values in one SQLite file, in a folder that one
// process at a time may use.
//
//   <folder>/lock        held by the process that uses the folder
//   <folder>/state.key   version u8 = 1, salt 16, box of the 32-byte state key under Argon2id of
//                        the passphrase (crypto/password.h)
//   <folder>/client.db   each table is (key BLOB, box BLOB); a box is crypto::box_seal under the
//                        state key with the table's name and the row's key as context, so that no
//                        value can be moved to another place. Keys are ids and numbers, not secret.
//
// Whatever is committed survives a crash (WAL, synchronous=FULL); what is deleted is overwritten
// (secure_delete). Not thread-safe.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>

#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"

namespace candour::client {

enum class Table {
  meta,
  key_packages,
  groups,
  progress,
  mls_states,
  ratchets,
  senders,
  history,
  messages,
  drafts,
  outbox,
  alerts,
  directory,
  proven,
  watched,
  included,
  alarms,
  warnings,
  closed_alerts,
};

class SealedDb {
 public:
  /// Makes a new state. already_exists when the folder holds one.
  [[nodiscard]] static Result<std::unique_ptr<SealedDb>> create(const std::filesystem::path& folder,
                                                                const SecretText& passphrase,
                                                                Random& random);
  /// not_found without a state, state_locked when another process uses it, decryption_failed for
  /// a wrong passphrase, state_damaged for files that do not fit together.
  [[nodiscard]] static Result<std::unique_ptr<SealedDb>> open(const std::filesystem::path& folder,
                                                              const SecretText& passphrase,
                                                              Random& random);
  ~SealedDb();
  SealedDb(const SealedDb&) = delete;
  SealedDb& operator=(const SealedDb&) = delete;

  Status put(Table table, ByteView key, ByteView value);
  Status erase(Table table, ByteView key);
  Status erase_prefix(Table table, ByteView prefix);
  Status erase_all(Table table);
  /// Nothing when there is no such row; state_damaged when its box does not open.
  Result<std::optional<SecretBytes>> get(Table table, ByteView key);
  Result<bool> has(Table table, ByteView key);
  /// All rows whose key begins with `prefix`, in key order. `visit` must not change the table.
  Status scan(Table table, ByteView prefix,
              const std::function<Status(ByteView key, SecretBytes value)>& visit);

  /// Runs `work` in one transaction: all of it becomes durable, or nothing when it fails. Calls
  /// may nest; the outermost commits.
  Status atomically(const std::function<Status()>& work);

 private:
  struct Impl;
  explicit SealedDb(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace candour::client
