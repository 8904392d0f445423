// Rows of the log's tables as a checker reads them: what each leaf's row stands for, recomputed
// from what lies beside it, by code of its own (storage/relay_schema.h says what the columns hold).
// Functions that read throw SQLite::Exception. Not thread-safe.
#pragma once

#include <exception>
#include <future>
#include <map>
#include <optional>
#include <string>

#include "ctl/log/db.h"
#include "tlog/leaf.h"

namespace candour::ctl {

/// What the directory says about a leaf.
struct DirectoryRow {
  std::uint64_t number = 0;
  std::uint64_t kind = 0;
  Digest object_hash;  // computed here
  Bytes opening;
};

/// What `openings` says about a leaf, checked against its own notice and copies.
struct OpeningRow {
  std::uint64_t number = 0;
  std::uint64_t kind = 0;
  Bytes entry;                        // of the notice
  std::optional<Digest> object_hash;  // computed; once unsealed
  Bytes opening;                      // once unsealed
};

/// Leaf index -> what lies beside it, and the first thing wrong with that.
template <class Row>
struct Beside {
  std::map<std::uint64_t, Row> rows;
  std::optional<std::uint64_t> bad_index;
  std::string bad_reason;

  void fault(std::uint64_t index, std::string reason) {
    if (!bad_reason.empty()) return;
    bad_index = index;
    bad_reason = std::move(reason);
  }
};

Beside<DirectoryRow> read_directory(LogDb& db);
Beside<OpeningRow> read_openings(LogDb& db);

/// A leaf as its row stands for it.
struct CheckedLeaf {
  Bytes entry;  // 34 bytes
  tlog::LeafKind kind = tlog::LeafKind::message;
  bool record = false;         // its sealed record was checked
  std::optional<TimeMs> time;  // in the record's label
};

/// `leaf` and `record` are the columns of log_entries; `directory` and `opening` what lies beside
/// the leaf, or null. The message says what is wrong.
Result<CheckedLeaf> check_leaf(ByteView leaf, ByteView record, bool record_is_null,
                               const DirectoryRow* directory, const OpeningRow* opening);

/// A row of log_entries.
struct LeafRow {
  std::uint64_t index = 0;
  Bytes leaf;
  Bytes record;
  bool record_is_null = false;
};

/// The rows of log_entries in order. A second thread reads the next ones while the last are being
/// checked, on the same connection (SQLite's serialized mode). One owner.
class LeafRows {
 public:
  explicit LeafRows(LogDb& db);
  /// Good until the next call; null at the end. Throws SQLite::Exception, but only after every row
  /// that could be read.
  const LeafRow* next();

 private:
  struct Batch {
    std::vector<LeafRow> rows;  // buffers are kept
    std::size_t count = 0;
  };
  void read(Batch& batch);
  void read_ahead();

  SQLite::Statement statement_;
  bool at_end_ = false;
  std::exception_ptr broken_;
  Batch current_;
  std::size_t at_ = 0;
  Batch ahead_;
  std::future<void> reading_;  // into `ahead_`; last, so that it ends first
};

}  // namespace candour::ctl
