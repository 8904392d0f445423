#include "transport/relay/backlog.h"

#include <algorithm>

#include "transport/relay/fanout.h"

namespace candour::relay {

namespace {

constexpr std::size_t kPageSize = 1024 * 1024;         // read from the store at a time
constexpr std::size_t kBytesKeptMax = 64 * kPageSize;  // of all pages
constexpr std::size_t kPageOverhead = 512;             // so that many small ones count too

}  // namespace

Backlog::PagePtr Backlog::find(const GroupId& group, Seq seq) {
  const auto of_group = by_group_.find(group);
  if (of_group == by_group_.end()) return nullptr;
  for (const auto page : of_group->second) {
    if (!(*page)->holds(seq)) continue;
    pages_.splice(pages_.begin(), pages_, page);
    return *page;
  }
  return nullptr;
}

void Backlog::drop(Place page) {
  bytes_ -= (*page)->bytes;
  const auto of_group = by_group_.find((*page)->group);
  std::erase(of_group->second, page);
  if (of_group->second.empty()) by_group_.erase(of_group);
  pages_.erase(page);
}

void Backlog::keep(const PagePtr& page) {
  if (page->frames.empty()) return;
  // What lies within the new one says nothing more.
  std::vector<Place> within;
  if (const auto old = by_group_.find(page->group); old != by_group_.end()) {
    for (const auto place : old->second) {
      const Seq last((*place)->first.value + (*place)->frames.size() - 1);
      if (page->holds((*place)->first) && page->holds(last)) within.push_back(place);
    }
  }
  for (const auto place : within) drop(place);
  pages_.push_front(page);
  by_group_[page->group].push_back(pages_.begin());
  bytes_ += page->bytes;
  while (bytes_ > kBytesKeptMax) drop(std::prev(pages_.end()));
}

void Backlog::read(const GroupId& group, Seq from, Done done) {
  for (Reading& reading : readings_) {
    // A page that begins a little earlier very likely holds this too.
    const bool near = reading.from <= from && from.value - reading.from.value < 64;
    if (reading.group == group && near) return reading.waiting.push_back(std::move(done));
  }
  readings_.push_back({group, from, {}});
  readings_.back().waiting.push_back(std::move(done));
  const auto reading = std::prev(readings_.end());
  context_.store.read<std::vector<storage::MessageRow>>(
      [group, from](const storage::RelayReader& reader) {
        return reader.messages(group, Seq(from.value - 1), kPageSize);
      },
      [this, reading](Result<std::vector<storage::MessageRow>> rows) {
        const auto waiting = std::move(reading->waiting);
        PagePtr page;
        if (rows) {
          auto made = std::make_shared<Page>();
          made->bytes = kPageOverhead;
          made->group = reading->group;
          for (const auto& row : rows.value()) {
            if (made->frames.empty()) made->first = row.seq;
            if (row.seq.value != made->first.value + made->frames.size()) break;
            made->frames.push_back(Fanout::deliver_frame(context_, row, as_text(row.ciphertext)));
            made->bytes += made->frames.back()->size();
          }
          keep(made);
          page = std::move(made);
        }
        readings_.erase(reading);
        for (const Done& each : waiting) each(page);
      });
}

}  // namespace candour::relay
