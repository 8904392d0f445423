// Goal: when the disk fails nothing is acknowledged, the relay says so, and readiness goes (I4);
// what anybody can make the relay keep is bounded; a new statement holds for sessions that are
// open. Method: the domain without sockets, on a clock that stands, over a store with bounds.
#include "identity/succession.h"
#include "tests/relay/core_fixture.h"

namespace candour::tests {
namespace {

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
