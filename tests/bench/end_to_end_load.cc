// Load for the end-to-end benchmark: officers in one process, each a whole client of its own (own
// store, own MLS state, own wss connection), send and receive as fast as a window allows.
//
// Usage: candour-bench-load MESSAGES WINDOW SIZE DELIVERIES (STATE PASSPHRASE_FILE GROUP)...
// Prints one JSON object. Latency is from handing the text to the client until another member's
// client has checked, decrypted and stored it; both ends share this process's monotonic clock.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <iostream>
#include <memory>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/files.h"
#include "client/conversation.h"

namespace {

using namespace candour;
using SteadyTime = std::chrono::steady_clock::time_point;

struct Totals {
  std::unordered_map<MessageId, SteadyTime> sent_at;
  std::vector<double> delivered_ms;
  std::size_t released = 0;
  std::size_t other = 0;
};

class Officer final : public client::EventSink {
 public:
  Officer(std::string state, std::string passphrase_file, std::string group, Totals& totals)
      : state_(std::move(state)),
        passphrase_file_(std::move(passphrase_file)),
        group_name_(std::move(group)),
        totals_(totals) {}

  Status start(net::IoThread& io) {
    CANDOUR_TRY(auto passphrase, read_secret_file(passphrase_file_, 1024));
    MutableByteView line = passphrase.mutable_view();
    while (!line.empty() && line.back() == '\n') line = line.first(line.size() - 1);
    CANDOUR_TRY(store_, client::Store::open(
                            state_, SecretText(SecretBytes::copy_of(line)), system_random()));
    CANDOUR_TRY(client_,
                client::Client::open(*store_, system_clock(), system_random(), *this));
    CANDOUR_TRY(client_->connect(io, store_->profile().relay, 30'000));
    CANDOUR_TRY(client_->sync(30'000));
    CANDOUR_TRY(auto group, client_->find_group(group_name_));
    group_ = group;
    return ok();
  }

  /// Tops the window up with new messages, then handles what has come.
  Status turn(std::size_t window, std::size_t size, std::size_t& left) {
    std::vector<messages::Content> contents;
    while (client_->undecided() + contents.size() < window && left > 0) {
      --left;
      messages::Content content;
      SecretBytes text(size);
      std::fill(text.mutable_view().begin(), text.mutable_view().end(), std::uint8_t{'a'});
      for (std::size_t i = 4; i < size; i += 5) text.mutable_view()[i] = ' ';
      content.text = SecretText(std::move(text));
      contents.push_back(std::move(content));
    }
    if (!contents.empty()) {
      const SteadyTime now = std::chrono::steady_clock::now();
      CANDOUR_TRY(auto ids, client_->send_all(group_, contents));
      for (const MessageId& id : ids) totals_.sent_at.emplace(id, now);
    }
    for (;;) {
      CANDOUR_TRY(auto more, client_->pump(0));
      if (!more) return ok();
    }
  }

  void on_event(const client::Event& event) override {
    if (event.type == client::EventType::released) ++totals_.released;
    if (event.type == client::EventType::warned || event.type == client::EventType::blocked ||
        event.type == client::EventType::rejected || event.type == client::EventType::stopped) {
      ++totals_.other;
    }
    if (event.type != client::EventType::delivered || !event.message_id) return;
    const auto at = totals_.sent_at.find(*event.message_id);
    if (at == totals_.sent_at.end()) return;
    totals_.delivered_ms.push_back(
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - at->second)
            .count());
  }

 private:
  std::string state_;
  std::string passphrase_file_;
  std::string group_name_;
  Totals& totals_;
  std::unique_ptr<client::Store> store_;
  std::unique_ptr<client::Client> client_;
  GroupId group_;
};

double percentile(const std::vector<double>& sorted, double p) {
  if (sorted.empty()) return 0;
  return sorted[std::min(sorted.size() - 1,
                         static_cast<std::size_t>(p * static_cast<double>(sorted.size())))];
}

Status run(std::size_t messages, std::size_t window, std::size_t size, std::size_t deliveries,
           net::IoThread& io, std::deque<Officer>& officers, Totals& totals) {
  for (Officer& officer : officers) {
    CANDOUR_TRY(officer.start(io));
  }
  std::vector<std::size_t> left(officers.size(), messages / officers.size());
  const std::size_t total = messages / officers.size() * officers.size();
  const SteadyTime begin = std::chrono::steady_clock::now();
  SteadyTime progress = begin;
  std::size_t seen = 0;
  while (totals.released < total || totals.delivered_ms.size() < deliveries) {
    for (std::size_t i = 0; i < officers.size(); ++i) {
      CANDOUR_TRY(officers[i].turn(window, size, left[i]));
    }
    if (totals.delivered_ms.size() + totals.released != seen) {
      seen = totals.delivered_ms.size() + totals.released;
      progress = std::chrono::steady_clock::now();
    }
    if (totals.other > 0) return error(ErrorCode::internal, "a message was not released");
    if (std::chrono::steady_clock::now() - progress > std::chrono::seconds(60)) {
      return error(ErrorCode::timed_out, "nothing arrived for 60 s");
    }
  }
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  std::sort(totals.delivered_ms.begin(), totals.delivered_ms.end());
  std::printf(
      "{\"messages\":%zu,\"deliveries\":%zu,\"seconds\":%.3f,\"p50_ms\":%.2f,\"p99_ms\":%.2f,"
      "\"max_ms\":%.2f}\n",
      totals.released, totals.delivered_ms.size(), seconds, percentile(totals.delivered_ms, 0.50),
      percentile(totals.delivered_ms, 0.99),
      totals.delivered_ms.empty() ? 0 : totals.delivered_ms.back());
  return ok();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 8 || (argc - 5) % 3 != 0) {
    std::cerr << "usage: candour-bench-load MESSAGES WINDOW SIZE DELIVERIES"
                 " (STATE PASSPHRASE_FILE GROUP)...\n";
    return 2;
  }
  Totals totals;
  net::IoThread io;  // outlives the connections of the officers
  std::deque<Officer> officers;
  for (int i = 5; i < argc; i += 3) officers.emplace_back(argv[i], argv[i + 1], argv[i + 2], totals);
  const auto number = [&](int i) { return static_cast<std::size_t>(std::atoll(argv[i])); };
  const Status done = run(number(1), number(2), number(3), number(4), io, officers, totals);
  if (!done) {
    std::cerr << code_name(done.error().code) << ": " << done.error().message << "\n";
    return exit_status(done.error().code);
  }
  return 0;
}
