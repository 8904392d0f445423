#include "base/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace candour {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }

 private:
  int fd_;
};

Error file_error(ErrorCode code, const std::filesystem::path& path, const char* what) {
  return error(code, path.string() + ": " + what + ": " + std::strerror(errno));
}

template <class Buffer>
Result<Buffer> read_whole(const std::filesystem::path& path, std::size_t size_max, bool secret) {
  Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return file_error(ErrorCode::not_found, path, "cannot open");
  struct stat info {};
  if (fstat(file.get(), &info) != 0) return file_error(ErrorCode::state_damaged, path, "cannot stat");
  if (!S_ISREG(info.st_mode)) return error(ErrorCode::input_invalid, path.string() + ": not a file");
  if (secret && (info.st_mode & 077) != 0) {
    return error(ErrorCode::state_damaged,
                 path.string() + ": readable by others than its owner; run chmod 600 on it");
  }
  if (static_cast<std::uint64_t>(info.st_size) > size_max) {
    return error(ErrorCode::input_invalid, path.string() + ": larger than " +
                                               std::to_string(size_max) + " bytes");
  }
  Buffer out(static_cast<std::size_t>(info.st_size));
  std::size_t done = 0;
  while (done < out.size()) {
    const ssize_t n = read(file.get(), out.data() + done, out.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return file_error(ErrorCode::state_damaged, path, "cannot read");
    if (n == 0) break;
    done += static_cast<std::size_t>(n);
  }
  out.resize(done);
  return out;
}

Status write_whole(const std::filesystem::path& path, ByteView bytes, mode_t mode, bool replace) {
  const std::filesystem::path temporary = path.string() + ".new";
  if (!replace && std::filesystem::exists(path)) {
    return error(ErrorCode::already_exists, path.string() + ": exists already");
  }
  {
    unlink(temporary.c_str());
    Descriptor file(open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
    if (!file.valid()) return file_error(ErrorCode::storage_failed, temporary, "cannot create");
    std::size_t done = 0;
    while (done < bytes.size()) {
      const ssize_t n = write(file.get(), bytes.data() + done, bytes.size() - done);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return file_error(ErrorCode::storage_failed, temporary, "cannot write");
      done += static_cast<std::size_t>(n);
    }
    if (fsync(file.get()) != 0) return file_error(ErrorCode::storage_failed, temporary, "cannot sync");
  }
  if (rename(temporary.c_str(), path.c_str()) != 0) {
    return file_error(ErrorCode::storage_failed, path, "cannot replace");
  }
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
  Descriptor dir(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!dir.valid() || fsync(dir.get()) != 0) {
    return file_error(ErrorCode::storage_failed, folder, "cannot sync");
  }
  return ok();
}

}  // namespace

Result<Bytes> read_file(const std::filesystem::path& path, std::size_t size_max) {
  return read_whole<Bytes>(path, size_max, false);
}

Result<SecretBytes> read_secret_file(const std::filesystem::path& path, std::size_t size_max) {
  CANDOUR_TRY(auto buffer, read_whole<SecretBytes::Buffer>(path, size_max, true));
  return SecretBytes(std::move(buffer));
}

Status write_file(const std::filesystem::path& path, ByteView bytes) {
  return write_whole(path, bytes, 0644, true);
}

Status write_secret_file(const std::filesystem::path& path, ByteView bytes, bool replace) {
  return write_whole(path, bytes, 0600, replace);
}

}  // namespace candour
