// A log as a folder of files that anybody's verifier reads: tiles and entries of C2SP tlog-tiles,
// the checkpoint they belong to, an older one, and the hash of one entry.
//
//   checkpoint, older.checkpoint     signed notes with their cosignatures
//   tile/<L>/<N>[.p/<W>]             hashes
//   tile/entries/<N>[.p/<W>]         entries
//   entry.hash                       "<index> <leaf hash, hex>": an entry to ask a proof for
#pragma once

#include <filesystem>

#include "ctl/log/db.h"

namespace candour::ctl {

struct LogExport {
  std::uint64_t size = 0;
  std::uint64_t older_size = 0;
  std::uint64_t files = 0;
};

/// Writes the tree of the checkpoint with the most cosignatures (the newest of those) into
/// `folder`, which must be empty or missing. not_found when there is no checkpoint. Throws
/// SQLite::Exception.
Result<LogExport> export_log(LogDb& db, std::uint64_t index, const std::filesystem::path& folder);

/// Among the checkpoints of more than `index` leaves the one most witnesses cosigned, the newest of
/// those; not_found when there is none. Throws SQLite::Exception.
Result<std::string> best_checkpoint(LogDb& db, std::uint64_t index);

}  // namespace candour::ctl
