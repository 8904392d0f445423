// A relay's log written into the documented tables without the relay's code, for tests of those who
// check it: a statement and a certificate, a warrant that is unsealed, a request that is not, then
// records, and two checkpoints that two witnesses cosigned.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include "crypto/hash.h"
#include "identity/opening_notice.h"
#include "storage/relay_schema.h"
#include "tests/ctl/program.h"
#include "tests/identity/organisation.h"
#include "tlog/checkpoint.h"
#include "tlog/leaf.h"
#include "tlog/tree.h"
#include "warrant/seal/seal.h"

namespace candour::tests {

inline constexpr std::uint64_t kFirstCheckpoint = 5;
inline constexpr std::uint64_t kDirectoryLeaves = 2;
inline constexpr std::uint64_t kOpeningLeaves = 2;
inline constexpr auto kInvestigator = static_cast<KeyNumber>(100);

/// The statement the log is written under.
inline identity::Statement log_statement() {
  identity::Statement s = test_statement();
  s.roles.push_back({"investigator", "p-20", note_key("investigator", kInvestigator)});
  return s;
}

class LogWriter {
 public:
  LogWriter(const fs::path& file, std::string content) : content_(std::move(content)) {
    fs::remove(file);
    db_ = std::make_unique<SQLite::Database>(file.string(),
                                             SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    db_->exec("PRAGMA synchronous=OFF");
    db_->exec(storage::kRelaySchema);
  }

  /// A log of `size` leaves with checkpoints at kFirstCheckpoint and at the end.
  void write(std::uint64_t size) {
    SQLite::Transaction transaction(*db_);
    db_->exec("INSERT INTO meta VALUES ('schema', 4)");
    const identity::Certificate certificate{test_enrolment(), TimeMs(1), TimeMs(2'000'000'000'000)};
    add_object(1, tlog::LeafKind::statement,
               signed_text(log_statement().print(), {{"ex/root", kRoot}}));
    add_object(2, tlog::LeafKind::certificate,
               signed_text(certificate.print(),
                           {{"registrar-1", kRegistrar1}, {"registrar-2", kRegistrar2}}));
    for (const identity::Enrolment& person : people) {
      const identity::Certificate one{person, TimeMs(1), TimeMs(2'000'000'000'000)};
      add_object(
          2, tlog::LeafKind::certificate,
          signed_text(one.print(), {{"registrar-1", kRegistrar1}, {"registrar-2", kRegistrar2}}));
    }
    const Digest warrant = add_opening(identity::OpeningKind::warrant, std::nullopt, true);
    add_opening(identity::OpeningKind::request, warrant, false);
    for (const Dismissal& one : dismissals) add_dismissal(one);
    while (edge_.size() < size) {
      add_record();
      if (edge_.size() == kFirstCheckpoint || edge_.size() == size) add_checkpoint();
    }
    transaction.commit();
  }

  /// A step that closed a serious alert as nothing (or, by a bot, the drawing of it).
  struct Dismissal {
    DeviceId sender;
    GroupId group;
    std::uint64_t time_ms = 0;
  };
  /// Written before other records; and more certificates, after the first.
  std::vector<Dismissal> dismissals;
  std::vector<identity::Enrolment> people;

  const tlog::MemoryHashes& hashes() const { return hashes_; }

 private:
  static void bind(SQLite::Statement& row, int position, ByteView bytes) {
    row.bind(position, bytes.data(), static_cast<int>(bytes.size()));
  }
  static std::int64_t signed_of(std::uint64_t n) { return static_cast<std::int64_t>(n); }

  tlog::LeafOpening opening(tlog::LeafKind kind, ByteView object) const {
    tlog::LeafOpening out;
    out.kind = kind;
    out.salt.mutable_view()[0] = static_cast<std::uint8_t>(edge_.size());
    out.salt.mutable_view()[1] = static_cast<std::uint8_t>(edge_.size() >> 8);
    out.object_hash = crypto::sha256(object);
    return out;
  }

  /// In the form of a sealed record; its proof is nonsense, which only --signatures looks at.
  Bytes sealed() const {
    warrant::SealedRecord record;
    record.label.log_origin = "example.org/log";
    record.label.record.mutable_view()[0] = static_cast<std::uint8_t>(edge_.size());
    record.label.bot_time = TimeMs(1'000'000 + edge_.size());
    record.label.retention_class = "ordinary";
    record.label.period = "2026";
    record.u = record.ubar = crypto::Point::base();
    record.body = to_bytes(content_ + std::to_string(edge_.size()));
    return record.encode();
  }

  void add_record() { add_record(sealed(), tlog::LeafKind::message, 1'000'000 + edge_.size()); }

  void add_dismissal(const Dismissal& one) {
    auto record = warrant::SealedRecord::decode(sealed()).value();
    record.label.sender = one.sender;
    record.label.group = one.group;
    record.label.bot_time = TimeMs(one.time_ms);
    add_record(record.encode(), tlog::LeafKind::alert_dismissal, one.time_ms);
  }

  void add_record(const Bytes& record, tlog::LeafKind kind, std::uint64_t time_ms) {
    const auto opened = opening(kind, record);
    Bytes leaf{1, static_cast<std::uint8_t>(opened.kind)};
    for (const Digest& part : {opened.salt, opened.ciphertext_hash, opened.content_commitment}) {
      candour::append(leaf, part.view());
    }
    const Bytes entry = opened.entry(tlog::LeafClass::ordinary);
    candour::append(leaf, ByteView(entry).subspan(2));
    note_time(time_ms);
    add_leaf(leaf, record, entry);
  }

  void add_object(int kind, tlog::LeafKind leaf_kind, const std::string& object) {
    const auto opened = opening(leaf_kind, as_bytes(object));
    Bytes leaf{2};
    candour::append(leaf, opened.encode());
    SQLite::Statement row(*db_, "INSERT INTO directory VALUES (?, ?, ?, ?, ?, ?)");
    row.bind(1, signed_of(edge_.size() + 1));
    row.bind(2, kind);
    bind(row, 3, as_bytes(object));
    bind(row, 4, opened.object_hash.view());
    row.bind(5, signed_of(edge_.size()));
    const Bytes encoded = opened.encode();
    bind(row, 6, encoded);
    row.exec();
    add_leaf(leaf, {}, opened.entry(tlog::LeafClass::directory));
  }

  Digest add_opening(identity::OpeningKind kind, std::optional<Digest> about, bool unsealed) {
    const std::string object = "a note of kind " + std::string(identity::name_of(kind));
    const auto opened = opening(static_cast<tlog::LeafKind>(kind), as_bytes(object));
    const std::string copy = "sealed to the auditor";
    identity::OpeningNotice notice;
    notice.organisation = log_statement().id;
    notice.kind = kind;
    notice.entry = opened.entry(tlog::LeafClass::opening);
    notice.about = about;
    notice.records = about ? 3 : 0;
    notice.sealed_until = TimeMs(2'000'000);
    notice.issued = TimeMs(1'000'000);
    notice.copies = {{"auditor", crypto::sha256(as_bytes(copy))}};
    const std::string note = signed_text(notice.print(), {{"investigator", kInvestigator}});
    const Digest leaf_hash = tlog::leaf_hash(notice.entry);
    SQLite::Statement row(*db_, "INSERT INTO openings VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    const std::int64_t number = ++openings_;
    row.bind(1, number);
    row.bind(2, signed_of(edge_.size()));
    row.bind(3, static_cast<int>(kind));
    bind(row, 4, leaf_hash.view());
    if (about) bind(row, 5, about->view());
    row.bind(6, signed_of(notice.records));
    row.bind(7, signed_of(notice.sealed_until.value));
    row.bind(8, signed_of(notice.issued.value));
    bind(row, 9, as_bytes(note));
    const Bytes encoded = opened.encode();
    if (unsealed) {
      bind(row, 10, as_bytes(object));
      bind(row, 11, encoded);
    }
    row.exec();
    SQLite::Statement copies(*db_, "INSERT INTO opening_copies VALUES (?, 'auditor', ?)");
    copies.bind(1, number);
    bind(copies, 2, as_bytes(copy));
    copies.exec();
    Bytes leaf{3};
    candour::append(leaf, ByteView(notice.entry).subspan(2));
    add_leaf(leaf, {}, notice.entry);
    return leaf_hash;
  }

  void note_time(std::uint64_t ms) {
    SQLite::Statement row(*db_,
                          "INSERT INTO log_times VALUES (?1, ?2, ?2) ON CONFLICT (block) "
                          "DO UPDATE SET last_ms = excluded.last_ms");
    row.bind(1, signed_of(edge_.size() / storage::kBlockEntries));
    row.bind(2, signed_of(ms));
    row.exec();
  }

  void add_leaf(const Bytes& leaf, const Bytes& record, const Bytes& entry) {
    const std::uint64_t index = edge_.size();
    SQLite::Statement row(*db_, "INSERT INTO log_entries VALUES (?, ?, ?)");
    row.bind(1, signed_of(index));
    bind(row, 2, leaf);
    if (!record.empty()) bind(row, 3, record);
    row.exec();
    const Digest hash = tlog::leaf_hash(entry);
    std::int64_t prefix = 0;
    for (const std::uint8_t byte : hash.view().first(4)) prefix = prefix * 256 + byte;
    SQLite::Statement lookup(*db_, "INSERT INTO log_lookup VALUES (?, ?)");
    lookup.bind(1, prefix);
    lookup.bind(2, signed_of(index));
    lookup.exec();
    for (const tlog::StoredHash& stored : edge_.append(hash)) {
      hashes_.put(stored);
      if (stored.node.level == 0 || stored.node.level % storage::kStoredLevelStep != 0) continue;
      SQLite::Statement node(*db_, "INSERT INTO log_hashes VALUES (?, ?, ?)");
      node.bind(1, signed_of(stored.node.level));
      node.bind(2, signed_of(stored.node.index));
      bind(node, 3, stored.hash.view());
      node.exec();
    }
  }

  void add_checkpoint() {
    const auto note =
        tlog::sign_checkpoint({"example.org/log", edge_.size(), edge_.root(), {}}, test_key(kLog));
    SQLite::Statement row(*db_, "INSERT INTO checkpoints VALUES (?, ?)");
    row.bind(1, signed_of(edge_.size()));
    row.bind(2, note.print());
    row.exec();
    for (const auto& [name, key] : {std::pair{"witness.example/one", kWitness1},
                                    std::pair{"witness.example/two", kWitness2}}) {
      SQLite::Statement line(*db_, "INSERT INTO cosignatures VALUES (?, ?, ?)");
      line.bind(1, signed_of(edge_.size()));
      line.bind(2, name);
      line.bind(3, identity::print_signature(
                       tlog::make_cosignature(note, name, test_key(key), 1'769'846'400)));
      line.exec();
    }
  }

  std::unique_ptr<SQLite::Database> db_;
  std::string content_;
  tlog::Frontier edge_;
  tlog::MemoryHashes hashes_;
  std::int64_t openings_ = 0;
};

}  // namespace candour::tests
