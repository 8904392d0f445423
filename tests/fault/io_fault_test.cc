// Goal: when the disk fails, it is told, nothing is acknowledged that is not durable, nothing is
// damaged, and what was acknowledged is there afterwards (I4, I12). Method: the real stores over a
// layer that lets the first, the second, the third ... read, write, sync, truncate, open or removal
// fail, until a run meets the fault no more; after each run the store is opened again without it
// and must hold exactly what an undisturbed run held after the last acknowledged transaction, or
// after the one that failed.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>

#include "tests/fault/fault_vfs.h"
#include "tests/fault/subject.h"
#include "tests/net/certificates.h"

namespace candour::testing {

std::vector<std::string> expected_states(const MakeSubject& make, std::uint64_t steps) {
  const TemporaryFolder folder;
  const auto subject = make();
  std::vector<std::string> states;
  const Status opened = subject->open(folder.path());
  EXPECT_TRUE(opened) << (opened ? "" : opened.error().message);
  if (!opened) return states;
  states.push_back(subject->state().value());
  for (std::uint64_t n = 1; n <= steps; ++n) {
    const Status done = subject->step(n);
    EXPECT_TRUE(done) << n << (done ? "" : done.error().message);
    states.push_back(subject->state().value());
    EXPECT_EQ(std::count(states.begin(), states.end(), states.back()), 1);
  }
  return states;
}

namespace {

/// Thousands of small databases: in memory where the machine has a file system there.
class InMemory : public ::testing::Environment {
 public:
  void SetUp() override {
    if (::access("/dev/shm", W_OK) == 0) ::setenv("TMPDIR", "/dev/shm", 0);
  }
};
const auto* const in_memory = ::testing::AddGlobalTestEnvironment(new InMemory);

constexpr std::uint64_t kSteps = 14;

struct Outcome {
  std::uint64_t acknowledged = 0;
  bool told = false;  // an error came to the caller
};

/// Opens, does half of the steps, closes, opens again and does the rest; stops where it fails.
Outcome disturbed_run(Subject& subject, const std::filesystem::path& folder) {
  Outcome outcome;
  for (std::uint64_t n = 1; n <= kSteps; ++n) {
    if (n == 1 || n == kSteps / 2) {
      subject.close();
      const Status opened = subject.open(folder);
      if (!opened) {
        EXPECT_EQ(opened.error().code, ErrorCode::storage_failed) << opened.error().message;
        outcome.told = true;
        return outcome;
      }
    }
    const Status done = subject.step(n);
    if (done) {
      outcome.acknowledged = n;
      continue;
    }
    EXPECT_EQ(done.error().code, ErrorCode::storage_failed) << done.error().message;
    outcome.told = true;
    break;
  }
  subject.close();
  return outcome;
}

struct Tally {
  std::uint64_t runs = 0;
  std::uint64_t told = 0;
};

Tally fail_each(const MakeSubject& make, FaultVfs& disk, Fault fault,
                const std::vector<std::string>& expected) {
  Tally tally;
  for (fault.at = 1;; ++fault.at) {
    const TemporaryFolder folder;
    disk.fail(fault);
    const Outcome outcome = disturbed_run(*make(), folder.path());
    const bool fired = disk.fired();
    disk.fail({});
    const auto again = make();
    const Status opened = again->open(folder.path());
    EXPECT_TRUE(opened) << opened.error().message;
    if (!opened) return tally;
    const auto state = again->state();
    EXPECT_TRUE(state) << state.error().message;
    if (!state) return tally;
    const auto at = std::find(expected.begin(), expected.end(), state.value());
    const auto found = static_cast<std::uint64_t>(at - expected.begin());
    EXPECT_TRUE(found == outcome.acknowledged ||
                (outcome.told && found == outcome.acknowledged + 1))
        << "operation " << fault.at << ": " << outcome.acknowledged << " acknowledged, state "
        << found << " of " << expected.size() << ": " << state.value();
    again->close();
    if (!fired) {
      EXPECT_EQ(outcome.acknowledged, kSteps);
      return tally;
    }
    ++tally.runs;
    tally.told += outcome.told ? 1 : 0;
    if (::testing::Test::HasFailure()) return tally;
  }
}

void fail_everything(const MakeSubject& make) {
  const auto expected = expected_states(make, kSteps);
  ASSERT_EQ(expected.size(), kSteps + 1);
  FaultVfs disk;
  disk.skip_syncs(true);
  struct Kind {
    const char* name;
    Fault fault;
  };
  std::uint64_t runs = 0;
  for (const Kind& kind :
       {Kind{"open", {.operation = Operation::open}}, Kind{"read", {.operation = Operation::read}},
        Kind{"write, EIO", {.operation = Operation::write}},
        Kind{"write, half", {.operation = Operation::write, .how = Failure::short_write}},
        Kind{"write, ENOSPC for good",
             {.operation = Operation::write, .how = Failure::full, .stays = true}},
        Kind{"sync", {.operation = Operation::sync}},
        Kind{"sync, for good", {.operation = Operation::sync, .stays = true}},
        Kind{"truncate", {.operation = Operation::truncate}},
        Kind{"remove", {.operation = Operation::remove}}}) {
    const Tally tally = fail_each(make, disk, kind.fault, expected);
    std::printf("  %-24s %4llu runs, %4llu told\n", kind.name,
                static_cast<unsigned long long>(tally.runs),
                static_cast<unsigned long long>(tally.told));
    runs += tally.runs;
    ASSERT_FALSE(::testing::Test::HasFailure()) << kind.name;
  }
  EXPECT_GT(runs, 100u);
}

TEST(IoFault, I4_RelayStoreKeepsWhatItAcknowledgedWhateverOperationFails) {
  fail_everything(make_relay_subject);
}

TEST(IoFault, I4_BotStoreKeepsWhatItAcknowledgedWhateverOperationFails) {
  fail_everything(make_bot_subject);
}

}  // namespace
}  // namespace candour::testing
