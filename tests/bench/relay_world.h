// The organisation of the relay benchmark: real keys, certificates and rosters for as many devices
// and groups as asked for, made from numbers, so that bot and load generator agree without a word.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "crypto/sign.h"
#include "identity/statement.h"

namespace candour::bench {

/// How many there are. Kept in `world.txt` of the benchmark's folder.
struct RelayWorldSize {
  std::uint32_t devices = 1000;
  std::uint32_t groups = 20;
  std::uint32_t members = 50;  // of each group, the bot apart

  static Result<RelayWorldSize> load(const std::filesystem::path& folder);
};

/// Numbers of the keys that are no officer's.
enum class Party : std::uint32_t { root = 1, log, registrar_1, registrar_2, author, approver, bot };

inline constexpr std::uint32_t kSendersMax = 50;

crypto::SigningKey party_key(Party party);
crypto::SigningKey device_key(std::uint32_t number);
DeviceId party_id(Party party);
GroupId group_id(std::uint32_t group);
/// The device that is member `member` of `group`. Devices are in groups * members / devices groups
/// each, and two devices share as few groups as they can.
std::uint32_t member_of(const RelayWorldSize& size, std::uint32_t group, std::uint32_t member);

inline constexpr const char* kBenchLog = "bench.example/log";
inline constexpr const char* kBenchClient = "candour/bench";

/// Writes what candour-relay needs: relay.toml, tls.crt, keys, and the directory as bootstrap
/// (statement, notice, certificates by two registrars). The relay listens on `port`.
Status write_relay_world(const std::filesystem::path& folder, const RelayWorldSize& size,
                         std::uint16_t port);
/// Digest of the notice in `folder`, for acknowledging it.
Result<Digest> notice_digest(const std::filesystem::path& folder);

}  // namespace candour::bench
