// The folder of relay.db: its lock, and whether its disk has room. For storage/relay_* only.
#pragma once

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <filesystem>

#include "base/bytes.h"
#include "base/result.h"

namespace candour::storage {

/// What has to be free on the disk before a full database is tried again: more than one transaction
/// takes.
inline constexpr std::size_t kProbeSize = 2 * 1024 * 1024;

/// An advisory lock on relay.lock, held as long as the object lives.
class FolderLock {
 public:
  FolderLock() = default;
  ~FolderLock() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

  Status take(const std::filesystem::path& folder) {
    const auto file = folder / "relay.lock";
    descriptor_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor_ < 0) {
      return error(ErrorCode::config_invalid, "the state folder " + folder.string() +
                                                  " cannot be written; create it for this user");
    }
    if (flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
      return error(ErrorCode::state_locked,
                   "another candour-relay is using " + folder.string() + "; stop it first");
    }
    return ok();
  }

 private:
  int descriptor_ = -1;
};

/// Whether the disk takes kProbeSize bytes more: one small transaction may fit where the next does
/// not.
inline bool has_room(const std::filesystem::path& folder) {
  const auto file = folder / "relay.probe";
  const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (descriptor < 0) return false;
  const Bytes block(64 * 1024);
  std::size_t written = 0;
  while (written < kProbeSize) {
    if (::write(descriptor, block.data(), block.size()) != static_cast<ssize_t>(block.size())) {
      break;
    }
    written += block.size();
  }
  const bool kept = written >= kProbeSize && fdatasync(descriptor) == 0;
  close(descriptor);
  unlink(file.c_str());
  return kept;
}

}  // namespace candour::storage
