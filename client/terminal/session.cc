#include "client/terminal/session.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "client/terminal/passphrase.h"
#include "config/client_profile.h"

namespace candour::terminal {
namespace {

constexpr std::uint64_t kPumpMs = 100;
constexpr std::uint64_t kPauseMinMs = 100;
constexpr std::uint64_t kPauseMaxMs = 2'000;
constexpr std::uint64_t kPauseStepMs = 50;
constexpr std::uint64_t kPatienceMs = 5'000;

std::uint64_t now_ms() { return monotonic_clock().now().value; }

}  // namespace

bool Session::passes(ErrorCode code) {
  return code == ErrorCode::cannot_connect || code == ErrorCode::disconnected ||
         code == ErrorCode::timed_out || code == ErrorCode::shutting_down ||
         code == ErrorCode::checkpoint_stale;  // a new log, not yet witnessed
}

bool Session::pause(std::uint64_t ms) const {
  const std::uint64_t end = now_ms() + ms;
  for (std::uint64_t now = now_ms(); now < end && !stopped(); now = now_ms()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(std::min(kPauseStepMs, end - now)));
    if (away_ && !away_()) return false;
  }
  return true;
}

std::uint64_t Session::spread(std::uint64_t ms) const {
  Bytes die(2);
  world_.random.fill(die);
  return ms / 2 + ms * (die[0] | die[1] << 8) / (2 * 0xFFFF);
}

Result<std::unique_ptr<Session>> Session::open(const Options& options, const World& world,
                                               client::EventSink& sink) {
  std::unique_ptr<Session> session(new Session(options, world));
  if (world.standing != nullptr) {
    session->base_ = world.standing->base_;
    session->base_->verb = &sink;
    session->base_->verb_out = &world.out;
    return session;
  }
  session->base_ = std::make_shared<Base>();
  Base& base = *session->base_;
  base.owner = &sink;
  CANDOUR_TRY(SecretText passphrase, get_passphrase(options.passphrase_file, false));
  CANDOUR_TRY(base.store, client::Store::open(options.state, passphrase, world.random));
  base.endpoint = base.store->profile().relay;
  if (!options.config.empty()) {
    CANDOUR_TRY(auto profile, config::load_client_profile(options.config));
    base.endpoint = {profile.relay.host, profile.relay.port, profile.relay.tls_name,
                     profile.relay.ca_file.string()};
  }
  CANDOUR_TRY(base.client, client::Client::open(*base.store, world.clock, world.random, base));
  return session;
}

Session::~Session() {
  if (world_.standing == nullptr || base_ == nullptr) return;
  base_->verb = nullptr;
  base_->verb_out = nullptr;
}

Session::Base::~Base() {
  if (client != nullptr) client->disconnect();
}

void Session::Base::on_event(const client::Event& event) {
  owner->on_event(event);
  if (verb == nullptr) return;
  std::streambuf* const shown = verb_out->rdbuf(nullptr);  // the owner has printed it
  verb->on_event(event);
  verb_out->rdbuf(shown);
}

Status Session::connect(std::uint64_t timeout_ms) {
  if (base_->io == nullptr) base_->io = std::make_unique<net::IoThread>();
  return client().connect(*base_->io, base_->endpoint, timeout_ms);
}

Status Session::start() {
  if (options_.offline) return ok();
  if (!client().connected()) {
    CANDOUR_TRY(connect(options_.timeout_ms));
  }
  const Status synced = client().sync(options_.timeout_ms);
  if (synced || !passes(synced.error().code) || synced.error().code == ErrorCode::timed_out) {
    return synced;
  }
  CANDOUR_TRY(reconnect(options_.timeout_ms));
  return client().sync(options_.timeout_ms);
}

Status Session::reconnect(std::uint64_t give_up_ms) {
  const std::uint64_t begin = now_ms();
  const auto left = [&] {
    const std::uint64_t spent = now_ms() - begin;
    return give_up_ms == 0 ? UINT64_MAX : give_up_ms - std::min(spent, give_up_ms);
  };
  // What a stopping relay asks for is drawn for each connection already.
  if (!pause(std::min(client().retry_after_ms(), left()))) return ok();
  // Who has something else to do meanwhile must not wait long for a relay that hangs.
  const std::uint64_t patience = away_ ? kPatienceMs : options_.timeout_ms;
  for (std::uint64_t wait = kPauseMinMs; !stopped(); wait = std::min(wait * 2, kPauseMaxMs)) {
    if (client().connected()) return ok();  // a verb was faster
    const Status connected =
        connect(std::max(kPauseMinMs, std::min({options_.timeout_ms, patience, left()})));
    if (connected || !passes(connected.error().code)) return connected;
    if (left() == 0) return connected;
    if (!pause(std::min(spread(wait), left()))) return ok();
  }
  return ok();
}

Result<bool> Session::pump(std::uint64_t timeout_ms, std::uint64_t give_up_ms) {
  auto pumped = client().pump(timeout_ms);
  if (pumped || !passes(pumped.error().code)) return pumped;
  CANDOUR_TRY(reconnect(give_up_ms));
  return true;
}

Status Session::pump_until(const std::function<bool()>& done) {
  std::uint64_t last_progress = now_ms();
  while (!done()) {
    if (stopped()) return error(ErrorCode::shutting_down, "interrupted before the outcome came");
    CANDOUR_TRY(const bool progress, pump(kPumpMs, options_.timeout_ms));
    if (progress) last_progress = now_ms();
    if (now_ms() - last_progress < options_.timeout_ms) continue;
    std::string why = client().waiting_for();
    if (why.empty() && !client().bot_present()) why = "the compliance bot is absent";
    return error(ErrorCode::timed_out, "no outcome in time" +
                                           (why.empty() ? "" : " (" + why + ")") +
                                           "; what was sent is kept and goes on at the next start");
  }
  return ok();
}

}  // namespace candour::terminal
