// A journal: one JSON object a line, each durable before the call returns. Kept by the
// investigator's station in the case folder and by custodians and keepers in their state.
#pragma once

#include <filesystem>
#include <vector>

#include "ctl/context.h"

namespace candour::ctl {

/// Appends the line to `file` (made with mode 0600) and flushes it to disk. storage_failed.
Status append_journal(const std::filesystem::path& file, const JsonLine& line);

/// The lines of a journal; none when there is no file. A last line without its newline was being
/// written when the machine stopped and is left out. state_damaged, when it is readable by others
/// or too large.
Result<std::vector<std::string>> read_journal(const std::filesystem::path& file);

/// A lock on a folder that ends with this object, or with the process.
class FolderLock {
 public:
  /// state_locked when another process holds it.
  static Result<FolderLock> take(const std::filesystem::path& dir);
  ~FolderLock();
  FolderLock(FolderLock&& other) noexcept : file_(other.file_) { other.file_ = -1; }
  FolderLock& operator=(FolderLock&&) = delete;

 private:
  explicit FolderLock(int file) : file_(file) {}
  int file_;
};

}  // namespace candour::ctl
