#include "tests/sim/simulation.h"

#include <unistd.h>

#include "base/files.h"
#include "identity/login.h"
#include "identity/notice.h"

namespace candour::sim {

namespace {

constexpr std::uint8_t kFirstDevice = 60;
constexpr std::uint64_t kBegin = 1'770'000'000'000;

}  // namespace

// ---- the stage -------------------------------------------------------------------------------

Stage::Stage() {
  for (std::size_t i = 0; i < kDevices; ++i) {
    const auto number = static_cast<std::uint8_t>(kFirstDevice + i);
    devices.push_back(world.make_device(number, "p-" + std::to_string(i), "officer"));
  }
  const std::filesystem::path memory = "/dev/shm";
  folder = (std::filesystem::is_directory(memory) ? memory : world.folder.path()) /
           ("candour-sim-" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  template_db = folder / "template.db";

  std::vector<std::string> notes{
      tests::signed_text(world.statement.print(), {{"root", tests::kRoot}}), world.notice,
      world.bot.certificate};
  for (const auto& device : devices) notes.push_back(device.certificate);
  for (const auto& device : devices) {
    const identity::NoticeAck seen{
        .device = device.id(), .notice = world.notice_digest, .time = world.clock.now()};
    notes.emplace_back(as_text(seen.sign(device.key)));
  }
  struct Silent : relay::Outlet {
    void send(SessionId, const net::SharedFrame&) override {}
    void close(SessionId, std::uint16_t, const std::string&) override {}
    std::size_t queued(SessionId) const override { return 0; }
  } silent;
  NoWitnesses witnesses;
  SimSteady steady;
  auto store = storage::RelayStore::open({.folder = folder, .threads = false},
                                         [](std::function<void()> task) { task(); });
  relay::Relay relay({.clock = world.clock,
                      .monotonic = steady,
                      .random = world.random,
                      .store = *store.value(),
                      .outlet = silent,
                      .witnesses = witnesses,
                      .bounds = {},
                      .root = tests::note_key("root", tests::kRoot),
                      .log_key = tests::test_key(tests::kLog)});
  EXPECT_TRUE(relay.start(notes));
  while (store.value()->step_writes(100)) {
  }
  store.value().reset();
  std::filesystem::rename(folder / "relay.db", template_db);
}

Stage::~Stage() {
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
}

// ---- the machine -----------------------------------------------------------------------------

Simulation::Simulation(Stage& stage, std::uint32_t seed)
    : stage_(stage), die_(seed), random_(seed), judge_(stage.world) {
  folder_ = stage.folder / std::to_string(seed);
  std::filesystem::create_directories(folder_);
  std::filesystem::copy_file(stage.template_db, folder_ / "relay.db",
                             std::filesystem::copy_options::overwrite_existing);
  clock_.set(TimeMs(kBegin));
  bounds_ = {.submits_per_second = 1'000'000,
             .writes_per_second = 1'000'000,
             .pending_per_group = 4 + draw(30),
             .messages_per_group = draw(2) == 0 ? 3 + draw(6) : kKeepsAll};
  group_ = random_.id<GroupId>();
  for (const auto& device : stage.devices) {
    clients_.emplace_back();
    clients_.back().device = &device;
  }
  start_relay();
}

Simulation::~Simulation() {
  relay_.reset();
  store_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void Simulation::start_relay() {
  auto opened = storage::RelayStore::open(
      {.folder = folder_, .threads = false},
      [this](std::function<void()> task) { completions_.push_back(std::move(task)); });
  if (!opened) return broken("the store does not open: " + opened.error().message);
  store_ = std::move(opened.value());
  relay_ = std::make_unique<relay::Relay>(
      relay::Relay::Parts{.clock = clock_,
                          .monotonic = steady_,
                          .random = random_,
                          .store = *store_,
                          .outlet = *this,
                          .witnesses = witnesses_,
                          .bounds = bounds_,
                          .root = tests::note_key("root", tests::kRoot),
                          .log_key = tests::test_key(tests::kLog)});
  const Status started = relay_->start({});
  if (!started) broken("the relay does not start: " + started.error().message);
}

void Simulation::kill_relay() {
  ++played.kills;
  // Whatever was not committed is gone, and whatever was on its way to anybody.
  completions_.clear();
  store_.reset();
  completions_.clear();
  relay_.reset();
  while (!links_.empty()) cut(links_.begin()->first);
  // Nobody was told that these revocations hold.
  for (Client& client : clients_) client.revoked = client.revoked && !client.revocation;
  start_relay();
}

void Simulation::send(SessionId session, const net::SharedFrame& frame) {
  auto link = links_.find(session);
  if (link == links_.end() || link->second.closing) return;
  for (const Client& client : clients_) {
    if (client.session == session && client.revoked && client.logged_in) {
      broken("something was sent to a revoked device");
    }
  }
  link->second.to_peer.push_back(frame);
}

void Simulation::close(SessionId session, std::uint16_t, const std::string&) {
  if (auto link = links_.find(session); link != links_.end()) link->second.closing = true;
}

std::size_t Simulation::queued(SessionId session) const {
  const auto link = links_.find(session);
  // A small network: the relay has to wait for slow readers.
  return link == links_.end() ? 0 : link->second.to_peer.size() * 60;
}

void Simulation::cut(SessionId session) {
  links_.erase(session);
  if (relay_) relay_->closed(session);
  for (Client& client : clients_) {
    if (client.session != session) continue;
    client.session = 0;
    client.logged_in = false;
    client.asked.clear();
  }
  if (bot_.session == session) {
    bot_.session = 0;
    bot_.logged_in = false;
    bot_.hung = false;
    bot_.newest_check = 0;
  }
}

bool Simulation::run_completion() {
  if (completions_.empty()) return false;
  const auto task = std::move(completions_.front());
  completions_.pop_front();
  task();
  return true;
}

bool Simulation::carry_to_relay() {
  std::vector<SessionId> ready;
  for (const auto& [id, link] : links_) {
    if (!link.to_relay.empty()) ready.push_back(id);
  }
  if (ready.empty()) return false;
  const SessionId id = ready[draw(static_cast<std::uint32_t>(ready.size()))];
  const Bytes frame = std::move(links_[id].to_relay.front());
  links_[id].to_relay.pop_front();
  relay_->frame(id, frame);
  return true;
}

bool Simulation::carry_to_peer() {
  std::vector<SessionId> ready;
  for (const auto& [id, link] : links_) {
    const bool hung = id == bot_.session && bot_.hung;
    if (!hung && (!link.to_peer.empty() || link.closing)) ready.push_back(id);
  }
  if (ready.empty()) return false;
  const SessionId id = ready[draw(static_cast<std::uint32_t>(ready.size()))];
  Link& link = links_[id];
  if (link.to_peer.empty()) {
    cut(id);
    return true;
  }
  const auto frame = wire::parse_server_frame(*link.to_peer.front());
  link.to_peer.pop_front();
  const bool drained = link.to_peer.empty();
  receive(id, frame.value());
  if (drained && links_.contains(id)) relay_->drained(id);
  return true;
}

void Simulation::put(SessionId session, const v1::ClientFrame& frame) {
  if (auto link = links_.find(session); link != links_.end()) {
    link->second.to_relay.push_back(wire::serialise(frame));
  }
}

void Simulation::connect(SessionId& session) {
  session = ++last_session_;
  links_[session];
  relay_->opened(session, Bytes(32, 5));
}

// ---- the steps -------------------------------------------------------------------------------

std::string Simulation::play(std::size_t steps) {
  for (std::size_t i = 0; i < steps && broken_.empty(); ++i) step();
  if (broken_.empty()) rest();
  if (broken_.empty()) check_end();
  return broken_;
}

void Simulation::step() {
  const std::uint32_t which = draw(10);
  if (which < 4) {
    step_machine();
  } else if (which < 8) {
    step_network();
  } else {
    step_clients();
  }
}

void Simulation::step_machine() {
  const std::uint32_t which = draw(120);
  if (which == 0) return kill_relay();
  if (which == 1) {
    // The wall clock goes anywhere; a session, an order or a deadline must not care.
    const std::uint64_t hours = draw(48);
    clock_.set(TimeMs(kBegin + hours * 3'600'000));
    return;
  }
  if (which < 12) {
    steady_.add(200);
    return relay_->tick();
  }
  if (which < 60) {
    (void)run_completion();
  } else if (which < 100) {
    (void)store_->step_writes(1 + draw(8));
  } else {
    (void)store_->step_read();
  }
}

void Simulation::step_network() {
  const std::uint32_t which = draw(100);
  if (which == 0 && !links_.empty()) {
    auto link = links_.begin();
    std::advance(link, draw(static_cast<std::uint32_t>(links_.size())));
    return cut(link->first);
  }
  if (which < 50) {
    (void)carry_to_relay();
  } else {
    (void)carry_to_peer();
  }
}

void Simulation::step_clients() {
  const std::uint32_t which = draw(100);
  if (which == 0) return revoke();
  if (which < 25) return bot_acts();
  client_acts(clients_[draw(Stage::kDevices)]);
}

void Simulation::rest() {
  resting_ = true;
  bot_.hung = false;
  for (int round = 0; round < 60 && broken_.empty(); ++round) {
    steady_.add(200);
    relay_->tick();
    for (Client& client : clients_) client_acts(client);
    bot_acts();
    for (int i = 0; i < 4'000 && broken_.empty(); ++i) {
      const bool more = carry_to_relay() | carry_to_peer() | store_->step_writes(8) |
                        store_->step_read() | run_completion();
      if (!more) break;
    }
  }
}

}  // namespace candour::sim
