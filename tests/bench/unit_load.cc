// Load for unit_bench: a unit's officers in one process, each a whole client on a thread of its own
// (own store, own MLS state, own wss connection). They create groups through the bot, then send
// single messages at a steady rate that is spread over all groups.
//
// Usage: candour-bench-unit PORT GROUPS MEMBERS RATE SECONDS SIZE (STATE PASSPHRASE_FILE)...
// Prints one JSON object. Latency is from handing the text to the sender's client until that client
// has its release: checked, sealed, logged and ordered. Sending itself (encrypting, keeping the
// draft on disk) is in it.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <functional>
#include <iostream>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/files.h"
#include "client/conversation.h"

namespace {

using namespace candour;
using Steady = std::chrono::steady_clock;
using Moment = Steady::time_point;

constexpr std::uint64_t kPatienceMs = 30'000;
constexpr std::uint64_t kLookUpMs = 20;  // for what the main thread asks of an officer
constexpr auto kStandstill = std::chrono::seconds(60);
constexpr std::size_t kAtOnce = 16;

struct Totals {
  std::mutex mutex;
  std::vector<double> released_ms;
  std::size_t released = 0;
  std::size_t delivered = 0;
  std::size_t answered = 0;  // requests to create a group
  std::size_t joined = 0;
  std::string wrong;

  void fail(const std::string& why) {
    const std::lock_guard lock(mutex);
    if (wrong.empty()) wrong = why;
  }
};

class Officer final : public client::EventSink {
 public:
  using Work = std::function<Status(Officer&)>;

  Officer(std::string state, std::string passphrase_file, Totals& totals)
      : state_(std::move(state)), passphrase_file_(std::move(passphrase_file)), totals_(totals) {}

  /// Before `run`, on the main thread.
  Status start(net::IoThread& io, std::uint16_t port) {
    CANDOUR_TRY(auto passphrase, read_secret_file(passphrase_file_, 1024));
    MutableByteView line = passphrase.mutable_view();
    while (!line.empty() && line.back() == '\n') line = line.first(line.size() - 1);
    CANDOUR_TRY(store_, client::Store::open(state_, SecretText(SecretBytes::copy_of(line)),
                                            system_random()));
    CANDOUR_TRY(client_, client::Client::open(*store_, system_clock(), system_random(), *this));
    net::Endpoint relay = store_->profile().relay;
    relay.port = port;  // of this run; the officer was enrolled before it
    CANDOUR_TRY(client_->connect(io, relay, kPatienceMs));
    CANDOUR_TRY(client_->sync(kPatienceMs));
    if (client_->notice_acknowledged()) return ok();
    return client_->acknowledge_notice();
  }
  const DeviceId& device() const { return store_->keys().device; }

  void run() {
    thread_ = std::jthread([this](std::stop_token stop) {
      while (!stop.stop_requested()) {
        const Status turned = turn();
        if (!turned) return totals_.fail(turned.error().message);
      }
    });
  }

  /// From the main thread: to be done at that moment, in order.
  void plan(Moment when, Work work) {
    const std::lock_guard lock(mutex_);
    plan_.emplace_back(when, std::move(work));
  }

  Status create(const GroupId& group, const std::vector<DeviceId>& members) {
    messages::GroupRequest request;
    request.action = "create";
    request.group = group;
    request.name = "Group " + group.hex().substr(0, 8);
    request.group_class = "ordinary";
    request.unit = store_->profile().unit;
    request.owners = {device()};
    request.members = members;
    CANDOUR_TRY(client_->request_group(std::move(request)));
    return ok();
  }

  Status send(const GroupId& group, std::size_t size) {
    messages::Content content;
    SecretBytes text(size);
    std::fill(text.mutable_view().begin(), text.mutable_view().end(), std::uint8_t{'a'});
    for (std::size_t i = 4; i < size; i += 5) text.mutable_view()[i] = ' ';
    content.text = SecretText(std::move(text));
    const Moment now = Steady::now();
    CANDOUR_TRY(const MessageId id, client_->send(group, content));
    sent_at_.emplace(id, now);
    return ok();
  }

  void on_event(const client::Event& event) override {
    const std::lock_guard lock(totals_.mutex);
    switch (event.type) {
      case client::EventType::released:
        totals_.released_ms.push_back(std::chrono::duration<double, std::milli>(
                                          Steady::now() - sent_at_.at(*event.message_id))
                                          .count());
        ++totals_.released;
        sent_at_.erase(*event.message_id);
        return;
      case client::EventType::delivered:
        ++totals_.delivered;
        return;
      case client::EventType::membership:
        if (event.action == "joined") ++totals_.joined;
        return;
      case client::EventType::group_request:
        ++totals_.answered;
        [[fallthrough]];
      case client::EventType::warned:
      case client::EventType::blocked:
      case client::EventType::rejected:
      case client::EventType::stopped:
        if (!event.code.empty()) totals_.wrong = event.code + ": " + event.message;
        return;
      default:
        return;
    }
  }

 private:
  /// What is due, or what comes until then.
  Status turn() {
    Work work;
    std::uint64_t wait_ms = kLookUpMs;
    {
      const std::lock_guard lock(mutex_);
      const Moment now = Steady::now();
      if (!plan_.empty() && plan_.front().first <= now) {
        work = std::move(plan_.front().second);
        plan_.pop_front();
      } else if (!plan_.empty()) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(plan_.front().first - now);
        wait_ms = std::min(wait_ms, static_cast<std::uint64_t>(left.count()));
      }
    }
    if (work) return work(*this);
    CANDOUR_TRY(client_->pump(wait_ms));
    return ok();
  }

  std::string state_;
  std::string passphrase_file_;
  Totals& totals_;
  std::unique_ptr<client::Store> store_;
  std::unique_ptr<client::Client> client_;
  std::unordered_map<MessageId, Moment> sent_at_;
  std::mutex mutex_;  // of plan_
  std::deque<std::pair<Moment, Work>> plan_;
  std::jthread thread_;  // last: it ends before what it uses
};

class Unit {
 public:
  Unit(std::size_t groups, std::size_t members) : groups_(groups), members_(members) {}

  void add(std::string state, std::string passphrase_file) {
    officers_.emplace_back(std::move(state), std::move(passphrase_file), totals_);
  }
  std::size_t size() const { return officers_.size(); }

  Status start(std::uint16_t port) {
    for (Officer& officer : officers_) {
      CANDOUR_TRY(officer.start(io_, port));
    }
    for (Officer& officer : officers_) officer.run();
    return ok();
  }

  Status create_groups() {
    for (std::size_t i = 0; i < groups_; ++i) ids_.push_back(system_random().id<GroupId>());
    std::size_t asked = 0;
    return until([&] {
      for (; asked < groups_ && asked < totals_.answered + kAtOnce; ++asked) {
        std::vector<DeviceId> members;
        for (std::size_t k = 1; k < members_; ++k) members.push_back(member(asked, k).device());
        member(asked, 0).plan(Moment(), [id = ids_[asked], members](Officer& officer) {
          return officer.create(id, members);
        });
      }
      return totals_.joined == groups_ * members_;
    });
  }

  /// One message in each group, so that members are proven to each other and every way was taken
  /// once.
  Status warm_up(std::size_t size) {
    std::size_t sent = 0;
    return until([&] {
      for (; sent < groups_ && sent < totals_.released + kAtOnce; ++sent) say(sent, Moment(), size);
      return totals_.released == groups_ && totals_.delivered == groups_ * (members_ - 1);
    });
  }

  Status load(double rate, double seconds, std::size_t size) {
    const auto total = static_cast<std::size_t>(rate * seconds);
    std::size_t before = 0;
    {
      const std::lock_guard lock(totals_.mutex);
      totals_.released_ms.clear();
      before = totals_.delivered;
    }
    const Moment begin = Steady::now() + std::chrono::milliseconds(500);
    for (std::size_t i = 0; i < total; ++i) {
      const std::chrono::duration<double> after(static_cast<double>(i) / rate);
      say(i, begin + std::chrono::duration_cast<Steady::duration>(after), size);
    }
    CANDOUR_TRY(until([&] { return totals_.released_ms.size() == total; }));
    seconds_ = std::chrono::duration<double>(Steady::now() - begin).count();
    return until([&] { return totals_.delivered == before + total * (members_ - 1); });
  }

  void print() {
    std::vector<double>& ms = totals_.released_ms;
    std::sort(ms.begin(), ms.end());
    const auto at = [&](double share) {
      return ms[std::min(ms.size() - 1,
                         static_cast<std::size_t>(share * static_cast<double>(ms.size())))];
    };
    std::printf(
        "{\"messages\":%zu,\"seconds\":%.3f,\"deliveries\":%zu,\"p50_ms\":%.2f,\"p90_ms\":%.2f,"
        "\"p99_ms\":%.2f,\"max_ms\":%.2f}\n",
        ms.size(), seconds_, totals_.delivered, at(0.5), at(0.9), at(0.99), ms.back());
  }

 private:
  /// The k-th member of a group. Groups overlap.
  Officer& member(std::size_t group, std::size_t k) {
    return officers_[(group + (k % members_) * (1 + group % 3)) % officers_.size()];
  }

  void say(std::size_t number, Moment when, std::size_t size) {
    const std::size_t group = number % groups_;
    member(group, number / groups_).plan(when, [id = ids_[group], size](Officer& officer) {
      return officer.send(id, size);
    });
  }

  /// Looks at the totals until `done`; an error after a minute in which nothing happened.
  Status until(const std::function<bool()>& done) {
    Moment progress = Steady::now();
    std::size_t seen = 0;
    for (;;) {
      {
        const std::lock_guard lock(totals_.mutex);
        if (!totals_.wrong.empty()) return error(ErrorCode::internal, totals_.wrong);
        if (done()) return ok();
        const std::size_t now =
            totals_.released + totals_.delivered + totals_.answered + totals_.joined;
        if (now != seen) progress = Steady::now();
        seen = now;
      }
      if (Steady::now() - progress > kStandstill) {
        return error(ErrorCode::timed_out, "nothing arrived for a minute");
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }

  std::size_t groups_;
  std::size_t members_;
  Totals totals_;
  net::IoThread io_;  // outlives the connections of the officers
  std::deque<Officer> officers_;
  std::vector<GroupId> ids_;
  double seconds_ = 0;
};

Status run(Unit& unit, char** argv) {
  const auto size = static_cast<std::size_t>(std::atoi(argv[6]));
  CANDOUR_TRY(unit.start(static_cast<std::uint16_t>(std::atoi(argv[1]))));
  CANDOUR_TRY(unit.create_groups());
  CANDOUR_TRY(unit.warm_up(size));
  CANDOUR_TRY(unit.load(std::atof(argv[4]), std::atof(argv[5]), size));
  unit.print();
  return ok();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 11 || argc % 2 != 1) {
    std::cerr << "usage: candour-bench-unit PORT GROUPS MEMBERS RATE SECONDS SIZE"
                 " (STATE PASSPHRASE_FILE)...\n";
    return 2;
  }
  const auto members = static_cast<std::size_t>(std::atoi(argv[3]));
  Unit unit(static_cast<std::size_t>(std::atoi(argv[2])), members);
  for (int i = 7; i < argc; i += 2) unit.add(argv[i], argv[i + 1]);
  // member() steps by up to 3, so nobody may come round twice.
  if (unit.size() < 3 * members) {
    std::cerr << "candour-bench-unit: needs three times as many officers as a group has members\n";
    return 2;
  }
  const Status done = run(unit, argv);
  if (done) return 0;
  std::cerr << code_name(done.error().code) << ": " << done.error().message << "\n";
  return exit_status(done.error().code);
}
