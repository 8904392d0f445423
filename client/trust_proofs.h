// What Trust reads from the relay's proofs.
#pragma once

#include "base/result.h"
#include "tlog/tree.h"
#include "transport/wire/candour.pb.h"

namespace candour::client {

/// The hashes of an inclusion or consistency proof; log_inconsistent when they are none.
Result<tlog::Proof> proof_hashes(const v1::Proof& proof);

}  // namespace candour::client
