// Progress of long work, told on standard error.
#pragma once

#include "ctl/context.h"
#include "ctl/evidence/bag.h"

namespace candour::ctl {

/// A line for people at each step. Silent with --json: programs read one object from each stream.
Progress progress_on(const Context& context);

}  // namespace candour::ctl
