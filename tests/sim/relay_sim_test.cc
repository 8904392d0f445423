// Goal: whatever order things happen in, and wherever the relay is killed, no acknowledged message
// is lost, each has one place in one order, nothing is delivered that was not released, and a
// revoked device gets nothing more (I2, I3, I4, I9, I11). Method: seeded worlds (simulation.h).
// CANDOUR_SIM_SEEDS says how many, CANDOUR_SIM_FIRST with which to begin; a seed that failed once
// is played for ever.
#include <cstdlib>

#include "tests/sim/simulation.h"

namespace candour::sim {
namespace {

constexpr std::size_t kSteps = 2'500;
constexpr std::uint32_t kSeeds = 100;
// 117: more messages went while a device said that it had all that was gone before; nobody told it.
constexpr std::uint32_t kOnceBroken[] = {117};

std::uint32_t number(const char* name, std::uint32_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : static_cast<std::uint32_t>(std::strtoul(text, nullptr, 10));
}

TEST(Simulation, I4_EverySeedKeepsEveryPromise) {
  Stage stage;
  Simulation::Played all;
  std::uint64_t worlds = 0;
  const auto play = [&](std::uint32_t seed) {
    Simulation world(stage, seed);
    const std::string broken = world.play(kSteps);
    EXPECT_EQ(broken, "") << "seed " << seed;
    ++worlds;
    all.kills += world.played.kills;
    all.submitted += world.played.submitted;
    all.released += world.played.released;
    all.withheld += world.played.withheld;
    all.repeats += world.played.repeats;
    all.resynchronised += world.played.resynchronised;
    all.revoked += world.played.revoked;
    all.deliveries += world.played.deliveries;
    all.commits += world.played.commits;
    return broken.empty();
  };
  for (const std::uint32_t seed : kOnceBroken) play(seed);
  const std::uint32_t first = number("CANDOUR_SIM_FIRST", 1);
  const std::uint32_t seeds = number("CANDOUR_SIM_SEEDS", kSeeds);
  for (std::uint32_t seed = first; seed < first + seeds; ++seed) {
    if (!play(seed)) break;
  }
  std::printf(
      "simulation: %llu worlds, %llu kills, %llu submitted, %llu released, %llu withheld, "
      "%llu commits, %llu deliveries, %llu repeats, %llu resynchronised, %llu revoked\n",
      static_cast<unsigned long long>(worlds), static_cast<unsigned long long>(all.kills),
      static_cast<unsigned long long>(all.submitted), static_cast<unsigned long long>(all.released),
      static_cast<unsigned long long>(all.withheld), static_cast<unsigned long long>(all.commits),
      static_cast<unsigned long long>(all.deliveries), static_cast<unsigned long long>(all.repeats),
      static_cast<unsigned long long>(all.resynchronised),
      static_cast<unsigned long long>(all.revoked));
  // A simulation in which nothing happens keeps every promise.
  if (seeds < 20) return;
  EXPECT_GT(all.kills, worlds);
  EXPECT_GT(all.released, 10 * worlds);
  EXPECT_GT(all.withheld, worlds);
  EXPECT_GT(all.repeats, 0u);
  EXPECT_GT(all.resynchronised, 0u);
  EXPECT_GT(all.revoked, 0u);
}

}  // namespace
}  // namespace candour::sim
