#include "base/secret.h"

#include <string.h>

namespace candour {

void wipe(void* data, std::size_t size) noexcept {
  if (size != 0) explicit_bzero(data, size);
}

}  // namespace candour
