#include "storage/relay_leaves.h"

#include <algorithm>

#include "base/assert.h"
#include "crypto/hash.h"
#include "storage/relay_schema.h"

namespace candour::storage {
namespace {

using tlog::LeafClass;
using tlog::LeafOpening;

constexpr std::size_t kBlocksKept = 64;  // 25 KB each
constexpr std::size_t kBlockSize = kBlockEntries * tlog::kEntrySize;
constexpr std::uint8_t kEntryVersion = 1;
constexpr std::uint8_t kOpeningVersion = 1;
constexpr std::size_t kSaltSize = 32;
constexpr std::size_t kHashesSize = 64;
// Where the fields of an opening are that an ordinary row keeps: kind and salt, and the hashes
// after the object hash (tlog/leaf.h).
constexpr std::size_t kKindAt = 1;
constexpr std::size_t kHashesAt = 66;
constexpr std::size_t kCommitmentAt = 2 + kSaltSize + kHashesSize;
constexpr std::size_t kOrdinarySize = kCommitmentAt + 32;
constexpr std::size_t kDirectorySize = 1 + tlog::kOpeningSize;
constexpr std::size_t kOpeningClassSize = tlog::kEntrySize - 1;

LeafClass class_of(ByteView leaf) {
  if (leaf.size() == kOrdinarySize && leaf[0] == 1) return LeafClass::ordinary;
  if (leaf.size() == kDirectorySize && leaf[0] == 2) return LeafClass::directory;
  if (leaf.size() == kOpeningClassSize && leaf[0] == 3) return LeafClass::opening;
  throw SQLite::Exception("a leaf in relay.db is of no known shape");
}

/// One byte and what follows it.
Bytes joined(std::uint8_t first, std::initializer_list<ByteView> rest) {
  std::size_t size = 1;
  for (const ByteView part : rest) size += part.size();
  Bytes out(size);
  out[0] = first;
  std::size_t at = 1;
  for (const ByteView part : rest) {
    std::copy(part.begin(), part.end(), out.begin() + static_cast<std::ptrdiff_t>(at));
    at += part.size();
  }
  return out;
}

}  // namespace

Bytes pack_leaf(const LogLeaf& leaf) {
  const ByteView entry(leaf.entry);
  CANDOUR_ASSERT(entry.size() == tlog::kEntrySize);
  const auto leaf_class = static_cast<LeafClass>(entry[1]);
  if (leaf_class == LeafClass::opening) {
    CANDOUR_ASSERT(leaf.opening.empty() && leaf.record.empty());
    return joined(entry[1], {entry.subspan(2)});
  }
  const ByteView opening(leaf.opening);
  CANDOUR_ASSERT(opening.size() == tlog::kOpeningSize);
  if (leaf_class == LeafClass::directory) {
    CANDOUR_ASSERT(leaf.record.empty());
    return joined(entry[1], {opening});
  }
  CANDOUR_ASSERT(leaf_class == LeafClass::ordinary && !leaf.record.empty());
  Bytes row = joined(entry[1], {opening.subspan(kKindAt, 1 + kSaltSize),
                                opening.subspan(kHashesAt, kHashesSize), entry.subspan(2)});
  // What is written must read back as what was decided.
  CANDOUR_ASSERT(opening_of(row, leaf.record) == leaf.opening && entry_of(row) == leaf.entry);
  return row;
}

Bytes opening_of(ByteView leaf, ByteView record) {
  switch (class_of(leaf)) {
    case LeafClass::opening:
      return {};
    case LeafClass::directory:
      return to_bytes(leaf.subspan(1));
    case LeafClass::ordinary:
      break;
  }
  const Digest object_hash = crypto::sha256(record);
  return joined(kOpeningVersion, {leaf.subspan(1, 1 + kSaltSize), object_hash.view(),
                                  leaf.subspan(2 + kSaltSize, kHashesSize)});
}

Bytes entry_of(ByteView leaf) {
  const LeafClass leaf_class = class_of(leaf);
  if (leaf_class == LeafClass::opening) return joined(kEntryVersion, {leaf});
  if (leaf_class == LeafClass::ordinary) {
    return joined(kEntryVersion, {leaf.first(1), leaf.subspan(kCommitmentAt)});
  }
  const auto opening = LeafOpening::decode(opening_of(leaf, {}));
  if (!opening) throw SQLite::Exception("a leaf in relay.db is of an unknown kind");
  return opening.value().entry(leaf_class);
}

void check_leaf(std::uint64_t index, ByteView leaf, ByteView record) {
  if (class_of(leaf) != LeafClass::ordinary) return;
  const auto opening = LeafOpening::decode(opening_of(leaf, record));
  if (opening && opening.value().entry(LeafClass::ordinary) == entry_of(leaf)) return;
  throw SQLite::Exception("entry " + std::to_string(index) +
                          " of the log is not what its record and opening make");
}

std::uint64_t lookup_prefix(const Digest& leaf_hash) {
  std::uint64_t prefix = 0;
  for (const std::uint8_t byte : leaf_hash.view().first(4)) prefix = prefix << 8 | byte;
  return prefix;
}

EntryBlocks::Block& EntryBlocks::block(std::uint64_t n) {
  const auto known =
      std::find_if(blocks_.begin(), blocks_.end(), [n](const Block& b) { return b.number == n; });
  if (known != blocks_.end()) {
    blocks_.splice(blocks_.begin(), blocks_, known);
  } else {
    blocks_.push_front({.number = n});
    if (blocks_.size() > kBlocksKept) blocks_.pop_back();
  }
  Block& block = blocks_.front();
  if (block.entries.size() == kBlockSize) return block;
  const std::uint64_t first = n * kBlockEntries;
  auto q = db_.query("SELECT idx, leaf FROM log_entries WHERE idx >= ? AND idx < ? ORDER BY idx",
                     first + block.entries.size() / tlog::kEntrySize, first + kBlockEntries);
  while (q.step()) {
    if (q.number(0) != first + block.entries.size() / tlog::kEntrySize) {
      throw SQLite::Exception("the log in relay.db has gaps");
    }
    append(block.entries, entry_of(q.blob(1)));
  }
  return block;
}

const Bytes& EntryBlocks::entries(std::uint64_t n) { return block(n).entries; }

const Digest* EntryBlocks::node(unsigned level, std::uint64_t index) {
  CANDOUR_ASSERT(level < kStoredLevelStep);
  const std::uint64_t first = index << level;
  Block& in = block(first / kBlockEntries);
  for (auto& leaves = in.nodes[0]; leaves.size() < in.entries.size() / tlog::kEntrySize;) {
    leaves.push_back(tlog::leaf_hash(
        ByteView(in.entries).subspan(leaves.size() * tlog::kEntrySize, tlog::kEntrySize)));
  }
  for (unsigned above = 1; above <= level; ++above) {
    const auto& below = in.nodes[above - 1];
    for (auto& nodes = in.nodes[above]; nodes.size() < below.size() / 2;) {
      nodes.push_back(tlog::node_hash(below[2 * nodes.size()], below[2 * nodes.size() + 1]));
    }
  }
  const std::uint64_t at = (first % kBlockEntries) >> level;
  return at < in.nodes[level].size() ? &in.nodes[level][at] : nullptr;
}

}  // namespace candour::storage
