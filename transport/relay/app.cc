#include "transport/relay/app.h"

#include <future>

#include "base/files.h"
#include "base/limits.h"
#include "identity/key_file.h"
#include "transport/relay/admin.h"
#include "transport/relay/witness_client.h"

namespace candour::relay {

namespace {

constexpr unsigned kTickMs = 200;

bool loopback(const std::string& address) {
  return address.starts_with("127.") || address == "::1" || address == "localhost";
}

}  // namespace

struct App::Impl : net::ServerHandler, Outlet {
  explicit Impl(const config::RelayConfig& c) : config(c) {}

  // From the network to the domain.
  void on_open(net::SessionId session, ByteView binding) override {
    relay->opened(session, binding);
  }
  void on_frame(net::SessionId session, Bytes frame) override { relay->frame(session, frame); }
  void on_close(net::SessionId session) override { relay->closed(session); }
  void on_drained(net::SessionId session) override { relay->drained(session); }
  net::HttpResponse on_http(const net::HttpRequest&) override {
    return {.status = 404, .body = to_bytes("not found\n")};
  }
  bool on_http_later(const net::HttpRequest& request,
                     std::function<void(net::HttpResponse)> answer) override {
    if (request.method != "GET" && request.method != "HEAD") return false;
    relay->serve(request.target, std::move(answer));
    return true;
  }
  // And back.
  void send(net::SessionId session, const net::SharedFrame& frame) override {
    if (server) server->send(session, frame);
  }
  void close(net::SessionId session, std::uint16_t code, const std::string& reason) override {
    if (server) server->close(session, code, reason);
  }
  std::size_t queued(net::SessionId session) const override {
    return server ? server->queued(session) : 0;
  }

  Status build(const Clock& clock, const MonotonicClock& monotonic, Random& random);
  Status load();
  Status listen(const Clock& clock);
  Status check_example() const;
  /// Asks the witnesses whether this is the whole log, before anybody is served.
  Status check_witnesses();
  void tick();
  /// Runs on the IoThread and waits; the domain lives there only.
  Status on_io(std::function<Status()> task);

  config::RelayConfig config;
  net::IoThread io;
  std::unique_ptr<WitnessClient> witnesses;
  std::unique_ptr<storage::RelayStore> store;
  std::unique_ptr<Relay> relay;
  std::unique_ptr<Admin> admin_handler;
  std::unique_ptr<net::Server> server;
  std::unique_ptr<net::Server> admin;
  std::shared_ptr<bool> ticking = std::make_shared<bool>(true);
};

Status App::Impl::on_io(std::function<Status()> task) {
  std::promise<Status> result;
  io.post([&] { result.set_value(task()); });
  return result.get_future().get();
}

Status App::Impl::build(const Clock& clock, const MonotonicClock& monotonic, Random& random) {
  CANDOUR_TRY(auto root, identity::load_vkey(config.root_vkey_file));
  CANDOUR_TRY(auto log_key, identity::load_signing_key(config.log_key_file));
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
  CANDOUR_TRY(auto opened, storage::RelayStore::open(
                               {.folder = config.state_dir},
                               [this](std::function<void()> task) { io.post(std::move(task)); }));
  store = std::move(opened);
  witnesses = std::make_unique<WitnessClient>(io, std::move(outside));
  relay = std::make_unique<Relay>(
      Relay::Parts{.clock = clock,
                   .monotonic = monotonic,
                   .random = random,
                   .store = *store,
                   .outlet = *this,
                   .witnesses = *witnesses,
                   .bounds = {.submits_per_second = config.limits.submits_per_second,
                              .pending_per_group = config.limits.pending_per_group,
                              .writes_per_second = config.limits.submits_per_second},
                   .root = std::move(root),
                   .log_key = std::move(log_key),
                   .recosign_ms = config.recosign_ms});
  return ok();
}

Status App::Impl::load() {
  std::vector<std::string> bootstrap;
  for (const auto& path : config.bootstrap) {
    CANDOUR_TRY(auto bytes, read_file(path, limits::kNoteSizeMax));
    bootstrap.emplace_back(as_text(bytes));
  }
  CANDOUR_TRY(on_io([&] { return relay->start(bootstrap); }));
  // What the bootstrap added is durable before anybody is served.
  std::promise<Status> durable;
  store->after_durable([&](Status status) { durable.set_value(status); });
  return durable.get_future().get();
}

Status App::Impl::check_witnesses() {
  std::promise<Status> checked;
  io.post([&] { relay->log().check_witnesses([&](Status status) { checked.set_value(status); }); });
  return checked.get_future().get();
}

Status App::Impl::check_example() const {
  const bool example = relay->model().statement->example;
  if (example && !(loopback(config.listen.address) && loopback(config.admin.address))) {
    return error(ErrorCode::config_invalid,
                 "the organisation is an example, whose keys anybody may know: it is served on "
                 "127.0.0.1 only, not on " +
                     config.listen.address);
  }
  return ok();
}

Status App::Impl::listen(const Clock& clock) {
  CANDOUR_TRY(auto expiry, net::certificate_expiry(config.tls_certificate_file.string()));
  admin_handler = std::make_unique<Admin>(*relay, *store, clock, expiry);
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
                             .frame_size_max = limits::kFrameSizeMax,
                             .queue_frames_max = limits::kSessionQueueFramesMax,
                             .sessions_max = config.limits.sessions,
                             .idle_timeout_ms = limits::kIdleTimeoutMs};
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
    relay->tick();
    tick();
  });
}

App::App(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<App>> App::start(const config::RelayConfig& config, const Clock& clock,
                                        const MonotonicClock& monotonic, Random& random) {
  std::unique_ptr<App> app(new App(std::make_unique<Impl>(config)));
  Impl& impl = *app->impl_;
  CANDOUR_TRY(impl.build(clock, monotonic, random));
  CANDOUR_TRY(impl.load());
  CANDOUR_TRY(impl.check_example());
  CANDOUR_TRY(impl.check_witnesses());
  CANDOUR_TRY(impl.listen(clock));
  impl.tick();
  return app;
}

App::~App() {
  Impl& impl = *impl_;
  std::unique_ptr<net::Server> server;
  (void)impl.on_io([&]() -> Status {
    *impl.ticking = false;
    server = std::move(impl.server);
    return ok();
  });
  impl.admin.reset();
  // Sessions end first: whatever they still had under way is queued to the store by then.
  server.reset();
  impl.witnesses.reset();
  impl.store.reset();
  // Completions posted by the store run before the domain goes.
  (void)impl.on_io([]() -> Status { return ok(); });
}

std::uint16_t App::port() const { return impl_->server->port(); }
std::uint16_t App::admin_port() const { return impl_->admin->port(); }

Status App::reload() {
  return impl_->on_io([this] { return impl_->server->reload_certificate(); });
}

}  // namespace candour::relay
