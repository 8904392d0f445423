// What a lost log leaves to the one that follows it: its directory as files for a new relay's
// bootstrap, and its newest checkpoint for the note of succession.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "ctl/log/db.h"

namespace candour::ctl {

struct DirectoryExport {
  std::vector<std::filesystem::path> files;  // in the order of the directory
  std::filesystem::path checkpoint;          // the newest that is kept, whoever cosigned it
  std::uint64_t size = 0;                    // of that checkpoint
};

/// Writes the directory's objects into `folder`, which must be empty or missing, all but statements
/// and successions: those are of the lost log. state_damaged when an object is not what its hash
/// says, not_found when there is no checkpoint. Throws SQLite::Exception.
Result<DirectoryExport> export_directory(LogDb& db, const std::filesystem::path& folder);

}  // namespace candour::ctl
