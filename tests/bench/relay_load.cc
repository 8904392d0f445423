// Load for relay_bench: all members of all groups over wss from one thread, as devices of
// candour-relay or as clients of a floor server. Prints one JSON object for each run.
//
// Usage: candour-bench-relay-load VERB FOLDER [--name value]...
//   world       writes the organisation: --devices --groups --members --port (of the relay)
//   closed      --window messages of each group in flight, for --seconds after --warm
//   open        --rate submits a second over all groups; latency from the intended instant
//   idle        connects all and reports the memory of a connection
//   backlog     --messages to each group while its other members are away; then all come back
// Common: --port --floor 1 (broadcast) --bot 1 (floor: with its bot) --pid N,M (whose CPU and
// memory are measured) --groups --members --senders (who take turns) --size (of a payload)
#include <sys/epoll.h>
#include <sys/resource.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <sstream>

#include "base/random.h"
#include "tests/bench/relay_load_ledger.h"
#include "tests/bench/relay_load_protocol.h"

namespace {

using namespace candour;
using namespace candour::bench;

using Options = std::map<std::string, std::string>;

double number(const Options& options, const std::string& name, double otherwise) {
  const auto it = options.find(name);
  return it == options.end() ? otherwise : std::atof(it->second.c_str());
}

class Load final : public SocketOwner, public LoadEvents {
 public:
  Load(std::filesystem::path folder, Options options);
  ~Load() override { SSL_CTX_free(tls_); }

  Status closed();
  Status open();
  Status idle();
  Status backlog();

 private:
  void on_open(LoadSocket& socket) override { protocol_->on_open(socket); }
  void on_message(LoadSocket& socket, ByteView message) override {
    protocol_->on_message(socket, message);
  }
  void on_closed(LoadSocket& socket, const std::string& why) override;
  void on_ready(LoadSocket&) override { ++ready_; }
  void on_delivered(LoadSocket& socket, std::uint32_t group, ByteView payload) override;
  void on_acknowledged(LoadSocket& socket) override;
  void on_refused(LoadSocket& socket, const std::string& why) override;

  std::uint32_t option(const std::string& name, std::uint32_t otherwise) const {
    return static_cast<std::uint32_t>(number(options_, name, otherwise));
  }
  std::uint32_t connection_of(std::uint32_t group, std::uint32_t member) const {
    return floor_ ? group * size_.members + member : member_of(size_, group, member);
  }
  void use_protocol(bool acknowledge_nothing);
  /// Connects those that `wanted` names and waits until `done`.
  Status connect(const std::vector<std::uint32_t>& wanted,
                 const std::function<std::size_t()>& done);
  Status connect_all();
  void poll(int timeout_ms);
  void submit(std::uint32_t group, std::uint64_t time_ns);
  void drain(double seconds);
  void run_for(double warm_s, double seconds, const std::function<int()>& turn);
  void report(const char* verb, double seconds);

  std::filesystem::path folder_;
  Options options_;
  RelayWorldSize size_;
  bool floor_;
  std::uint32_t senders_;
  std::vector<int> measured_;
  int epoll_ = epoll_create1(EPOLL_CLOEXEC);
  SSL_CTX* tls_ = SSL_CTX_new(TLS_client_method());
  std::unique_ptr<Protocol> protocol_;
  std::vector<std::unique_ptr<LoadSocket>> sockets_;
  std::vector<std::vector<std::pair<std::uint32_t, std::uint32_t>>> members_;  // of a connection
  std::unique_ptr<Ledger> ledger_;
  std::size_t ready_ = 0;
  std::size_t lost_connections_ = 0;
  std::uint64_t refused_ = 0;
  std::uint64_t acknowledged_ = 0;
  std::uint64_t next_tick_ = 0;
  bool closing_ = false;
  Usage before_, after_;
  double own_before_ = 0, own_after_ = 0, measured_s_ = 0;
};

Load::Load(std::filesystem::path folder, Options options)
    : folder_(std::move(folder)), options_(std::move(options)) {
  floor_ = option("floor", 0) != 0;
  if (auto known = RelayWorldSize::load(folder_)) size_ = known.value();
  size_.groups = option("groups", size_.groups);
  size_.members = option("members", size_.members);
  if (floor_) size_.devices = size_.groups * size_.members;
  senders_ = option("senders", 10);
  std::istringstream pids(options_["pid"]);
  for (std::string pid; std::getline(pids, pid, ',');) measured_.push_back(std::atoi(pid.c_str()));
  SSL_CTX_set_mode(tls_, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                             SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(tls_, SSL_SESS_CACHE_OFF);
  const std::uint32_t connections = size_.devices + (floor_ && option("bot", 0) != 0 ? 1 : 0);
  sockets_.resize(connections);
  members_.resize(connections);
  for (std::uint32_t g = 0; g < size_.groups; ++g) {
    for (std::uint32_t m = 0; m < size_.members; ++m) {
      members_[connection_of(g, m)].emplace_back(g, m);
    }
  }
  Digest run;
  system_random().fill(run.mutable_view());
  const std::uint32_t number = run.view()[0] | run.view()[1] << 8 | run.view()[2] << 16;
  ledger_ = std::make_unique<Ledger>(number, size_.groups, size_.members, option("size", 512));
}

void Load::use_protocol(bool acknowledge_nothing) {
  if (floor_) {
    protocol_ = broadcast_protocol(*this, size_, size_.devices);
    return;
  }
  const auto notice = notice_digest(folder_);
  protocol_ = candour_protocol(*this,
                               {.size = size_,
                                .notice = notice ? notice.value() : Digest(),
                                .senders = senders_,
                                .acknowledge_nothing = acknowledge_nothing},
                               [this](std::uint32_t i) -> LoadSocket& { return *sockets_[i]; });
}

void Load::on_closed(LoadSocket& socket, const std::string& why) {
  if (closing_) return;
  if (++lost_connections_ <= 3) {
    std::fprintf(stderr, "connection %u ended: %s\n", socket.index(), why.c_str());
  }
}

void Load::on_delivered(LoadSocket& socket, std::uint32_t group, ByteView payload) {
  for (const auto& [of, member] : members_[socket.index()]) {
    if (of == group) ledger_->delivered(payload, member, now_ns());
  }
}

void Load::on_acknowledged(LoadSocket&) { ++acknowledged_; }

void Load::on_refused(LoadSocket& socket, const std::string& why) {
  if (++refused_ <= 3) std::fprintf(stderr, "refused %u: %s\n", socket.index(), why.c_str());
}

void Load::poll(int timeout_ms) {
  static std::array<epoll_event, 1024> events;
  const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), timeout_ms);
  for (int i = 0; i < count; ++i) {
    const auto& event = events[static_cast<std::size_t>(i)];
    sockets_[event.data.u32]->on_event(event.events);
  }
  const std::uint64_t now = now_ns();
  if (now < next_tick_) return;
  next_tick_ = now + 1'000'000'000;
  protocol_->tick();
}

Status Load::connect(const std::vector<std::uint32_t>& wanted,
                     const std::function<std::size_t()>& done) {
  constexpr std::size_t kAtOnce = 64;
  const std::uint64_t patience = now_ns() + 180ull * 1'000'000'000;
  std::size_t begun = 0;
  for (std::size_t there = done(); there < wanted.size(); there = done()) {
    while (begun < wanted.size() && begun < there + kAtOnce) {
      const std::uint32_t i = wanted[begun++];
      sockets_[i] = std::make_unique<LoadSocket>(*this, i);
      if (!sockets_[i]->start(epoll_, tls_, static_cast<std::uint16_t>(option("port", 0)),
                              protocol_->path(i), protocol_->subprotocol())) {
        return error(ErrorCode::cannot_connect, "no more connections can be opened");
      }
    }
    poll(20);
    if (lost_connections_ != 0) return error(ErrorCode::disconnected, "a connection was lost");
    if (now_ns() > patience) return error(ErrorCode::timed_out, "not all connected within 180 s");
  }
  return ok();
}

Status Load::connect_all() {
  use_protocol(false);
  // Senders first: what they publish to be allowed to send goes to everybody who is connected.
  std::vector<bool> sends(sockets_.size());
  for (std::uint32_t g = 0; g < size_.groups; ++g) {
    for (std::uint32_t m = 0; m < senders_; ++m) sends[connection_of(g, m)] = true;
  }
  std::vector<std::uint32_t> order;
  for (const bool sender : {true, false}) {
    for (std::uint32_t i = 0; i < sockets_.size(); ++i) {
      if (sends[i] == sender) order.push_back(i);
    }
  }
  return connect(order, [this] { return ready_; });
}

void Load::submit(std::uint32_t group, std::uint64_t time_ns) {
  const std::uint32_t sender = ledger_->next(group) % senders_;
  LoadSocket& socket = *sockets_[connection_of(group, sender)];
  protocol_->submit(socket, group, ledger_->submit(group, time_ns));
  socket.flush();
}

void Load::drain(double seconds) {
  const std::uint64_t end = now_ns() + static_cast<std::uint64_t>(seconds * 1e9);
  while (ledger_->missing() != 0 && now_ns() < end) poll(20);
  next_tick_ = 0;
  poll(20);  // acknowledges the rest
}

void Load::run_for(double warm_s, double seconds, const std::function<int()>& turn) {
  const std::uint64_t begin = now_ns();
  const std::uint64_t warm = begin + static_cast<std::uint64_t>(warm_s * 1e9);
  const std::uint64_t end = warm + static_cast<std::uint64_t>(seconds * 1e9);
  std::uint64_t measured_from = 0;
  while (now_ns() < end && lost_connections_ == 0) {
    if (measured_from == 0 && now_ns() >= warm) {
      before_ = usage_of(measured_);
      own_before_ = own_cpu_s();
      measured_from = now_ns();
      ledger_->measure(true);
    }
    poll(turn());
  }
  after_ = usage_of(measured_);
  own_after_ = own_cpu_s();
  measured_s_ = static_cast<double>(now_ns() - measured_from) / 1e9;
  ledger_->measure(false);
  drain(60);
}

void Load::report(const char* verb, double seconds) {
  const double deliveries = static_cast<double>(ledger_->measured);
  const double cpu = after_.cpu_s - before_.cpu_s;
  std::printf(
      "{\"verb\":\"%s\",\"connections\":%zu,\"seconds\":%.2f,\"deliveries_per_s\":%.0f,"
      "\"p50_us\":%.0f,\"p99_us\":%.0f,\"cpu_us_per_delivery\":%.3f,\"server_cpu\":%.2f,"
      "\"client_cpu\":%.2f,\"submitted\":%llu,\"acknowledged\":%llu,\"lost\":%llu,"
      "\"duplicates\":%llu,\"foreign\":%llu,\"refused\":%llu,\"connections_lost\":%zu,"
      "\"resident_kib\":%llu}\n",
      verb, ready_, seconds, deliveries / seconds, ledger_->latency.quantile(0.5),
      ledger_->latency.quantile(0.99), deliveries > 0 ? cpu / deliveries * 1e6 : 0, cpu / seconds,
      (own_after_ - own_before_) / seconds, static_cast<unsigned long long>(ledger_->submitted),
      static_cast<unsigned long long>(acknowledged_),
      static_cast<unsigned long long>(ledger_->missing()),
      static_cast<unsigned long long>(ledger_->duplicates),
      static_cast<unsigned long long>(ledger_->foreign), static_cast<unsigned long long>(refused_),
      lost_connections_, static_cast<unsigned long long>(after_.resident_kib));
}

Status Load::closed() {
  CANDOUR_TRY(connect_all());
  const std::uint32_t window = option("window", 4);
  run_for(number(options_, "warm", 1), number(options_, "seconds", 3), [&] {
    for (std::uint32_t g = 0; g < size_.groups; ++g) {
      while (ledger_->in_flight(g) < window) submit(g, now_ns());
    }
    return 5;
  });
  report("closed", measured_s_);
  return ok();
}

Status Load::open() {
  CANDOUR_TRY(connect_all());
  const double gap_ns = 1e9 / number(options_, "rate", 200);
  const std::uint64_t begin = now_ns();
  std::uint64_t sent = 0;
  run_for(number(options_, "warm", 1), number(options_, "seconds", 4), [&] {
    for (;; ++sent) {
      const auto due = begin + static_cast<std::uint64_t>(static_cast<double>(sent) * gap_ns);
      const std::uint64_t now = now_ns();
      if (due > now) return due - now > 1'500'000 ? 1 : 0;
      submit(static_cast<std::uint32_t>(sent % size_.groups), due);
    }
  });
  report("open", measured_s_);
  return ok();
}

Status Load::idle() {
  const Usage first = usage_of(measured_);
  const std::uint64_t begin = now_ns();
  CANDOUR_TRY(connect_all());
  const double connecting_s = static_cast<double>(now_ns() - begin) / 1e9;
  const Usage connected = usage_of(measured_);
  const std::uint64_t end = now_ns() + 3'000'000'000;
  while (now_ns() < end) poll(50);
  const Usage last = usage_of(measured_);
  const double count = static_cast<double>(ready_);
  std::printf(
      "{\"verb\":\"idle\",\"connections\":%zu,\"seconds\":%.2f,\"cpu_us_per_connect\":%.0f,"
      "\"resident_kib\":%llu,\"kib_per_connection\":%.2f,\"idle_cpu\":%.4f,"
      "\"connections_lost\":%zu}\n",
      ready_, connecting_s, (connected.cpu_s - first.cpu_s) / count * 1e6,
      static_cast<unsigned long long>(last.resident_kib),
      static_cast<double>(last.resident_kib - first.resident_kib) / count,
      (last.cpu_s - connected.cpu_s) / 3, lost_connections_);
  return ok();
}

Status Load::backlog() {
  const std::uint32_t messages = option("messages", 1000);
  use_protocol(true);
  std::vector<std::uint32_t> senders;
  std::vector<std::uint32_t> all(sockets_.size());
  for (std::uint32_t g = 0; g < size_.groups; ++g) {
    for (std::uint32_t m = 0; m < senders_; ++m) senders.push_back(connection_of(g, m));
  }
  for (std::uint32_t i = 0; i < all.size(); ++i) all[i] = i;
  CANDOUR_TRY(connect(senders, [this] { return ready_; }));
  // The senders see each message; the next one goes out when they have.
  const std::uint64_t of_senders = std::uint64_t{size_.groups} * messages * senders_;
  for (std::uint32_t sent = 0; ledger_->deliveries < of_senders && lost_connections_ == 0;) {
    const bool room = std::uint64_t{sent} * size_.groups * senders_ <
                      ledger_->deliveries + std::uint64_t{8} * size_.groups * senders_;
    for (std::uint32_t g = 0; room && sent < messages && g < size_.groups; ++g) {
      submit(g, now_ns());
    }
    if (room && sent < messages) ++sent;
    poll(5);
    if (refused_ != 0) return error(ErrorCode::internal, "a submission was refused");
  }
  closing_ = true;
  for (const std::uint32_t i : senders) sockets_[i]->cut();
  closing_ = false;
  ready_ = 0;
  use_protocol(true);
  protocol_->hold();
  CANDOUR_TRY(connect(all, [&] {
    std::size_t held = 0;
    for (const std::uint32_t i : all) held += protocol_->held(i) ? 1 : 0;
    return held;
  }));
  // Everybody gets everything once more: nothing was acknowledged.
  const std::uint64_t again = ledger_->duplicates;
  ledger_->measure(true);
  before_ = usage_of(measured_);
  own_before_ = own_cpu_s();
  const std::uint64_t begin = now_ns();
  const std::uint64_t patience = begin + 60ull * 1'000'000'000;
  protocol_->release();
  const auto missing = [&] {
    return ledger_->missing() + of_senders - (ledger_->duplicates - again);
  };
  while (missing() != 0 && now_ns() < patience && lost_connections_ == 0) poll(20);
  measured_s_ = static_cast<double>(now_ns() - begin) / 1e9;
  after_ = usage_of(measured_);
  own_after_ = own_cpu_s();
  ledger_->measured += ledger_->duplicates - again;
  ledger_->duplicates = again;
  report("backlog", measured_s_);
  if (missing() != ledger_->missing() + of_senders) {
    std::fprintf(stderr, "%llu deliveries of the backlog are missing\n",
                 static_cast<unsigned long long>(missing()));
  }
  return ok();
}

Status run(const std::string& verb, const std::filesystem::path& folder, const Options& options) {
  if (verb == "world") {
    const auto value = [&](const char* name, double otherwise) {
      return static_cast<std::uint32_t>(number(options, name, otherwise));
    };
    return write_relay_world(folder,
                             {.devices = value("devices", 1000),
                              .groups = value("groups", 20),
                              .members = value("members", 50)},
                             static_cast<std::uint16_t>(value("port", 0)));
  }
  Load load(folder, options);
  if (verb == "closed") return load.closed();
  if (verb == "open") return load.open();
  if (verb == "idle") return load.idle();
  if (verb == "backlog") return load.backlog();
  return error(ErrorCode::usage, "there is no verb " + verb);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3 || argc % 2 == 0) {
    std::fprintf(stderr, "usage: candour-bench-relay-load VERB FOLDER [--name value]...\n");
    return 2;
  }
  std::signal(SIGPIPE, SIG_IGN);
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  Options options;
  for (int i = 3; i + 1 < argc; i += 2) options[std::string(argv[i]).substr(2)] = argv[i + 1];
  const Status done = run(argv[1], argv[2], options);
  if (done) return 0;
  std::fprintf(stderr, "candour-bench-relay-load: %s\n", done.error().message.c_str());
  return exit_status(done.error().code);
}
