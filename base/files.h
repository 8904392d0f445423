// Small files, read and written whole: keys, notes, configuration.
#pragma once

#include <filesystem>

#include "base/bytes.h"
#include "base/result.h"
#include "base/secret.h"

namespace candour {

/// The file's bytes; fails with not_found, or input_invalid when it is larger than `size_max`.
Result<Bytes> read_file(const std::filesystem::path& path, std::size_t size_max);
/// As read_file for files that hold keys or text of people; also refuses a file that others than
/// its owner can read (state_damaged).
Result<SecretBytes> read_secret_file(const std::filesystem::path& path, std::size_t size_max);

/// Durable replacement: temporary file, fsync, rename, fsync of the folder. Mode 0644.
Status write_file(const std::filesystem::path& path, ByteView bytes);
/// The same with mode 0600; refuses to overwrite when `replace` is false (already_exists).
Status write_secret_file(const std::filesystem::path& path, ByteView bytes, bool replace = false);

}  // namespace candour
