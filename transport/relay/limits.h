// Every bound on what somebody may make the relay do or keep, in one place: what it is, who is told
// what when it is reached, and under which name it is counted (/metrics:
// candour_relay_limit_reached_total{limit="..."}). The values are an operator's
// (config/relay_config.h); the outer walls are in base/limits.h.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/limits.h"

namespace candour::relay {

/// What an operator may choose. May change while the relay runs (SIGHUP); holds from then on.
struct Bounds {
  /// For each device: Submit. `rate_limited`.
  std::uint64_t submits_per_second = 50;
  /// Publish, NoticeAck, BotMail and PutKeyPackages together, for each device or role key.
  /// `rate_limited`.
  std::uint64_t writes_per_second = 50;
  /// Sessions that have not logged in. Closed with 4009 `too_many_connections`.
  std::uint64_t unauthenticated = 1000;
  /// Submissions of a group that wait for the bot. `queue_full`.
  std::uint64_t pending_per_group = limits::kPendingPerGroupMax;
  /// `too_many_groups`, to the bot.
  std::uint64_t groups = 100'000;
  /// Devices in a group with the bot. `too_many_members`, to the bot.
  std::uint64_t group_members = limits::kGroupMembersMax;
  /// Released messages of a group that are kept for devices that are away. A device that is further
  /// behind is told to resynchronise.
  std::uint64_t messages_per_group = 100'000;
  /// Mail the bot has not acknowledged, of one sender and of all. `queue_full`.
  std::size_t bot_mail_per_sender = 256;
  std::size_t bot_mail_waiting = 4096;
  /// Ids of appended records kept for repeats.
  std::size_t appended_remembered = 65536;
};

enum class Limit {
  frame_bytes,  // frame_too_large; a message beyond it never reaches the domain: close 1009
  submits_per_second,
  writes_per_second,
  logins_per_device,  // one live session: an older one is closed with 4001
  unauthenticated,
  sessions,  // counted by transport/net
  queue,     // frames or bytes for a slow reader: close 4008; counted by transport/net
  pending_per_group,
  groups,
  group_members,
  messages_per_group,
  key_packages,
  bot_mail,
  database_bytes,
};
inline constexpr std::size_t kLimitCount = static_cast<std::size_t>(Limit::database_bytes) + 1;

inline constexpr std::array<std::string_view, kLimitCount> kLimitNames = {"frame_bytes",
                                                                          "submits_per_second",
                                                                          "writes_per_second",
                                                                          "logins_per_device",
                                                                          "unauthenticated",
                                                                          "sessions",
                                                                          "queue",
                                                                          "pending_per_group",
                                                                          "groups",
                                                                          "group_members",
                                                                          "messages_per_group",
                                                                          "key_packages",
                                                                          "bot_mail",
                                                                          "database_bytes"};

}  // namespace candour::relay
