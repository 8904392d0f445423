#include "config/relay_config.h"

#include "base/limits.h"
#include "config/toml_text.h"

namespace candour::config {
namespace {

constexpr auto kOptional = Section::Presence::optional;
constexpr std::uint64_t kRecosignMsMin = 1'000;
constexpr std::uint64_t kRecosignMsMax = 24ull * 3600 * 1000;

/// Every limit once: its key, where it stands, from, to. Read and shown by the same table.
struct LimitKey {
  const char* key;
  std::uint64_t RelayLimits::*value;
  std::uint64_t min;
  std::uint64_t max;
};

constexpr std::uint64_t kDatabaseSizeMax = 1ull << 46;
/// The largest frames of the protocol (a Welcome, a commit) have to fit.
constexpr std::uint64_t kFrameSizeMin = limits::kWelcomeSizeMax + 64 * 1024;

constexpr LimitKey kLimits[] = {
    {"submits_per_second", &RelayLimits::submits_per_second, 1, limits::kSubmitsPerSecondMax},
    {"writes_per_second", &RelayLimits::writes_per_second, 1, limits::kSubmitsPerSecondMax},
    {"frame_bytes", &RelayLimits::frame_bytes, kFrameSizeMin, limits::kFrameSizeMax},
    {"sessions", &RelayLimits::sessions, 1, limits::kSessionsMax},
    {"unauthenticated", &RelayLimits::unauthenticated, 1, limits::kSessionsMax},
    {"queue_frames", &RelayLimits::queue_frames, 16, limits::kSessionQueueFramesMax},
    {"queue_bytes", &RelayLimits::queue_bytes, 2 * limits::kFrameSizeMax,
     limits::kSessionQueueSizeMax},
    {"pending_per_group", &RelayLimits::pending_per_group, 1, limits::kPendingPerGroupMax},
    {"groups", &RelayLimits::groups, 1, limits::kGroupsMax},
    {"group_members", &RelayLimits::group_members, 2, limits::kGroupMembersMax},
    {"messages_per_group", &RelayLimits::messages_per_group, 1, limits::kMessagesKeptPerGroupMax},
    {"database_bytes", &RelayLimits::database_bytes, 0, kDatabaseSizeMax},
};

void read_limits(Section section, RelayLimits& out) {
  for (const LimitKey& limit : kLimits) {
    section.number(limit.key, out.*limit.value, limit.min, limit.max, kOptional);
  }
}

}  // namespace

Result<RelayConfig> load_relay_config(const std::filesystem::path& path,
                                      const Environment& environment) {
  CANDOUR_TRY(auto file, File::open(path, environment));
  RelayConfig config;
  Section root = file.root();
  root.path("state_dir", config.state_dir);
  root.choice("log_level", config.log_level, {"debug", "info", "warning", "error"});
  root.path("web_root", config.web_root, kOptional);
  root.path("policy_root", config.policy_root, kOptional);
  Section listen = root.table("listen");
  listen.text("address", config.listen.address);
  listen.port("port", config.listen.port, 0);
  listen.texts("origins", config.origins);
  listen.texts("web_hosts", config.web_hosts);
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
  if (!config.web_root.empty()) out.path("web_root", config.web_root);
  if (!config.policy_root.empty()) out.path("policy_root", config.policy_root);
  out.section("listen");
  out.text("address", config.listen.address);
  out.number("port", config.listen.port);
  out.texts("origins", config.origins);
  out.texts("web_hosts", config.web_hosts);
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
  for (const LimitKey& limit : kLimits) out.number(limit.key, config.limits.*limit.value);
  return out.take();
}

}  // namespace candour::config
