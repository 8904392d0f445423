#include "config/relay_config.h"

#include "base/limits.h"
#include "config/toml_text.h"

namespace candour::config {
namespace {

constexpr auto kOptional = Section::Presence::optional;
constexpr std::uint64_t kRecosignMsMin = 1'000;
constexpr std::uint64_t kRecosignMsMax = 24ull * 3600 * 1000;

void read_limits(Section section, RelayLimits& out) {
  section.number("submits_per_second", out.submits_per_second, 1, limits::kSubmitsPerSecondMax,
                 kOptional);
  section.number("sessions", out.sessions, 1, limits::kSessionsMax, kOptional);
  section.number("pending_per_group", out.pending_per_group, 1, limits::kPendingPerGroupMax,
                 kOptional);
}

}  // namespace

Result<RelayConfig> load_relay_config(const std::filesystem::path& path,
                                      const Environment& environment) {
  CANDOUR_TRY(auto file, File::open(path, environment));
  RelayConfig config;
  Section root = file.root();
  root.path("state_dir", config.state_dir);
  root.choice("log_level", config.log_level, {"debug", "info", "warning", "error"});
  Section listen = root.table("listen");
  listen.text("address", config.listen.address);
  listen.port("port", config.listen.port, 0);
  Section tls = root.table("tls");
  tls.path("certificate_file", config.tls_certificate_file);
  tls.path("private_key_file", config.tls_private_key_file);
  Section admin = root.table("admin");
  admin.text("address", config.admin.address, kOptional);
  admin.port("port", config.admin.port, 0, kOptional);
  Section organisation = root.table("organisation");
  organisation.path("root_vkey_file", config.root_vkey_file);
  organisation.paths("bootstrap", config.bootstrap);
  Section log = root.table("log");
  log.path("key_file", config.log_key_file);
  log.number("recosign_ms", config.recosign_ms, kRecosignMsMin, kRecosignMsMax, kOptional);
  for (Section& section : root.tables("witnesses")) {
    WitnessConfig witness;
    section.path("vkey_file", witness.vkey_file);
    section.text("host", witness.host);
    section.port("port", witness.port, 1);
    config.witnesses.push_back(std::move(witness));
  }
  read_limits(root.table("limits"), config.limits);
  CANDOUR_TRY(file.finish());
  return config;
}

std::string show(const RelayConfig& config, bool redacted) {
  TomlText out(redacted);
  out.path("state_dir", config.state_dir);
  out.text("log_level", config.log_level);
  out.section("listen");
  out.text("address", config.listen.address);
  out.number("port", config.listen.port);
  out.section("tls");
  out.path("certificate_file", config.tls_certificate_file);
  out.path("private_key_file", config.tls_private_key_file);
  out.section("admin");
  out.text("address", config.admin.address);
  out.number("port", config.admin.port);
  out.section("organisation");
  out.path("root_vkey_file", config.root_vkey_file);
  out.paths("bootstrap", config.bootstrap);
  out.section("log");
  out.path("key_file", config.log_key_file);
  out.number("recosign_ms", config.recosign_ms);
  for (const WitnessConfig& witness : config.witnesses) {
    out.element("witnesses");
    out.path("vkey_file", witness.vkey_file);
    out.text("host", witness.host);
    out.number("port", witness.port);
  }
  out.section("limits");
  out.number("submits_per_second", config.limits.submits_per_second);
  out.number("sessions", config.limits.sessions);
  out.number("pending_per_group", config.limits.pending_per_group);
  return out.take();
}

}  // namespace candour::config
