#include "base/private_folder.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>

namespace candour {

Status make_private_folder(const std::filesystem::path& folder) {
  std::error_code failed;
  if (folder.has_parent_path()) {
    std::filesystem::create_directories(folder.parent_path(), failed);
  }
  if (!failed && mkdir(folder.c_str(), 0700) != 0 &&
      (errno != EEXIST || !std::filesystem::is_directory(folder))) {
    failed = std::error_code(errno, std::generic_category());
  }
  // Also for a folder that was there, or a umask that takes from its owner.
  if (!failed && chmod(folder.c_str(), 0700) != 0) {
    failed = std::error_code(errno, std::generic_category());
  }
  if (!failed) return ok();
  return error(ErrorCode::storage_failed,
               folder.string() + ": cannot make this folder: " + failed.message());
}

}  // namespace candour
