// The tables of relay.db (SQLite 3, WAL, synchronous=FULL, secure_delete). Written here because two
// programs read them by independent paths: candour-relay through relay_store.h, and
// `candourctl log verify`, which trusts nothing the relay computed.
//
// Numbers are 64-bit integers, ids and hashes blobs of their fixed length, formats as their headers
// say. `schema` in meta is 1. The log:
//
//   log_entries   idx        leaf number from 0, without gaps
//                 entry      34 bytes, tlog/leaf.h
//                 leaf_hash  SHA-256(00 || entry)
//                 opening    130 bytes, tlog/leaf.h
//                 record_id  16 bytes; null for directory leaves
//                 record     sealed record (warrant/seal); null for directory leaves, whose object
//                            stands in `directory` under leaf_index = idx
//   log_hashes    (level, idx) -> hash of a complete subtree (tlog/tree.h); level 0 = leaf hashes
//   checkpoints   size -> note: the checkpoint with the log's own signature
//   cosignatures  (size, name) -> line "— name base64" by that witness
//   directory     number from 1 without gaps, kind (ObjectKind of candour.proto), object,
//                 object_hash, leaf_index, opening
//
// A checkpoint row is committed after (or with) all leaves it covers. Old checkpoints are dropped;
// the newest kCheckpointsKept stay.
#pragma once

namespace candour::storage {

inline constexpr int kRelaySchemaVersion = 1;
inline constexpr int kCheckpointsKept = 512;

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

-- Accepted and not yet judged.
CREATE TABLE IF NOT EXISTS pending (
  group_id BLOB NOT NULL, submission INTEGER NOT NULL, message_id BLOB NOT NULL,
  sender BLOB NOT NULL, epoch INTEGER NOT NULL, kind INTEGER NOT NULL,
  accepted_ms INTEGER NOT NULL, ciphertext_hash BLOB NOT NULL, ciphertext BLOB NOT NULL,
  bot_field BLOB NOT NULL, PRIMARY KEY (group_id, submission));
-- The last submissions of each device, for repeats.
CREATE TABLE IF NOT EXISTS submitted (
  device BLOB NOT NULL, number INTEGER NOT NULL, message_id BLOB NOT NULL,
  group_id BLOB NOT NULL, submission INTEGER NOT NULL, hash BLOB NOT NULL,
  PRIMARY KEY (device, number)) WITHOUT ROWID;
-- The last verdicts of each group, for repeats.
CREATE TABLE IF NOT EXISTS verdicts (
  group_id BLOB NOT NULL, submission INTEGER NOT NULL, message_id BLOB NOT NULL,
  hash BLOB NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (group_id, submission)) WITHOUT ROWID;
-- Released: one row for all members, until every cursor has passed it.
CREATE TABLE IF NOT EXISTS messages (
  group_id BLOB NOT NULL, seq INTEGER NOT NULL, submission INTEGER NOT NULL,
  epoch INTEGER NOT NULL, kind INTEGER NOT NULL, message_id BLOB NOT NULL, sender BLOB NOT NULL,
  ciphertext BLOB NOT NULL, token BLOB NOT NULL, roster BLOB NOT NULL,
  PRIMARY KEY (group_id, seq));

CREATE TABLE IF NOT EXISTS mail (
  device BLOB NOT NULL, number INTEGER NOT NULL, kind INTEGER NOT NULL, body BLOB NOT NULL,
  about BLOB NOT NULL, PRIMARY KEY (device, number));
CREATE TABLE IF NOT EXISTS mail_counters (
  device BLOB PRIMARY KEY, last INTEGER NOT NULL) WITHOUT ROWID;
-- Ids of mail to the bot, for repeats.
CREATE TABLE IF NOT EXISTS bot_mail_ids (
  number INTEGER PRIMARY KEY, device BLOB NOT NULL, mail_id BLOB NOT NULL, hash BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS key_packages (
  number INTEGER PRIMARY KEY, device BLOB NOT NULL, body BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS key_packages_by_device ON key_packages (device, number);

CREATE TABLE IF NOT EXISTS log_entries (
  idx INTEGER PRIMARY KEY, entry BLOB NOT NULL, leaf_hash BLOB NOT NULL, opening BLOB NOT NULL,
  record_id BLOB, record BLOB);
CREATE INDEX IF NOT EXISTS log_entries_by_hash ON log_entries (leaf_hash);
CREATE INDEX IF NOT EXISTS log_entries_by_record ON log_entries (record_id)
  WHERE record_id IS NOT NULL;
CREATE TABLE IF NOT EXISTS log_hashes (
  level INTEGER NOT NULL, idx INTEGER NOT NULL, hash BLOB NOT NULL,
  PRIMARY KEY (level, idx)) WITHOUT ROWID;
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
