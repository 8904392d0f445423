// The relay's domain: what arrives from sessions, what the clock brings, what the store reports,
// and nothing about sockets. It builds the parts, loads their state, and hands each frame to the
// part it belongs to. IoThread only.
#pragma once

#include <string>
#include <vector>

#include "transport/relay/directory.h"
#include "transport/relay/openings.h"
#include "transport/relay/records.h"
#include "transport/relay/sequencer.h"
#include "transport/relay/sessions.h"

namespace candour::relay {

class Relay {
 public:
  struct Parts {
    const Clock& clock;
    const MonotonicClock& monotonic;
    Random& random;
    storage::RelayStore& store;
    Outlet& outlet;
    WitnessPort& witnesses;
    Bounds bounds;
    identity::NoteKey root;
    crypto::SigningKey log_key;
    std::uint64_t recosign_ms = 300'000;  // see LogService
  };
  explicit Relay(Parts parts);

  /// Loads the stored state, checks the log's head against its last checkpoint, and takes in
  /// `bootstrap` objects that are not known yet, in order. state_damaged, wrong_root_key,
  /// config_invalid; then the relay must not serve.
  Status start(const std::vector<std::string>& bootstrap);

  void opened(SessionId session, ByteView channel_binding);
  void frame(SessionId session, ByteView bytes);
  void closed(SessionId session);
  void drained(SessionId session);
  /// A few times a second. `storage_full`: the bound on the database is near.
  void tick(bool storage_full = false);
  /// Other bounds from now on.
  void set_bounds(const Bounds& bounds) { context_.bounds = bounds; }
  /// Under which hosts browsers reach this relay (identity/login.h); none before, so that no web
  /// build can log in.
  void set_web_hosts(std::vector<std::string> hosts) { model_.web_hosts = std::move(hosts); }
  /// Takes in the objects of `bootstrap` that are not known yet, in order.
  Status take_in(const std::vector<std::string>& bootstrap);
  /// Nothing is taken any more: frames are not answered, so that nobody takes something for
  /// accepted. What was accepted goes on to the disk.
  void drain();
  /// Closes every session with a hint when to come back.
  void end_sessions(std::uint16_t code, std::string_view why) { sessions_.end_all(code, why); }

  /// The public counts, the newest checkpoint and the tiles; 404 for anything else.
  void serve(const std::string& target, std::function<void(net::HttpResponse)> answer);

  const Model& model() const { return model_; }
  LogService& log() { return log_; }
  const LogService& log() const { return log_; }
  const Gate& gate() const { return gate_; }
  const Openings& openings() const { return openings_; }
  /// False with the reasons when this relay should get no traffic, or an alarm should ring.
  bool ready(std::vector<std::string>& reasons) const;

 private:
  Status dispatch(Session& session, v1::ClientFrame& frame);
  Status dispatch_role(Session& session, v1::ClientFrame& frame);
  Status dispatch_device(Session& session, v1::ClientFrame& frame);
  /// Refuses with rate_limited and says when there will be room again.
  void slow_down(SessionId id, v1::ClientFrame::BodyCase body, std::uint64_t request,
                 const Error& error);
  /// What this session's device or role key may still have kept now.
  Allowance& writes_of(const Session& session);
  /// rate_limited when this frame would have the relay keep more than its sender may now.
  Status take_write(const Session& session, v1::ClientFrame::BodyCase body);

  Model model_;
  Context context_;
  LogService log_;
  Fanout fanout_;
  Directory directory_;
  Gate gate_;
  Sequencer sequencer_;
  Sessions sessions_;
  Openings openings_;
  Records records_;
  SigningPublicKey log_public_key_;
  TimeMs log_ticked_;
};

}  // namespace candour::relay
