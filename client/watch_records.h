// What a device remembers of its watch over the log, as values for the store.
#pragma once

#include <optional>
#include <string>

#include "base/ids.h"
#include "base/result.h"
#include "base/secret.h"

namespace candour::client {

enum class WatchKind : std::uint8_t {
  own = 1,       // a message of this device
  received = 2,  // another member's
  report = 3,    // an own report: logged, delivered to nobody
};

/// One leaf that must come to be in the log.
struct WatchRecord {
  Digest leaf;
  WatchKind kind = WatchKind::own;
  GroupId group;
  MessageId message;
  TimeMs since;                 // when the release was seen here
  std::uint64_t waited_ms = 0;  // connected, without the proof
  bool refused = false;         // the relay was asked and had no proof
  bool late = false;            // told
  bool receipt = false;         // own: the receipt came and fits
  bool included = false;
  std::uint64_t index = 0;  // once included
  std::uint64_t size = 0;   // of the checkpoint that proved it

  /// Nothing more is waited for.
  bool done() const { return included && (kind != WatchKind::own || receipt); }
  SecretBytes encode() const;
  static Result<WatchRecord> decode(ByteView bytes);
};

/// Something a person must hear of once and can read again later.
struct AlarmRecord {
  Digest subject;  // what makes it one
  bool shown = false;
  TimeMs time;
  std::string code;
  std::string message;
  std::optional<MessageId> message_id;
  std::optional<GroupId> group;
  std::optional<DeviceId> device;

  SecretBytes encode() const;
  static Result<AlarmRecord> decode(ByteView bytes);
};

}  // namespace candour::client
