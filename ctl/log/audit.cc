#include "ctl/log/audit.h"

#include <algorithm>
#include <future>
#include <map>

#include "ctl/log/leaves.h"
#include "storage/relay_schema.h"
#include "tlog/checkpoint.h"

namespace candour::ctl {
namespace {

using storage::kBlockEntries;
using storage::kStoredLevelStep;

/// The bytes of a column, good until the next step.
ByteView view_of(const SQLite::Column& column) {
  const auto* begin = static_cast<const std::uint8_t*>(column.getBlob());
  return begin == nullptr ? ByteView()
                          : ByteView(begin, static_cast<std::size_t>(column.getBytes()));
}

/// The tree built anew, compared with everything stored that follows from the entries.
class Tree {
 public:
  explicit Tree(LogDb& db)
      : db_(db),
        stored_(db.database(), "SELECT hash FROM log_hashes WHERE level = ? AND idx = ?") {}

  /// The next leaf; what is wrong with what is stored for the tree up to it.
  std::optional<Fault> append(const CheckedLeaf& leaf) {
    const std::uint64_t index = edge_.size();
    const Digest hash = tlog::leaf_hash(leaf.entry);
    std::uint64_t prefix = 0;
    for (const std::uint8_t byte : hash.view().first(4)) prefix = prefix << 8 | byte;
    lookups_.emplace_back(prefix, index);
    if (leaf.time) note_time(index / kBlockEntries, leaf.time->value);
    const auto nodes = edge_.append(hash);
    for (const tlog::StoredHash& node : nodes) {
      if (node.node.level == 0 || node.node.level % kStoredLevelStep != 0) continue;
      if (auto wrong = check_hash(node)) return Fault{index, *wrong};
    }
    return std::nullopt;
  }
  /// The first entry from `from` on that was looked up under another hash when it was written:
  /// where a change lies that a checkpoint shows only later.
  std::optional<std::uint64_t> first_unlike(std::uint64_t from) {
    SQLite::Statement row(db_.database(), "SELECT 1 FROM log_lookup WHERE prefix = ? AND idx = ?");
    for (std::uint64_t i = from; i < lookups_.size(); ++i) {
      row.reset();
      row.bind(1, static_cast<std::int64_t>(lookups_[i].first));
      row.bind(2, static_cast<std::int64_t>(i));
      if (!row.executeStep()) return i;
    }
    return std::nullopt;
  }
  const tlog::Frontier& edge() const { return edge_; }

  /// What is stored beyond what `append` saw.
  std::optional<Fault> finish() {
    if (auto fault = check_lookups()) return fault;
    if (auto fault = check_times()) return fault;
    if (count("SELECT count(*) FROM log_hashes") != hashes_) {
      return Fault{std::nullopt, "hashes are stored that the tree does not have"};
    }
    return std::nullopt;
  }

 private:
  std::optional<std::string> check_hash(const tlog::StoredHash& expected) {
    ++hashes_;
    stored_.reset();
    stored_.bind(1, static_cast<std::int64_t>(expected.node.level));
    stored_.bind(2, static_cast<std::int64_t>(expected.node.index));
    if (stored_.executeStep() && same(view_of(stored_.getColumn(0)), expected.hash.view())) {
      return std::nullopt;
    }
    return "the stored hash of subtree " + std::to_string(expected.node.index) + " at level " +
           std::to_string(expected.node.level) + " is missing or wrong";
  }

  void note_time(std::uint64_t block, std::uint64_t ms) {
    const auto [found, added] = times_.try_emplace(block, ms, ms);
    found->second = {std::min(found->second.first, ms), std::max(found->second.second, ms)};
  }

  std::optional<Fault> check_lookups() {
    const std::string reason = "the lookup of leaves by hash is not that of the entries";
    if (count("SELECT count(*) FROM log_lookup") > lookups_.size()) {
      return Fault{std::nullopt, reason};
    }
    auto expected = lookups_;
    std::sort(expected.begin(), expected.end());
    SQLite::Statement rows(db_.database(),
                           "SELECT prefix, idx FROM log_lookup ORDER BY prefix, idx");
    auto at = expected.begin();
    while (rows.executeStep() && at != expected.end() &&
           *at == std::pair(number_of(rows.getColumn(0)), number_of(rows.getColumn(1)))) {
      ++at;
    }
    if (at == expected.end()) return std::nullopt;
    return Fault{first_unlike(0), reason};
  }

  std::optional<Fault> check_times() {
    SQLite::Statement rows(db_.database(),
                           "SELECT block, first_ms, last_ms FROM log_times ORDER BY block");
    std::map<std::uint64_t, std::pair<std::uint64_t, std::uint64_t>> stored;
    while (rows.executeStep()) {
      stored[number_of(rows.getColumn(0))] = {number_of(rows.getColumn(1)),
                                              number_of(rows.getColumn(2))};
    }
    if (stored == times_) return std::nullopt;
    std::uint64_t block = 0;
    for (const auto& [at, times] : times_) {
      block = at;
      if (const auto found = stored.find(at); found == stored.end() || found->second != times) {
        break;
      }
    }
    return Fault{block * kBlockEntries, "the times of records are not those of their labels"};
  }

  std::uint64_t count(const char* sql) {
    SQLite::Statement row(db_.database(), sql);
    row.executeStep();
    return number_of(row.getColumn(0));
  }

  LogDb& db_;
  SQLite::Statement stored_;
  tlog::Frontier edge_;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> lookups_;
  std::map<std::uint64_t, std::pair<std::uint64_t, std::uint64_t>> times_;
  std::uint64_t hashes_ = 0;
};

/// Checks checkpoints as the tree grows past their sizes.
class Checkpoints {
 public:
  Checkpoints(LogDb& db, std::vector<identity::Statement> statements)
      : db_(db), statements_(std::move(statements)), sizes_(db.checkpoint_sizes()) {}

  /// Takes in what somebody else holds; what makes it useless.
  std::optional<Fault> shown(const std::string& note) {
    const auto parsed = identity::SignedNote::parse(note);
    const auto checkpoint = parsed ? tlog::Checkpoint::parse(parsed.value().text)
                                   : Result<tlog::Checkpoint>(parsed.error());
    if (!checkpoint) {
      return Fault{std::nullopt, "the checkpoint shown is none: " + checkpoint.error().message};
    }
    bool signed_by_log = statements_.empty();
    for (const identity::Statement& statement : statements_) {
      signed_by_log = signed_by_log || tlog::verify_log_signature(parsed.value(), statement.log);
    }
    if (!signed_by_log) {
      return Fault{std::nullopt, "the checkpoint shown of size " +
                                     std::to_string(checkpoint.value().size) +
                                     " is not signed by this log"};
    }
    shown_.emplace(checkpoint.value().size, checkpoint.value().root);
    return std::nullopt;
  }

  /// Every checkpoint of the size the tree has now.
  std::optional<Fault> check(const tlog::Frontier& edge, AuditReport& report) {
    for (auto [at, end] = shown_.equal_range(edge.size()); at != end; ++at) {
      if (at->second == edge.root()) continue;
      return Fault{good_size_, "a checkpoint of size " + std::to_string(edge.size()) +
                                   " was shown to others with root " + at->second.hex() +
                                   ", the entries give " + edge.root().hex() +
                                   ": the log was split or rewritten"};
    }
    if (next_ >= sizes_.size() || sizes_[next_] != edge.size()) return std::nullopt;
    ++next_;
    ++report.checkpoints;
    const std::string where = "the checkpoint of size " + std::to_string(edge.size());
    const auto fail = [&](const std::string& what) {
      // Everything below the last good checkpoint is as it was; what follows it is not proven.
      return Fault{good_size_, where + " " + what};
    };
    const std::string note = db_.checkpoint(edge.size()).value_or("");
    const auto parsed = identity::SignedNote::parse(note);
    if (!parsed) return fail("is malformed: " + parsed.error().message);
    const auto checkpoint = tlog::Checkpoint::parse(parsed.value().text);
    if (!checkpoint) return fail("is malformed: " + checkpoint.error().message);
    if (checkpoint.value().size != edge.size()) return fail("names another size");
    if (checkpoint.value().root != edge.root()) {
      return fail("has root " + checkpoint.value().root.hex() + ", the entries give " +
                  edge.root().hex());
    }
    if (auto wrong = check_signatures(note, parsed.value(), edge.size(), report)) {
      return fail(*wrong);
    }
    good_size_ = edge.size();
    return std::nullopt;
  }

  /// Checkpoints that no tree of these entries has passed.
  std::optional<Fault> finish(std::uint64_t size) const {
    if (!shown_.empty() && shown_.rbegin()->first > size) {
      return Fault{size, "a checkpoint of size " + std::to_string(shown_.rbegin()->first) +
                             " was shown to others, but the log has " + std::to_string(size) +
                             " entries: it was cut off or comes from an old copy"};
    }
    if (next_ == sizes_.size()) return std::nullopt;
    return Fault{size, "there is a checkpoint of size " + std::to_string(sizes_[next_]) +
                           ", but the log has " + std::to_string(size) + " entries"};
  }

 private:
  /// The log's signature and each cosignature under some version of the statement.
  std::optional<std::string> check_signatures(const std::string& note,
                                              const identity::SignedNote& parsed,
                                              std::uint64_t size, AuditReport& report) {
    if (statements_.empty()) return std::nullopt;
    std::string why;
    bool log_signed = false;
    for (const identity::Statement& statement : statements_) {
      const auto verified = tlog::verify_checkpoint(note, statement);
      if (!verified) {
        why = verified.error().message;
        continue;
      }
      log_signed = true;
      if (verified.value().quorum) report.cosigned_size = size;
    }
    if (!log_signed) return "does not verify: " + why;
    for (const identity::NoteSignature& line : parsed.signatures) {
      if (!known(line, parsed)) {
        return "carries a signature of '" + line.name + "', who is neither log nor witness";
      }
      ++report.signatures;
    }
    return std::nullopt;
  }

  bool known(const identity::NoteSignature& line, const identity::SignedNote& note) const {
    const identity::SignedNote alone{note.text, {line}};
    for (const identity::Statement& statement : statements_) {
      if (alone.signed_by(statement.log)) return true;
      for (const identity::NoteKey& witness : statement.witnesses) {
        if (alone.signed_by(witness)) return true;
      }
    }
    return false;
  }

  LogDb& db_;
  std::vector<identity::Statement> statements_;
  std::vector<std::uint64_t> sizes_;
  std::multimap<std::uint64_t, Digest> shown_;
  std::size_t next_ = 0;
  std::uint64_t good_size_ = 0;
};

std::optional<Fault> check_cosignatures(LogDb& db) {
  SQLite::Statement orphans(db.database(),
                            "SELECT count(*) FROM cosignatures "
                            "WHERE size NOT IN (SELECT size FROM checkpoints)");
  if (orphans.executeStep() && number_of(orphans.getColumn(0)) != 0) {
    return Fault{std::nullopt, "there are cosignatures of checkpoints that are not stored"};
  }
  SQLite::Statement misnamed(db.database(),
                             "SELECT size FROM cosignatures WHERE "
                             "instr(line, '\u2014 ' || name || ' ') != 1 LIMIT 1");
  if (misnamed.executeStep()) {
    return Fault{std::nullopt, "a cosignature of the checkpoint of size " +
                                   std::to_string(number_of(misnamed.getColumn(0))) +
                                   " is kept under another name than its own"};
  }
  SQLite::Statement copies(db.database(),
                           "SELECT count(*) FROM opening_copies "
                           "WHERE number NOT IN (SELECT number FROM openings)");
  if (copies.executeStep() && number_of(copies.getColumn(0)) != 0) {
    return Fault{std::nullopt, "there are oversight copies of openings that are not stored"};
  }
  return std::nullopt;
}

/// What lies beside a leaf, if anything; counted as used.
template <class Row>
const Row* take(Beside<Row>& beside, std::uint64_t index, std::optional<Row>& kept) {
  const auto found = beside.rows.find(index);
  if (found == beside.rows.end()) return nullptr;
  kept = std::move(found->second);
  beside.rows.erase(found);
  return &*kept;
}

/// The leaves one after the other, and the checkpoints on the way.
std::optional<Fault> audit_leaves(LogDb& db, Tree& tree, Checkpoints& checkpoints,
                                  Beside<DirectoryRow>& directory, Beside<OpeningRow>& openings,
                                  AuditReport& report) {
  LeafRows rows(db);
  if (auto fault = checkpoints.check(tree.edge(), report)) return fault;
  while (const LeafRow* row = rows.next()) {
    const std::uint64_t index = tree.edge().size();
    const auto wrong = [&](const std::string& why) {
      return Fault{index, "entry " + std::to_string(index) + ": " + why};
    };
    if (row->index != index) return wrong("it is missing");
    std::optional<DirectoryRow> object;
    std::optional<OpeningRow> opening;
    const auto leaf = check_leaf(row->leaf, row->record, row->record_is_null,
                                 take(directory, index, object), take(openings, index, opening));
    if (!leaf) return wrong(leaf.error().message);
    ++report.kinds[leaf.value().kind];
    if (leaf.value().record) ++report.records;
    if (auto fault = tree.append(leaf.value())) return fault;
    report.size = tree.edge().size();
    if (auto fault = checkpoints.check(tree.edge(), report)) return fault;
  }
  return std::nullopt;
}

/// What was wrong beside the leaves, or lies beside none.
template <class Row>
std::optional<Fault> leftover(const Beside<Row>& beside, const std::string& what) {
  if (!beside.bad_reason.empty()) return Fault{beside.bad_index, beside.bad_reason};
  if (beside.rows.empty()) return std::nullopt;
  return Fault{
      beside.rows.begin()->first,
      what + " " + std::to_string(beside.rows.begin()->second.number) + " has no leaf in the log"};
}

std::optional<Fault> audit_tree(LogDb& db, const AuditOptions& options, AuditReport& report) {
  Beside<DirectoryRow> directory = read_directory(db);
  Beside<OpeningRow> openings = read_openings(db);
  Tree tree(db);
  const std::vector<identity::Statement> statements = all_statements(db, options);
  Checkpoints checkpoints(db, statements);
  for (const std::string& note : options.shown) {
    if (auto useless = checkpoints.shown(note)) return useless;
  }
  auto fault = audit_leaves(db, tree, checkpoints, directory, openings, report);
  report.root = tree.edge().root();
  if (!fault) fault = checkpoints.finish(report.size);
  if (fault) {
    // A checkpoint that does not fit says only that something before it was changed.
    if (const auto first = tree.first_unlike(0); first && fault->index) fault->index = first;
    return fault;
  }
  if (auto left = leftover(directory, "directory object")) return left;
  if (auto left = leftover(openings, "opening")) return left;
  if (options.root && statements.empty() && report.size > 0) {
    return Fault{0, "the log holds no organisation statement signed by the root key '" +
                        options.root->name + "'"};
  }
  if (auto wrong = tree.finish()) return wrong;
  return check_cosignatures(db);
}

/// What SQLite says of the file. On a connection of its own, as it runs beside the audit.
std::optional<Fault> audit_file(const std::string& file) {
  const auto db = LogDb::open(file);
  if (!db) return Fault{std::nullopt, db.error().message};
  SQLite::Statement check(db.value()->database(), "PRAGMA integrity_check(1)");
  if (check.executeStep() && check.getColumn(0).getString() == "ok") return std::nullopt;
  return Fault{std::nullopt, "the database file is damaged: " + check.getColumn(0).getString()};
}

}  // namespace

std::vector<identity::Statement> all_statements(LogDb& db, const AuditOptions& options) {
  std::vector<identity::Statement> out = options.statements;
  if (!options.root) return out;
  SQLite::Statement rows(db.database(),
                         "SELECT object FROM directory WHERE kind = 1 ORDER BY number");
  while (rows.executeStep()) {
    const Bytes note = blob_of(rows.getColumn(0));
    auto statement = identity::Statement::verify(as_text(note), *options.root);
    if (statement) out.push_back(std::move(statement.value()));
  }
  return out;
}

Result<AuditReport> audit_log(LogDb& db, const AuditOptions& options) {
  if (options.signatures && !options.root) {
    return error(ErrorCode::usage, "--signatures needs --root: without it nobody can be believed");
  }
  AuditReport report;
  report.root = tlog::empty_root();
  try {
    auto file = std::async(std::launch::async, audit_file, db.database().getFilename());
    report.fault = audit_tree(db, options, report);
    if (!report.fault) report.fault = file.get();
    if (!report.fault && options.root) report.fault = audit_openings(db, options, report);
    if (!report.fault && options.signatures) report.fault = audit_signatures(db, options, report);
  } catch (const SQLite::Exception& thrown) {
    // The entry it came to is where the damage shows.
    report.fault =
        Fault{report.size, std::string("the database file is damaged: ") + thrown.what()};
  }
  return report;
}

}  // namespace candour::ctl
