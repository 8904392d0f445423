#include "transport/relay/backlog.h"

#include <algorithm>

#include "transport/relay/fanout.h"

namespace candour::relay {

namespace {

constexpr std::size_t kPageSize = 1024 * 1024;         // read from the store at a time
constexpr std::size_t kBytesKeptMax = 64 * kPageSize;  // of all pages

}  // namespace

Backlog::PagePtr Backlog::find(const GroupId& group, Seq seq) {
  const auto it = std::find_if(pages_.begin(), pages_.end(), [&](const PagePtr& page) {
    return page->group == group && page->holds(seq);
  });
  if (it == pages_.end()) return nullptr;
  pages_.splice(pages_.begin(), pages_, it);
  return pages_.front();
}

void Backlog::keep(const PagePtr& page) {
  if (page->frames.empty()) return;
  // What begins in it and does not reach further says nothing new.
  pages_.remove_if([&](const PagePtr& old) {
    const bool within = old->group == page->group && page->holds(old->first) &&
                        old->first.value + old->frames.size() <=
                            page->first.value + page->frames.size();
    if (within) bytes_ -= old->bytes;
    return within;
  });
  pages_.push_front(page);
  bytes_ += page->bytes;
  while (bytes_ > kBytesKeptMax) {
    bytes_ -= pages_.back()->bytes;
    pages_.pop_back();
  }
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
