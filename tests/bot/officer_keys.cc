// Key packages of the members of a world.
#include "tests/bot/world.h"

namespace candour::tests {
namespace {

mls::Lifetime lifetime(std::uint64_t now) {
  return {TimeMs(now - 3'600'000), TimeMs(now + 90ull * 24 * 3'600'000)};
}

}  // namespace

Bytes Officer::make_key_package() {
  packages_.push_back(mls::make_key_package(device.signing, device.id.view(),
                                            lifetime(world.clock.time_ms), world.dice)
                          .value());
  return packages_.back().key_package;
}

void Officer::publish_key_package() {
  world.relay.key_packages[device.id].push_back(make_key_package());
}

}  // namespace candour::tests
