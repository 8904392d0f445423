#include "ctl/evidence/bag.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/files.h"
#include "base/private_folder.h"
#include "crypto/hash.h"

namespace candour::ctl {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kBagIt = "bagit.txt";
constexpr std::string_view kBagInfo = "bag-info.txt";
constexpr std::string_view kManifest = "manifest-sha256.txt";
constexpr std::string_view kTagManifest = "tagmanifest-sha256.txt";
constexpr std::string_view kDeclaration =
    "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n";
constexpr std::size_t kProgressStep = 500;

Error invalid(const std::string& what) {
  return error(ErrorCode::bundle_invalid, "the bundle is not intact: " + what);
}

bool is_payload(std::string_view path) { return path.starts_with("data/"); }

std::string manifest_of(const BagFiles& files, bool payload) {
  std::string out;
  for (const auto& [path, bytes] : files) {
    if (path == kTagManifest || is_payload(path) != payload) continue;
    out += crypto::sha256(bytes.view()).hex() + "  " + path + "\n";
  }
  return out;
}

void put(BagFiles& files, std::string_view path, std::string_view text) {
  files[std::string(path)] = SecretBytes::copy_of(as_bytes(text));
}

// Path and hash of each line of a manifest.
Result<std::map<std::string, std::string>> parse_manifest(std::string_view name,
                                                          std::string_view text) {
  std::map<std::string, std::string> out;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    constexpr std::size_t kHashSize = 64;
    if (end == text.npos || line.size() <= kHashSize + 2 || line.substr(kHashSize, 2) != "  " ||
        !out.emplace(line.substr(kHashSize + 2), line.substr(0, kHashSize)).second) {
      return invalid(std::string(name) + " has a line that is not '<64 hex digits>  <path>'");
    }
    text.remove_prefix(end + 1);
  }
  return out;
}

// Every file the manifest names is there with that hash, and no other.
Status check_manifest(const BagFiles& files, std::string_view name, bool payload) {
  const auto manifest = files.find(std::string(name));
  if (manifest == files.end()) return invalid(std::string(name) + " is missing");
  CANDOUR_TRY(const auto expected, parse_manifest(name, as_text(manifest->second.view())));
  for (const auto& [path, hash] : expected) {
    const auto file = files.find(path);
    if (file == files.end()) return invalid(path + " is missing");
    if (crypto::sha256(file->second.view()).hex() != hash) {
      return invalid(path + " is not the file whose hash stands in " + std::string(name));
    }
  }
  for (const auto& [path, bytes] : files) {
    if (path == kTagManifest || is_payload(path) != payload) continue;
    if (!expected.contains(path)) return invalid(std::string(name) + " does not name " + path);
  }
  return ok();
}

bool plain_name(std::string_view name) {
  return !name.empty() && name.front() != '.' && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_';
  });
}

Status read_folder(const fs::path& folder, const std::string& prefix, int depth, std::size_t& left,
                   BagFiles& out) {
  std::error_code failed;
  for (fs::directory_iterator it(folder, failed), end; !failed && it != end; it.increment(failed)) {
    const std::string path = prefix + it->path().filename().string();
    if (!plain_name(it->path().filename().string())) return invalid("a file has an odd name");
    const auto type = it->symlink_status(failed).type();
    if (type == fs::file_type::directory && depth > 0) {
      CANDOUR_TRY(read_folder(it->path(), path + "/", depth - 1, left, out));
      continue;
    }
    if (type != fs::file_type::regular) return invalid(path + " is not a plain file");
    if (out.size() >= kBagFilesMax) return invalid("it has too many files");
    CANDOUR_TRY(Bytes bytes, read_file(it->path(), std::min(left, kBagFileSizeMax)));
    left -= bytes.size();
    out[path] = SecretBytes::copy_of(bytes);
    wipe(bytes.data(), bytes.size());
  }
  if (failed) {
    return error(ErrorCode::not_found, folder.string() + ": cannot be read: " + failed.message());
  }
  return ok();
}

Error cannot_write(const fs::path& path) {
  return error(ErrorCode::storage_failed,
               path.string() + ": cannot be written: " + std::string(std::strerror(errno)));
}

Status write_one(const fs::path& path, ByteView bytes) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return cannot_write(path);
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0) {
      ::close(fd);
      return cannot_write(path);
    }
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  if (::close(fd) != 0) return cannot_write(path);
  return ok();
}

// One wait for the whole file system instead of one for each of thousands of files.
Status make_durable(const fs::path& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return cannot_write(folder);
  const int failed = ::syncfs(fd);
  ::close(fd);
  if (failed != 0) return cannot_write(folder);
  return ok();
}

}  // namespace

void add_tag_files(BagFiles& files, const std::vector<std::pair<std::string, std::string>>& info) {
  std::size_t bytes = 0;
  std::size_t count = 0;
  for (const auto& [path, contents] : files) {
    if (!is_payload(path)) continue;
    bytes += contents.size();
    ++count;
  }
  std::string lines;
  for (const auto& [name, value] : info) lines += name + ": " + value + "\n";
  lines += "Payload-Oxum: " + std::to_string(bytes) + "." + std::to_string(count) + "\n";
  put(files, kBagIt, kDeclaration);
  put(files, kBagInfo, lines);
  put(files, kManifest, manifest_of(files, true));
  put(files, kTagManifest, manifest_of(files, false));
}

Status check_bag(const BagFiles& files) {
  const auto declaration = files.find(std::string(kBagIt));
  if (declaration == files.end() || as_text(declaration->second.view()) != kDeclaration) {
    return invalid("bagit.txt is missing or is not of BagIt 1.0 in UTF-8");
  }
  CANDOUR_TRY(check_manifest(files, kTagManifest, false));
  return check_manifest(files, kManifest, true);
}

Result<BagFiles> read_bag(const fs::path& folder) {
  BagFiles files;
  constexpr int kDepth = 4;
  std::size_t left = kBagSizeMax;
  CANDOUR_TRY(read_folder(folder, "", kDepth, left, files));
  return files;
}

Status write_bag(const fs::path& folder, const BagFiles& files, const Progress& progress) {
  std::error_code failed;
  if (fs::exists(fs::symlink_status(folder, failed))) {
    return error(ErrorCode::already_exists,
                 folder.string() + " is there already; name a folder that is not");
  }
  fs::path partial = folder;
  partial += ".partial";
  fs::remove_all(partial, failed);
  CANDOUR_TRY(make_private_folder(partial));
  std::size_t done = 0;
  for (const auto& [path, bytes] : files) {
    const fs::path file = partial / path;
    if (!fs::exists(file.parent_path())) {
      CANDOUR_TRY(make_private_folder(file.parent_path()));
    }
    CANDOUR_TRY(write_one(file, bytes.view()));
    if (++done % kProgressStep == 0) progress("writing files", done, files.size());
  }
  CANDOUR_TRY(make_durable(partial));
  fs::rename(partial, folder, failed);
  if (failed) {
    return error(ErrorCode::storage_failed,
                 folder.string() + ": cannot be named so: " + failed.message());
  }
  return ok();
}

}  // namespace candour::ctl
