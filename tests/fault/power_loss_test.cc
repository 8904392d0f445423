// Goal: when the power goes at any moment, nothing acknowledged is lost and nothing is damaged
// (I4). Method: a run of real transactions through the real stores, past a checkpoint of the
// write-ahead log and over a restart, with every change of the disk noted. Then, for moments of
// that run, what the disk may hold by the model of disk_model.h is written out and opened with the
// real store: it must hold exactly what it held after some transaction, no earlier one than the
// last that was acknowledged by that moment. Tried are: every moment of the beginning, every sync
// with nothing and with everything that was not synced, and random subsets with torn sectors at
// random moments. CANDOUR_POWER_LOSS_STATES sets how many of those (default 300 a store;
// script/chaos: 10,000).
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "tests/fault/disk_model.h"
#include "tests/fault/subject.h"
#include "tests/net/certificates.h"

namespace candour::testing {
namespace {

constexpr std::size_t kEveryPrefixUpTo = 300;
constexpr std::uint64_t kRandomStates = 300;

struct RecordedRun {
  std::vector<std::string> expected;
  std::vector<Change> changes;
  std::vector<std::size_t> acknowledged;  // [n]: changes made when step n + 1 was acknowledged

  std::size_t acknowledged_by(std::size_t moment) const {
    return static_cast<std::size_t>(
        std::upper_bound(acknowledged.begin(), acknowledged.end(), moment) - acknowledged.begin());
  }
};

RecordedRun record_run(const MakeSubject& make, std::uint64_t steps) {
  RecordedRun run;
  const TemporaryFolder folder;
  FaultVfs disk;
  disk.skip_syncs(true);
  disk.record();
  auto subject = make();
  EXPECT_TRUE(subject->open(folder.path()));
  run.expected.push_back(subject->state().value());
  for (std::uint64_t n = 1; n <= steps; ++n) {
    if (n == 8) {  // a clean stop: the write-ahead log is emptied and removed
      subject->close();
      EXPECT_TRUE(subject->open(folder.path()));
    }
    EXPECT_TRUE(subject->step(n)) << n;
    run.acknowledged.push_back(disk.size());
    run.expected.push_back(subject->state().value());
  }
  subject->close();
  run.changes = disk.take_changes();
  return run;
}

/// Opens what the disk holds and compares. Says what is wrong, or nothing.
std::string judge(const MakeSubject& make, const RecordedRun& run, const Files& files,
                  std::size_t moment) {
  const TemporaryFolder folder;
  for (const auto& [name, bytes] : files) {
    std::ofstream(folder.path() / name, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
  }
  const auto subject = make();
  if (const Status opened = subject->open(folder.path()); !opened) return opened.error().message;
  const auto state = subject->state();
  if (!state) return state.error().message;
  subject->close();
  const std::size_t acknowledged = run.acknowledged_by(moment);
  const auto from = run.expected.begin() + static_cast<std::ptrdiff_t>(acknowledged);
  if (std::find(from, run.expected.end(), state.value()) != run.expected.end()) return "";
  return std::to_string(acknowledged) + " transactions acknowledged, found: " + state.value();
}

struct Tried {
  std::uint64_t prefixes = 0;
  std::uint64_t syncs = 0;
  std::uint64_t torn = 0;
  std::uint64_t moments = 0;
};

std::uint64_t states_wanted() {
  const char* given = std::getenv("CANDOUR_POWER_LOSS_STATES");
  return given == nullptr ? kRandomStates : std::strtoull(given, nullptr, 10);
}

Tried pull_the_plug(const MakeSubject& make, const RecordedRun& run, std::uint64_t seed) {
  Tried tried;
  std::mt19937_64 dice(seed);
  const std::uint64_t wanted = states_wanted();
  std::map<std::size_t, std::uint64_t> random_moments;
  while (tried.torn < wanted) {
    ++random_moments[1 + dice() % run.changes.size()];
    ++tried.torn;
  }
  FaultVfs disk;  // nobody pulls the plug of the copies
  disk.skip_syncs(true);
  DiskModel model(run.changes);
  const auto check = [&](const Files& files, const char* what) {
    const std::string wrong = judge(make, run, files, model.at());
    EXPECT_EQ(wrong, "") << what << " at change " << model.at() << ", seed " << seed;
  };
  for (std::size_t moment = 0; moment <= run.changes.size(); ++moment) {
    model.advance(moment);
    ++tried.moments;
    const bool sync = moment < run.changes.size() && run.changes[moment].kind == Change::Kind::sync;
    if (moment <= kEveryPrefixUpTo || sync) {
      check(model.with_unsynced(), "everything unsynced");
      ++(sync ? tried.syncs : tried.prefixes);
    }
    if (sync) {  // and nothing of what this sync was to make certain
      check(model.without_unsynced(), "nothing unsynced");
      ++tried.syncs;
    }
    for (std::uint64_t i = 0; i < random_moments[moment]; ++i) check(model.torn(dice), "torn");
    if (::testing::Test::HasFailure()) break;
  }
  return tried;
}

void lose_power(const MakeSubject& make, std::uint64_t steps) {
  const RecordedRun run = record_run(make, steps);
  ASSERT_FALSE(::testing::Test::HasFailure());
  const auto checkpointed =
      std::count_if(run.changes.begin(), run.changes.end(), [](const Change& change) {
        return change.kind == Change::Kind::sync && change.file.ends_with(".db");
      });
  ASSERT_GE(checkpointed, 3) << "no checkpoint of the write-ahead log within the run";
  const Tried tried = pull_the_plug(make, run, 20260131);
  std::printf(
      "  %llu transactions, %zu changes of the disk, %lld checkpoints; tried %llu prefixes, "
      "%llu at syncs, %llu random\n",
      static_cast<unsigned long long>(steps), run.changes.size(),
      static_cast<long long>(checkpointed), static_cast<unsigned long long>(tried.prefixes),
      static_cast<unsigned long long>(tried.syncs), static_cast<unsigned long long>(tried.torn));
}

TEST(PowerLoss, I4_RelayStoreKeepsWhatItAcknowledged) { lose_power(make_relay_subject, 175); }

TEST(PowerLoss, I4_BotStoreKeepsWhatItAcknowledged) { lose_power(make_bot_subject, 160); }

/// The test can fail: a disk that lies about its syncs loses acknowledged transactions.
TEST(PowerLoss, ADiskThatIgnoresSyncsIsFoundOut) {
  RecordedRun run = record_run(make_relay_subject, 12);
  std::erase_if(run.changes, [](const Change& c) { return c.kind == Change::Kind::sync; });
  for (auto& moment : run.acknowledged) moment = std::min(moment, run.changes.size());
  DiskModel model(run.changes);
  model.advance(run.changes.size());
  EXPECT_NE(judge(make_relay_subject, run, model.without_unsynced(), run.changes.size()), "");
}

}  // namespace
}  // namespace candour::testing
