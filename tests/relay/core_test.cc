// Goal: when the disk fails nothing is acknowledged, the relay says so, and readiness goes (I4).
// Method: the domain without sockets, over a store whose file may not grow beyond a bound.
#include <condition_variable>

#include "identity/login.h"
#include "tests/relay/world.h"
#include "transport/relay/relay.h"

namespace candour::tests {
namespace {

class Recorder : public relay::Outlet {
 public:
  void send(net::SessionId, const net::SharedFrame& frame) override {
    frames.push_back(wire::parse_server_frame(*frame).value());
  }
  void close(net::SessionId, std::uint16_t code, const std::string&) override { closed = code; }
  std::size_t queued(net::SessionId) const override { return 0; }

  std::vector<v1::ServerFrame> frames;
  std::uint16_t closed = 0;
};

class NoWitnesses : public relay::WitnessPort {
 public:
  std::size_t count() const override { return 0; }
  const std::string& name(std::size_t) const override { return none_; }
  void ask(std::size_t, const tlog::AddCheckpoint&, std::function<void(Answer)>) override {}

 private:
  std::string none_;
};

/// Completions of the store, run by the test's own thread.
class Turn {
 public:
  void post(std::function<void()> task) {
    std::lock_guard guard(mutex_);
    tasks_.push_back(std::move(task));
    changed_.notify_all();
  }
  /// Runs what comes until `done`; false after ten seconds without anything.
  bool run_until(const std::function<bool()>& done) {
    while (!done()) {
      std::unique_lock lock(mutex_);
      if (!changed_.wait_for(lock, std::chrono::seconds(10), [this] { return !tasks_.empty(); })) {
        return false;
      }
      auto task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      task();
    }
    return true;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;
};

v1::ClientFrame login_frame(const World& world, const TestDevice& amy,
                            const v1::Challenge& challenge, const Bytes& binding) {
  const identity::LoginTranscript transcript{.log_origin = world.statement.log.name,
                                             .nonce = to_bytes(challenge.nonce()),
                                             .channel_binding = binding,
                                             .subject = to_bytes(amy.id().view()),
                                             .client_build = "candour/0.1.0"};
  v1::ClientFrame login;
  login.set_request(1);
  login.mutable_login()->set_version(1);
  login.mutable_login()->set_device(wire::to_field(amy.id()));
  login.mutable_login()->set_client_build("candour/0.1.0");
  login.mutable_login()->set_signature(wire::to_field(transcript.sign(amy.key)));
  return login;
}

TEST(Core, I4_NothingIsAcknowledgedOnceTheDiskFails) {
  World world;
  const auto amy = world.make_device(60, "p-amy", "officer");
  Turn turn;
  auto store = storage::RelayStore::open(
      {.folder = world.folder.path(), .pages_max = 400},
      [&turn](std::function<void()> task) { turn.post(std::move(task)); });
  ASSERT_TRUE(store);
  Recorder outlet;
  NoWitnesses witnesses;
  relay::Relay core({.clock = world.clock,
                     .monotonic = monotonic_clock(),
                     .random = world.random,
                     .store = *store.value(),
                     .outlet = outlet,
                     .witnesses = witnesses,
                     .bounds = {},
                     .root = note_key("root", kRoot),
                     .log_key = test_key(kLog)});
  ASSERT_TRUE(core.start(
      {signed_text(world.statement.print(), {{"root", kRoot}}), world.notice, amy.certificate}));

  const Bytes binding(32, 5);
  core.opened(1, binding);
  ASSERT_EQ(outlet.frames.back().body_case(), Body::kChallenge);
  core.frame(1,
             wire::serialise(login_frame(world, amy, outlet.frames.back().challenge(), binding)));
  ASSERT_EQ(outlet.frames.back().body_case(), Body::kLoggedIn);

  std::vector<std::string> reasons;
  EXPECT_TRUE(core.ready(reasons));
  int acknowledged = 0;
  std::uint64_t request = 1;
  for (bool refused = false; !refused;) {
    // Every object of the directory stays, so the file has to grow.
    const auto number = static_cast<std::uint8_t>(100 + request % 150);
    v1::ClientFrame publish;
    publish.set_request(++request);
    publish.mutable_publish()->set_kind(v1::CERTIFICATE);
    publish.mutable_publish()->set_object(
        world.make_device(number, "p-" + std::to_string(request), "officer").certificate);
    outlet.frames.clear();
    core.frame(1, wire::serialise(publish));
    const auto find_answer = [&] {
      return std::find_if(outlet.frames.begin(), outlet.frames.end(),
                          [&](const auto& f) { return f.reply_to() == request; });
    };
    ASSERT_TRUE(turn.run_until([&] { return find_answer() != outlet.frames.end(); }));
    const auto answer = find_answer();
    refused = answer->has_failure();
    if (refused) {
      EXPECT_EQ(answer->failure().code(), "storage_failed");
    } else {
      ++acknowledged;
    }
    ASSERT_LT(request, 5'000u) << "the bound never held";
  }
  EXPECT_GT(acknowledged, 0);
  EXPECT_FALSE(core.ready(reasons));
  EXPECT_NE(std::find(reasons.begin(), reasons.end(), "storage_failed"), reasons.end());
  v1::ClientFrame more;
  more.set_request(++request);
  more.mutable_get_directory();
  core.frame(1, wire::serialise(more));
  EXPECT_EQ(outlet.frames.back().failure().code(), "storage_failed");
  // What was acknowledged is there: statement, notice, amy, and every certificate after them.
  auto kept = store.value()->load();
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept.value().directory.size(), static_cast<std::size_t>(acknowledged) + 3);
  EXPECT_EQ(kept.value().log_size, kept.value().directory.size());
}

}  // namespace
}  // namespace candour::tests
