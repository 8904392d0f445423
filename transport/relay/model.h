// What the relay's domain knows, in memory. The store holds the same durably
// (storage/relay_store.h); the domain decides on this state and queues the write, and tells nobody
// before the write is durable. Where the two differ for a moment, the field says which it is.
// IoThread only.
#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>

#include "identity/certificate.h"
#include "storage/relay_rows.h"
#include "transport/net/server.h"
#include "transport/wire/frames.h"

namespace candour::relay {

using net::SessionId;

/// What somebody may still do now: `rate` more each second, never more than `burst` at once.
struct Allowance {
  double left = -1;  // negative = not yet used
  TimeMs at;         // monotonic

  bool take(TimeMs now, double rate, double burst) {
    const double since = static_cast<double>(now.value - at.value) / 1e3;
    left = left < 0 ? burst : std::min(burst, left + since * rate);
    at = now;
    if (left < 1) return false;
    left -= 1;
    return true;
  }
};

/// One connection.
struct Session {
  SessionId id = 0;
  Bytes nonce;
  Bytes channel_binding;
  TimeMs opened;            // monotonic
  bool nonce_used = false;  // a Login was tried
  bool logged_in = false;
  DeviceId device;       // zero for a role key
  std::string role_key;  // empty for a device
  bool bot = false;
  SigningPublicKey key;  // it logged in with
  std::string client_build;

  /// For each group of the device: the newest seq queued to this session.
  std::map<GroupId, Seq> sent;
  /// Groups whose backlog is being read from the store.
  std::set<GroupId> reading;
  std::uint64_t mail_sent = 0;
  bool mail_live = false;  // the backlog of mail is through
  bool mail_reading = false;
  bool behind = false;  // waits for the socket before more backlog is read

  bool is_device() const { return logged_in && role_key.empty(); }
};

struct SubmittedMemo {
  Digest hash;
  GroupId group;
  Submission submission;
};

struct Device {
  identity::Certificate certificate;
  bool revoked = false;
  bool notice_acknowledged = false;  // the current one
  std::set<GroupId> groups;
  SessionId session = 0;  // the live one, 0 = none

  std::uint64_t submitted_count = 0;
  std::unordered_map<MessageId, SubmittedMemo> submitted;
  std::deque<MessageId> submitted_order;
  Allowance submits;
  Allowance writes;  // everything else it has the relay keep

  std::uint64_t mail_last = 0;     // newest number given
  std::uint64_t mail_durable = 0;  // newest number that is durable
  std::uint64_t mail_acknowledged = 0;
  std::uint64_t key_packages = 0;
};

struct Pending {
  storage::PendingRow row;
  std::shared_ptr<const v1::Submit> body;  // null: only in the store
  bool durable = false;
  bool sent_to_bot = false;  // to its present session
};

struct VerdictMemo {
  MessageId message_id;
  Digest hash;
  Seq seq;
};

struct Group {
  storage::GroupRow row;  // as decided
  Bytes mls_group;        // of its newest roster; empty before the first
  Seq released;           // newest seq that is durable: what may be told
  std::unordered_map<DeviceId, Seq> cursors;
  std::deque<Pending> pending;
  bool commit_pending = false;
  std::map<Submission, VerdictMemo> verdicts;  // the newest, for repeats
  Seq passed;                                  // every cursor is at least here; rows are gone
};

struct Counters {
  std::uint64_t submissions = 0;
  std::uint64_t releases = 0;
  std::uint64_t withheld = 0;
  std::uint64_t deliveries = 0;
  std::uint64_t frames_in = 0;
  std::uint64_t frames_refused = 0;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
};

struct Model {
  identity::NoteKey root;
  std::optional<identity::Statement> statement;
  Digest notice;  // digest of the current one; zero = none published
  std::uint64_t notice_version = 0;
  std::uint64_t directory_size = 0;                            // as decided
  std::uint64_t directory_durable = 0;                         // what may be told
  std::unordered_map<Digest, std::uint64_t> directory_hashes;  // what it says -> leaf index
  std::map<std::string, Allowance> role_writes;                // by name of the role key
  std::set<std::uint64_t> opening_leaves;                      // indices, as decided

  std::unordered_map<SessionId, Session> sessions;
  std::unordered_map<DeviceId, Device> devices;
  std::unordered_map<GroupId, Group> groups;
  SessionId bot_session = 0;
  DeviceId bot_device;

  std::size_t pending_count = 0;
  std::size_t pending_bytes_kept = 0;
  bool storage_failed = false;
  Counters counters;

  Session* session(SessionId id) {
    auto it = sessions.find(id);
    return it == sessions.end() ? nullptr : &it->second;
  }
  Device* device(const DeviceId& id) {
    auto it = devices.find(id);
    return it == devices.end() ? nullptr : &it->second;
  }
  Group* group(const GroupId& id) {
    auto it = groups.find(id);
    return it == groups.end() ? nullptr : &it->second;
  }
};

}  // namespace candour::relay
