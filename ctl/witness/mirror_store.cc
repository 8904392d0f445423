#include "ctl/witness/mirror_store.h"

#include <future>

#include "crypto/hash.h"
#include "identity/note.h"
#include "tlog/directory_leaf.h"
#include "tlog/record_label.h"

namespace candour::ctl {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kCheckpointsKept = 4096;

Error inconsistent(std::uint64_t index, const std::string& what) {
  return error(ErrorCode::log_inconsistent, "leaf " + std::to_string(index) + ": " + what);
}

}  // namespace

Result<std::unique_ptr<MirrorStore>> MirrorStore::open(const fs::path& dir, std::string origin) {
  std::error_code failed;
  fs::create_directories(dir, failed);
  if (failed) return error(ErrorCode::storage_failed, dir.string() + ": cannot be written to");
  std::unique_ptr<MirrorStore> mirror(new MirrorStore(std::move(origin)));
  // Completions only set a promise, so that they may run on the store's own thread.
  CANDOUR_TRY(mirror->store_,
              storage::RelayStore::open({.folder = dir}, [](auto task) { task(); }));
  CANDOUR_TRY(mirror->load());
  return mirror;
}

Status MirrorStore::load() {
  CANDOUR_TRY(const auto snapshot, store_->load());
  objects_ = counted_.objects = snapshot.directory.size();
  openings_ = counted_.openings = snapshot.openings.size();
  for (const auto& [size, cosignatures] : snapshot.checkpoints) sizes_.insert(size);
  return store_->inspect([&](const storage::RelayReader& reader) -> Status {
    CANDOUR_TRY(written_, tlog::Frontier::load(snapshot.log_size, reader));
    edge_ = written_;
    return ok();
  });
}

Status MirrorStore::check_record(const v1::LogItem& item, Staged& staged) const {
  CANDOUR_TRY(const auto opening, tlog::LeafOpening::decode(staged.leaf.opening));
  staged.leaf.record = to_bytes(item.record());
  if (!same(opening.entry(tlog::LeafClass::ordinary), staged.leaf.entry)) {
    return inconsistent(staged.leaf.index, "the opening does not fit the entry");
  }
  if (crypto::sha256(staged.leaf.record) != opening.object_hash) {
    return inconsistent(staged.leaf.index, "the record is not what the entry commits to");
  }
  CANDOUR_TRY(const auto label, tlog::label_of(staged.leaf.record));
  if (label.log_origin != origin_ || !same(label.record.view(), as_bytes(item.record_id()))) {
    return inconsistent(staged.leaf.index, "the record is another one than its label says");
  }
  staged.record_id = label.record;
  staged.leaf.time = label.bot_time;
  return ok();
}

Status MirrorStore::check_object(const v1::LogItem& item, Staged& staged) const {
  CANDOUR_TRY(const auto opening, tlog::LeafOpening::decode(staged.leaf.opening));
  if (!same(opening.entry(tlog::LeafClass::directory), staged.leaf.entry)) {
    return inconsistent(staged.leaf.index, "the opening does not fit the entry");
  }
  storage::DirectoryRow row;
  row.number = objects_ + 1;
  row.kind = item.kind();
  row.object = to_bytes(item.object());
  row.object_hash = crypto::sha256(row.object);
  row.leaf_index = staged.leaf.index;
  row.opening = staged.leaf.opening;
  if (row.object_hash != opening.object_hash ||
      tlog::directory_leaf_kind(item.kind()) != opening.kind) {
    return inconsistent(staged.leaf.index, "the directory object is not what the entry commits to");
  }
  staged.object = std::move(row);
  return ok();
}

Status MirrorStore::check_opening(const v1::OpeningItem* item, Staged& staged) const {
  if (item == nullptr || item->leaf_index() != staged.leaf.index ||
      item->number() != openings_ + 1) {
    return inconsistent(staged.leaf.index, "the relay has no notice of this opening leaf");
  }
  staged.notice = to_bytes(item->notice());
  CANDOUR_TRY(const auto note, identity::SignedNote::parse(item->notice()));
  CANDOUR_TRY(const auto notice, identity::OpeningNotice::parse(note.text));
  if (!same(notice.entry, staged.leaf.entry)) {
    return inconsistent(staged.leaf.index, "the notice is of another opening leaf");
  }
  storage::OpeningRow row;
  row.number = item->number();
  row.leaf_index = staged.leaf.index;
  row.kind = static_cast<int>(notice.kind);
  row.leaf_hash = staged.leaf.leaf_hash;
  row.about = notice.about;
  row.records = notice.records;
  row.sealed_until = notice.sealed_until;
  row.logged = TimeMs(item->logged_ms());
  staged.opening = std::move(row);
  return ok();
}

Status MirrorStore::stage(const v1::LogItem& item, const v1::OpeningItem* opening) {
  Staged staged;
  staged.leaf.index = edge_.size();
  staged.leaf.entry = to_bytes(item.entry());
  staged.leaf.opening = to_bytes(item.opening());
  if (staged.leaf.entry.size() != tlog::kEntrySize) {
    return inconsistent(staged.leaf.index, "the entry has not 34 bytes");
  }
  staged.leaf.leaf_hash = tlog::leaf_hash(staged.leaf.entry);
  const auto leaf_class = static_cast<tlog::LeafClass>(staged.leaf.entry[1]);
  if (leaf_class == tlog::LeafClass::ordinary) {
    CANDOUR_TRY(check_record(item, staged));
  } else if (leaf_class == tlog::LeafClass::directory) {
    CANDOUR_TRY(check_object(item, staged));
  } else if (leaf_class == tlog::LeafClass::opening) {
    CANDOUR_TRY(check_opening(opening, staged));
  } else {
    return inconsistent(staged.leaf.index, "the entry is of an unknown class");
  }
  objects_ += staged.object ? 1 : 0;
  openings_ += staged.opening ? 1 : 0;
  staged.leaf.hashes = edge_.append(staged.leaf.leaf_hash);
  staged_bytes_ += item.ByteSizeLong();
  staged_.push_back(std::move(staged));
  return ok();
}

void MirrorStore::queue(Staged staged) {
  if (staged.object) {
    store_->publish({.object = std::move(*staged.object), .leaf = std::move(staged.leaf)}, nullptr);
  } else if (staged.opening) {
    store_->log_opening({.row = std::move(*staged.opening),
                         .leaf = std::move(staged.leaf),
                         .notice = std::move(staged.notice),
                         .copies = {}},
                        nullptr);
  } else {
    // A mirror answers no repeats, so it need not remember which records it has.
    storage::AppendedRecord record;
    record.appended = {*staged.record_id, staged.leaf.index, staged.leaf.leaf_hash};
    record.forgotten = {*staged.record_id};
    record.leaf = std::move(staged.leaf);
    store_->append(std::move(record), nullptr);
  }
}

Status MirrorStore::write() {
  for (Staged& staged : staged_) queue(std::move(staged));
  staged_.clear();
  staged_bytes_ = 0;
  counted_ = {objects_, openings_};
  written_ = edge_;
  std::promise<Status> durable;
  store_->after_durable([&](Status status) { durable.set_value(std::move(status)); });
  return durable.get_future().get();
}

Status MirrorStore::confirm(const tlog::Checkpoint& checkpoint, const std::string& note) {
  const bool fits = checkpoint.size == edge_.size() && checkpoint.root == edge_.root();
  if (!fits) {
    const bool spoilt = written_.size() > (sizes_.empty() ? 0 : *sizes_.rbegin());
    forget();
    return error(spoilt ? ErrorCode::state_damaged : ErrorCode::log_inconsistent,
                 "the leaves that the relay gave do not make the tree of its checkpoint of size " +
                     std::to_string(checkpoint.size) +
                     (spoilt ? "; keep this copy as evidence and begin a new one" : ""));
  }
  if (sizes_.contains(checkpoint.size)) return ok();
  std::vector<std::uint64_t> dropped;
  sizes_.insert(checkpoint.size);
  while (sizes_.size() > kCheckpointsKept) {
    dropped.push_back(sizes_.extract(sizes_.begin()).value());
  }
  for (Staged& staged : std::exchange(staged_, {})) queue(std::move(staged));
  store_->put_checkpoint(checkpoint.size, note, std::move(dropped), nullptr);
  return write();
}

void MirrorStore::forget() {
  if (staged_.empty()) return;
  staged_.clear();
  staged_bytes_ = 0;
  objects_ = counted_.objects;
  openings_ = counted_.openings;
  edge_ = written_;
}

Status MirrorStore::put_cosignature(std::uint64_t size, const std::string& name,
                                    const std::string& line) {
  std::promise<Status> durable;
  store_->put_cosignature(size, name, line,
                          [&](Status status) { durable.set_value(std::move(status)); });
  return durable.get_future().get();
}

}  // namespace candour::ctl
