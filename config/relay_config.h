// What an operator says to candour-relay: a TOML file, strictly read (config/section.h).
//
//   state_dir = "relay"                    where relay.db lives; required
//   log_level = "info"                     debug | info | warning | error
//   web_root = "web/dist"                  folder of the browser app, served beside the socket and
//                                          read once at the start; absent = not served
//   policy_root = "policy"                 folder of compiled packs, each named <digest>.pack, for
//                                          browsers that check while people type; absent = none
//   [listen]                               the wss port for everybody; also serves the tiles
//   address = "127.0.0.1"                  required
//   port = 8443                            required; 0 takes any free port
//   origins = ["https://chat.example.org"] sites other than this one whose pages may connect
//   web_hosts = ["chat.example.org:8443"]  hosts under which browsers reach this port, as they
//   stand
//                                          in the wss address; none = no login from browsers
//   [tls]
//   certificate_file = "tls.crt"           required
//   private_key_file = "tls.key"           required
//   [admin]                                /livez, /readyz, /metrics
//   address = "127.0.0.1"
//   port = 9443                            0 takes any free port
//   [organisation]
//   root_vkey_file = "root.vkey"           required; pinned
//   bootstrap = ["statement.note"]         directory objects loaded when not yet known, in order
//   [log]
//   key_file = "log.key"                   required; the log's signing seed
//   recosign_ms = 300000                   how long an unchanged log may keep its cosignatures
//   [[witnesses]]                          outside witnesses asked for cosignatures
//   vkey_file = "witness.vkey"             required
//   host = "127.0.0.1"                     required
//   port = 9600                            required
//   [limits]                               inside the outer walls of base/limits.h
//   submits_per_second = 50                per device
//   writes_per_second = 50                 per device or role key: all else it has the relay keep
//   frame_bytes = 1048576                  one frame
//   sessions = 20000                       connections
//   unauthenticated = 1000                 connections that have not logged in yet
//   queue_frames = 1024                    waiting for one slow reader
//   queue_bytes = 16777216                 the same by size
//   pending_per_group = 1024               waiting for the bot
//   groups = 100000
//   group_members = 1024
//   messages_per_group = 100000            released and kept for devices that are away
//   database_bytes = 0                     relay.db; 0 = as far as the disk goes
//
// On SIGHUP the relay reads the file again and takes over certificate, private key, bootstrap,
// origins, web_hosts, the packs of policy_root and limits but frame_bytes and database_bytes;
// everything else needs a new start. Relative paths are taken from the file's folder. Values;
// thread-safe.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "config/section.h"

namespace candour::config {

/// Where to listen.
struct Endpoint {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;
};

struct WitnessConfig {
  std::filesystem::path vkey_file;
  std::string host;
  std::uint16_t port = 0;
};

struct RelayLimits {
  std::uint64_t submits_per_second = 50;
  std::uint64_t writes_per_second = 50;
  std::uint64_t frame_bytes = 1024 * 1024;
  std::uint64_t sessions = 20000;
  std::uint64_t unauthenticated = 1000;
  std::uint64_t queue_frames = 1024;
  std::uint64_t queue_bytes = 16 * 1024 * 1024;
  std::uint64_t pending_per_group = 1024;
  std::uint64_t groups = 100'000;
  std::uint64_t group_members = 1024;
  std::uint64_t messages_per_group = 100'000;
  std::uint64_t database_bytes = 0;
};

struct RelayConfig {
  std::filesystem::path state_dir;
  std::string log_level = "info";
  std::filesystem::path web_root;     // empty: no browser app
  std::filesystem::path policy_root;  // empty: no packs
  Endpoint listen;
  std::vector<std::string> origins;
  std::vector<std::string> web_hosts;
  std::filesystem::path tls_certificate_file;
  std::filesystem::path tls_private_key_file;
  Endpoint admin;
  std::filesystem::path root_vkey_file;
  std::vector<std::filesystem::path> bootstrap;
  std::filesystem::path log_key_file;
  std::uint64_t recosign_ms = 300'000;
  std::vector<WitnessConfig> witnesses;
  RelayLimits limits;
};

/// not_found or config_invalid ("file:line:column: key 'listen.port': ...").
Result<RelayConfig> load_relay_config(const std::filesystem::path& path,
                                      const Environment& environment = process_environment());

/// The configuration as TOML that loads again to the same values. `redacted` leaves out file and
/// folder names, for pasting into a report; such text does not load.
std::string show(const RelayConfig& config, bool redacted);

}  // namespace candour::config
