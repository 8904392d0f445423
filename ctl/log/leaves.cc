#include "ctl/log/leaves.h"

#include "base/encoding.h"
#include "crypto/hash.h"
#include "identity/opening_notice.h"
#include "tlog/directory_leaf.h"
#include "tlog/record_label.h"

namespace candour::ctl {
namespace {

using tlog::LeafClass;
using tlog::LeafKind;
using tlog::LeafOpening;

constexpr std::size_t kOrdinarySize = 130;
constexpr std::size_t kCommitmentAt = 98;
// How many rows, and of how many bytes of records, are read ahead.
constexpr std::size_t kRowsAtOnce = 512;
constexpr std::size_t kBytesAtOnce = 4 << 20;
constexpr std::size_t kDirectorySize = 131;
constexpr std::size_t kOpeningSize = 33;

Error bad(std::string what) { return error(ErrorCode::log_inconsistent, std::move(what)); }

void copy_column(const SQLite::Column& column, Bytes& out) {
  const auto* begin = static_cast<const std::uint8_t*>(column.getBlob());
  out.assign(begin, begin + (begin == nullptr ? 0 : column.getBytes()));
}

/// The copies of opening `number` against the hashes its notice gives; empty when they fit.
std::string check_copies(LogDb& db, std::uint64_t number, const identity::OpeningNotice& notice) {
  std::map<std::string, Digest> promised(notice.copies.begin(), notice.copies.end());
  SQLite::Statement rows(db.database(),
                         "SELECT auditor, sealed FROM opening_copies WHERE number = ?");
  rows.bind(1, static_cast<std::int64_t>(number));
  while (rows.executeStep()) {
    const auto found = promised.find(rows.getColumn(0).getString());
    if (found == promised.end()) return "has a copy its notice does not name";
    if (crypto::sha256(blob_of(rows.getColumn(1))) != found->second) {
      return "has a copy that is not the one of its notice";
    }
    promised.erase(found);
  }
  return promised.empty() ? "" : "lacks the copy for '" + promised.begin()->first + "'";
}

/// Columns number, leaf_index, kind, leaf_hash, about, records, sealed_until_ms, notice, object,
/// opening. Empty when all of it fits.
std::string check_opening(LogDb& db, SQLite::Statement& row, OpeningRow& out) {
  const Bytes note = blob_of(row.getColumn(7));
  const auto parsed = identity::SignedNote::parse(as_text(note));
  if (!parsed) return "has a notice that is no signed note: " + parsed.error().message;
  const auto notice = identity::OpeningNotice::parse(parsed.value().text);
  if (!notice) return "has a malformed notice: " + notice.error().message;
  const identity::OpeningNotice& said = notice.value();
  const auto about =
      row.getColumn(4).isNull() ? std::nullopt : Digest::from(blob_of(row.getColumn(4)));
  if (static_cast<std::uint64_t>(said.kind) != out.kind || said.about != about ||
      said.records != number_of(row.getColumn(5)) ||
      said.sealed_until.value != number_of(row.getColumn(6)) ||
      Digest::from(blob_of(row.getColumn(3))) != tlog::leaf_hash(said.entry) ||
      (about.has_value() == row.getColumn(4).isNull())) {
    return "is kept as something else than its notice says";
  }
  out.entry = said.entry;
  if (row.getColumn(8).isNull() != row.getColumn(9).isNull()) return "is unsealed by half";
  if (!row.getColumn(8).isNull()) {
    out.object_hash = crypto::sha256(blob_of(row.getColumn(8)));
    out.opening = blob_of(row.getColumn(9));
  }
  return check_copies(db, out.number, said);
}

Result<CheckedLeaf> check_directory(ByteView leaf, const DirectoryRow* row) {
  const ByteView opening_bytes = leaf.subspan(1);
  CANDOUR_TRY(const auto opening, LeafOpening::decode(opening_bytes));
  if (row == nullptr) return bad("the directory has no object for this leaf");
  const std::string where = "directory object " + std::to_string(row->number);
  if (!same(row->opening, opening_bytes)) return bad(where + " has another opening than its leaf");
  if (row->object_hash != opening.object_hash) {
    return bad(where + " is not what its leaf commits to");
  }
  if (tlog::directory_leaf_kind(row->kind) != opening.kind) {
    return bad(where + " is of another kind than its leaf");
  }
  return CheckedLeaf{.entry = opening.entry(LeafClass::directory), .kind = opening.kind};
}

Result<CheckedLeaf> check_opening_leaf(ByteView leaf, const OpeningRow* row) {
  Bytes entry = to_bytes(leaf);
  entry.insert(entry.begin(), 1);  // its version
  if (row == nullptr) return bad("there is no notice for this opening");
  const std::string where = "opening " + std::to_string(row->number);
  if (row->entry != entry) return bad(where + " has a notice of another leaf");
  const auto kind = static_cast<LeafKind>(row->kind);
  if (row->object_hash) {
    const auto opening = LeafOpening::decode(row->opening);
    if (!opening || opening.value().kind != kind ||
        opening.value().entry(LeafClass::opening) != entry) {
      return bad(where + " was unsealed with what does not open its leaf");
    }
    if (opening.value().object_hash != *row->object_hash) {
      return bad(where + " was unsealed with another object than its leaf commits to");
    }
  }
  return CheckedLeaf{.entry = std::move(entry), .kind = kind};
}

Result<CheckedLeaf> check_ordinary(ByteView leaf, ByteView record) {
  const auto kind = static_cast<LeafKind>(leaf[1]);
  if (leaf[1] < 1 || kind > LeafKind::alert_dismissal) {
    return bad("a record is kept under kind " + std::to_string(leaf[1]));
  }
  // LeafOpening::entry() from the columns as they are (tlog/leaf.h).
  static constexpr std::string_view kLabel("candour leaf v1", 16);
  const Digest object_hash = crypto::sha256(record);
  const Digest commitment =
      crypto::sha256({as_bytes(kLabel), leaf.subspan(2, 32), leaf.subspan(1, 1), object_hash.view(),
                      leaf.subspan(34, 64)});
  if (!same(commitment.view(), leaf.subspan(kCommitmentAt))) {
    return bad("its record and opening are not what the entry commits to");
  }
  Bytes entry{1, leaf[0]};
  append(entry, commitment.view());
  CANDOUR_TRY(const auto label, tlog::label_of(record));
  return CheckedLeaf{
      .entry = std::move(entry), .kind = kind, .record = true, .time = label.bot_time};
}

}  // namespace

Beside<DirectoryRow> read_directory(LogDb& db) {
  Beside<DirectoryRow> out;
  SQLite::Statement rows(db.database(),
                         "SELECT number, kind, object, object_hash, leaf_index, opening "
                         "FROM directory ORDER BY number");
  std::uint64_t expected = 0;
  while (rows.executeStep()) {
    DirectoryRow row;
    row.number = number_of(rows.getColumn(0));
    row.kind = number_of(rows.getColumn(1));
    row.object_hash = crypto::sha256(blob_of(rows.getColumn(2)));
    row.opening = blob_of(rows.getColumn(5));
    const std::uint64_t leaf = number_of(rows.getColumn(4));
    const std::string where = "directory object " + std::to_string(row.number);
    if (row.number != ++expected) {
      out.fault(leaf, "directory object " + std::to_string(expected) + " is missing");
    }
    if (Digest::from(blob_of(rows.getColumn(3))) != row.object_hash) {
      out.fault(leaf, where + " does not have the hash stored beside it");
    }
    if (!out.rows.emplace(leaf, std::move(row)).second) {
      out.fault(leaf, where + " shares its leaf with another object");
    }
  }
  return out;
}

Beside<OpeningRow> read_openings(LogDb& db) {
  Beside<OpeningRow> out;
  SQLite::Statement rows(db.database(),
                         "SELECT number, leaf_index, kind, leaf_hash, about, records, "
                         "sealed_until_ms, notice, object, opening FROM openings ORDER BY number");
  std::uint64_t expected = 0;
  while (rows.executeStep()) {
    OpeningRow row;
    row.number = number_of(rows.getColumn(0));
    row.kind = number_of(rows.getColumn(2));
    const std::uint64_t leaf = number_of(rows.getColumn(1));
    const std::string where = "opening " + std::to_string(row.number) + " ";
    if (row.number != ++expected) {
      out.fault(leaf, "opening " + std::to_string(expected) + " is missing");
    }
    if (const std::string why = check_opening(db, rows, row); !why.empty()) {
      out.fault(leaf, where + why);
    }
    if (!out.rows.emplace(leaf, std::move(row)).second) {
      out.fault(leaf, where + "shares its leaf with another one");
    }
  }
  return out;
}

Result<CheckedLeaf> check_leaf(ByteView leaf, ByteView record, bool record_is_null,
                               const DirectoryRow* directory, const OpeningRow* opening) {
  const unsigned leaf_class = leaf.empty() ? 0 : leaf[0];
  if (leaf_class == 1 && leaf.size() == kOrdinarySize) {
    if (record_is_null) return bad("its record is missing");
    return check_ordinary(leaf, record);
  }
  if (!record_is_null) return bad("a record is kept under a leaf that has none");
  if (leaf_class == 2 && leaf.size() == kDirectorySize) return check_directory(leaf, directory);
  if (leaf_class == 3 && leaf.size() == kOpeningSize) return check_opening_leaf(leaf, opening);
  return bad("the leaf is of no known shape");
}

LeafRows::LeafRows(LogDb& db)
    : statement_(db.database(), "SELECT idx, leaf, record FROM log_entries ORDER BY idx") {
  read_ahead();
}

const LeafRow* LeafRows::next() {
  if (at_ == current_.count) {
    if (reading_.valid()) reading_.get();
    std::swap(current_, ahead_);
    at_ = 0;
    if (current_.count == 0) {
      if (broken_) std::rethrow_exception(broken_);
      return nullptr;
    }
    read_ahead();
  }
  return &current_.rows[at_++];
}

void LeafRows::read_ahead() {
  ahead_.count = 0;
  ahead_.rows.resize(kRowsAtOnce);
  if (!at_end_) reading_ = std::async(std::launch::async, [this] { read(ahead_); });
}

void LeafRows::read(Batch& batch) {
  try {
    for (std::size_t size = 0; batch.count < kRowsAtOnce && size < kBytesAtOnce;) {
      at_end_ = !statement_.executeStep();
      if (at_end_) return;
      LeafRow& row = batch.rows[batch.count];
      row.index = number_of(statement_.getColumn(0));
      copy_column(statement_.getColumn(1), row.leaf);
      const SQLite::Column record = statement_.getColumn(2);
      row.record_is_null = record.isNull();
      copy_column(record, row.record);
      size += row.record.size();
      ++batch.count;
    }
  } catch (const SQLite::Exception&) {
    at_end_ = true;
    broken_ = std::current_exception();
  }
}

}  // namespace candour::ctl
