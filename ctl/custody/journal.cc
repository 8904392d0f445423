#include "ctl/custody/journal.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/files.h"

namespace candour::ctl {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kJournalSizeMax = 256u << 20;

bool write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(file, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

/// Drops a last line that was being written when the machine stopped. What it was about did not
/// happen: nothing leaves before its line is on disk.
bool drop_cut_line(int file) {
  off_t end = ::lseek(file, 0, SEEK_END);
  if (end < 0) return false;
  off_t whole = end;
  for (char last = 0; whole > 0; --whole) {
    if (::pread(file, &last, 1, whole - 1) != 1) return false;
    if (last == '\n') break;
  }
  return whole == end || ::ftruncate(file, whole) == 0;
}

}  // namespace

Status append_journal(const fs::path& file, const JsonLine& line) {
  const auto failed = [&](const char* what) {
    return error(ErrorCode::storage_failed,
                 file.string() + ": cannot " + what + ": " + std::strerror(errno));
  };
  const bool fresh = !fs::exists(file);
  const int handle = ::open(file.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (handle < 0) return failed("open the journal");
  const bool written =
      drop_cut_line(handle) && write_all(handle, line.str() + "\n") && ::fsync(handle) == 0;
  const int error_number = errno;
  ::close(handle);
  errno = error_number;
  if (!written) return failed("write the journal");
  if (fresh) {
    const int folder = ::open(file.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool flushed = folder >= 0 && ::fsync(folder) == 0;
    if (folder >= 0) ::close(folder);
    if (!flushed) return failed("flush the folder of the journal");
  }
  return ok();
}

Result<std::vector<std::string>> read_journal(const fs::path& file) {
  std::vector<std::string> lines;
  if (!fs::exists(file)) return lines;
  CANDOUR_TRY(auto bytes, read_secret_file(file, kJournalSizeMax));
  std::string_view text = as_text(bytes.view());
  for (auto end = text.find('\n'); end != text.npos; end = text.find('\n')) {
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  return lines;
}

Result<FolderLock> FolderLock::take(const fs::path& dir) {
  const fs::path file = dir / "lock";
  const int handle = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (handle < 0) {
    return error(ErrorCode::storage_failed,
                 file.string() + ": cannot open: " + std::strerror(errno));
  }
  if (::flock(handle, LOCK_EX | LOCK_NB) != 0) {
    ::close(handle);
    return error(ErrorCode::state_locked,
                 dir.string() + ": another process is using this folder; let it finish");
  }
  return FolderLock(handle);
}

FolderLock::~FolderLock() {
  if (file_ >= 0) ::close(file_);
}

}  // namespace candour::ctl
