// Goal: no input that was once interesting breaks a decoder or the group again. Method: every file
// of the target's corpus through its fuzz target, and each cut short and with a bit flipped.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/fuzz/fuzz_target.h"

class FuzzReplay : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(FuzzReplay, EveryInputOfTheCorpus) {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(GetParam())) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string input{std::istreambuf_iterator<char>(file), {}};
    const auto run = [](const std::string& bytes) {
      LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    };
    run(input);
    run(input.substr(0, input.size() / 2));
    std::string flipped = input;
    if (!flipped.empty()) flipped[flipped.size() * 3 / 4] ^= 0x10;
    run(flipped);
    ++files;
  }
  EXPECT_GT(files, 0u) << "no corpus at " << GetParam();
}

INSTANTIATE_TEST_SUITE_P(Targets, FuzzReplay, testing::Values(CANDOUR_FUZZ_CORPUS),
                         [](const auto& corpus) { return corpus.param.stem().string(); });
