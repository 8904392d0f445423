// The outer form of an evidence bundle: BagIt 1.0 (RFC 8493) with SHA-256. A bag is handled as its
// files in memory, so that making one and checking one are pure functions; only reading and writing
// a folder touch the disk.
//
//   bagit.txt  bag-info.txt  manifest-sha256.txt  tagmanifest-sha256.txt  data/...
//
// Thread-safe as far as the arguments are.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/secret.h"

namespace candour::ctl {

/// Path below the bundle's folder, with '/', and contents: text of people among them.
using BagFiles = std::map<std::string, SecretBytes>;

/// Told now and then how much of a long piece of work is done.
using Progress = std::function<void(std::string_view what, std::size_t done, std::size_t all)>;

inline constexpr std::size_t kBagFilesMax = 200'000;
inline constexpr std::size_t kBagFileSizeMax = std::size_t{1} << 30;
/// Of all files: a bundle is read into memory, and may come from anybody.
inline constexpr std::size_t kBagSizeMax = std::size_t{4} << 30;

/// Adds the four tag files to the payload; `info` are the lines of bag-info.txt before
/// Payload-Oxum, which is added.
void add_tag_files(BagFiles& files, const std::vector<std::pair<std::string, std::string>>& info);

/// bundle_invalid, with the file, unless the bag is complete and every file has the hash its
/// manifest says; files no manifest names and tag files in another than the usual form count too.
Status check_bag(const BagFiles& files);

/// Reads a bag's folder. not_found; bundle_invalid for anything that is not a plain file or folder
/// with a plain name, or over limits.
Result<BagFiles> read_bag(const std::filesystem::path& folder);

/// Writes all files, readable by the owner only, into a new folder that appears when it is
/// complete. already_exists.
Status write_bag(const std::filesystem::path& folder, const BagFiles& files,
                 const Progress& progress);

}  // namespace candour::ctl
