// The end of a release: records are opened, the certificate is signed and logged. A second run goes
// on where the first one stopped and opens nothing twice.
#pragma once

#include "ctl/relay_access.h"
#include "ctl/release/open.h"

namespace candour::ctl {

struct OpenOptions {
  RelayOptions relay;
  std::string case_dir;
  std::vector<std::string> approvals;
};

struct ReleaseMade {
  std::uint64_t opened = 0;  // those set aside among them
  std::uint64_t shown = 0;
  std::uint64_t set_aside = 0;
  std::uint64_t failed = 0;
  std::uint64_t leaf_index = 0;  // of the certificate
  std::vector<std::string> custodians;
  std::string keeper;
  std::vector<RefusedApproval> refused;
  std::vector<Check> checks;  // of the evidence as a whole
};

Result<ReleaseMade> open_release(const Context& context, const OpenOptions& options,
                                 const Progress& progress);

}  // namespace candour::ctl
