// The parts of `candourctl policy` on the command line.
#pragma once

#include "ctl/context.h"

namespace candour::ctl {

void add_policy_publishing(CLI::App& family, Context& context);  // sign, publish

}  // namespace candour::ctl
