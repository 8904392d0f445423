// The witness over HTTP: POST /add-checkpoint and GET /<origin hash>/checkpoint.
#pragma once

#include "ctl/context.h"
#include "ctl/witness/mirror.h"
#include "ctl/witness/store.h"

namespace candour::ctl {

/// Serves until SIGTERM or SIGINT. Prints {"event":"ready","port":N} once it listens. With a mirror
/// (else null) it cosigns only what the mirror has.
Result<int> serve_witness(const Context& context, WitnessStore& store,
                          const tlog::WitnessIdentity& witness, Mirror* mirror,
                          const std::string& address, std::uint16_t port);

}  // namespace candour::ctl
