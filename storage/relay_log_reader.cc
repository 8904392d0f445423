// The reads of RelayReader that are about the log.
#include <algorithm>

#include "storage/relay_db.h"
#include "storage/relay_reader.h"
#include "storage/relay_schema.h"

namespace candour::storage {

namespace {

static_assert(kBlockEntries == std::uint64_t{1} << kStoredLevelStep);

/// Hashes above those that are stored, kept in memory.
constexpr std::size_t kFoldedKept = 16'384;

Error no_hash(unsigned level, std::uint64_t index) {
  return error(
      ErrorCode::log_inconsistent,
      "the log has no hash at level " + std::to_string(level) + ", index " + std::to_string(index));
}

/// The hash of a complete subtree with these leaves or nodes; a power of two of them.
Digest fold(std::vector<Digest> nodes) {
  for (std::size_t count = nodes.size(); count > 1; count /= 2) {
    for (std::size_t i = 0; i < count / 2; ++i) {
      nodes[i] = tlog::node_hash(nodes[2 * i], nodes[2 * i + 1]);
    }
  }
  return nodes.front();
}

}  // namespace

Result<std::optional<std::uint64_t>> RelayReader::leaf_index(const Digest& leaf_hash) const {
  try {
    std::vector<std::uint64_t> candidates;
    {
      auto q = db_.query("SELECT idx FROM log_lookup WHERE prefix = ? ORDER BY idx",
                         lookup_prefix(leaf_hash));
      while (q.step()) candidates.push_back(q.number(0));
    }
    for (const std::uint64_t index : candidates) {
      CANDOUR_TRY(const Bytes found, entry(index));
      if (tlog::leaf_hash(found) == leaf_hash) return std::optional(index);
    }
    return std::optional<std::uint64_t>();
  } catch (const std::exception& e) {
    return read_failed("the log", e);
  }
}

Result<Digest> RelayReader::read(unsigned level, std::uint64_t index) const {
  try {
    if (level < kStoredLevelStep) {
      const Digest* const node = blocks_.node(level, index);
      if (node == nullptr) return no_hash(level, index);
      return *node;
    }
    const auto place = std::pair(level, index);
    if (const auto known = folded_.find(place); known != folded_.end()) return known->second;
    const unsigned stored = level - level % kStoredLevelStep;
    const std::uint64_t count = std::uint64_t{1} << (level - stored);
    std::vector<Digest> nodes;
    auto q = db_.query(
        "SELECT hash FROM log_hashes WHERE level = ? AND idx >= ? AND idx < ? ORDER BY idx",
        std::uint64_t{stored}, index * count, (index + 1) * count);
    while (q.step()) nodes.push_back(q.id<Digest>(0));
    if (nodes.size() != count) return no_hash(level, index);
    const Digest hash = fold(std::move(nodes));
    if (folded_.size() >= kFoldedKept) folded_.clear();
    folded_.emplace(place, hash);
    return hash;
  } catch (const std::exception& e) {
    return read_failed("a hash of the log", e);
  }
}

Result<Bytes> RelayReader::entry(std::uint64_t index) const {
  try {
    const Bytes& block = blocks_.entries(index / kBlockEntries);
    const std::size_t from = (index % kBlockEntries) * tlog::kEntrySize;
    if (block.size() >= from + tlog::kEntrySize) {
      return to_bytes(ByteView(block).subspan(from, tlog::kEntrySize));
    }
  } catch (const std::exception& e) {
    return read_failed("a log entry", e);
  }
  return error(ErrorCode::log_inconsistent, "the log has no entry " + std::to_string(index));
}

Result<Bytes> RelayReader::entries(std::uint64_t first, std::uint64_t end) const {
  try {
    Bytes out;
    while (first < end) {
      const std::uint64_t n = first / kBlockEntries;
      const Bytes& block = blocks_.entries(n);
      const std::uint64_t have = n * kBlockEntries + block.size() / tlog::kEntrySize;
      const std::uint64_t upto = std::min(end, have);
      if (upto <= first) break;
      const std::size_t from = (first - n * kBlockEntries) * tlog::kEntrySize;
      append(out, ByteView(block).subspan(from, (upto - first) * tlog::kEntrySize));
      first = upto;
    }
    return out;
  } catch (const std::exception& e) {
    return read_failed("log entries", e);
  }
}

std::optional<std::uint64_t> RelayReader::leaf_in_period(const LeafRange& block, bool last,
                                                         TimeMs from, TimeMs until) const {
  std::optional<std::uint64_t> found;
  auto q = db_.query(
      "SELECT idx, record FROM log_entries WHERE idx >= ? AND idx < ? AND record IS NOT NULL "
      "ORDER BY idx",
      block.first, block.end);
  while (q.step()) {
    const auto label = tlog::label_of(q.blob(1));
    if (!label) throw SQLite::Exception("a record has no label");
    const TimeMs time = label.value().bot_time;
    if (time < from || time >= until) continue;
    found = q.number(0);
    if (!last) return found;
  }
  return found;
}

Result<LeafRange> RelayReader::leaves_of_period(TimeMs from, TimeMs until) const {
  try {
    // Blocks whose times reach into the period; the outermost may have no record in it after all.
    std::vector<std::uint64_t> blocks;
    {
      auto q = db_.query(
          "SELECT block FROM log_times WHERE first_ms < ? AND last_ms >= ? ORDER BY block", until,
          from);
      while (q.step()) blocks.push_back(q.number(0));
    }
    const auto leaves = [](std::uint64_t block) {
      return LeafRange{block * kBlockEntries, (block + 1) * kBlockEntries};
    };
    std::optional<std::uint64_t> first;
    for (auto block = blocks.begin(); block != blocks.end() && !first; ++block) {
      first = leaf_in_period(leaves(*block), false, from, until);
    }
    std::optional<std::uint64_t> last;
    for (auto block = blocks.rbegin(); block != blocks.rend() && !last; ++block) {
      last = leaf_in_period(leaves(*block), true, from, until);
    }
    if (!first || !last) return LeafRange{};
    return LeafRange{*first, *last + 1};
  } catch (const std::exception& e) {
    return read_failed("times of records", e);
  }
}

Result<std::optional<CheckpointRow>> RelayReader::checkpoint(std::uint64_t size) const {
  try {
    CheckpointRow row{.size = size};
    {
      auto q = db_.query("SELECT note FROM checkpoints WHERE size = ?", size);
      if (!q.step()) return std::optional<CheckpointRow>();
      row.note = q.text(0);
    }
    auto lines =
        db_.query("SELECT name, line FROM cosignatures WHERE size = ? ORDER BY name", size);
    while (lines.step()) row.cosignatures.emplace_back(lines.text(0), lines.text(1));
    return std::optional(std::move(row));
  } catch (const std::exception& e) {
    return read_failed("a checkpoint", e);
  }
}

Result<RelayReader::RecordPage> RelayReader::records(
    const LeafRange& range, const std::function<bool(const tlog::RecordLabel&)>& wanted,
    std::size_t size_max, std::uint64_t looked_at_max) const {
  try {
    RecordPage page{.rows = {}, .next = range.end};
    std::size_t size = 0;
    std::uint64_t looked_at = 0;
    auto q = db_.query(
        "SELECT idx, leaf, record FROM log_entries WHERE idx >= ? AND idx < ? ORDER BY idx",
        range.first, range.end);
    while (q.step()) {
      if (size >= size_max || looked_at >= looked_at_max) {
        page.next = q.number(0);
        return page;
      }
      ++looked_at;
      if (q.null(2)) continue;
      const Bytes record = q.blob(2);
      const auto label = tlog::label_of(record);
      if (!label) throw SQLite::Exception("a record has no label");
      if (!wanted(label.value())) continue;
      page.rows.push_back({q.number(0), opening_of(q.blob(1), record), record});
      size += record.size() + tlog::kOpeningSize;
    }
    return page;
  } catch (const std::exception& e) {
    return read_failed("records", e);
  }
}

}  // namespace candour::storage
