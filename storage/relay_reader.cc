#include "storage/relay_reader.h"

#include "storage/relay_db.h"
#include "storage/relay_schema.h"

namespace candour::storage {

namespace {

PendingRow pending_row(const RelayDb::Query& q) {
  return {.number = q.number(0),
          .group = q.id<GroupId>(1),
          .submission = Submission(q.number(2)),
          .message_id = q.id<MessageId>(3),
          .sender = q.id<DeviceId>(4),
          .epoch = Epoch(q.number(5)),
          .kind = static_cast<int>(q.number(6)),
          .accepted = TimeMs(q.number(7)),
          .ciphertext_hash = q.id<Digest>(8)};
}

DirectoryRow directory_row(const RelayDb::Query& q) {
  return {.number = q.number(0),
          .kind = static_cast<int>(q.number(1)),
          .object = q.blob(2),
          .object_hash = q.id<Digest>(3),
          .leaf_index = q.number(4),
          .opening = q.blob(5)};
}

OpeningRow opening_row(const RelayDb::Query& q) {
  OpeningRow row{.number = q.number(0),
                 .leaf_index = q.number(1),
                 .kind = static_cast<int>(q.number(2)),
                 .leaf_hash = q.id<Digest>(3),
                 .about = std::nullopt,
                 .records = q.number(5),
                 .sealed_until = TimeMs(q.number(6)),
                 .logged = TimeMs(q.number(7)),
                 .unsealed = q.number(8) != 0};
  if (!q.null(4)) row.about = q.id<Digest>(4);
  return row;
}

void load_groups(RelayDb& db, RelaySnapshot& out) {
  auto groups = db.query(
      "SELECT group_id, epoch, seq, max(submission, ifnull(p.last, 0)), token_hash, stopped, "
      "ifnull((SELECT min(m.seq) - 1 FROM messages m WHERE m.group_id = groups.group_id), seq) "
      "FROM groups LEFT JOIN (SELECT group_id AS id, max(submission) AS last FROM pending "
      "GROUP BY group_id) p ON p.id = groups.group_id");
  while (groups.step()) {
    out.groups.push_back({groups.id<GroupId>(0), Epoch(groups.number(1)), Seq(groups.number(2)),
                          Submission(groups.number(3)), groups.id<Digest>(4), groups.number(5) != 0,
                          Seq(groups.number(6))});
  }
  auto members = db.query("SELECT group_id, device, cursor FROM members");
  while (members.step()) {
    out.members.push_back(
        {members.id<GroupId>(0), members.id<DeviceId>(1), Seq(members.number(2))});
  }
  auto pending = db.query(
      "SELECT number, group_id, submission, message_id, sender, epoch, kind, accepted_ms, "
      "ciphertext_hash FROM pending ORDER BY group_id, submission");
  while (pending.step()) out.pending.push_back(pending_row(pending));
  auto submitted = db.query(
      "SELECT number, device, message_id, group_id, submission, hash FROM submitted "
      "ORDER BY number");
  while (submitted.step()) {
    out.submitted.push_back({submitted.number(0), submitted.id<DeviceId>(1),
                             submitted.id<MessageId>(2), submitted.id<GroupId>(3),
                             Submission(submitted.number(4)), submitted.id<Digest>(5)});
  }
  auto verdicts = db.query(
      "SELECT number, group_id, submission, message_id, hash, seq FROM verdicts ORDER BY number");
  while (verdicts.step()) {
    out.verdicts.push_back({verdicts.number(0), verdicts.id<GroupId>(1),
                            Submission(verdicts.number(2)), verdicts.id<MessageId>(3),
                            verdicts.id<Digest>(4), Seq(verdicts.number(5))});
  }
}

void load_devices(RelayDb& db, RelaySnapshot& out) {
  auto counters = db.query(
      "SELECT device, max(last) FROM (SELECT device, last FROM mail_counters UNION ALL "
      "SELECT device, max(number) FROM mail GROUP BY device) GROUP BY device");
  while (counters.step())
    out.mail_counters.emplace_back(counters.id<DeviceId>(0), counters.number(1));
  auto packages = db.query("SELECT device, count(*) FROM key_packages GROUP BY device");
  while (packages.step())
    out.key_packages.emplace_back(packages.id<DeviceId>(0), packages.number(1));
  auto last_resorts = db.query("SELECT device FROM last_resorts WHERE used = 0");
  while (last_resorts.step()) out.last_resorts.push_back(last_resorts.id<DeviceId>(0));
  auto ids = db.query("SELECT device, mail_id, hash FROM bot_mail_ids ORDER BY number");
  while (ids.step())
    out.bot_mail_ids.push_back({ids.id<DeviceId>(0), ids.blob(1), ids.id<Digest>(2)});
  auto waiting = db.query(
      "SELECT m.device, m.number, m.kind, i.device FROM mail m "
      "JOIN bot_mail_ids i ON i.mail_id = m.about");
  while (waiting.step()) {
    out.bot_mail.push_back({waiting.id<DeviceId>(0), waiting.number(1),
                            static_cast<int>(waiting.number(2)), waiting.id<DeviceId>(3)});
  }
}

/// The leaves after the last stored hash: what a crash or an old copy would have damaged.
void check_last_leaves(RelayDb& db, std::uint64_t size) {
  auto rows = db.query("SELECT idx, leaf, record FROM log_entries WHERE idx >= ? ORDER BY idx",
                       size / kBlockEntries * kBlockEntries);
  while (rows.step()) check_leaf(rows.number(0), rows.blob(1), rows.blob(2));
}

void load_log(RelayDb& db, RelaySnapshot& out) {
  auto directory = db.query(
      "SELECT number, kind, object, object_hash, leaf_index, opening FROM directory "
      "ORDER BY number");
  while (directory.step()) out.directory.push_back(directory_row(directory));
  auto openings = db.query(
      "SELECT number, leaf_index, kind, leaf_hash, about, records, sealed_until_ms, logged_ms, "
      "object IS NOT NULL FROM openings ORDER BY number");
  while (openings.step()) out.openings.push_back(opening_row(openings));
  auto appended = db.query("SELECT record_id, idx, hash FROM appended ORDER BY idx");
  while (appended.step()) {
    out.appended.push_back({appended.id<RecordId>(0), appended.number(1), appended.id<Digest>(2)});
  }
  auto checkpoints = db.query(
      "SELECT c.size, count(s.name) FROM checkpoints c LEFT JOIN cosignatures s ON s.size = c.size "
      "GROUP BY c.size ORDER BY c.size");
  while (checkpoints.step()) {
    out.checkpoints.emplace_back(checkpoints.number(0), checkpoints.number(1));
  }
  // Not counted: that would read every record. Whether there are gaps is what
  // `candourctl log verify` finds out.
  auto size = db.query("SELECT ifnull(max(idx) + 1, 0) FROM log_entries");
  size.step();
  out.log_size = size.number(0);
  check_last_leaves(db, out.log_size);
}

}  // namespace

Result<std::vector<MessageRow>> RelayReader::messages(const GroupId& group, Seq after,
                                                      std::size_t size_max) const {
  try {
    std::vector<MessageRow> out;
    std::size_t size = 0;
    auto q = db_.query(
        "SELECT seq, submission, epoch, kind, message_id, sender, ciphertext, token, roster "
        "FROM messages WHERE group_id = ? AND seq > ? ORDER BY seq",
        group, after);
    while (size < size_max && q.step()) {
      MessageRow row{.group = group,
                     .seq = Seq(q.number(0)),
                     .submission = Submission(q.number(1)),
                     .epoch = Epoch(q.number(2)),
                     .kind = static_cast<int>(q.number(3)),
                     .message_id = q.id<MessageId>(4),
                     .sender = q.id<DeviceId>(5),
                     .ciphertext = q.blob(6),
                     .token = q.blob(7),
                     .roster = q.blob(8)};
      size += row.ciphertext.size() + row.token.size() + row.roster.size();
      out.push_back(std::move(row));
    }
    return out;
  } catch (const std::exception& e) {
    return read_failed("messages", e);
  }
}

Result<std::vector<PendingBody>> RelayReader::pending(std::uint64_t from,
                                                      std::size_t size_max) const {
  try {
    std::vector<PendingBody> out;
    std::size_t size = 0;
    auto q = db_.query(
        "SELECT number, group_id, submission, message_id, sender, epoch, kind, accepted_ms, "
        "ciphertext_hash, ciphertext, bot_field FROM pending WHERE number >= ? ORDER BY number",
        from);
    while (size < size_max && q.step()) {
      out.push_back({pending_row(q), q.blob(9), q.blob(10)});
      size += out.back().ciphertext.size() + out.back().bot_field.size();
    }
    return out;
  } catch (const std::exception& e) {
    return read_failed("pending submissions", e);
  }
}

Result<std::vector<MailRow>> RelayReader::mail(const DeviceId& device, std::uint64_t after,
                                               std::size_t size_max) const {
  try {
    std::vector<MailRow> out;
    std::size_t size = 0;
    auto q = db_.query(
        "SELECT number, kind, body, about FROM mail WHERE device = ? AND number > ? "
        "ORDER BY number",
        device, after);
    while (size < size_max && q.step()) {
      out.push_back({device, q.number(0), static_cast<int>(q.number(1)), q.blob(2), q.blob(3)});
      size += out.back().body.size();
    }
    return out;
  } catch (const std::exception& e) {
    return read_failed("mail", e);
  }
}

Result<std::vector<DirectoryRow>> RelayReader::directory(std::uint64_t from,
                                                         std::size_t size_max) const {
  try {
    std::vector<DirectoryRow> out;
    std::size_t size = 0;
    auto q = db_.query(
        "SELECT number, kind, object, object_hash, leaf_index, opening FROM directory "
        "WHERE number >= ? ORDER BY number",
        from);
    while (size < size_max && q.step()) {
      out.push_back(directory_row(q));
      size += out.back().object.size() + out.back().opening.size();
    }
    return out;
  } catch (const std::exception& e) {
    return read_failed("the directory", e);
  }
}

Result<std::vector<OpeningBody>> RelayReader::openings(std::uint64_t from,
                                                       const std::string& auditor,
                                                       std::size_t size_max) const {
  try {
    std::vector<OpeningBody> out;
    std::size_t size = 0;
    auto q = db_.query(
        "SELECT o.number, leaf_index, kind, leaf_hash, about, records, sealed_until_ms, logged_ms, "
        "object IS NOT NULL, notice, object, opening, c.sealed FROM openings o "
        "LEFT JOIN opening_copies c ON c.number = o.number AND c.auditor = ? "
        "WHERE o.number >= ? ORDER BY o.number",
        auditor, from);
    while (size < size_max && q.step()) {
      out.push_back({.about = opening_row(q),
                     .notice = q.blob(9),
                     .copy = q.blob(12),
                     .object = q.blob(10),
                     .opening = q.blob(11)});
      const OpeningBody& body = out.back();
      size += body.notice.size() + body.copy.size() + body.object.size() + body.opening.size();
    }
    return out;
  } catch (const std::exception& e) {
    return read_failed("openings", e);
  }
}

Result<std::vector<Bytes>> RelayReader::rosters() const {
  try {
    std::vector<Bytes> out;
    auto q = db_.query("SELECT roster FROM rosters ORDER BY group_id");
    while (q.step()) out.push_back(q.blob(0));
    return out;
  } catch (const std::exception& e) {
    return read_failed("rosters", e);
  }
}

Result<RelayReader::RosterPage> RelayReader::rosters_after(const GroupId& after,
                                                           std::size_t size_max) const {
  try {
    RosterPage page;
    GroupId last;
    std::size_t size = 0;
    auto q = db_.query("SELECT group_id, roster FROM rosters WHERE group_id > ? ORDER BY group_id",
                       after);
    while (q.step()) {
      if (size >= size_max) {
        page.next = last;
        break;
      }
      last = q.id<GroupId>(0);
      page.rosters.push_back(q.blob(1));
      size += page.rosters.back().size();
    }
    return page;
  } catch (const std::exception& e) {
    return read_failed("rosters", e);
  }
}

Result<RelaySnapshot> RelayReader::snapshot() const {
  try {
    RelaySnapshot out;
    load_groups(db_, out);
    load_devices(db_, out);
    load_log(db_, out);
    return out;
  } catch (const std::exception& e) {
    return error(ErrorCode::state_damaged, std::string("relay.db cannot be read: ") + e.what() +
                                               "; restore it from a backup");
  }
}

}  // namespace candour::storage
