// Goal: nobody gets a session who is not who they say, on this connection, with a listed build, a
// valid and unrevoked certificate of this organisation; and nothing but login works before it.
// Method: raw logins over wss, each wrong in one way.
#include "identity/notice.h"
#include "tests/relay/world.h"

namespace candour::tests {
namespace {

class Login : public ::testing::Test {
 protected:
  void SetUp() override { world.start(); }
  World world;
  TestDevice& amy = world.device("p-amy");
};

TEST_F(Login, I12_BeforeLoginOnlyPingAndLoginAreAnswered) {
  Peer peer(world);
  v1::ClientFrame frame;
  frame.mutable_get_directory();
  EXPECT_EQ(peer.refusal(frame), ErrorCode::not_logged_in);
  EXPECT_EQ(peer.refusal(
                submit_frame(world, world.random.id<GroupId>(), world.random.id<MessageId>(), 0)),
            ErrorCode::not_logged_in);
  v1::ClientFrame ping;
  ping.mutable_ping();
  EXPECT_EQ(peer.call(ping).body_case(), Body::kPong);
  EXPECT_EQ(peer.login(amy).body_case(), Body::kLoggedIn);
}

TEST_F(Login, TellsWhatTheDeviceNeedsToKnow) {
  Peer peer(world);
  const auto answer = peer.login(amy).logged_in();
  EXPECT_EQ(answer.notice(), wire::to_field(world.notice_digest));
  EXPECT_TRUE(answer.notice_acknowledged());
  EXPECT_FALSE(answer.bot_present());
  EXPECT_EQ(answer.directory(), 5u);  // statement, notice, bot, amy, amy's acknowledgement
  EXPECT_EQ(answer.server_time_ms(), world.clock.now().value);
  EXPECT_EQ(peer.challenge().log_origin(), world.statement.log.name);
}

TEST_F(Login, I12_ChallengeIsGoodForOneLogin) {
  Peer peer(world);
  EXPECT_EQ(peer.login(amy).body_case(), Body::kLoggedIn);
  world.expect_unchanged(
      [&] { EXPECT_EQ(peer.refusal(peer.login_frame(amy)), ErrorCode::login_replayed); });
  v1::ClientFrame ping;
  ping.mutable_ping();
  EXPECT_EQ(peer.call(ping).body_case(), Body::kPong);
}

TEST_F(Login, I12_LoginOfAnotherConnectionIsWorthless) {
  world.expect_unchanged([&] {
    Peer one(world);
    Peer other(world);
    EXPECT_EQ(other.refusal(one.login_frame(amy)), ErrorCode::login_invalid);
    EXPECT_EQ(other.closed(), 4002);
  });
}

TEST_F(Login, I12_ForeignKeyIsRefused) {
  world.expect_unchanged([&] {
    Peer peer(world);
    auto frame = peer.login_frame(amy);
    frame.mutable_login()->set_signature(std::string(64, 'x'));
    EXPECT_EQ(peer.refusal(frame), ErrorCode::login_invalid);
    // A good signature, but by the key of another device.
    Peer other(world);
    auto borrowed = other.login_frame(world.make_device(200, "p-stranger", "officer"));
    borrowed.mutable_login()->set_device(wire::to_field(amy.id()));
    EXPECT_EQ(other.refusal(borrowed), ErrorCode::login_invalid);
  });
}

TEST_F(Login, I12_UnknownDeviceIsRefusedEvenWithItsCertificate) {
  world.expect_unchanged([&] {
    const auto stranger = world.make_device(200, "p-stranger", "officer");
    Peer unknown(world);
    EXPECT_EQ(unknown.refusal(unknown.login_frame(stranger)), ErrorCode::unknown_device);
    Peer unpublished(world);
    auto with = unpublished.login_frame(stranger);
    with.mutable_login()->set_certificate(stranger.certificate);
    EXPECT_EQ(unpublished.refusal(with), ErrorCode::unknown_device);
  });
}

TEST_F(Login, I12_UnlistedBuildIsRefused) {
  world.expect_unchanged([&] {
    Peer build(world);
    EXPECT_EQ(build.refusal(build.login_frame(amy, "someone/1.0")),
              ErrorCode::client_build_unlisted);
  });
}

TEST_F(Login, I12_CertificateOfAnotherOrganisationIsForeign) {
  auto& home = world.statement;
  const std::string id = home.id;
  home.id = "another-force";
  const auto foreign = world.make_device(201, "p-foreign", "officer");
  home.id = id;
  world.expect_unchanged([&] {
    EXPECT_EQ(world.publish_refusal(v1::CERTIFICATE, foreign.certificate),
              ErrorCode::foreign_certificate);
    Peer peer(world);
    auto frame = peer.login_frame(foreign);
    frame.mutable_login()->set_certificate(foreign.certificate);
    EXPECT_EQ(peer.refusal(frame), ErrorCode::foreign_certificate);
  });
}

TEST_F(Login, I12_OneRegistrarIsNotEnough) {
  auto device = world.make_device(202, "p-one", "officer");
  const auto cut = device.certificate.rfind("\xE2\x80\x94");
  EXPECT_EQ(world.publish_refusal(v1::CERTIFICATE, device.certificate.substr(0, cut)),
            ErrorCode::certificate_invalid);
}

TEST_F(Login, I12_ExpiredCertificateIsRefused) {
  const auto brief = world.make_device(203, "p-brief", "officer", 2 * 86'400'000ull);
  ASSERT_EQ(world.publish(v1::CERTIFICATE, brief.certificate).body_case(), Body::kDone);
  Peer in_time(world);
  EXPECT_EQ(in_time.login(brief).body_case(), Body::kLoggedIn);
  world.clock.set(world.clock.now().value + 3 * 86'400'000ull);
  world.expect_unchanged([&] {
    Peer late(world);
    EXPECT_EQ(late.refusal(late.login_frame(brief)), ErrorCode::certificate_expired);
  });
}

TEST_F(Login, NewerLoginOfTheSameDeviceClosesTheOlder) {
  Peer first(world);
  ASSERT_EQ(first.login(amy).body_case(), Body::kLoggedIn);
  Peer second(world);
  ASSERT_EQ(second.login(amy).body_case(), Body::kLoggedIn);
  EXPECT_EQ(first.closed(), 4001);
  v1::ClientFrame ping;
  ping.mutable_ping();
  EXPECT_EQ(second.call(ping).body_case(), Body::kPong);
}

TEST_F(Login, RoleKeyMayPublishAndNothingElse) {
  Peer registrar(world);
  ASSERT_EQ(registrar.login_role("registrar-1", test_key(kRegistrar1)).body_case(),
            Body::kLoggedIn);
  EXPECT_EQ(registrar.refusal(
                submit_frame(world, world.random.id<GroupId>(), world.random.id<MessageId>(), 0)),
            ErrorCode::not_permitted);
  Peer pretender(world);
  EXPECT_EQ(
      code_from_name(pretender.login_role("registrar-1", test_key(kStranger)).failure().code()),
      ErrorCode::login_invalid);
}

TEST_F(Login, PublishedTwiceIsOneObject) {
  const auto device = world.make_device(204, "p-twice", "officer");
  const auto first = world.publish(v1::CERTIFICATE, device.certificate).done();
  const auto again = world.publish(v1::CERTIFICATE, device.certificate).done();
  EXPECT_FALSE(first.duplicate());
  EXPECT_TRUE(again.duplicate());
  EXPECT_EQ(first.number(), again.number());
}

/// The text of a note with other signature lines.
std::string with_lines(const std::string& note, int junk, bool swapped) {
  auto parsed = identity::SignedNote::parse(note).value();
  if (swapped) std::swap(parsed.signatures.front(), parsed.signatures.back());
  for (int i = 0; i < junk; ++i) {
    identity::sign_note(parsed, "nobody-" + std::to_string(i), test_key(kStranger));
  }
  return parsed.print();
}

TEST_F(Login, I12_OtherSignatureLinesMakeNoNewObject) {
  const auto device = world.make_device(205, "p-lines", "officer");
  EXPECT_EQ(world.publish_refusal(v1::CERTIFICATE, with_lines(device.certificate, 9, false)),
            ErrorCode::input_invalid);
  const auto first =
      world.publish(v1::CERTIFICATE, with_lines(device.certificate, 8, false)).done();
  EXPECT_FALSE(first.duplicate());
  world.expect_unchanged([&] {
    for (const auto& note :
         {device.certificate, with_lines(device.certificate, 0, true),
          with_lines(device.certificate, 1, false), with_lines(device.certificate, 20, true)}) {
      const auto again = world.publish(v1::CERTIFICATE, note).done();
      EXPECT_TRUE(again.duplicate());
      EXPECT_EQ(again.number(), first.number());
    }
  });
}

TEST_F(Login, I12_OnlyALaterCertificateReplacesTheCurrentOne) {
  const auto first = world.make_device(206, "p-old", "officer");
  const auto same_time = world.make_device(206, "p-other", "supervisor");
  world.statement.issued = TimeMs(world.statement.issued.value - 1);
  const auto earlier = world.make_device(206, "p-earlier", "supervisor");
  world.statement.issued = TimeMs(world.statement.issued.value + 2);
  const auto later = world.make_device(206, "p-later", "officer");
  ASSERT_FALSE(world.publish(v1::CERTIFICATE, first.certificate).done().duplicate());
  world.expect_unchanged([&] {
    EXPECT_EQ(world.publish_refusal(v1::CERTIFICATE, same_time.certificate),
              ErrorCode::already_exists);
    EXPECT_EQ(world.publish_refusal(v1::CERTIFICATE, earlier.certificate),
              ErrorCode::already_exists);
  });
  const auto renewed = world.publish(v1::CERTIFICATE, later.certificate);
  ASSERT_EQ(renewed.body_case(), Body::kDone);
  EXPECT_FALSE(renewed.done().duplicate());
  // The replaced one again: known, and it does not come back, not even after a restart.
  world.expect_unchanged(
      [&] { EXPECT_TRUE(world.publish(v1::CERTIFICATE, first.certificate).done().duplicate()); });
  world.stop();
  world.start();
  EXPECT_EQ(world.publish_refusal(v1::CERTIFICATE, same_time.certificate),
            ErrorCode::already_exists);
  EXPECT_TRUE(world.publish(v1::CERTIFICATE, first.certificate).done().duplicate());
}

TEST_F(Login, I12_SecondAcknowledgementOfANoticeIsADuplicate) {
  Peer peer(world);
  ASSERT_EQ(peer.login(amy).body_case(), Body::kLoggedIn);
  world.expect_unchanged([&] {
    for (std::uint64_t later = 1; later <= 3; ++later) {
      const identity::NoticeAck ack{.device = amy.id(),
                                    .notice = world.notice_digest,
                                    .time = TimeMs(world.clock.now().value + later)};
      v1::ClientFrame frame;
      frame.mutable_notice_ack()->set_object(wire::to_field(ack.sign(amy.key)));
      EXPECT_TRUE(peer.call(frame).done().duplicate());
    }
  });
}

TEST_F(Login, I9_RevocationEndsTheSessionAndLaterLogins) {
  Peer peer(world);
  ASSERT_EQ(peer.login(amy).body_case(), Body::kLoggedIn);
  ASSERT_EQ(world.publish(v1::REVOCATION, world.revocation(amy.id())).body_case(), Body::kDone);
  EXPECT_EQ(peer.closed(), 4003);
  Peer again(world);
  EXPECT_EQ(again.refusal(again.login_frame(amy)), ErrorCode::device_revoked);
  EXPECT_EQ(world.publish_refusal(v1::REVOCATION,
                                  world.revocation(world.make_device(9, "p-x", "officer").id())),
            ErrorCode::unknown_device);
}

TEST_F(Login, I12_StatementByAnotherRootOrOlderChangesNothing) {
  auto next = world.statement;
  next.version = 2;
  next.client_builds.push_back("evil/1.0");
  EXPECT_EQ(world.publish_refusal(v1::STATEMENT, signed_text(next.print(), {{"root", kStranger}})),
            ErrorCode::wrong_root_key);
  next.version = 1;
  EXPECT_EQ(world.publish_refusal(v1::STATEMENT, signed_text(next.print(), {{"root", kRoot}})),
            ErrorCode::statement_invalid);
  Peer peer(world);
  EXPECT_EQ(peer.refusal(peer.login_frame(amy, "evil/1.0")), ErrorCode::client_build_unlisted);
}

TEST_F(Login, I12_RandomAndTruncatedFramesGetAnErrorAndNothingElse) {
  Peer peer(world);
  ASSERT_EQ(peer.login(amy).body_case(), Body::kLoggedIn);
  const auto before = world.state();
  Bytes good = wire::serialise(
      submit_frame(world, world.random.id<GroupId>(), world.random.id<MessageId>(), 0));
  good.resize(good.size() / 2);
  peer.send_raw(good);
  EXPECT_EQ(peer.next(Body::kFailure).failure().code(), "frame_malformed");
  for (int i = 0; i < 50; ++i) peer.send_raw(world.random.bytes(64));
  v1::ClientFrame ping;
  ping.mutable_ping();
  EXPECT_EQ(peer.call(ping).body_case(), Body::kPong);
  EXPECT_EQ(peer.refusal(v1::ClientFrame()), ErrorCode::frame_malformed);
  EXPECT_EQ(world.state(), before);
}

TEST_F(Login, I12_OversizeFrameEndsTheSession) {
  Peer peer(world);
  ASSERT_EQ(peer.login(amy).body_case(), Body::kLoggedIn);
  world.expect_unchanged([&] {
    peer.send_raw(Bytes(1024 * 1024 + 1));
    EXPECT_EQ(peer.closed(), 1009);
  });
}

TEST(Start, RefusesWhatMayNotBeServed) {
  World world;
  auto exposed = world.config;
  exposed.listen.address = "0.0.0.0";
  EXPECT_EQ(code_of(relay::App::start(exposed, world.clock, monotonic_clock(), world.random)),
            ErrorCode::config_invalid);
  auto rootless = world.config;
  rootless.bootstrap.clear();
  rootless.state_dir = world.folder.path() / "rootless";
  EXPECT_EQ(code_of(relay::App::start(rootless, world.clock, monotonic_clock(), world.random)),
            ErrorCode::config_invalid);
  world.start();
  EXPECT_EQ(code_of(relay::App::start(world.config, world.clock, monotonic_clock(), world.random)),
            ErrorCode::state_locked);
}

}  // namespace
}  // namespace candour::tests
