#include "ctl/log/export.h"

#include "base/files.h"
#include "tlog/checkpoint.h"
#include "tlog/tile.h"

namespace candour::ctl {

namespace fs = std::filesystem;

namespace {

Status write_into(const fs::path& folder, const std::string& name, ByteView bytes,
                  LogExport& done) {
  const fs::path file = folder / name;
  std::error_code failed;
  fs::create_directories(file.parent_path(), failed);
  if (failed) {
    return error(ErrorCode::storage_failed, file.parent_path().string() + " cannot be made");
  }
  ++done.files;
  return write_file(file, bytes);
}

Result<std::uint64_t> size_of(const std::string& note) {
  CANDOUR_TRY(const auto parsed, identity::SignedNote::parse(note));
  CANDOUR_TRY(const auto checkpoint, tlog::Checkpoint::parse(parsed.text));
  return checkpoint.size;
}

}  // namespace

Result<std::string> best_checkpoint(LogDb& db, std::uint64_t index) {
  std::string best;
  std::size_t signatures = 0;
  for (const std::uint64_t size : db.checkpoint_sizes()) {
    if (size <= index) continue;
    const std::string note = db.checkpoint(size).value_or("");
    CANDOUR_TRY(auto parsed, identity::SignedNote::parse(note));
    if (parsed.signatures.size() >= signatures) {
      signatures = parsed.signatures.size();
      best = note;
    }
  }
  if (best.empty()) {
    return error(ErrorCode::not_found,
                 "no checkpoint covers entry " + std::to_string(index) + " yet");
  }
  return best;
}

Result<LogExport> export_log(LogDb& db, std::uint64_t index, const fs::path& folder) {
  std::error_code none;
  if (fs::exists(folder) && !fs::is_empty(folder, none)) {
    return error(ErrorCode::already_exists, folder.string() + " is not empty");
  }
  LogExport done;
  CANDOUR_TRY(const std::string note, best_checkpoint(db, index));
  CANDOUR_TRY(done.size, size_of(note));
  std::string older = note;
  for (const std::uint64_t size : db.checkpoint_sizes()) {
    const std::string candidate = db.checkpoint(size).value_or("");
    CANDOUR_TRY(const auto parsed, identity::SignedNote::parse(candidate));
    CANDOUR_TRY(const auto best, identity::SignedNote::parse(note));
    if (parsed.signatures.size() < best.signatures.size()) continue;
    older = candidate;
    break;
  }
  CANDOUR_TRY(done.older_size, size_of(older));
  CANDOUR_TRY(write_into(folder, "checkpoint", as_bytes(note), done));
  CANDOUR_TRY(write_into(folder, "older.checkpoint", as_bytes(older), done));
  CANDOUR_TRY(const Bytes entry, db.entry(index));
  const std::string hash = std::to_string(index) + " " + tlog::leaf_hash(entry).hex() + "\n";
  CANDOUR_TRY(write_into(folder, "entry.hash", as_bytes(hash), done));
  for (const tlog::Tile& tile : tlog::tiles_of(done.size)) {
    CANDOUR_TRY(const Bytes bytes,
                tile.entries ? tlog::entry_bundle(tile, db) : tlog::tile_bytes(tile, db));
    CANDOUR_TRY(write_into(folder, tile.path().substr(1), bytes, done));
  }
  return done;
}

}  // namespace candour::ctl
