// How long a device waits for a welcome that should be among the mail before it reports the group
// lost. Inner to this folder.
#pragma once

#include <cstdint>

namespace candour::client {

inline constexpr std::uint64_t kWelcomePatienceMs = 5'000;

}  // namespace candour::client
