// What every fuzz target has: one function that takes any bytes and must survive them. libFuzzer
// calls it with new inputs (script/fuzz), replay.cc with those in the tree (script/test).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace candour::fuzz {

/// Ends the process, which the fuzzer reports with the input, unless `holds`.
inline void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

}  // namespace candour::fuzz
