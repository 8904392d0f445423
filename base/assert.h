// CANDOUR_ASSERT finds bugs of ours and stays on in release builds: stopping is safer than going
// on wrong. Bad input is never asserted, it gets an Error.
#pragma once

namespace candour {
[[noreturn]] void assertion_failed(const char* expression, const char* file, int line) noexcept;
}

#define CANDOUR_ASSERT(expression) \
  ((expression) ? static_cast<void>(0) \
                : ::candour::assertion_failed(#expression, __FILE__, __LINE__))
