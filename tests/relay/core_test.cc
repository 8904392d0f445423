// Goal: when the disk fails nothing is acknowledged, the relay says so, and readiness goes (I4);
// what anybody can make the relay keep is bounded; a new statement holds for sessions that are
// open. Method: the domain without sockets, on a clock that stands, over a store with bounds.
#include <condition_variable>

#include "crypto/hash.h"
#include "identity/login.h"
#include "identity/succession.h"
#include "tests/relay/world.h"
#include "transport/relay/relay.h"

namespace candour::tests {
namespace {

class Recorder : public relay::Outlet {
 public:
  void send(net::SessionId, const net::SharedFrame& frame) override {
    frames.push_back(wire::parse_server_frame(*frame).value());
  }
  void close(net::SessionId session, std::uint16_t code, const std::string&) override {
    closed[session] = code;
  }
  std::size_t queued(net::SessionId) const override { return 0; }

  std::vector<v1::ServerFrame> frames;
  std::map<net::SessionId, std::uint16_t> closed;
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

  std::deque<TestDevice> make_devices() {
    std::deque<TestDevice> out;
    for (std::uint8_t number = 60; number < 65; ++number) {
      out.push_back(world.make_device(number, "p-" + std::to_string(number), "officer"));
    }
    return out;
  }

  World world;
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

TEST_F(CoreTest, I4_NothingIsAcknowledgedOnceTheDiskFails) {
  start({.writes_per_second = 1'000'000}, 100);
  login(1, amy);
  std::vector<std::string> reasons;
  EXPECT_TRUE(core->ready(reasons));
  int acknowledged = 0;
  for (bool refused = false; !refused;) {
    // Every object of the directory stays, so the file has to grow.
    const auto answer = ask(1, fresh_certificate());
    refused = answer.has_failure();
    if (refused) {
      EXPECT_EQ(answer.failure().code(), "storage_failed") << answer.failure().message();
    } else {
      ++acknowledged;
    }
    ASSERT_LT(request, 5'000u) << "the bound never held";
  }
  EXPECT_GT(acknowledged, 0);
  EXPECT_FALSE(core->ready(reasons));
  EXPECT_NE(std::find(reasons.begin(), reasons.end(), "storage_failed"), reasons.end());
  v1::ClientFrame more;
  more.mutable_get_directory();
  EXPECT_EQ(refusal(1, more), ErrorCode::storage_failed);
  // What was acknowledged is there: statement, notice, bot, five devices, and what followed.
  auto kept = store->load();
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept.value().directory.size(), static_cast<std::size_t>(acknowledged) + 8);
  EXPECT_EQ(kept.value().log_size, kept.value().directory.size());
}

TEST_F(CoreTest, I12_EveryWritingFrameHasItsAllowance) {
  start({.writes_per_second = 10});
  v1::ClientFrame publish;
  publish.mutable_publish()->set_kind(v1::CERTIFICATE);
  publish.mutable_publish()->set_object(amy.certificate);
  v1::ClientFrame ack;
  ack.mutable_notice_ack()->set_object("no acknowledgement");
  v1::ClientFrame packages;
  packages.mutable_put_key_packages()->add_key_packages("package");
  packages.mutable_put_key_packages()->set_replace(true);
  net::SessionId session = 0;
  for (const auto& frame : {publish, ack, packages, mail_to_bot()}) {
    const auto& device = devices[session];
    login(++session, device);
    for (int i = 0; i < 10; ++i) EXPECT_NE(refusal(session, frame), ErrorCode::rate_limited) << i;
    EXPECT_EQ(refusal(session, frame), ErrorCode::rate_limited) << frame.body_case();
    // Another connection of the same device has no more; reading goes on.
    login(session + 100, device);
    EXPECT_EQ(refusal(session + 100, frame), ErrorCode::rate_limited);
    v1::ClientFrame read;
    read.mutable_get_directory();
    EXPECT_EQ(ask(session + 100, read).body_case(), Body::kDirectory);
  }
  // A second brings ten more to each.
  monotonic.add(1'000);
  EXPECT_EQ(ask(101, publish).body_case(), Body::kDone);
}

TEST_F(CoreTest, I12_MailNoBotHasReadIsBounded) {
  const relay::Bounds bounds{.bot_mail_per_sender = 3, .bot_mail_waiting = 5};
  start(bounds);
  login(1, devices[0]);
  login(2, devices[1]);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ask(1, mail_to_bot()).body_case(), Body::kDone);
  const auto refused = mail_to_bot();
  EXPECT_EQ(refusal(1, refused), ErrorCode::queue_full);
  EXPECT_EQ(ask(2, mail_to_bot()).body_case(), Body::kDone);
  // A restart does not forget what waits.
  start(bounds);
  login(1, devices[0]);
  login(2, devices[1]);
  EXPECT_EQ(refusal(1, refused), ErrorCode::queue_full);
  EXPECT_EQ(ask(2, mail_to_bot()).body_case(), Body::kDone);
  EXPECT_EQ(refusal(2, mail_to_bot()), ErrorCode::queue_full) << "five in all";
  // What the bot has acknowledged makes room.
  login(3, world.bot);
  const auto has_all_mail = [this] {
    return std::count_if(outlet.frames.begin(), outlet.frames.end(),
                         [](const auto& f) { return f.has_mail(); }) == 5;
  };
  ASSERT_TRUE(turn.run_until(has_all_mail));
  v1::ClientFrame read;
  read.mutable_mail_ack()->set_through(5);
  core->frame(3, wire::serialise(read));
  EXPECT_EQ(ask(1, refused).body_case(), Body::kDone);
}

TEST_F(CoreTest, RepeatsOfAppendedRecordsAreKnownForAWhileOnly) {
  start({.appended_remembered = 4});
  login(1, world.bot);
  v1::ClientFrame last;
  for (int i = 0; i < 10; ++i) {
    last = record();
    EXPECT_FALSE(ask(1, last).done().duplicate());
  }
  EXPECT_TRUE(ask(1, last).done().duplicate());
  EXPECT_EQ(store->load().value().appended.size(), 4u);
}

TEST_F(CoreTest, ABotThatIsNoLongerListedLosesItsSessionAtOnce) {
  start({});
  login(1, amy);
  login(2, world.bot);
  EXPECT_EQ(refusal(2, v1::ClientFrame(record())), ErrorCode::internal) << "it is the bot";
  world.statement.version = 2;
  world.statement.bots = {devices[1].id()};
  v1::ClientFrame publish;
  publish.mutable_publish()->set_kind(v1::STATEMENT);
  publish.mutable_publish()->set_object(statement_note());
  ASSERT_EQ(ask(1, publish).body_case(), Body::kDone);
  EXPECT_EQ(outlet.closed, (std::map<net::SessionId, std::uint16_t>{{2, 4004}}));
  outlet.frames.clear();
  core->frame(2, wire::serialise(record()));
  EXPECT_TRUE(outlet.frames.empty()) << "the session is gone, whatever still arrives on it";
  // It may log in as the device it is, and is nobody's bot any more.
  login(3, world.bot);
  EXPECT_EQ(refusal(3, record()), ErrorCode::not_permitted);
  login(4, devices[1]);
  EXPECT_EQ(ask(4, record()).body_case(), Body::kDone);
}

TEST_F(CoreTest, AStatementEndsSessionsOfRolesAndBuildsItDropsAndOfNewBots) {
  start({});
  login(1, amy);
  login(2, devices[1]);
  login_role(3, "registrar-2", kRegistrar2);
  world.statement.version = 2;
  world.statement.bots.push_back(devices[1].id());
  std::erase_if(world.statement.roles,
                [](const auto& role) { return role.key.name == "registrar-2"; });
  v1::ClientFrame publish;
  publish.mutable_publish()->set_kind(v1::STATEMENT);
  publish.mutable_publish()->set_object(statement_note());
  ASSERT_EQ(ask(1, publish).body_case(), Body::kDone);
  EXPECT_EQ(outlet.closed, (std::map<net::SessionId, std::uint16_t>{{2, 4004}, {3, 4004}}));
  world.statement.version = 3;
  world.statement.client_builds = {"candour/0.2.0"};
  publish.mutable_publish()->set_object(statement_note());
  publish.set_request(++request);
  core->frame(1, wire::serialise(publish));
  EXPECT_EQ(outlet.closed.count(1), 1u);
}

TEST_F(CoreTest, ALogThatFollowsALostOneBeginsWithWhoSaysSo) {
  constexpr KeyNumber kAuthoriser = static_cast<KeyNumber>(70);
  world.statement.version = 2;
  world.statement.roles.push_back({"authoriser", "p-9", note_key("authoriser", kAuthoriser)});
  identity::Succession lost;
  lost.organisation = world.statement.id;
  lost.old_log = note_key("example.org/lost", kStranger);
  lost.old_size = 7;
  lost.new_log = world.statement.log;
  lost.reason = "the disk burnt";
  lost.issued = world.clock.now();
  const std::string note =
      signed_text(lost.print(), {{"authoriser", kAuthoriser}, {"registrar-1", kRegistrar1}});
  const std::string by_one = signed_text(lost.print(), {{"authoriser", kAuthoriser}});
  const std::vector<std::string> rest{statement_note(), world.notice, world.bot.certificate};
  const auto after = [&](const std::string& first) {
    std::vector<std::string> notes{first};
    notes.insert(notes.end(), rest.begin(), rest.end());
    return notes;
  };
  const auto refused = [&](const std::vector<std::string>& notes) {
    ASSERT_NO_FATAL_FAILURE(open({}, 0));
    EXPECT_FALSE(core->start(notes));
  };
  refused(after(by_one));
  refused({note});
  EXPECT_EQ(core->log().size(), 0u) << "nothing of a refused beginning is in the log";

  ASSERT_NO_FATAL_FAILURE(open({}, 0));
  const auto started = core->start(after(note));
  ASSERT_TRUE(started) << started.error().message;
  EXPECT_EQ(core->log().size(), 4u);
  // The same files again change nothing, and no second one is taken.
  ASSERT_NO_FATAL_FAILURE(open({}, 0));
  ASSERT_TRUE(core->start(after(note)));
  EXPECT_EQ(core->log().size(), 4u);
  login(1, world.bot);
  v1::ClientFrame publish;
  publish.mutable_publish()->set_kind(v1::SUCCESSION);
  lost.old_size = 8;
  publish.mutable_publish()->set_object(
      signed_text(lost.print(), {{"authoriser", kAuthoriser}, {"registrar-1", kRegistrar1}}));
  EXPECT_EQ(refusal(1, publish), ErrorCode::not_permitted);
}

}  // namespace
}  // namespace candour::tests
