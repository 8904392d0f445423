#include "storage/relay_writes.h"

#include <algorithm>

#include "storage/relay_schema.h"

namespace candour::storage {

namespace {

void write_mail(RelayDb& db, const MailRow& mail) {
  db.run("INSERT INTO mail (device, number, kind, body, about) VALUES (?, ?, ?, ?, ?)", mail.device,
         mail.number, mail.kind, mail.body, mail.about);
}

void write_roster(RelayDb& db, const GroupId& group, Seq commit, const RosterChange& change) {
  std::vector<DeviceId> gone;
  {
    auto q = db.query("SELECT device FROM members WHERE group_id = ?", group);
    while (q.step()) {
      const auto device = q.id<DeviceId>(0);
      if (std::find(change.members.begin(), change.members.end(), device) == change.members.end()) {
        gone.push_back(device);
      }
    }
  }
  for (const auto& device : gone) {
    db.run("DELETE FROM members WHERE group_id = ? AND device = ?", group, device);
  }
  for (const auto& device : change.members) {
    db.run("INSERT OR IGNORE INTO members (group_id, device, cursor) VALUES (?, ?, ?)", group,
           device, commit);
  }
  for (const auto& device : change.added_anew) {
    db.run("UPDATE members SET cursor = max(cursor, ?) WHERE group_id = ? AND device = ?", commit,
           group, device);
  }
  db.run("UPDATE groups SET epoch = ? WHERE group_id = ?", change.epoch, group);
}

void write_time(RelayDb& db, std::uint64_t index, TimeMs time) {
  const std::uint64_t block = index / kBlockEntries;
  db.run(
      "INSERT INTO log_times (block, first_ms, last_ms) VALUES (?1, ?2, ?2) "
      "ON CONFLICT (block) DO UPDATE SET first_ms = min(first_ms, excluded.first_ms), "
      "last_ms = max(last_ms, excluded.last_ms)",
      block, time);
}

}  // namespace

void write_leaf(RelayDb& db, const LogLeaf& leaf) {
  const Bytes row = pack_leaf(leaf);
  if (leaf.record.empty()) {
    db.run("INSERT INTO log_entries (idx, leaf) VALUES (?, ?)", leaf.index, row);
  } else {
    db.run("INSERT INTO log_entries (idx, leaf, record) VALUES (?, ?, ?)", leaf.index, row,
           leaf.record);
  }
  db.run("INSERT INTO log_lookup (prefix, idx) VALUES (?, ?)", lookup_prefix(leaf.leaf_hash),
         leaf.index);
  if (leaf.time) write_time(db, leaf.index, *leaf.time);
  for (const auto& stored : leaf.hashes) {
    if (stored.node.level == 0 || stored.node.level % kStoredLevelStep != 0) continue;
    db.run("INSERT INTO log_hashes (level, idx, hash) VALUES (?, ?, ?)",
           std::uint64_t{stored.node.level}, stored.node.index, stored.hash);
  }
}

void write_published(RelayDb& db, const PublishedObject& published) {
  const auto& object = published.object;
  write_leaf(db, published.leaf);
  db.run(
      "INSERT INTO directory (number, kind, object, object_hash, leaf_index, opening) "
      "VALUES (?, ?, ?, ?, ?, ?)",
      object.number, object.kind, object.object, object.object_hash, object.leaf_index,
      object.opening);
  if (!published.revoked) return;
  db.run("DELETE FROM members WHERE device = ?", *published.revoked);
  db.run("DELETE FROM mail WHERE device = ?", *published.revoked);
  db.run("DELETE FROM key_packages WHERE device = ?", *published.revoked);
  db.run("DELETE FROM last_resorts WHERE device = ?", *published.revoked);
}

void write_accepted(RelayDb& db, const AcceptedSubmission& accepted) {
  const auto& row = accepted.pending.about;
  if (accepted.creates_group) {
    db.run(
        "INSERT INTO groups (group_id, epoch, seq, submission, token_hash, stopped) "
        "VALUES (?, 0, 0, 0, ?, 0)",
        row.group, Digest());
    db.run("INSERT INTO members (group_id, device, cursor) VALUES (?, ?, 0)", row.group,
           row.sender);
  }
  if (accepted.forms_again) {
    for (const auto number : accepted.dropped) {
      db.run("DELETE FROM submitted WHERE number = ?", number);
      db.run("DELETE FROM pending WHERE number = ?", number);
    }
    // The other verdicts say how far the group is; those that were dropped have none.
    db.run("UPDATE groups SET submission = ?, stopped = 0 WHERE group_id = ?", row.submission,
           row.group);
    db.run("INSERT OR IGNORE INTO members (group_id, device, cursor) VALUES (?, ?, 0)", row.group,
           row.sender);
  }
  db.run(
      "INSERT INTO pending (number, group_id, submission, message_id, sender, epoch, kind, "
      "accepted_ms, ciphertext_hash, ciphertext, bot_field) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      row.number, row.group, row.submission, row.message_id, row.sender, row.epoch, row.kind,
      row.accepted, row.ciphertext_hash, accepted.pending.ciphertext, accepted.pending.bot_field);
  const auto& memory = accepted.submitted;
  db.run(
      "INSERT INTO submitted (number, device, message_id, group_id, submission, hash) "
      "VALUES (?, ?, ?, ?, ?, ?)",
      memory.number, memory.device, memory.message_id, memory.group, memory.submission,
      memory.hash);
  for (const auto number : accepted.forgotten) {
    db.run("DELETE FROM submitted WHERE number = ?", number);
  }
}

void write_judged(RelayDb& db, const JudgedSubmission& judged) {
  const auto& verdict = judged.verdict;
  for (const auto& leaf : judged.log) write_leaf(db, leaf);
  if (judged.released) {
    const auto& m = *judged.released;
    db.run(
        "INSERT INTO messages (group_id, seq, submission, epoch, kind, message_id, sender, token, "
        "roster, ciphertext) SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ciphertext FROM pending "
        "WHERE number = ?",
        m.group, m.seq, m.submission, m.epoch, m.kind, m.message_id, m.sender, m.token, m.roster,
        judged.number);
    if (db.database().getChanges() != 1) {
      throw SQLite::Exception("a released submission is not pending in relay.db");
    }
    db.run("UPDATE groups SET seq = ?, token_hash = ?, submission = ? WHERE group_id = ?", m.seq,
           judged.token_hash, verdict.submission, m.group);
    if (judged.roster) {
      write_roster(db, m.group, m.seq, *judged.roster);
      db.run("INSERT OR REPLACE INTO rosters (group_id, roster) VALUES (?, ?)", m.group, m.roster);
    }
  } else {
    db.run("UPDATE groups SET submission = ? WHERE group_id = ?", verdict.submission,
           verdict.group);
  }
  db.run("DELETE FROM pending WHERE number = ?", judged.number);
  db.run(
      "INSERT INTO verdicts (number, group_id, submission, message_id, hash, seq) "
      "VALUES (?, ?, ?, ?, ?, ?)",
      verdict.number, verdict.group, verdict.submission, verdict.message_id, verdict.hash,
      verdict.seq);
  for (const auto number : judged.forgotten) {
    db.run("DELETE FROM verdicts WHERE number = ?", number);
  }
  for (const auto& mail : judged.mail) write_mail(db, mail);
}

void write_appended(RelayDb& db, const AppendedRecord& record) {
  write_leaf(db, record.leaf);
  db.run("INSERT INTO appended (record_id, idx, hash) VALUES (?, ?, ?)", record.appended.record_id,
         record.appended.index, record.appended.hash);
  for (const auto& id : record.forgotten) db.run("DELETE FROM appended WHERE record_id = ?", id);
  for (const auto& mail : record.mail) write_mail(db, mail);
}

void write_opening(RelayDb& db, const LoggedOpening& opening) {
  write_leaf(db, opening.leaf);
  const OpeningRow& row = opening.row;
  db.run(
      "INSERT INTO openings (number, leaf_index, kind, leaf_hash, records, sealed_until_ms, "
      "logged_ms, notice) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
      row.number, row.leaf_index, row.kind, row.leaf_hash, row.records, row.sealed_until,
      row.logged, opening.notice);
  if (row.about) {
    db.run("UPDATE openings SET about = ? WHERE number = ?", *row.about, row.number);
  }
  for (const auto& copy : opening.copies) {
    db.run("INSERT INTO opening_copies (number, auditor, sealed) VALUES (?, ?, ?)", row.number,
           copy.auditor, copy.sealed);
  }
}

void write_unsealed(RelayDb& db, const UnsealedOpening& unsealed) {
  db.run("UPDATE openings SET object = ?, opening = ? WHERE number = ?", unsealed.object,
         unsealed.opening, unsealed.number);
}

void write_key_packages(RelayDb& db, const StoredKeyPackages& stored) {
  if (stored.replace) {
    db.run("DELETE FROM key_packages WHERE device = ?", stored.device);
    db.run("DELETE FROM last_resorts WHERE device = ?", stored.device);
  }
  for (const auto& body : stored.bodies) {
    db.run("INSERT INTO key_packages (device, body) VALUES (?, ?)", stored.device, body);
  }
  if (stored.last_resort.empty()) return;
  db.run("INSERT OR REPLACE INTO last_resorts (device, body, used) VALUES (?, ?, 0)", stored.device,
         stored.last_resort);
}

void take_key_package(RelayDb& db, const DeviceId& device, std::vector<TakenKeyPackage>& taken) {
  std::uint64_t number = 0;
  {
    auto q = db.query(
        "SELECT number, body FROM key_packages WHERE device = ? ORDER BY number LIMIT 1", device);
    if (q.step()) {
      number = q.number(0);
      taken.push_back({device, q.blob(1)});
    }
  }
  if (number != 0) {
    db.run("DELETE FROM key_packages WHERE number = ?", number);
    return;
  }
  {
    auto q = db.query("SELECT body FROM last_resorts WHERE device = ?", device);
    if (!q.step()) return;
    taken.push_back({device, q.blob(0), true});
  }
  db.run("UPDATE last_resorts SET used = 1 WHERE device = ?", device);
}

void write_bot_mail(RelayDb& db, const BotMailId& id, const MailRow& mail) {
  db.run("INSERT INTO bot_mail_ids (device, mail_id, hash) VALUES (?, ?, ?)", id.device, id.mail_id,
         id.hash);
  const auto number = static_cast<std::uint64_t>(db.database().getLastInsertRowid());
  if (number > kBotMailRemembered) {
    db.run("DELETE FROM bot_mail_ids WHERE number <= ?", number - kBotMailRemembered);
  }
  write_mail(db, mail);
}

void write_acknowledged(RelayDb& db, const Acknowledged& acknowledged) {
  for (const auto& row : acknowledged.cursors) {
    db.run("UPDATE members SET cursor = max(cursor, ?) WHERE group_id = ? AND device = ?",
           row.cursor, row.group, row.device);
  }
  for (const auto& passed : acknowledged.passed) {
    db.run("DELETE FROM messages WHERE group_id = ? AND seq <= ?", passed.group, passed.through);
  }
  for (const auto& mail : acknowledged.mail) {
    db.run("DELETE FROM mail WHERE device = ? AND number <= ?", mail.device, mail.through);
    db.run("INSERT OR REPLACE INTO mail_counters (device, last) VALUES (?, ?)", mail.device,
           mail.through);
  }
}

void write_checkpoint(RelayDb& db, std::uint64_t size, const std::string& note,
                      const std::vector<std::uint64_t>& dropped) {
  db.run("INSERT INTO checkpoints (size, note) VALUES (?, ?)", size, note);
  for (const std::uint64_t old : dropped) {
    db.run("DELETE FROM checkpoints WHERE size = ?", old);
    db.run("DELETE FROM cosignatures WHERE size = ?", old);
  }
}

}  // namespace candour::storage
