#include "ctl/release/progress.h"

#include <ostream>

namespace candour::ctl {

Progress progress_on(const Context& context) {
  if (context.json) return [](std::string_view, std::size_t, std::size_t) {};
  return [&err = context.err](std::string_view what, std::size_t done, std::size_t all) {
    err << what;
    if (done != 0) err << ": " << done;
    if (all != 0) err << " of " << all;
    err << "\n" << std::flush;
  };
}

}  // namespace candour::ctl
