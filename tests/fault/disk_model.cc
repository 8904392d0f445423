#include "tests/fault/disk_model.h"

#include <algorithm>
#include <functional>

namespace candour::testing {
namespace {

constexpr std::size_t kSector = 512;

void apply_whole(Bytes& content, const Change& change) {
  if (change.kind == Change::Kind::truncate) {
    content.resize(change.offset);
    return;
  }
  const std::size_t end = change.offset + change.bytes.size();
  if (content.size() < end) content.resize(end);
  std::copy(change.bytes.begin(), change.bytes.end(),
            content.begin() + static_cast<std::ptrdiff_t>(change.offset));
}

/// Each sector of the write is there, or not, or holds anything.
void apply_torn(Bytes& content, const Change& change, std::mt19937_64& dice) {
  const std::uint64_t fate = dice() % 4;
  if (fate == 0) return;
  if (fate == 1 || change.kind == Change::Kind::truncate) return apply_whole(content, change);
  std::size_t from = 0;
  while (from < change.bytes.size()) {
    const std::size_t in_sector = (change.offset + from) % kSector;
    const std::size_t to = std::min(change.bytes.size(), from + kSector - in_sector);
    Change piece{.kind = Change::Kind::write, .file = {}, .offset = change.offset + from};
    piece.bytes.assign(change.bytes.begin() + static_cast<std::ptrdiff_t>(from),
                       change.bytes.begin() + static_cast<std::ptrdiff_t>(to));
    const std::uint64_t sector = dice() % 16;
    if (sector == 0) {
      for (auto& byte : piece.bytes) byte = static_cast<std::uint8_t>(dice());
    }
    if (sector < 8) apply_whole(content, piece);
    from = to;
  }
}

}  // namespace

void DiskModel::advance(std::size_t count) {
  for (; at_ < count; ++at_) {
    const Change& change = changes_[at_];
    switch (change.kind) {
      case Change::Kind::create:
        folder_[change.file] = nodes_.size();
        unsynced_.push_back({change.file, nodes_.size()});
        nodes_.emplace_back();
        break;
      case Change::Kind::remove:
        if (folder_.erase(change.file) != 0) unsynced_.push_back({change.file, std::nullopt});
        break;
      case Change::Kind::sync_folder:
        sync_folder();
        break;
      case Change::Kind::sync: {
        Node& node = nodes_.at(folder_.at(change.file));
        for (const Change* write : node.unsynced) apply_whole(node.durable, *write);
        node.unsynced.clear();
        const bool journal = change.file.ends_with("-wal") || change.file.ends_with("-journal");
        if (journal) sync_folder();
        break;
      }
      case Change::Kind::write:
      case Change::Kind::truncate:
        nodes_.at(folder_.at(change.file)).unsynced.push_back(&change);
        break;
    }
  }
}

void DiskModel::sync_folder() {
  durable_ = folder_;
  unsynced_.clear();
}

Files DiskModel::files(const std::map<std::string, std::size_t>& folder,
                       const std::function<void(Bytes&, const Change&)>& apply) const {
  Files out;
  for (const auto& [name, number] : folder) {
    Bytes content = nodes_[number].durable;
    for (const Change* change : nodes_[number].unsynced) apply(content, *change);
    out.emplace(name, std::move(content));
  }
  return out;
}

Files DiskModel::without_unsynced() const {
  return files(durable_, [](Bytes&, const Change&) {});
}

Files DiskModel::with_unsynced() const { return files(folder_, apply_whole); }

Files DiskModel::torn(std::mt19937_64& dice) const {
  auto folder = durable_;
  // The folder's own journal keeps the order of what is done to it.
  const std::size_t kept = dice() % (unsynced_.size() + 1);
  for (std::size_t i = 0; i < kept; ++i) {
    if (unsynced_[i].node) {
      folder[unsynced_[i].name] = *unsynced_[i].node;
    } else {
      folder.erase(unsynced_[i].name);
    }
  }
  return files(folder,
               [&](Bytes& content, const Change& change) { apply_torn(content, change, dice); });
}

}  // namespace candour::testing
