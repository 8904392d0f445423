// candour-relay: the server everybody connects to. It holds no group key and no plaintext.
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <systemd/sd-daemon.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "base/json_text.h"
#include "base/log.h"
#include "storage/sqlite_setup.h"
#include "transport/net/tls_memory.h"
#include "transport/relay/app.h"

namespace {

using candour::ErrorCode;

constexpr int kExitStateUnusable = 5;

int fail(const candour::Error& error, bool json) {
  const std::string code(candour::code_name(error.code));
  if (json) {
    std::fprintf(stderr, "{\"error\":%s,\"message\":%s,\"detail\":{}}\n",
                 candour::json_quote(code).c_str(), candour::json_quote(error.message).c_str());
  } else {
    std::fprintf(stderr, "candour-relay: %s (%s)\n", error.message.c_str(), code.c_str());
  }
  // Of a relay's own state this says that it must not serve with it, as damage does.
  if (error.code == ErrorCode::log_inconsistent) return kExitStateUnusable;
  return candour::exit_status(error.code);
}

candour::log::Level level_of(const std::string& name) {
  if (name == "debug") return candour::log::Level::debug;
  if (name == "warning") return candour::log::Level::warning;
  if (name == "error") return candour::log::Level::error;
  return candour::log::Level::info;
}

/// What is in memory is nobody's to find in a core file, nor for another process of the same user.
void forbid_core_dumps() {
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

void reload(candour::relay::App& app, const std::string& config_file) {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  const auto usec = static_cast<std::uint64_t>(now.tv_sec) * 1'000'000 +
                    static_cast<std::uint64_t>(now.tv_nsec) / 1'000;
  sd_notify(0, ("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(usec)).c_str());
  const auto reloaded = [&]() -> candour::Status {
    CANDOUR_TRY(const auto config, candour::config::load_relay_config(config_file));
    CANDOUR_TRY(app.reload(config));
    candour::log::set_level(level_of(config.log_level));
    return candour::ok();
  }();
  if (!reloaded) {
    candour::log::error("reload_failed",
                        {{"message", candour::log::LogSafe(reloaded.error().message)}});
  }
  sd_notify(0, "READY=1");
}

/// The next signal; meanwhile tells the service manager that the relay takes its turns.
int next_signal(const candour::relay::App& app, const sigset_t& signals) {
  std::uint64_t watchdog_usec = 0;
  if (sd_watchdog_enabled(0, &watchdog_usec) <= 0) watchdog_usec = 0;
  const std::uint64_t wait_ms = watchdog_usec == 0 ? 60'000 : watchdog_usec / 2'000;
  const timespec wait{static_cast<time_t>(wait_ms / 1'000),
                      static_cast<long>(wait_ms % 1'000) * 1'000'000};
  for (;;) {
    const int signal = sigtimedwait(&signals, nullptr, &wait);
    if (signal > 0) return signal;
    if (watchdog_usec != 0 && app.responds(wait_ms / 2)) sd_notify(0, "WATCHDOG=1");
  }
}

int serve(const candour::config::RelayConfig& config, const std::string& config_file,
          const sigset_t& signals, bool json) {
  auto app = candour::relay::App::start(config, candour::system_clock(), candour::monotonic_clock(),
                                        candour::system_random());
  if (!app) return fail(app.error(), json);
  std::printf("{\"event\":\"ready\",\"port\":%u,\"admin_port\":%u}\n",
              unsigned{app.value()->port()}, unsigned{app.value()->admin_port()});
  std::fflush(stdout);
  sd_notify(0, "READY=1");
  while (next_signal(*app.value(), signals) == SIGHUP) reload(*app.value(), config_file);
  sd_notify(0, "STOPPING=1");
  candour::log::info("stopping");
  app.value().reset();
  candour::log::info("stopped");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  forbid_core_dumps();
  candour::net::keep_tls_buffers();
  candour::storage::count_no_sqlite_memory();
  CLI::App cli("candour-relay: relays encrypted messages, keeps the log");
  std::string config_file;
  std::string state_dir;
  bool json = false;
  cli.add_option("--config", config_file, "configuration file (TOML)")
      ->envname("CANDOUR_CONFIG")
      ->required();
  cli.add_option("--state", state_dir, "state folder; overrides state_dir of the configuration");
  cli.add_flag("--json", json, "failures as one line of JSON");
  cli.set_version_flag("--version", "candour-relay " CANDOUR_VERSION);
  try {
    cli.parse(argc, argv);
  } catch (const CLI::Success& success) {
    return cli.exit(success);
  } catch (const CLI::ParseError& wrong) {
    return fail(candour::error(ErrorCode::usage, wrong.what()), json);
  }
  // Signals are waited for, not handled: every thread inherits the block.
  sigset_t signals;
  sigemptyset(&signals);
  for (int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  auto config = candour::config::load_relay_config(config_file);
  if (!config) return fail(config.error(), json);
  if (!state_dir.empty()) config.value().state_dir = state_dir;
  candour::log::set_level(level_of(config.value().log_level));
  return serve(config.value(), config_file, signals, json);
}
