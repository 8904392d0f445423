// The tables of relay.db (SQLite 3, WAL, synchronous=FULL, secure_delete). Written here because two
// programs read them by independent paths: candour-relay through relay_store.h, and
// `candourctl log verify`, which trusts nothing the relay computed.
//
// Numbers are 64-bit integers, ids and hashes blobs of their fixed length, formats as their headers
// say. `schema` in meta is 4. What can be computed is not stored: the opening's object hash comes
// from the record, hashes of small subtrees from the entries. The log:
//
//   log_entries   idx     leaf number from 0, without gaps
//                 leaf    ordinary:  class u8 = 1, kind u8, salt 32, ciphertext hash 32, content
//                                    commitment 32; the object hash is that of `record`; and the
//                                    entry's commitment 32, so that entries are read without
//                                    hashing records
//                         directory: class u8 = 2, opening 130; the object stands in `directory`
//                                    under leaf_index = idx
//                         opening:   class u8 = 3, commitment 32; what is known of it stands in
//                                    `openings` under leaf_index = idx
//                 record  sealed record (warrant/seal) of an ordinary leaf; else null
//   log_hashes    (level, idx) -> hash of a complete subtree (tlog/tree.h), for levels 8, 16, ...
//   log_lookup    (prefix, idx): the first 4 bytes of leaf idx's hash, as a number
//   log_times     block -> first_ms, last_ms: within which times the labels of the records among
//                 leaves 256 * block to 256 * block + 255 lie; no row when there are none
//   checkpoints   size -> note: the checkpoint with the log's own signature
//   cosignatures  (size, name) -> line "— name base64" by that witness
//   directory     number from 1 without gaps, kind (ObjectKind of candour.proto), object,
//                 object_hash, leaf_index, opening
//   openings      number from 1 without gaps, leaf_index, kind (tlog::LeafKind), leaf_hash, about
//                 (leaf hash of the warrant it belongs to, or null), records, sealed_until_ms,
//                 logged_ms, notice (identity/opening_notice.h); object and opening are null until
//                 it is unsealed
//   opening_copies (number, auditor) -> the copy sealed to that auditor
//
// A checkpoint row is committed after (or with) all leaves it covers. Old checkpoints are dropped
// (transport/relay/checkpoints.h).
#pragma once

#include <cstdint>

namespace candour::storage {

inline constexpr int kRelaySchemaVersion = 4;
/// Rows of log_entries hold about 1,450 bytes for a chat message, of up to 1,480 a page takes
/// eleven.
inline constexpr int kRelayPageSize = 16384;
/// Leaves in a block of log_times, and entries that are read together.
inline constexpr std::uint64_t kBlockEntries = 256;
/// log_hashes holds every level that is a multiple of this.
inline constexpr unsigned kStoredLevelStep = 8;

inline constexpr const char* kRelaySchema = R"sql(
CREATE TABLE IF NOT EXISTS meta (
  name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS directory (
  number INTEGER PRIMARY KEY, kind INTEGER NOT NULL, object BLOB NOT NULL,
  object_hash BLOB NOT NULL UNIQUE, leaf_index INTEGER NOT NULL UNIQUE, opening BLOB NOT NULL);

-- Who is in which group and what has reached the device.
CREATE TABLE IF NOT EXISTS groups (
  group_id BLOB PRIMARY KEY, epoch INTEGER NOT NULL, seq INTEGER NOT NULL,
  submission INTEGER NOT NULL, token_hash BLOB NOT NULL, stopped INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS members (
  group_id BLOB NOT NULL, device BLOB NOT NULL, cursor INTEGER NOT NULL,
  PRIMARY KEY (group_id, device)) WITHOUT ROWID;

-- The newest signed roster of each group.
CREATE TABLE IF NOT EXISTS rosters (
  group_id BLOB PRIMARY KEY, roster BLOB NOT NULL) WITHOUT ROWID;

-- What comes with every message is appended: what a transaction writes then lies on few pages,
-- whosever it is, and nothing is indexed that is only read as a whole. `number` counts what the
-- relay accepted, and in `verdicts` what was judged, over all groups.
-- Accepted and not yet judged.
CREATE TABLE IF NOT EXISTS pending (
  number INTEGER PRIMARY KEY, group_id BLOB NOT NULL, submission INTEGER NOT NULL,
  message_id BLOB NOT NULL,
  sender BLOB NOT NULL, epoch INTEGER NOT NULL, kind INTEGER NOT NULL,
  accepted_ms INTEGER NOT NULL, ciphertext_hash BLOB NOT NULL, ciphertext BLOB NOT NULL,
  bot_field BLOB NOT NULL);
-- The last submissions of each device, for repeats.
CREATE TABLE IF NOT EXISTS submitted (
  number INTEGER PRIMARY KEY, device BLOB NOT NULL, message_id BLOB NOT NULL,
  group_id BLOB NOT NULL, submission INTEGER NOT NULL, hash BLOB NOT NULL);
-- The last verdicts of each group, for repeats.
CREATE TABLE IF NOT EXISTS verdicts (
  number INTEGER PRIMARY KEY, group_id BLOB NOT NULL, submission INTEGER NOT NULL,
  message_id BLOB NOT NULL, hash BLOB NOT NULL, seq INTEGER NOT NULL);
-- Released: one row for all members, until every cursor has passed it.
CREATE TABLE IF NOT EXISTS messages (
  group_id BLOB NOT NULL, seq INTEGER NOT NULL, submission INTEGER NOT NULL,
  epoch INTEGER NOT NULL, kind INTEGER NOT NULL, message_id BLOB NOT NULL, sender BLOB NOT NULL,
  ciphertext BLOB NOT NULL, token BLOB NOT NULL, roster BLOB NOT NULL,
  PRIMARY KEY (group_id, seq));

CREATE TABLE IF NOT EXISTS mail (
  device BLOB NOT NULL, number INTEGER NOT NULL, kind INTEGER NOT NULL, body BLOB NOT NULL,
  about BLOB NOT NULL, PRIMARY KEY (device, number));
-- The newest mail that is gone; numbers go on after it and after what is there.
CREATE TABLE IF NOT EXISTS mail_counters (
  device BLOB PRIMARY KEY, last INTEGER NOT NULL) WITHOUT ROWID;
-- Ids of mail to the bot, for repeats.
CREATE TABLE IF NOT EXISTS bot_mail_ids (
  number INTEGER PRIMARY KEY, device BLOB NOT NULL, mail_id BLOB NOT NULL, hash BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS key_packages (
  number INTEGER PRIMARY KEY, device BLOB NOT NULL, body BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS key_packages_by_device ON key_packages (device, number);
-- Handed out when a device has no other key package, again and again; `used` once it was.
CREATE TABLE IF NOT EXISTS last_resorts (
  device BLOB PRIMARY KEY, body BLOB NOT NULL, used INTEGER NOT NULL) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS log_entries (
  idx INTEGER PRIMARY KEY, leaf BLOB NOT NULL, record BLOB);
CREATE TABLE IF NOT EXISTS log_hashes (
  level INTEGER NOT NULL, idx INTEGER NOT NULL, hash BLOB NOT NULL,
  PRIMARY KEY (level, idx)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS log_lookup (
  prefix INTEGER NOT NULL, idx INTEGER NOT NULL, PRIMARY KEY (prefix, idx)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS log_times (
  block INTEGER PRIMARY KEY, first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS openings (
  number INTEGER PRIMARY KEY, leaf_index INTEGER NOT NULL UNIQUE, kind INTEGER NOT NULL,
  leaf_hash BLOB NOT NULL UNIQUE, about BLOB, records INTEGER NOT NULL,
  sealed_until_ms INTEGER NOT NULL, logged_ms INTEGER NOT NULL, notice BLOB NOT NULL, object BLOB,
  opening BLOB);
CREATE TABLE IF NOT EXISTS opening_copies (
  number INTEGER NOT NULL, auditor TEXT NOT NULL, sealed BLOB NOT NULL,
  PRIMARY KEY (number, auditor)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS checkpoints (
  size INTEGER PRIMARY KEY, note TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS cosignatures (
  size INTEGER NOT NULL, name TEXT NOT NULL, line TEXT NOT NULL,
  PRIMARY KEY (size, name)) WITHOUT ROWID;
-- Leaves that belong to no submission, for repeats.
CREATE TABLE IF NOT EXISTS appended (
  record_id BLOB PRIMARY KEY, idx INTEGER NOT NULL, hash BLOB NOT NULL) WITHOUT ROWID;
)sql";

}  // namespace candour::storage
