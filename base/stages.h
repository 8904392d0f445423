// Where the time of a thread goes, by stage of its work: for benchmarks. Costs a branch where
// nobody measures. Each moment counts for the innermost scope only.
//
//   StageTimes times;
//   measure_stages(&times);            // on the thread; nullptr ends it
//   { const StageScope in(Stage::policy); judge(); }
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string_view>

namespace candour {

enum class Stage : std::uint8_t {
  other,
  waiting,  // for something to do
  network,  // frames in and out, but not TLS, which is another thread's
  verify,   // Ed25519
  sign,
  hpke,
  mls,
  policy,
  sealing,  // records
  sealing_ahead,
  database,
  count
};

constexpr std::string_view name_of(Stage stage) {
  constexpr std::array<std::string_view, static_cast<std::size_t>(Stage::count)> kNames = {
      "other", "waiting", "network", "verify",        "sign",    "hpke",
      "mls",   "policy",  "sealing", "sealing_ahead", "database"};
  return kNames[static_cast<std::size_t>(stage)];
}

/// Real time, so that waiting for the disk counts for the database.
class StageTimes {
 public:
  /// Ends the stage under way; which that was.
  Stage enter(Stage next) {
    const auto now = std::chrono::steady_clock::now();
    spent_[static_cast<std::size_t>(current_)] += now - since_;
    since_ = now;
    const Stage before = current_;
    current_ = next;
    return before;
  }
  std::uint64_t microseconds(Stage stage) const {
    const auto spent = spent_[static_cast<std::size_t>(stage)];
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(spent).count());
  }

 private:
  std::array<std::chrono::steady_clock::duration, static_cast<std::size_t>(Stage::count)> spent_{};
  std::chrono::steady_clock::time_point since_ = std::chrono::steady_clock::now();
  Stage current_ = Stage::other;
};

namespace stages_detail {
inline thread_local StageTimes* measured = nullptr;
}

/// Of this thread, from now on; `times` outlives it.
inline void measure_stages(StageTimes* times) { stages_detail::measured = times; }

class StageScope {
 public:
  explicit StageScope(Stage stage) : times_(stages_detail::measured) {
    if (times_ != nullptr) before_ = times_->enter(stage);
  }
  ~StageScope() {
    if (times_ != nullptr) times_->enter(before_);
  }
  StageScope(const StageScope&) = delete;
  StageScope& operator=(const StageScope&) = delete;

 private:
  StageTimes* times_;
  Stage before_ = Stage::other;
};

}  // namespace candour
