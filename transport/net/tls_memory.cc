#include "transport/net/tls_memory.h"

#include <malloc.h>
#include <openssl/crypto.h>

#include <array>
#include <cstdlib>

namespace candour::net {

namespace {

/// A record of 16 KB with its header, tag and padding.
constexpr std::size_t kSizeMin = 16 * 1024;
constexpr std::size_t kSizeMax = 18 * 1024;

class Kept {
 public:
  ~Kept() {
    while (count_ > 0) std::free(buffers_[--count_]);
    closed_ = true;
  }
  void* take(std::size_t size) {
    for (std::size_t i = count_; i > 0; --i) {
      void* const found = buffers_[i - 1];
      if (malloc_usable_size(found) < size) continue;
      buffers_[i - 1] = buffers_[--count_];
      return found;
    }
    return nullptr;
  }
  bool keep(void* buffer) {
    if (closed_ || count_ == buffers_.size()) return false;
    buffers_[count_++] = buffer;
    return true;
  }

 private:
  std::array<void*, 4> buffers_{};
  std::size_t count_ = 0;
  bool closed_ = false;  // the thread ends: what OpenSSL gives back after this is not kept
};

thread_local Kept kept;

void* take(std::size_t size, const char*, int) {
  if (size >= kSizeMin && size <= kSizeMax) {
    if (void* const found = kept.take(size)) return found;
  }
  return std::malloc(size);
}

void* resize(void* buffer, std::size_t size, const char*, int) {
  return std::realloc(buffer, size);
}

void give(void* buffer, const char*, int) {
  if (buffer == nullptr) return;
  const std::size_t size = malloc_usable_size(buffer);
  if (size >= kSizeMin && size <= kSizeMax && kept.keep(buffer)) return;
  std::free(buffer);
}

}  // namespace

void keep_tls_buffers() { (void)CRYPTO_set_mem_functions(take, resize, give); }

}  // namespace candour::net
