// Retention keys: the second factor of every sealed record. One random key for each class of
// groups and each period (a calendar year, UTC); erasing it disposes of all records of that class
// and period, for custodians too. Kept on the bot and on a keeper, outside databases and backups.
//
// The file (mode 0600) is text:
//
//   candour-retention-keys/v1
//   key <class> <period> <64 hex>      one line each; a class and period occur once
//
// Values that move but do not copy; not thread-safe while being changed.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"

namespace candour::warrant {

struct RetentionKey {
  std::string retention_class;  // the class of the group: "ordinary", "statement", ...
  std::string period;           // "2026"
  Secret<32> key;
};

/// The period a time belongs to: its UTC year.
std::string period_of(TimeMs time);

/// What the host of the retention keys contributes to the key of one record, and all it ever
/// gives away: HMAC-SHA-256(key, "candour retention part v1" 00 record id).
Secret<32> retention_part(const RetentionKey& key, const RecordId& record);

class RetentionKeys {
 public:
  RetentionKeys() = default;
  /// Adds a fresh key for each class and period that has none yet. input_invalid when a name is
  /// not 1 to 32 characters of a-z, 0-9 and '-', or a period not four digits.
  Status add_missing(const std::vector<std::string>& classes,
                     const std::vector<std::string>& periods, Random& random);

  /// not_found, state_damaged (readable by others, or malformed: with the line).
  static Result<RetentionKeys> read(const std::filesystem::path& path);
  /// Durable, mode 0600; already_exists unless `replace`.
  Status write(const std::filesystem::path& path, bool replace = false) const;
  static Result<RetentionKeys> parse(ByteView text);
  SecretBytes print() const;

  /// The key for records of a class at a time; not_found says which key to make. The pointer
  /// lives until the keys change.
  Result<const RetentionKey*> find(std::string_view retention_class, TimeMs time) const;
  const std::vector<RetentionKey>& keys() const { return keys_; }

 private:
  const RetentionKey* lookup(std::string_view retention_class, std::string_view period) const;
  std::vector<RetentionKey> keys_;
};

}  // namespace candour::warrant
