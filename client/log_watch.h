// Watching that the log keeps its promise: what was delivered is recorded.
//
// Each own message's leaf, and a random part of the received ones, is to be proven in a checkpoint
// that the quorum of witnesses cosigned. What takes longer than kInclusionLateMs is late, and the
// caller raises an alarm. Time counts only while this device is connected, so that a night offline
// makes no alarm; it adds up across restarts.
//
// Questions are asked in idle moments, a bounded number at a time, and nobody waits for the
// answers: a message on its way is not held up by the proofs of earlier ones.
//
// State is kept through Store, within the transaction the caller has open. Not thread-safe.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "client/store.h"
#include "client/watch_records.h"

namespace candour::client {

/// How long a leaf may take from its release to a witnessed checkpoint.
inline constexpr std::uint64_t kInclusionLateMs = 60'000;
/// A leaf is asked about first, and again, after this long: the log signs a checkpoint each second.
inline constexpr std::uint64_t kInclusionAskMs = 2'000;
/// One in so many received messages is watched.
inline constexpr std::uint8_t kWatchedReceivedOneIn = 16;
inline constexpr std::size_t kInclusionQuestionsMax = 32;  // under way at a time

class LogWatch {
 public:
  explicit LogWatch(Store& store) : store_(store) {}

  /// What an earlier process was still waiting for.
  [[nodiscard]] Status load();
  [[nodiscard]] Status add(WatchRecord record, TimeMs now);
  /// The receipt for an own message came and fits.
  [[nodiscard]] Status receipt_came(const Digest& leaf);

  /// So much time passed while connected. Returns what became late just now; each once, ever.
  [[nodiscard]] Result<std::vector<WatchRecord>> tick(std::uint64_t passed_ms);
  /// On a new connection: questions are asked again.
  void restart();
  /// Leaves to ask about now. Without `idle` only those that have waited long.
  std::vector<Digest> questions(TimeMs now, bool idle);
  void asked(const Digest& leaf) { in_flight_.insert(leaf); }

  /// The leaf is in a witnessed checkpoint.
  [[nodiscard]] Status included(const Digest& leaf, std::uint64_t index, std::uint64_t size);
  /// Asked, and not there yet (or not witnessed yet).
  [[nodiscard]] Status refused(const Digest& leaf, TimeMs now);

  /// The log was lost and another follows: nothing more can be asked of the old one. How many of
  /// the leaves that were waited for were never shown to be in it. The store forgot them before.
  std::size_t begin_anew();

  /// What is known of a leaf; nothing when it is not watched. Included own leaves are looked up in
  /// the store.
  [[nodiscard]] Result<std::optional<WatchRecord>> find(const Digest& leaf);
  const std::map<Digest, WatchRecord>& waiting() const { return waiting_; }

 private:
  Status settle(std::map<Digest, WatchRecord>::iterator at);

  Store& store_;
  std::map<Digest, WatchRecord> waiting_;
  std::map<Digest, TimeMs> not_before_;
  std::set<Digest> in_flight_;
};

}  // namespace candour::client
