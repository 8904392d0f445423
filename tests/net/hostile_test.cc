// Goal: a peer that breaks the rules loses its own session and nothing else (I12). Method: a raw
// TLS peer sends what no client of ours sends, while a well-behaved session goes on echoing.
#include <openssl/ssl.h>

#include <random>

#include "tests/net/harness.h"
#include "tests/net/raw_tls.h"

namespace candour::testing {
namespace {

class HostilePeer : public NetTest {
 protected:
  void SetUp() override {
    NetTest::SetUp();
    options_.handshake_timeout_ms = 1'000;
    start();
    good_ = client();
    ASSERT_TRUE(good_ && handler_.wait_opened(1));
  }
  void expect_good_session_lives() {
    ASSERT_TRUE(good_->send(Bytes{1, 2, 3}));
    auto got = good_->receive(10'000);
    ASSERT_TRUE(got) << got.error().message;
    EXPECT_EQ(got.value(), (Bytes{1, 2, 3}));
  }
  std::unique_ptr<RawTls> upgraded() {
    auto peer = RawTls::connect(server_->port(), TLS1_3_VERSION);
    EXPECT_TRUE(peer && peer->upgrade());
    return peer;
  }

  std::unique_ptr<net::WsClient> good_;
};

TEST_F(HostilePeer, OlderTlsIsRefused) {
  EXPECT_FALSE(RawTls::connect(server_->port(), TLS1_2_VERSION));
  EXPECT_TRUE(RawTls::connect(server_->port(), TLS1_3_VERSION));
  expect_good_session_lives();
}

TEST_F(HostilePeer, OversizeMessageEndsTheSessionWith1009) {
  auto peer = upgraded();
  peer->write_frame(2, Bytes(options_.frame_size_max + 1));
  const Bytes end = peer->read_all();
  ASSERT_GE(end.size(), 4u);
  EXPECT_EQ(end[0], 0x88);  // close frame
  EXPECT_EQ(end[2] << 8 | end[3], 1009);
  EXPECT_TRUE(handler_.wait_closed(1));
  EXPECT_EQ(handler_.frames(), 0);
  expect_good_session_lives();
}

TEST_F(HostilePeer, OversizeInFragmentsIsOversizeToo) {
  auto peer = upgraded();
  const Bytes part(options_.frame_size_max / 2 + 1);
  peer->write_frame(2, part, false);
  peer->write_frame(0, part, true);
  peer->read_all();
  EXPECT_TRUE(handler_.wait_closed(1));
  EXPECT_EQ(handler_.frames(), 0);
  expect_good_session_lives();
}

TEST_F(HostilePeer, TextMessagesAreRefused) {
  auto peer = upgraded();
  peer->write_frame(1, as_bytes("text"));
  const Bytes end = peer->read();
  ASSERT_GE(end.size(), 4u);
  EXPECT_EQ(end[2] << 8 | end[3], 1003);
  EXPECT_EQ(handler_.frames(), 0);
  expect_good_session_lives();
}

TEST_F(HostilePeer, TruncatedFrameGivesNoMessage) {
  {
    auto peer = upgraded();
    const std::uint8_t half[] = {0x82, 0x80 | 100, 0, 0, 0, 0, 1, 2, 3};
    peer->write(half);
  }
  EXPECT_TRUE(handler_.wait_closed(1));
  EXPECT_EQ(handler_.frames(), 0);
  expect_good_session_lives();
}

TEST_F(HostilePeer, RandomBytesAfterTheUpgradeEndTheSession) {
  std::mt19937 random(20260131);
  for (int round = 0; round < 20; ++round) {
    auto peer = upgraded();
    Bytes noise(200);
    for (auto& b : noise) b = static_cast<std::uint8_t>(random());
    noise[0] = static_cast<std::uint8_t>(noise[0] | 0x70);  // reserved bits: never valid
    peer->write(noise);
    peer->read_all();
  }
  EXPECT_TRUE(handler_.wait_closed(20));
  EXPECT_EQ(handler_.frames(), 0);
  expect_good_session_lives();
}

TEST_F(HostilePeer, RandomBytesInsteadOfHttpAreAnsweredOrCut) {
  std::mt19937 random(7);
  for (int round = 0; round < 20; ++round) {
    auto peer = RawTls::connect(server_->port(), TLS1_3_VERSION);
    ASSERT_TRUE(peer);
    Bytes noise(300);
    for (auto& b : noise) b = static_cast<std::uint8_t>(random());
    peer->write(noise);
    const Bytes answer = peer->read_all();
    EXPECT_TRUE(answer.empty() || as_text(answer).starts_with("HTTP/1.1 400"));
  }
  expect_good_session_lives();
}

TEST_F(HostilePeer, HugeHeaderAndHugeBodyAreRefused) {
  auto header = RawTls::connect(server_->port(), TLS1_3_VERSION);
  header->write(as_bytes("GET / HTTP/1.1\r\nX: " + std::string(40'000, 'x')));
  header->read_all();
  auto body = RawTls::connect(server_->port(), TLS1_3_VERSION);
  body->write(as_bytes("POST /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n"));
  EXPECT_TRUE(as_text(body->read_all()).starts_with("HTTP/1.1 413"));
  expect_good_session_lives();
}

TEST_F(HostilePeer, SilentPeerIsCutAfterTheHandshakeTimeout) {
  auto peer = RawTls::connect(server_->port(), TLS1_3_VERSION);
  ASSERT_TRUE(peer);
  peer->write(as_bytes("GET /hel"));
  EXPECT_TRUE(peer->read_all().empty());
  expect_good_session_lives();
}

TEST_F(HostilePeer, ForeignOriginIsRefusedAndOwnOriginAccepted) {
  auto foreign = RawTls::connect(server_->port(), TLS1_3_VERSION);
  EXPECT_FALSE(foreign->upgrade("Origin: https://elsewhere.example\r\n"));
  auto own = RawTls::connect(server_->port(), TLS1_3_VERSION);
  EXPECT_TRUE(own->upgrade("Origin: https://localhost\r\n"));
}

TEST_F(HostilePeer, ReaderThatNeverReadsIsClosedAndOthersLoseNothing) {
  auto slow = upgraded();
  ASSERT_TRUE(handler_.wait_opened(2));
  const auto frame = std::make_shared<const Bytes>(Bytes(60 * 1024));
  net::SessionId slow_id = 0;
  net::SessionId good_id = 0;
  for (const auto& [id, binding] : handler_.bindings()) {
    (binding == good_->channel_binding() ? good_id : slow_id) = id;
  }
  // Far more than the sockets and the queue of 64 frames can hold.
  for (int sent = 0; sent < 600; ++sent) {
    on_io([&] {
      server_->send(slow_id, frame);
      server_->send(good_id, frame);
    });
    auto got = good_->receive(10'000);
    ASSERT_TRUE(got) << got.error().message;
    ASSERT_EQ(got.value().size(), frame->size());
  }
  EXPECT_TRUE(handler_.wait_closed(1));
  EXPECT_EQ(handler_.bindings().count(slow_id), 0u);
  EXPECT_EQ(handler_.bindings().count(good_id), 1u);
  expect_good_session_lives();
}

TEST_F(HostilePeer, FloodOfPingsWithoutReadingDoesNotGrowTheQueue) {
  auto flood = upgraded();
  const Bytes payload(125);
  // Pongs nobody reads fill the sockets; then the server stops reading, and writing here blocks
  // until its own timeout. What matters is that the good session goes on.
  for (int i = 0; i < 60'000; ++i) {
    if (!flood->write_frame(9, payload)) break;
  }
  expect_good_session_lives();
}

TEST_F(HostilePeer, ConnectionsBeyondTheLimitAreCut) {
  std::vector<std::unique_ptr<net::WsClient>> many;
  while (many.size() + 1 < options_.sessions_max) many.push_back(client());
  EXPECT_FALSE(net::WsClient::connect(io_, endpoint(), 5'000));
  expect_good_session_lives();
  many.clear();
  EXPECT_TRUE(handler_.wait_closed(static_cast<int>(options_.sessions_max) - 1));
}

}  // namespace
}  // namespace candour::testing
