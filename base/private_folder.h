// Folders that only their owner may look into: keys, state, cases, evidence.
#pragma once

#include <filesystem>

#include "base/result.h"

namespace candour {

/// Makes the folder, and those above it, where they are missing. Its own mode is 0700 from the
/// first moment, and also when it was there before. Fails with storage_failed.
Status make_private_folder(const std::filesystem::path& folder);

}  // namespace candour
