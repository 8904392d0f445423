// The log as a mirror asks for it: each leaf with all that lies beside it.
#include "storage/relay_db.h"
#include "storage/relay_reader.h"

namespace candour::storage {

Result<std::vector<LogItemRow>> RelayReader::log_items(std::uint64_t first, std::uint64_t end,
                                                       std::size_t size_max) const {
  try {
    std::vector<LogItemRow> out;
    std::size_t size = 0;
    auto q = db_.query(
        "SELECT l.leaf, l.record, d.kind, d.object FROM log_entries l "
        "LEFT JOIN directory d ON d.leaf_index = l.idx WHERE l.idx >= ? AND l.idx < ? "
        "ORDER BY l.idx",
        first, end);
    while (q.step()) {
      const Bytes leaf = q.blob(0);
      LogItemRow row;
      row.record = q.blob(1);
      row.entry = entry_of(leaf);
      row.opening = opening_of(leaf, row.record);
      if (!row.record.empty()) {
        CANDOUR_TRY(auto label, tlog::label_of(row.record));
        row.record_id = label.record;
      }
      if (!q.null(2)) {
        row.kind = static_cast<int>(q.number(2));
        row.object = q.blob(3);
      }
      size += row.entry.size() + row.opening.size() + row.record.size() + row.object.size();
      if (size > size_max && !out.empty()) break;
      out.push_back(std::move(row));
    }
    return out;
  } catch (const std::exception& e) {
    return read_failed("the log", e);
  }
}

}  // namespace candour::storage
