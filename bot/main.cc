// candour-bot: reads what it was told, builds its parts, runs until it is stopped.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <iostream>
#include <thread>
#include <utility>

#include "base/files.h"
#include "base/json_text.h"
#include "base/log.h"
#include "base/stages.h"
#include "bot/runner.h"
#include "bot/setup.h"
#include "bot/trust_store.h"

namespace candour::bot {
namespace {

constexpr const char* kBuild = "candour-bot/0.1.0";
constexpr std::uint64_t kConnectTimeoutMs = 5'000;
constexpr std::uint64_t kStorageRetryMs = 1'000;

volatile std::sig_atomic_t stop_signal = 0;
void on_signal(int signal) { stop_signal = signal; }
volatile std::sig_atomic_t hangup_signal = 0;
void on_hangup(int) { hangup_signal = 1; }

struct Arguments {
  std::string config;
  std::string state;
  bool json = false;
  bool stages = false;
  InitRequest init;
  std::string request_out;
  std::string certificate;
};

Status init(const Arguments& arguments) {
  if (arguments.state.empty()) return error(ErrorCode::usage, "init needs --state DIR");
  if (!arguments.certificate.empty()) {
    CANDOUR_TRY(const Bytes note, read_file(arguments.certificate, limits::kNoteSizeMax));
    return store_certificate(arguments.state, as_text(note));
  }
  if (arguments.request_out.empty()) {
    return error(ErrorCode::usage, "init needs --request FILE to write the enrolment request to");
  }
  CANDOUR_TRY(const std::string note, init_keys(arguments.state, arguments.init, system_random()));
  CANDOUR_TRY(write_file(arguments.request_out, as_bytes(note)));
  CANDOUR_TRY(const Keys keys, load_keys(arguments.state));
  if (arguments.json) {
    std::cout << "{\"event\":\"initialised\",\"device\":\"" << keys.device.hex() << "\"}\n";
  } else {
    std::cout << "device " << keys.device.hex() << "\n";
  }
  return ok();
}

log::Level level_of(const std::string& name) {
  if (name == "debug") return log::Level::debug;
  if (name == "warning") return log::Level::warning;
  return name == "error" ? log::Level::error : log::Level::info;
}

Status serve(const Arguments& arguments, bool& ready_told) {
  if (arguments.config.empty()) return error(ErrorCode::usage, "--config FILE is needed");
  CANDOUR_TRY(config::BotConfig config, config::load_bot_config(arguments.config));
  if (!arguments.state.empty()) config.state_dir = arguments.state;
  log::set_level(level_of(config.log_level));
  const Clock& clock = system_clock();

  CANDOUR_TRY(const Organisation organisation, load_organisation(config));
  CANDOUR_TRY(const auto pack, load_policy(config, organisation.statement));
  CANDOUR_TRY(const auto retention, load_retention(config, clock.now()));
  CANDOUR_TRY(const crypto::Point escrow, warrant::escrow_key(organisation.statement));
  CANDOUR_TRY(const Keys keys, load_keys(config.state_dir));
  CANDOUR_TRY(const Bytes certificate, load_certificate(config.state_dir));
  CANDOUR_TRY(auto store, storage::BotStore::open(config.state_dir / "bot.db", keys.state.clone(),
                                                  system_random()));
  BotTrustStore trust_store(*store);
  CANDOUR_TRY(auto trust, client::Trust::load(organisation.root, trust_store, clock));
  trust->set_own_witness(
      {keys.witness_name, identity::NoteKeyType::cosignature, keys.witness.public_key()});
  Policies policies(pack, policy_loader(config));
  warrant::SealingPool pool(escrow, config.sealings_prepared);
  Context context{keys,          *store,          *trust,
                  policies,      retention,       pool,
                  clock,         system_random(), config.attempts_log_warned,
                  config.alerts, config.rotation};
  context.warning_lifetime_ms = config.warning_lifetime_ms;
  context.officers_create_in = config.officers_create_in;
  context.readd = config.readd;
  Bot bot(context);
  CANDOUR_TRY(bot.load());

  const net::Endpoint relay{config.relay.host, config.relay.port, config.relay.tls_name,
                            config.relay.ca_file.string()};
  const client::LoginOptions login{client::DeviceLogin{keys.device, &keys.signing, certificate},
                                   kBuild, organisation.statement.log.name, kConnectTimeoutMs,
                                   true};  // Bot::attach refuses what does not follow
  net::IoThread io;
  Life life;
  life.connect = [&] { return client::Connection::open(io, relay, login); };
  life.stopping = [] { return stop_signal != 0; };
  life.reload_asked = [] {
    const bool asked = hangup_signal != 0;
    if (asked) hangup_signal = 0;
    return asked;
  };
  life.sleep = [](std::uint64_t ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); };
  life.on_ready = [&] {
    if (std::exchange(ready_told, true)) return;
    std::cout << "{\"event\":\"ready\",\"device\":\"" << keys.device.hex() << "\",\"policy\":\""
              << policies.pack().digest.hex() << "\"}" << std::endl;
  };
  return run(bot, life);
}

/// A disk that fails under a bot that was at work, because it is full, may be mended while the
/// bot waits: everything is built again from what is durable.
Status serve_over_failures(const Arguments& arguments) {
  bool ready_told = false;
  for (;;) {
    Status ended = serve(arguments, ready_told);
    const bool mends = !ended && ended.error().code == ErrorCode::storage_failed;
    if (!mends || !ready_told || stop_signal != 0) return ended;
    log::error("storage_failed",
               {{"why", log::LogSafe(ended.error().message)}, {"retry_in_ms", kStorageRetryMs}});
    std::this_thread::sleep_for(std::chrono::milliseconds(kStorageRetryMs));
  }
}

/// For the benchmark: what the thread that decides spent its time on.
void print_stages(StageTimes& times) {
  times.enter(Stage::other);
  std::cout << "{\"event\":\"stages\"";
  for (std::size_t i = 0; i < static_cast<std::size_t>(Stage::count); ++i) {
    const auto stage = static_cast<Stage>(i);
    std::cout << ",\"" << name_of(stage) << "\":" << times.microseconds(stage);
  }
  std::cout << "}" << std::endl;
}

int finish(const Status& status, bool json) {
  if (status) return 0;
  const Error& e = status.error();
  if (json) {
    std::cerr << "{\"error\":" << json_quote(code_name(e.code))
              << ",\"message\":" << json_quote(e.message) << ",\"detail\":{}}\n";
  } else {
    std::cerr << "candour-bot: " << e.message << "\n";
  }
  return exit_status(e.code);
}

}  // namespace
}  // namespace candour::bot

int main(int argc, char** argv) {
  using namespace candour::bot;
  Arguments arguments;
  CLI::App app("The compliance bot: checks each message before anyone else receives it.");
  app.set_version_flag("--version", std::string("candour-bot 0.1.0"));
  app.add_option("--config", arguments.config, "bot.toml");
  app.add_option("--state", arguments.state, "directory of keys and bot.db (over the config's)");
  app.add_flag("--stages", arguments.stages, "print at the end where the time went, in us");
  app.add_flag("--json", arguments.json, "errors and results as JSON lines");
  CLI::App* init_verb = app.add_subcommand("init", "make the bot's keys, or store its certificate");
  init_verb->fallthrough();
  init_verb->add_option("--organisation", arguments.init.organisation, "organisation id");
  init_verb->add_option("--person", arguments.init.person, "who answers for the bot");
  init_verb->add_option("--name", arguments.init.name, "name shown to people");
  init_verb->add_option("--unit", arguments.init.unit, "unit (default: compliance)");
  init_verb->add_option("--witness-name", arguments.init.witness_name, "name of the witness key");
  init_verb->add_option("--request", arguments.request_out, "file for the enrolment request");
  init_verb->add_option("--certificate", arguments.certificate, "signed certificate to store");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() == 0) return app.exit(e);
    const bool json = std::find(argv, argv + argc, std::string_view("--json")) != argv + argc;
    return finish(candour::error(candour::ErrorCode::usage, e.what()), json);
  }
  std::signal(SIGTERM, on_signal);
  std::signal(SIGINT, on_signal);
  std::signal(SIGHUP, on_hangup);
  candour::StageTimes times;
  if (arguments.stages) candour::measure_stages(&times);
  const candour::Status ended =
      init_verb->parsed() ? init(arguments) : serve_over_failures(arguments);
  if (arguments.stages) print_stages(times);
  return finish(ended, arguments.json);
}
