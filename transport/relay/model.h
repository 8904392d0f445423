// What the relay's domain knows, in memory. The store holds the same durably
// (storage/relay_store.h); the domain decides on this state and queues the write, and tells nobody
// before the write is durable. Where the two differ for a moment, the field says which it is.
// IoThread only.
#pragma once

#include <algorithm>
#include <array>
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
#include "transport/relay/limits.h"
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
  /// After a refusal: until there is room for several again, so that one does not come back for
  /// each.
  std::uint64_t wait_ms(double rate) const {
    const double several = std::max(1.0, rate / 10);
    return static_cast<std::uint64_t>((several - std::max(left, 0.0)) / rate * 1e3) + 1;
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
  std::uint64_t releases = 0;  // of the bot: how many it has told us on this session

  /// For each group of the device: the newest seq queued to this session. Not there for a group it
  /// was told to resynchronise.
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
  std::uint64_t number = 0;  // of its row
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

  std::unordered_map<MessageId, SubmittedMemo> submitted;
  std::deque<MessageId> submitted_order;
  Allowance submits;
  Allowance repeats;  // of submissions
  Allowance writes;   // everything else it has the relay keep

  std::uint64_t mail_last = 0;     // newest number given
  std::uint64_t mail_durable = 0;  // newest number that is durable
  std::uint64_t mail_acknowledged = 0;
  std::uint64_t key_packages = 0;
  bool last_resort_due = true;  // none here, or the one here was handed out
};

struct Pending {
  storage::PendingRow row;
  std::shared_ptr<const v1::Submit> body;  // null: only in the store
  bool durable = false;
  bool sent_to_bot = false;  // to its present session
  TimeMs accepted;           // monotonic; 0 = before this relay started
};

struct VerdictMemo {
  std::uint64_t number = 0;  // of its row
  MessageId message_id;
  Digest hash;
  Seq seq;
};

/// A session that gets a group's messages, and how far it is.
struct Listener {
  Session* session = nullptr;
  Seq* sent = nullptr;
};

struct Group {
  storage::GroupRow row;  // as decided
  Bytes mls_group;        // of its newest roster; empty before the first
  Seq released;           // newest seq that is durable: what may be told
  std::unordered_map<DeviceId, Seq> cursors;
  std::deque<Pending> pending;
  bool commit_pending = false;
  std::map<Submission, VerdictMemo> verdicts;  // the newest, for repeats
  /// The newest releases, up to `released`: durable, and waiting for those that are on their way to
  /// the disk, so that they go out together (Fanout::released).
  std::vector<net::SharedFrame> held;
  TimeMs held_since;  // monotonic
  /// Who leaves with a commit that is on its way to the disk: the last release they get.
  std::vector<std::pair<DeviceId, Seq>> leaving;
  /// Who listens, as long as `audience_version` is the model's.
  std::vector<Listener> audience;
  std::uint64_t audience_version = 0;
  /// Rows up to here are gone: every cursor has passed them, or they were too many. A device whose
  /// cursor is before it has to resynchronise.
  Seq passed;
};

/// How long something took: how often within each bound, as Prometheus counts.
struct Timing {
  static constexpr std::array<std::uint64_t, 10> kBoundsMs = {1,   2,   5,     10,    50,
                                                              100, 500, 2'000, 5'000, 60'000};
  std::array<std::uint64_t, kBoundsMs.size() + 1> within{};  // the last: beyond all
  std::uint64_t sum_ms = 0;

  void add(std::uint64_t ms) {
    const auto bound = std::lower_bound(kBoundsMs.begin(), kBoundsMs.end(), ms);
    ++within[static_cast<std::size_t>(bound - kBoundsMs.begin())];
    sum_ms += ms;
  }
};

struct Counters {
  std::uint64_t submissions = 0;
  std::uint64_t releases = 0;
  std::uint64_t withheld = 0;
  std::uint64_t deliveries = 0;
  std::uint64_t mail = 0;
  std::uint64_t acknowledgements = 0;
  std::uint64_t logins = 0;
  std::uint64_t logins_refused = 0;
  std::uint64_t resynchronised = 0;
  std::uint64_t frames_in = 0;
  std::uint64_t frames_refused = 0;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::uint64_t bot_absent_ms = 0;
  Timing verdict;  // from accepted to judged
  std::array<std::uint64_t, kLimitCount> limit_reached{};
};

struct Model {
  identity::NoteKey root;
  std::optional<identity::Statement> statement;
  std::vector<std::string> web_hosts;
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
  /// Goes up whenever a session, or the place of one in a group, comes or goes.
  std::uint64_t audience_version = 1;
  SessionId bot_session = 0;
  DeviceId bot_device;
  /// The bot is connected, has been asked and says nothing (Sessions::tick).
  bool bot_silent = false;
  TimeMs bot_heard;            // monotonic: its last frame
  TimeMs bot_asked;            // monotonic: since when it owes an answer, where it owes one
  std::size_t unanswered = 0;  // submissions it has and did not answer
  bool cosign_unanswered = false;

  std::uint64_t accepted = 0;  // submissions ever, and verdicts: the rows' numbers
  std::uint64_t judged = 0;
  std::size_t pending_count = 0;
  std::size_t pending_bytes_kept = 0;
  bool storage_failed = false;
  bool storage_full = false;  // the bound on the database is near: nothing new is taken
  bool draining = false;      // the relay stops: nothing is taken any more
  std::size_t unauthenticated = 0;
  Counters counters;

  bool bot_present() const { return bot_session != 0 && !bot_silent; }

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
