#include "ctl/log_audit.h"

#include <map>

#include "crypto/hash.h"
#include "tlog/checkpoint.h"
#include "tlog/directory_leaf.h"
#include "tlog/leaf.h"
#include "warrant/seal/seal.h"

namespace candour::ctl {
namespace {

using tlog::LeafClass;
using tlog::LeafOpening;

/// What the directory says about a leaf.
struct DirectoryRow {
  std::uint64_t number = 0;
  std::uint64_t kind = 0;
  Digest object_hash;  // computed here
  Bytes opening;
};

using Directory = std::map<std::uint64_t, DirectoryRow>;  // by leaf index

std::uint64_t number_of(const SQLite::Column& column) {
  return static_cast<std::uint64_t>(column.getInt64());
}

std::optional<Fault> read_directory(LogDb& db, Directory& out) {
  SQLite::Statement rows(db.database(),
                         "SELECT number, kind, object, object_hash, leaf_index, opening "
                         "FROM directory ORDER BY number");
  std::uint64_t expected = 0;
  std::optional<Fault> fault;  // the first one; the leaves may name an earlier place
  while (rows.executeStep()) {
    DirectoryRow row;
    row.number = number_of(rows.getColumn(0));
    row.kind = number_of(rows.getColumn(1));
    row.object_hash = crypto::sha256(blob_of(rows.getColumn(2)));
    row.opening = blob_of(rows.getColumn(5));
    const std::uint64_t leaf = number_of(rows.getColumn(4));
    const std::string where = "directory object " + std::to_string(row.number);
    if (row.number != ++expected && !fault) {
      fault = Fault{leaf, "directory object " + std::to_string(expected) + " is missing"};
    }
    if (Digest::from(blob_of(rows.getColumn(3))) != row.object_hash && !fault) {
      fault = Fault{leaf, where + " does not have the hash stored beside it"};
    }
    if (!out.emplace(leaf, std::move(row)).second && !fault) {
      fault = Fault{leaf, where + " shares its leaf with another object"};
    }
  }
  return fault;
}

std::optional<std::string> check_directory_leaf(const LeafOpening& opening, ByteView opening_bytes,
                                                const DirectoryRow* row) {
  if (row == nullptr) return "the directory has no object for this leaf";
  const std::string where = "directory object " + std::to_string(row->number);
  if (!same(row->opening, opening_bytes)) return where + " has another opening than its leaf";
  if (row->object_hash != opening.object_hash) return where + " is not what its leaf commits to";
  if (tlog::directory_leaf_kind(row->kind) != opening.kind) {
    return where + " is of another kind than its leaf";
  }
  return std::nullopt;
}

/// One row of log_entries against itself and what it commits to.
std::optional<std::string> check_entry(SQLite::Statement& row, const Directory& directory,
                                       std::uint64_t index, AuditReport& report) {
  const Bytes entry = blob_of(row.getColumn(1));
  if (entry.size() != tlog::kEntrySize) {
    return "the entry has " + std::to_string(entry.size()) + " bytes instead of 34";
  }
  if (Digest::from(blob_of(row.getColumn(2))) != tlog::leaf_hash(entry)) {
    return "the leaf hash is not the hash of the entry";
  }
  const Bytes opening_bytes = blob_of(row.getColumn(3));
  const auto opening = LeafOpening::decode(opening_bytes);
  if (!opening) return opening.error().message;
  if (entry[1] < 1 || entry[1] > 3) return "the entry is of an unknown class";
  const auto leaf_class = static_cast<LeafClass>(entry[1]);
  if (!same(opening.value().entry(leaf_class), entry)) return "the opening does not fit the entry";
  ++report.kinds[opening.value().kind];
  if (leaf_class == LeafClass::directory) {
    if (!row.getColumn(4).isNull() || !row.getColumn(5).isNull()) {
      return "a record is kept under a leaf of the directory";
    }
    const auto found = directory.find(index);
    return check_directory_leaf(opening.value(), opening_bytes,
                                found == directory.end() ? nullptr : &found->second);
  }
  if (row.getColumn(5).isNull()) {
    if (leaf_class == LeafClass::ordinary) return "its record is missing";
    return std::nullopt;
  }
  ++report.records;
  const Bytes record = blob_of(row.getColumn(5));
  if (crypto::sha256(record) != opening.value().object_hash) {
    return "the record is not what the entry commits to";
  }
  const auto label = tlog::label_of(record);
  if (!label) return label.error().message;
  if (RecordId::from(blob_of(row.getColumn(4))) != label.value().record) {
    return "the record is kept under another id than its own";
  }
  return std::nullopt;
}

/// The tree built anew, compared hash by hash with what is stored.
class Tree {
 public:
  explicit Tree(LogDb& db)
      : stored_(db.database(), "SELECT hash FROM log_hashes WHERE level = ? AND idx = ?") {}

  std::optional<std::string> append(const Digest& leaf_hash) {
    for (const tlog::StoredHash& expected : edge_.append(leaf_hash)) {
      ++hashes_;
      stored_.reset();
      stored_.bind(1, static_cast<std::int64_t>(expected.node.level));
      stored_.bind(2, static_cast<std::int64_t>(expected.node.index));
      if (!stored_.executeStep() || Digest::from(blob_of(stored_.getColumn(0))) != expected.hash) {
        return "the stored hash of subtree " + std::to_string(expected.node.index) + " at level " +
               std::to_string(expected.node.level) + " is missing or wrong";
      }
    }
    return std::nullopt;
  }
  const tlog::Frontier& edge() const { return edge_; }
  std::uint64_t hashes() const { return hashes_; }

 private:
  SQLite::Statement stored_;
  tlog::Frontier edge_;
  std::uint64_t hashes_ = 0;
};

/// Checks checkpoints as the tree grows past their sizes.
class Checkpoints {
 public:
  Checkpoints(LogDb& db, std::vector<identity::Statement> statements)
      : db_(db), statements_(std::move(statements)), sizes_(db.checkpoint_sizes()) {}

  /// Every checkpoint of the size the tree has now.
  std::optional<Fault> check(const tlog::Frontier& edge, AuditReport& report) {
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
  std::size_t next_ = 0;
  std::uint64_t good_size_ = 0;
};

std::optional<Fault> check_counts(LogDb& db, const Tree& tree) {
  const auto count = [&](const char* sql) {
    SQLite::Statement row(db.database(), sql);
    row.executeStep();
    return number_of(row.getColumn(0));
  };
  if (count("SELECT count(*) FROM log_hashes") != tree.hashes()) {
    return Fault{std::nullopt, "hashes of subtrees are stored that the tree does not have"};
  }
  if (count("SELECT count(*) FROM cosignatures WHERE size NOT IN (SELECT size FROM checkpoints)") !=
      0) {
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
  return std::nullopt;
}

std::optional<Fault> audit_tree(LogDb& db, const AuditOptions& options, AuditReport& report) {
  Directory directory;
  const std::optional<Fault> directory_fault = read_directory(db, directory);
  Tree tree(db);
  const std::vector<identity::Statement> statements = all_statements(db, options);
  Checkpoints checkpoints(db, statements);
  SQLite::Statement rows(db.database(),
                         "SELECT idx, entry, leaf_hash, opening, record_id, record "
                         "FROM log_entries ORDER BY idx");
  if (auto fault = checkpoints.check(tree.edge(), report)) return fault;
  while (rows.executeStep()) {
    const std::uint64_t index = tree.edge().size();
    const auto wrong = [&](const std::string& why) {
      return Fault{index, "entry " + std::to_string(index) + ": " + why};
    };
    if (number_of(rows.getColumn(0)) != index) return wrong("it is missing");
    if (auto why = check_entry(rows, directory, index, report)) return wrong(*why);
    directory.erase(index);
    if (auto why = tree.append(tlog::leaf_hash(blob_of(rows.getColumn(1))))) return wrong(*why);
    report.size = tree.edge().size();
    report.root = tree.edge().root();
    if (auto fault = checkpoints.check(tree.edge(), report)) return fault;
  }
  if (directory_fault) return directory_fault;
  if (!directory.empty()) {
    return Fault{directory.begin()->first, "directory object " +
                                               std::to_string(directory.begin()->second.number) +
                                               " has no directory leaf in the log"};
  }
  if (auto fault = checkpoints.finish(report.size)) return fault;
  if (options.root && statements.empty() && report.size > 0) {
    return Fault{0, "the log holds no organisation statement signed by the root key '" +
                        options.root->name + "'"};
  }
  return check_counts(db, tree);
}

std::optional<Fault> audit_file(LogDb& db) {
  SQLite::Statement check(db.database(), "PRAGMA integrity_check(1)");
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
    report.fault = audit_tree(db, options, report);
    if (!report.fault) report.fault = audit_file(db);
    if (!report.fault && options.signatures) report.fault = audit_signatures(db, options, report);
  } catch (const SQLite::Exception& thrown) {
    // The entry it came to is where the damage shows.
    report.fault =
        Fault{report.size, std::string("the database file is damaged: ") + thrown.what()};
  }
  return report;
}

}  // namespace candour::ctl
