// `warrant submit`, `warrant revoke` and `warrant unseal`: the steps of a warrant that reach the
// relay.
#pragma once

#include "ctl/context.h"

namespace candour::ctl {

void add_warrant_relay_verbs(CLI::App& family, Context& context);

}  // namespace candour::ctl
