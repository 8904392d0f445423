// The relay's domain without sockets, on a clock that stands until told to go on, over a real
// store.
#pragma once

#include <condition_variable>

#include "crypto/hash.h"
#include "identity/login.h"
#include "identity/notice.h"
#include "tests/relay/world.h"
#include "transport/relay/relay.h"

namespace candour::tests {

class Recorder : public relay::Outlet {
 public:
  void send(net::SessionId session, const net::SharedFrame& frame) override {
    frames.push_back(wire::parse_server_frame(*frame).value());
    to[session].push_back(frames.back());
  }
  void close(net::SessionId session, std::uint16_t code, const std::string& reason) override {
    closed[session] = code;
    reasons[session] = reason;
  }
  std::size_t queued(net::SessionId) const override { return 0; }

  std::vector<v1::ServerFrame> frames;                       // since the last question
  std::map<net::SessionId, std::deque<v1::ServerFrame>> to;  // and all that nobody took
  std::map<net::SessionId, std::uint16_t> closed;
  std::map<net::SessionId, std::string> reasons;
};

class NoWitnesses : public relay::WitnessPort {
 public:
  std::size_t count() const override { return 0; }
  const std::string& name(std::size_t) const override { return none_; }
  void ask(std::size_t, const tlog::AddCheckpoint&, std::function<void(Answer)>) override {}
  void fetch(std::size_t, const std::string&, std::function<void(Answer)>) override {}

 private:
  std::string none_;
};

/// A monotonic clock that goes on only when told to.
class StandingClock : public MonotonicClock {
 public:
  TimeMs now() const override { return now_; }
  void add(std::uint64_t ms) { now_ = TimeMs(now_.value + ms); }

 private:
  TimeMs now_{1'000};
};

/// Completions of the store, run by the test's own thread.
class Turn {
 public:
  void post(std::function<void()> task) {
    std::lock_guard guard(mutex_);
    tasks_.push_back(std::move(task));
    changed_.notify_all();
  }
  void forget() {
    std::lock_guard guard(mutex_);
    tasks_.clear();
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

inline v1::ClientFrame login_frame(const World& world, const TestDevice& amy,
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

/// The domain over a store of its own, without sockets. Sessions are numbers.
class CoreTest : public ::testing::Test {
 protected:
  /// Statement, notice and the certificates of the bot and five devices are in the directory.
  void start(relay::Bounds bounds, std::uint32_t pages_max = 0) {
    ASSERT_NO_FATAL_FAILURE(open(bounds, pages_max));
    std::vector<std::string> notes{statement_note(), world.notice, world.bot.certificate};
    for (const auto& device : devices) notes.push_back(device.certificate);
    ASSERT_TRUE(core->start(notes));
  }
  void open(relay::Bounds bounds, std::uint32_t pages_max) {
    store.reset();  // makes everything durable; nobody waits for its answers any more
    turn.forget();
    core.reset();
    outlet.closed.clear();
    auto opened = storage::RelayStore::open(
        {.folder = world.folder.path(), .pages_max = pages_max},
        [this](std::function<void()> task) { turn.post(std::move(task)); });
    ASSERT_TRUE(opened);
    store = std::move(opened.value());
    core = std::make_unique<relay::Relay>(relay::Relay::Parts{.clock = world.clock,
                                                              .monotonic = monotonic,
                                                              .random = world.random,
                                                              .store = *store,
                                                              .outlet = outlet,
                                                              .witnesses = witnesses,
                                                              .bounds = bounds,
                                                              .root = note_key("root", kRoot),
                                                              .log_key = test_key(kLog)});
  }

  std::string statement_note() const {
    return signed_text(world.statement.print(), {{"root", kRoot}});
  }

  void login(net::SessionId session, const TestDevice& device) {
    const Bytes binding(32, 5);
    core->opened(session, binding);
    ASSERT_EQ(outlet.frames.back().body_case(), Body::kChallenge);
    auto frame = login_frame(world, device, outlet.frames.back().challenge(), binding);
    ASSERT_EQ(ask(session, frame).body_case(), Body::kLoggedIn);
  }

  void login_role(net::SessionId session, const std::string& name, KeyNumber key) {
    const Bytes binding(32, 5);
    core->opened(session, binding);
    const identity::LoginTranscript transcript{
        .log_origin = world.statement.log.name,
        .nonce = to_bytes(outlet.frames.back().challenge().nonce()),
        .channel_binding = binding,
        .subject = to_bytes(name),
        .client_build = "candourctl/0.1.0"};
    v1::ClientFrame frame;
    frame.mutable_login()->set_version(1);
    frame.mutable_login()->set_role_key(name);
    frame.mutable_login()->set_client_build("candourctl/0.1.0");
    frame.mutable_login()->set_signature(wire::to_field(transcript.sign(test_key(key))));
    ASSERT_EQ(ask(session, frame).body_case(), Body::kLoggedIn);
  }

  /// The answer to a frame, once the store has done its part.
  v1::ServerFrame ask(net::SessionId session, v1::ClientFrame frame) {
    frame.set_request(++request);
    outlet.frames.clear();
    core->frame(session, wire::serialise(frame));
    const auto find_answer = [&] {
      return std::find_if(outlet.frames.begin(), outlet.frames.end(),
                          [&](const auto& f) { return f.reply_to() == request; });
    };
    EXPECT_TRUE(turn.run_until([&] { return find_answer() != outlet.frames.end(); }));
    const auto answer = find_answer();
    return answer == outlet.frames.end() ? v1::ServerFrame() : *answer;
  }

  ErrorCode refusal(net::SessionId session, const v1::ClientFrame& frame) {
    const auto answer = ask(session, frame);
    return answer.has_failure() ? code_from_name(answer.failure().code()) : ErrorCode::internal;
  }

  v1::ClientFrame mail_to_bot() {
    v1::ClientFrame frame;
    frame.mutable_bot_mail()->set_mail_id(wire::to_field(world.random.id<MessageId>()));
    frame.mutable_bot_mail()->set_sealed("sealed bytes");
    return frame;
  }

  v1::ClientFrame record() {
    const auto record_id = world.random.id<RecordId>();
    const Bytes sealed = record_like(world, record_id, GroupId(), DeviceId());
    tlog::LeafOpening opening;
    opening.kind = tlog::LeafKind::message;
    opening.salt = world.random.id<Digest>();
    opening.object_hash = crypto::sha256(sealed);
    v1::ClientFrame frame;
    auto& log = *frame.mutable_append_record()->mutable_log();
    log.set_record_id(wire::to_field(record_id));
    log.set_entry(wire::to_field(opening.entry(tlog::LeafClass::ordinary)));
    log.set_opening(wire::to_field(opening.encode()));
    log.set_record(wire::to_field(sealed));
    return frame;
  }

  /// A certificate nobody has seen: the text differs each time.
  v1::ClientFrame fresh_certificate() {
    const auto number = ++certificates;
    // A device that is known already takes a renewal only when it begins later.
    world.statement.issued = TimeMs(world.statement.issued.value + 1);
    v1::ClientFrame publish;
    publish.mutable_publish()->set_kind(v1::CERTIFICATE);
    publish.mutable_publish()->set_object(
        world
            .make_device(static_cast<std::uint8_t>(100 + number % 150),
                         "p-" + std::to_string(number), "officer")
            .certificate);
    return publish;
  }

  /// Every device acknowledges the notice and logs in as session 1, 2, ...; the bot as 100.
  void everybody_in() {
    for (std::size_t i = 0; i < devices.size(); ++i) {
      login(i + 1, devices[i]);
      const identity::NoticeAck acknowledged{
          .device = devices[i].id(), .notice = world.notice_digest, .time = world.clock.now()};
      v1::ClientFrame frame;
      frame.mutable_notice_ack()->set_object(wire::to_field(acknowledged.sign(devices[i].key)));
      ASSERT_EQ(ask(i + 1, frame).body_case(), Body::kDone);
    }
    login(kBotSession, world.bot);
  }

  /// What was sent to a session since, of this kind, oldest first; it is taken away.
  std::vector<v1::ServerFrame> take(net::SessionId session, Body body) {
    std::vector<v1::ServerFrame> out;
    auto& all = outlet.to[session];
    for (auto it = all.begin(); it != all.end();) {
      if (it->body_case() == body) {
        out.push_back(std::move(*it));
        it = all.erase(it);
      } else {
        ++it;
      }
    }
    return out;
  }
  /// Runs until a frame of this kind was sent to the session.
  v1::ServerFrame await(net::SessionId session, Body body) {
    const auto there = [&] {
      const auto& all = outlet.to[session];
      return std::any_of(all.begin(), all.end(),
                         [&](const auto& f) { return f.body_case() == body; });
    };
    EXPECT_TRUE(turn.run_until(there)) << "nothing of kind " << body << " came";
    auto frames = take(session, body);
    if (frames.empty()) return {};
    for (std::size_t i = frames.size() - 1; i > 0; --i) outlet.to[session].push_front(frames[i]);
    return frames.front();
  }
  /// Runs what is under way to its end.
  void settle() {
    bool durable = false;
    store->after_durable([&](const Status&) { durable = true; });
    ASSERT_TRUE(turn.run_until([&] { return durable; }));
  }

  /// The bot releases what it is asked about next.
  ErrorCode release_next(const std::vector<DeviceId>& members = {},
                         const std::vector<DeviceId>& welcome = {}) {
    const auto check = await(kBotSession, Body::kCheck).check();
    auto verdict = judge.release(check, members);
    for (const auto& device : welcome) {
      auto& mail = *verdict.mutable_verdict()->add_mail();
      mail.set_device(wire::to_field(device));
      mail.set_kind(v1::WELCOME);
      mail.set_body("welcome");
      mail.set_about(check.submit().group());
    }
    const auto answer = ask(kBotSession, verdict);
    if (answer.has_failure()) return code_from_name(answer.failure().code());
    judge.accepted(verdict.verdict());
    return ErrorCode::internal;
  }
  /// `internal` when it went well.
  ErrorCode commit(const GroupId& group, const std::vector<DeviceId>& members,
                   const std::vector<DeviceId>& welcome = {}) {
    const auto frame =
        judge.commit_frame(group, world.random.id<MessageId>(), judge.chains[group].epoch);
    const auto answer = ask(kBotSession, frame);
    if (answer.has_failure()) return code_from_name(answer.failure().code());
    return release_next(members, welcome);
  }
  v1::ClientFrame message(const GroupId& group) {
    return submit_frame(world, group, world.random.id<MessageId>(), judge.chains[group].epoch);
  }
  std::uint64_t reached(relay::Limit limit) const {
    return core->model().counters.limit_reached[static_cast<std::size_t>(limit)];
  }
  static constexpr net::SessionId kBotSession = 100;

  std::deque<TestDevice> make_devices() {
    std::deque<TestDevice> out;
    for (std::uint8_t number = 60; number < 65; ++number) {
      out.push_back(world.make_device(number, "p-" + std::to_string(number), "officer"));
    }
    return out;
  }

  World world;
  TestJudge judge{world};
  StandingClock monotonic;
  Turn turn;
  Recorder outlet;
  NoWitnesses witnesses;
  std::unique_ptr<storage::RelayStore> store;
  std::unique_ptr<relay::Relay> core;
  std::deque<TestDevice> devices = make_devices();
  TestDevice& amy = devices.front();
  std::uint64_t request = 0;
  std::uint64_t certificates = 0;
};

}  // namespace candour::tests
