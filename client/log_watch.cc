#include "client/log_watch.h"

#include <algorithm>

namespace candour::client {
namespace {

// What is late already is asked about less often.
constexpr std::uint64_t kLateAskMs = 30'000;
// Once a leaf has waited this long it is asked about even when there is no idle moment.
constexpr std::uint64_t kPatienceMs = 20'000;

}  // namespace

Status LogWatch::load() {
  CANDOUR_TRY(auto kept, store_.watched());
  for (WatchRecord& record : kept) waiting_.insert_or_assign(record.leaf, std::move(record));
  return ok();
}

Status LogWatch::add(WatchRecord record, TimeMs now) {
  record.since = now;
  CANDOUR_TRY(store_.put_watched(record));
  not_before_[record.leaf] = TimeMs(now.value + kInclusionAskMs);
  waiting_.insert_or_assign(record.leaf, std::move(record));
  return ok();
}

Status LogWatch::receipt_came(const Digest& leaf) {
  const auto found = waiting_.find(leaf);
  if (found == waiting_.end() || found->second.receipt) return ok();
  found->second.receipt = true;
  return settle(found);
}

void LogWatch::restart() {
  in_flight_.clear();
  not_before_.clear();
}

std::size_t LogWatch::begin_anew() {
  const auto open = std::count_if(waiting_.begin(), waiting_.end(),
                                  [](const auto& one) { return !one.second.included; });
  waiting_.clear();
  restart();
  return static_cast<std::size_t>(open);
}

Result<std::vector<WatchRecord>> LogWatch::tick(std::uint64_t passed_ms) {
  std::vector<WatchRecord> late;
  for (auto& [leaf, record] : waiting_) {
    record.waited_ms += passed_ms;
    // Not our own slowness in asking: the relay had the question, or is past its answer. A receipt
    // comes unasked.
    const bool asked = record.refused || in_flight_.contains(leaf) || record.included;
    if (record.late || record.waited_ms < kInclusionLateMs || !asked) continue;
    record.late = true;
    CANDOUR_TRY(store_.put_watched(record));
    late.push_back(record);
  }
  return late;
}

std::vector<Digest> LogWatch::questions(TimeMs now, bool idle) {
  std::vector<Digest> due;
  for (const auto& [leaf, record] : waiting_) {
    if (in_flight_.size() + due.size() >= kInclusionQuestionsMax) break;
    if (record.included || in_flight_.contains(leaf)) continue;
    if (!idle && record.waited_ms < kPatienceMs) continue;
    const auto pause = not_before_.find(leaf);
    if (pause != not_before_.end() && pause->second > now) continue;
    due.push_back(leaf);
  }
  return due;
}

Status LogWatch::included(const Digest& leaf, std::uint64_t index, std::uint64_t size) {
  in_flight_.erase(leaf);
  const auto found = waiting_.find(leaf);
  if (found == waiting_.end() || found->second.included) return ok();
  found->second.included = true;
  found->second.index = index;
  found->second.size = size;
  return settle(found);
}

Status LogWatch::settle(std::map<Digest, WatchRecord>::iterator at) {
  const WatchRecord& record = at->second;
  if (!record.done()) return store_.put_watched(record);
  CANDOUR_TRY(store_.erase_watched(record.leaf));
  if (record.kind == WatchKind::own) {
    CANDOUR_TRY(store_.put_included(record));
  }
  not_before_.erase(record.leaf);
  waiting_.erase(at);
  return ok();
}

Status LogWatch::refused(const Digest& leaf, TimeMs now) {
  in_flight_.erase(leaf);
  const auto found = waiting_.find(leaf);
  if (found == waiting_.end()) return ok();
  not_before_[leaf] = TimeMs(now.value + (found->second.late ? kLateAskMs : kInclusionAskMs));
  found->second.refused = true;
  return store_.put_watched(found->second);
}

Result<std::optional<WatchRecord>> LogWatch::find(const Digest& leaf) {
  const auto found = waiting_.find(leaf);
  if (found != waiting_.end()) return std::optional(found->second);
  return store_.included(leaf);
}

}  // namespace candour::client
