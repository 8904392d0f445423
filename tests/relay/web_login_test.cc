// Goal: a web build logs in by a host under which browsers reach this relay, and by nothing else; no
// other build can do the same; a login is good for one nonce. Method: the domain without sockets.
#include "identity/login.h"
#include "tests/relay/core_fixture.h"

namespace candour::tests {
namespace {

constexpr const char* kWebBuild = "candour-web/0.1.0";

class WebLogin : public CoreTest {
 protected:
  void SetUp() override {
    world.statement.client_builds.push_back(kWebBuild);
    start({});
    core->set_web_hosts({"chat.example.org", "127.0.0.1:8443"});
  }

  /// "logged_in" or the code of the refusal.
  std::string attempt(const Bytes& signed_binding, const std::string& build) {
    core->opened(++session_, exporter_);
    return answer(build, signed_binding, outlet.frames.back().challenge());
  }
  std::string answer(const std::string& build, const Bytes& signed_binding,
                     const v1::Challenge& challenge) {
    const identity::LoginTranscript transcript{.log_origin = world.statement.log.name,
                                               .nonce = to_bytes(challenge.nonce()),
                                               .channel_binding = signed_binding,
                                               .subject = to_bytes(amy.id().view()),
                                               .client_build = build};
    v1::ClientFrame frame;
    frame.mutable_login()->set_version(1);
    frame.mutable_login()->set_device(wire::to_field(amy.id()));
    frame.mutable_login()->set_client_build(build);
    frame.mutable_login()->set_signature(wire::to_field(transcript.sign(amy.key)));
    const auto got = ask(session_, frame);
    return got.has_failure() ? got.failure().code() : "logged_in";
  }

  const Bytes exporter_ = Bytes(32, 5);
  net::SessionId session_ = 0;
};

TEST_F(WebLogin, AHostOfThisRelayWillDo) {
  EXPECT_EQ(attempt(identity::web_channel_binding("chat.example.org"), kWebBuild), "logged_in");
  EXPECT_EQ(attempt(identity::web_channel_binding("127.0.0.1:8443"), kWebBuild), "logged_in");
}

TEST_F(WebLogin, I12_AnotherHostWillNot) {
  for (const char* host : {"chat.example.com", "chat.example.org:8443", "Chat.example.org", ""}) {
    EXPECT_EQ(attempt(identity::web_channel_binding(host), kWebBuild), "login_invalid") << host;
  }
  EXPECT_EQ(attempt(to_bytes("chat.example.org"), kWebBuild), "login_invalid");
  EXPECT_EQ(attempt({}, kWebBuild), "login_invalid");
}

TEST_F(WebLogin, I12_WithoutHostsNoBrowserLogsIn) {
  core->set_web_hosts({});
  EXPECT_EQ(attempt(identity::web_channel_binding("chat.example.org"), kWebBuild), "login_invalid");
  EXPECT_EQ(attempt(identity::web_channel_binding(""), kWebBuild), "login_invalid");
}

TEST_F(WebLogin, I12_OtherBuildsStayBoundToTheirConnection) {
  EXPECT_EQ(attempt(identity::web_channel_binding("chat.example.org"), "candour/0.1.0"),
            "login_invalid");
  EXPECT_EQ(attempt(exporter_, "candour/0.1.0"), "logged_in");
  // And what a terminal client signed does not pass under a web build.
  EXPECT_EQ(attempt(exporter_, kWebBuild), "login_invalid");
}

TEST_F(WebLogin, I12_ALoginIsGoodForOneNonce) {
  core->opened(++session_, exporter_);
  const v1::Challenge old = outlet.frames.back().challenge();
  core->opened(++session_, exporter_);
  EXPECT_EQ(answer(kWebBuild, identity::web_channel_binding("chat.example.org"), old),
            "login_invalid");
}

TEST_F(WebLogin, I12_TheBuildHasToBeListed) {
  EXPECT_EQ(attempt(identity::web_channel_binding("chat.example.org"), "candour-web/0.2.0"),
            "client_build_unlisted");
}

}  // namespace
}  // namespace candour::tests
