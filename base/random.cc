#include "base/random.h"

#include <sys/random.h>

#include <cerrno>

#include "base/assert.h"

namespace candour {
namespace {

class KernelRandom final : public Random {
  void fill(MutableByteView out) override {
    while (!out.empty()) {
      const ssize_t got = getrandom(out.data(), out.size(), 0);
      if (got < 0) {
        CANDOUR_ASSERT(errno == EINTR);
        continue;
      }
      out = out.subspan(static_cast<std::size_t>(got));
    }
  }
};

}  // namespace

Random& system_random() {
  static KernelRandom random;
  return random;
}

}  // namespace candour
