// Loaded into a program of ours by LD_PRELOAD: notes every change it makes to its databases in the
// file that CANDOUR_DISK_JOURNAL names. power_cut.py says what the disk may hold afterwards.
#include <fcntl.h>

#include <cstdlib>

#include "tests/fault/fault_vfs.h"

namespace {

[[gnu::constructor]] void begin() {
  const char* journal = std::getenv("CANDOUR_DISK_JOURNAL");
  if (journal == nullptr) return;
  const int descriptor = ::open(journal, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (descriptor < 0) std::abort();
  // For the life of the process: its databases are closed after any static object is gone.
  static auto* const layer = new candour::testing::FaultVfs;
  layer->record_to(descriptor);
}

}  // namespace
