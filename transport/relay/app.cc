#include "transport/relay/app.h"

#include <future>
#include <optional>

#include "base/files.h"
#include "base/limits.h"
#include "base/log.h"
#include "identity/key_file.h"
#include "transport/relay/admin.h"
#include "transport/relay/web_files.h"
#include "transport/relay/witness_client.h"

namespace candour::relay {

namespace {

constexpr unsigned kTickMs = 200;
constexpr unsigned kProbeTicks = 5;  // a full disk is tried once a second
/// Full enough that only what was already accepted may still be written.
constexpr std::uint64_t kNearlyFull = 31;  // of 32 parts

/// Answers of witnesses that come when the domain that asked is gone lead nowhere.
class GuardedWitnesses : public WitnessPort {
 public:
  GuardedWitnesses(WitnessPort& port, std::shared_ptr<const bool> alive)
      : port_(port), alive_(std::move(alive)) {}
  std::size_t count() const override { return port_.count(); }
  const std::string& name(std::size_t witness) const override { return port_.name(witness); }
  void ask(std::size_t witness, const tlog::AddCheckpoint& request,
           std::function<void(Answer)> done) override {
    port_.ask(witness, request, guarded(std::move(done)));
  }
  void fetch(std::size_t witness, const std::string& origin,
             std::function<void(Answer)> done) override {
    port_.fetch(witness, origin, guarded(std::move(done)));
  }

 private:
  std::function<void(Answer)> guarded(std::function<void(Answer)> done) const {
    return [alive = alive_, done = std::move(done)](const Answer& answer) {
      if (*alive) done(answer);
    };
  }

  WitnessPort& port_;
  std::shared_ptr<const bool> alive_;
};

/// The domain with its store. After a failed write memory is ahead of the disk, so it goes as a
/// whole, with every answer that was under way to it, and is built again.
struct Domain {
  std::shared_ptr<bool> alive = std::make_shared<bool>(true);  // looked at on the IoThread only
  std::unique_ptr<GuardedWitnesses> witnesses;
  std::unique_ptr<storage::RelayStore> store;
  std::unique_ptr<Relay> relay;

  ~Domain() { *alive = false; }
};

Bounds bounds_of(const config::RelayLimits& limits) {
  return {.submits_per_second = limits.submits_per_second,
          .writes_per_second = limits.writes_per_second,
          .unauthenticated = limits.unauthenticated,
          .pending_per_group = limits.pending_per_group,
          .groups = limits.groups,
          .group_members = limits.group_members,
          .messages_per_group = limits.messages_per_group};
}

net::ServerLimits server_limits(const config::RelayConfig& config) {
  return {.queue_frames_max = config.limits.queue_frames,
          .queue_bytes_max = config.limits.queue_bytes,
          .sessions_max = config.limits.sessions,
          .origins = config.origins};
}

bool loopback(const std::string& address) {
  return address.starts_with("127.") || address == "::1" || address == "localhost";
}

}  // namespace

struct App::Impl : net::ServerHandler, Outlet, AdminSource {
  Impl(const config::RelayConfig& c, const Clock& wall, const MonotonicClock& steady, Random& r)
      : config(c), clock(wall), monotonic(steady), random(r) {}

  // From the network to the domain.
  void on_open(net::SessionId session, ByteView binding) override {
    if (domain) return domain->relay->opened(session, binding);
    server->close(session, kCloseRestarting, "storage_failed");
  }
  void on_frame(net::SessionId session, Bytes frame) override {
    if (domain) domain->relay->frame(session, frame);
  }
  void on_close(net::SessionId session) override {
    if (domain) domain->relay->closed(session);
  }
  void on_drained(net::SessionId session) override {
    if (domain) domain->relay->drained(session);
  }
  net::HttpResponse on_http(const net::HttpRequest& request) override {
    const bool reads = request.method == "GET" || request.method == "HEAD";
    if (!reads) return {.status = 405, .body = to_bytes("only GET and HEAD\n")};
    if (auto file = web_files.find(request)) return std::move(*file);
    if (auto pack = packs.find(request)) return std::move(*pack);
    return {.status = 404, .body = to_bytes("not found\n")};
  }
  bool on_http_later(const net::HttpRequest& request,
                     std::function<void(net::HttpResponse)> answer) override {
    if (!domain || (request.method != "GET" && request.method != "HEAD")) return false;
    if (web_files.has(request.target) || packs.has(request.target)) return false;
    domain->relay->serve(request.target, std::move(answer));
    return true;
  }
  // And back.
  void send(net::SessionId session, const net::SharedFrame& frame) override {
    if (server) server->send(session, frame);
  }
  void send_together(net::SessionId session, std::span<const net::SharedFrame> frames) override {
    if (server) server->send_together(session, frames);
  }
  void close(net::SessionId session, std::uint16_t code, const std::string& reason) override {
    if (server) server->close(session, code, reason);
  }
  std::size_t queued(net::SessionId session) const override {
    return server ? server->queued(session) : 0;
  }
  std::optional<MetricSources> figures() const override;

  Status build();
  Status load();
  Status listen();
  Result<WebFiles> load_packs(const config::RelayConfig& from) const;
  Status check_example() const;
  /// Asks the witnesses whether this is the whole log, before anybody is served.
  Status check_witnesses();
  Result<std::vector<std::string>> bootstrap(const config::RelayConfig& from) const;
  /// The store and the domain on it, with nothing loaded.
  Result<std::unique_ptr<Domain>> open_domain();
  void tick();
  void watch_storage();
  void recover();
  Status reload(const config::RelayConfig& fresh);
  /// Runs on the IoThread and waits; the domain lives there only.
  Status on_io(std::function<Status()> task);
  /// Waits until what was accepted is durable and answered, within `timeout_ms`.
  void settle(std::uint64_t timeout_ms);

  config::RelayConfig config;
  const Clock& clock;
  const MonotonicClock& monotonic;
  Random& random;
  net::IoThread io;
  std::unique_ptr<WitnessClient> witnesses;
  std::unique_ptr<Domain> domain;  // none while the disk is full and nothing can be built
  std::unique_ptr<Admin> admin_handler;
  std::unique_ptr<net::Server> server;
  std::unique_ptr<net::Server> admin;
  WebFiles web_files;
  WebFiles packs;
  TimeMs certificate_expiry;
  std::uint64_t recoveries = 0;
  std::uint64_t reloads = 0;
  unsigned ticks_to_probe = 0;
  std::shared_ptr<bool> ticking = std::make_shared<bool>(true);
};

Status App::Impl::on_io(std::function<Status()> task) {
  std::promise<Status> result;
  io.post([&] { result.set_value(task()); });
  return result.get_future().get();
}

std::optional<MetricSources> App::Impl::figures() const {
  if (!domain) return std::nullopt;
  const TimeMs now = clock.now();
  return MetricSources{
      .relay = *domain->relay,
      .store = domain->store->counters(),
      .network = server ? server->counters() : net::ServerCounters(),
      .recoveries = recoveries,
      .reloads = reloads,
      .certificate_seconds_left =
          certificate_expiry > now ? (certificate_expiry.value - now.value) / 1000 : 0,
      .now = now};
}

Status App::Impl::build() {
  std::vector<OutsideWitness> outside;
  for (const auto& witness : config.witnesses) {
    CANDOUR_TRY(auto key, identity::load_vkey(witness.vkey_file));
    outside.push_back({.name = key.name, .endpoint = {.host = witness.host, .port = witness.port}});
  }
  std::error_code failed;
  std::filesystem::create_directories(config.state_dir, failed);
  if (failed) {
    return error(ErrorCode::config_invalid, "the state folder " + config.state_dir.string() +
                                                " cannot be made: " + failed.message());
  }
  witnesses = std::make_unique<WitnessClient>(io, std::move(outside));
  CANDOUR_TRY(auto opened, open_domain());
  domain = std::move(opened);
  return ok();
}

Result<std::unique_ptr<Domain>> App::Impl::open_domain() {
  CANDOUR_TRY(auto root, identity::load_vkey(config.root_vkey_file));
  CANDOUR_TRY(auto log_key, identity::load_signing_key(config.log_key_file));
  auto out = std::make_unique<Domain>();
  const auto pages_max = config.limits.database_bytes / storage::kRelayPageSize;
  CANDOUR_TRY(auto opened,
              storage::RelayStore::open(
                  {.folder = config.state_dir,
                   .pages_max = static_cast<std::uint32_t>(pages_max),
                   .at_end_of_turn =
                       [this](std::function<void()> task) { io.at_end_of_turn(std::move(task)); }},
                  [this, alive = out->alive](std::function<void()> task) {
                    io.post([alive, task = std::move(task)] {
                      if (*alive) task();
                    });
                  }));
  out->store = std::move(opened);
  out->witnesses = std::make_unique<GuardedWitnesses>(*witnesses, out->alive);
  out->relay = std::make_unique<Relay>(Relay::Parts{.clock = clock,
                                                    .monotonic = monotonic,
                                                    .random = random,
                                                    .store = *out->store,
                                                    .outlet = *this,
                                                    .witnesses = *out->witnesses,
                                                    .bounds = bounds_of(config.limits),
                                                    .root = std::move(root),
                                                    .log_key = std::move(log_key),
                                                    .recosign_ms = config.recosign_ms});
  out->relay->set_web_hosts(config.web_hosts);
  return out;
}

Result<std::vector<std::string>> App::Impl::bootstrap(const config::RelayConfig& from) const {
  std::vector<std::string> out;
  for (const auto& path : from.bootstrap) {
    CANDOUR_TRY(auto bytes, read_file(path, limits::kNoteSizeMax));
    out.emplace_back(as_text(bytes));
  }
  return out;
}

Status App::Impl::load() {
  CANDOUR_TRY(const auto notes, bootstrap(config));
  CANDOUR_TRY(on_io([&] { return domain->relay->start(notes); }));
  // What the bootstrap added is durable before anybody is served.
  std::promise<Status> durable;
  domain->store->after_durable([&](Status status) { durable.set_value(status); });
  return durable.get_future().get();
}

Status App::Impl::check_witnesses() {
  std::promise<Status> checked;
  io.post([&] {
    domain->relay->log().check_witnesses([&](Status status) { checked.set_value(status); });
  });
  return checked.get_future().get();
}

Status App::Impl::check_example() const {
  const bool example = domain->relay->model().statement->example;
  if (example && !(loopback(config.listen.address) && loopback(config.admin.address))) {
    return error(ErrorCode::config_invalid,
                 "the organisation is an example, whose keys anybody may know: it is served on "
                 "127.0.0.1 only, not on " +
                     config.listen.address);
  }
  return ok();
}

Result<WebFiles> App::Impl::load_packs(const config::RelayConfig& from) const {
  if (from.policy_root.empty()) return WebFiles();
  CANDOUR_TRY(auto loaded, WebFiles::load_packs(from.policy_root, packs));
  log::info("policy_packs", {{"files", loaded.size()}});
  return loaded;
}

Status App::Impl::listen() {
  if (!config.web_root.empty()) {
    CANDOUR_TRY(web_files, WebFiles::load(config.web_root));
    log::info("web_files", {{"files", web_files.size()}});
  }
  CANDOUR_TRY(packs, load_packs(config));
  CANDOUR_TRY(certificate_expiry, net::certificate_expiry(config.tls_certificate_file.string()));
  admin_handler = std::make_unique<Admin>(*this);
  net::ServerOptions plain{.address = config.admin.address,
                           .port = config.admin.port,
                           .frame_size_max = limits::kFrameSizeMax,
                           .queue_frames_max = 16,
                           .sessions_max = 64};
  CANDOUR_TRY(auto admin_started, net::Server::start(io, plain, *admin_handler));
  admin = std::move(admin_started);
  net::ServerOptions options{.address = config.listen.address,
                             .port = config.listen.port,
                             .certificate_file = config.tls_certificate_file.string(),
                             .private_key_file = config.tls_private_key_file.string(),
                             .frame_size_max = config.limits.frame_bytes,
                             .queue_frames_max = config.limits.queue_frames,
                             .queue_bytes_max = config.limits.queue_bytes,
                             .sessions_max = config.limits.sessions,
                             .idle_timeout_ms = limits::kIdleTimeoutMs,
                             .origins = config.origins};
  // On the IoThread, so that `server` is set before the first connection is taken.
  return on_io([&]() -> Status {
    CANDOUR_TRY(auto started, net::Server::start(io, options, *this));
    server = std::move(started);
    return ok();
  });
}

void App::Impl::tick() {
  io.post_after(kTickMs, [this, alive = ticking] {
    if (!*alive) return;
    if (domain) {
      const auto stored = domain->store->counters();
      const std::uint64_t bound = config.limits.database_bytes / storage::kRelayPageSize;
      domain->relay->tick(bound != 0 && stored.pages > bound * kNearlyFull / (kNearlyFull + 1));
    }
    watch_storage();
    tick();
  });
}

// A disk that was full may have room again. One that fails in any other way is not trusted with
// what comes after: the operator has to look at it, and start the relay again.
void App::Impl::watch_storage() {
  if (domain && !domain->store->counters().full) return;
  if (ticks_to_probe > 0) {
    --ticks_to_probe;
    return;
  }
  ticks_to_probe = kProbeTicks;
  if (!domain) return recover();
  domain->store->probe([this](Status writable) {
    if (writable) io.post([this] { recover(); });
  });
}

void App::Impl::recover() {
  if (domain) {
    domain->relay->end_sessions(kCloseRestarting, "storage_failed");
    domain.reset();
  }
  const auto build_again = [this]() -> Result<std::unique_ptr<Domain>> {
    CANDOUR_TRY(const auto notes, bootstrap(config));
    CANDOUR_TRY(auto opened, open_domain());
    CANDOUR_TRY(opened->relay->start(notes));
    return opened;
  };
  auto built = build_again();
  if (!built) {
    log::error("recovery_failed", {{"message", log::LogSafe(built.error().message)}});
    return;
  }
  domain = std::move(built.value());
  ++recoveries;
  log::warning("storage_recovered", {{"log_size", domain->relay->log().size()}});
}

Status App::Impl::reload(const config::RelayConfig& fresh) {
  // Whatever can be wrong is found before anything is changed, but for the objects, each of which
  // holds by itself.
  CANDOUR_TRY(const auto expiry, net::certificate_expiry(config.tls_certificate_file.string()));
  CANDOUR_TRY(const auto notes, bootstrap(fresh));
  CANDOUR_TRY(auto fresh_packs, load_packs(fresh));
  if (!domain) return error(ErrorCode::storage_failed, "the relay cannot store anything now");
  CANDOUR_TRY(domain->relay->take_in(notes));
  CANDOUR_TRY(server->reload_certificate());
  certificate_expiry = expiry;
  packs = std::move(fresh_packs);
  server->set_limits(server_limits(fresh));
  domain->relay->set_bounds(bounds_of(fresh.limits));
  domain->relay->set_web_hosts(fresh.web_hosts);
  const auto fixed = config.limits;
  config.limits = fresh.limits;
  config.limits.frame_bytes = fixed.frame_bytes;
  config.limits.database_bytes = fixed.database_bytes;
  config.origins = fresh.origins;
  config.web_hosts = fresh.web_hosts;
  config.policy_root = fresh.policy_root;
  config.bootstrap = fresh.bootstrap;
  // What is left of a difference is what only a new start takes over.
  const bool restart = config::show(fresh, false) != config::show(config, false);
  ++reloads;
  log::info("reloaded", {{"restart_needed_for_more", restart}});
  return ok();
}

void App::Impl::settle(std::uint64_t timeout_ms) {
  auto settled = std::make_shared<std::promise<void>>();
  auto waiting = settled->get_future();
  domain->store->after_durable([settled](const Status&) { settled->set_value(); });
  waiting.wait_for(std::chrono::milliseconds(timeout_ms));
}

App::App(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<App>> App::start(const config::RelayConfig& config, const Clock& clock,
                                        const MonotonicClock& monotonic, Random& random) {
  std::unique_ptr<App> app(new App(std::make_unique<Impl>(config, clock, monotonic, random)));
  Impl& impl = *app->impl_;
  CANDOUR_TRY(impl.build());
  CANDOUR_TRY(impl.load());
  CANDOUR_TRY(impl.check_example());
  CANDOUR_TRY(impl.check_witnesses());
  CANDOUR_TRY(impl.listen());
  impl.tick();
  return app;
}

App::~App() {
  Impl& impl = *impl_;
  (void)impl.on_io([&]() -> Status {
    *impl.ticking = false;
    if (impl.server) impl.server->stop_accepting();
    if (impl.domain) impl.domain->relay->drain();
    return ok();
  });
  // Only the IoThread takes the domain away, and it does not tick any more.
  if (impl.domain && impl.server) impl.settle(limits::kDrainMs / 2);
  std::unique_ptr<net::Server> server;
  (void)impl.on_io([&]() -> Status {
    if (impl.domain) impl.domain->relay->end_sessions(kCloseStopping, "the relay is stopping");
    server = std::move(impl.server);
    return ok();
  });
  // Sessions end first: whatever they still had under way is queued to the store by then.
  server.reset();
  impl.admin.reset();
  impl.witnesses.reset();
  if (impl.domain) impl.domain->store.reset();
  // Completions posted by the store run before the domain goes.
  (void)impl.on_io([&]() -> Status {
    impl.domain.reset();
    return ok();
  });
}

std::uint16_t App::port() const { return impl_->server->port(); }
std::uint16_t App::admin_port() const { return impl_->admin->port(); }

Status App::reload(const config::RelayConfig& config) {
  return impl_->on_io([&] { return impl_->reload(config); });
}

bool App::responds(std::uint64_t timeout_ms) const {
  auto answered = std::make_shared<std::promise<void>>();
  auto waiting = answered->get_future();
  impl_->io.post([answered] { answered->set_value(); });
  return waiting.wait_for(std::chrono::milliseconds(timeout_ms)) == std::future_status::ready;
}

}  // namespace candour::relay
