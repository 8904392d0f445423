// Goal: a server's sessions are TLS 1.3 and nothing older, resume by ticket without losing their
// own channel binding, and are bounded: in number, in what waits for them, and in who has not yet
// opened one. Method: raw TLS peers against the server, which is asked for its counters.
#include <openssl/ssl.h>

#include <atomic>
#include <thread>

#include "tests/net/harness.h"
#include "tests/net/raw_tls.h"

namespace candour::testing {
namespace {

class Sessions : public NetTest {
 protected:
  net::ServerCounters counters() {
    net::ServerCounters out;
    on_io([&] { out = server_->counters(); });
    return out;
  }
  std::unique_ptr<RawTls> upgraded() {
    auto peer = RawTls::connect(server_->port(), TLS1_3_VERSION);
    EXPECT_TRUE(peer && peer->upgrade());
    return peer;
  }
};

TEST_F(Sessions, OnlyTls13IsSpoken) {
  start();
  for (const int version : {TLS1_VERSION, TLS1_1_VERSION, TLS1_2_VERSION}) {
    EXPECT_FALSE(RawTls::connect(server_->port(), version)) << version;
  }
  // A peer may give up before the server has looked at its connection.
  for (int i = 0; i < 200 && counters().handshakes_failed < 3; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  EXPECT_EQ(counters().handshakes_failed, 3u);
  EXPECT_TRUE(RawTls::connect(server_->port(), TLS1_3_VERSION));
}

TEST_F(Sessions, TicketResumesWithABindingOfItsOwnAndWithoutEarlyData) {
  start();
  const auto first = upgraded();
  EXPECT_FALSE(first->resumed());
  EXPECT_EQ(first->early_data_max(), 0u);
  const auto second = RawTls::resume(server_->port(), *first);
  ASSERT_TRUE(second && second->upgrade());
  EXPECT_TRUE(second->resumed());
  EXPECT_EQ(counters().handshakes_resumed, 1u);
  EXPECT_NE(first->channel_binding(), second->channel_binding());
  ASSERT_TRUE(handler_.wait_opened(2));
  bool found = false;
  for (const auto& [id, binding] : handler_.bindings()) {
    found = found || binding == second->channel_binding();
  }
  EXPECT_TRUE(found);
}

TEST_F(Sessions, TicketOfAReplacedCertificateMeansAFullHandshake) {
  start();
  const auto first = upgraded();
  make_certificate(folder_.path(), "tls");
  on_io([&] { ASSERT_TRUE(server_->reload_certificate()); });
  const auto second = RawTls::resume(server_->port(), *first);
  ASSERT_TRUE(second && second->upgrade());
  EXPECT_FALSE(second->resumed());
  EXPECT_TRUE(first->write_frame(2, Bytes{1}));  // and the old session goes on
  EXPECT_EQ(first->read(), (Bytes{0x82, 1, 1}));
}

TEST_F(Sessions, SlowReaderIsToldWhy) {
  start();
  const auto slow = upgraded();
  ASSERT_TRUE(handler_.wait_opened(1));
  const auto frame = std::make_shared<const Bytes>(Bytes(60 * 1024, 0x55));
  // More than the socket and the queue of 64 frames hold.
  for (int i = 0; i < 200 && counters().too_slow == 0; ++i) {
    on_io([&] { server_->send(handler_.bindings().begin()->first, frame); });
  }
  EXPECT_EQ(counters().too_slow, 1u);
  const Bytes all = slow->read_all();
  const std::string reason = "too slow: the queue of frames for this session is full";
  ASSERT_GT(all.size(), reason.size() + 4);
  const ByteView end = ByteView(all).last(reason.size() + 4);
  EXPECT_EQ(end[0], 0x88);
  EXPECT_EQ(end[1], reason.size() + 2);
  EXPECT_EQ(end[2] << 8 | end[3], 4008);
  EXPECT_EQ(as_text(end.subspan(4)), reason);
  // Whole frames before it, none cut short.
  EXPECT_EQ((all.size() - end.size()) % (frame->size() + 4), 0u);
}

TEST_F(Sessions, OldestConnectionWithoutASessionIsCutBeyondTheLimit) {
  options_.unopened_max = 3;
  start();
  const auto good = client();
  ASSERT_TRUE(good);
  std::vector<std::unique_ptr<RawTls>> idle;
  for (int i = 0; i < 4; ++i) {
    idle.push_back(RawTls::connect(server_->port(), TLS1_3_VERSION));
    ASSERT_TRUE(idle.back());
  }
  EXPECT_TRUE(idle.front()->read_all().empty());
  EXPECT_EQ(counters().connections_cut, 1u);
  EXPECT_EQ(counters().unopened, 3u);
  EXPECT_TRUE(idle.back()->upgrade());
  EXPECT_EQ(counters().unopened, 2u);
  ASSERT_TRUE(good->send(Bytes{9}));
  EXPECT_EQ(good->receive(10'000).value(), Bytes{9});
}

TEST_F(Sessions, StormOfHandshakesLeavesRoomForOpenSessions) {
  options_.sessions_max = 512;
  options_.handshakes_per_turn = 1;
  start();
  const auto good = client();
  ASSERT_TRUE(good);
  std::atomic<int> connected{0};
  std::vector<std::thread> storm;
  for (int i = 0; i < 16; ++i) {
    storm.emplace_back([&] {
      for (int n = 0; n < 16; ++n) {
        if (RawTls::connect(server_->port(), TLS1_3_VERSION)) ++connected;
      }
    });
  }
  int echoes = 0;
  while (connected < 256 && echoes < 100'000) {
    ASSERT_TRUE(good->send(Bytes{1}));
    ASSERT_TRUE(good->receive(10'000));
    ++echoes;
  }
  for (auto& thread : storm) thread.join();
  EXPECT_EQ(connected, 256);
  EXPECT_GE(echoes, 16);
}

TEST_F(Sessions, NoNewConnectionsOnceAcceptingHasStopped) {
  start();
  const auto good = client();
  ASSERT_TRUE(good);
  on_io([&] { server_->stop_accepting(); });
  EXPECT_FALSE(net::WsClient::connect(io_, endpoint(), 2'000));
  ASSERT_TRUE(good->send(Bytes{9}));
  EXPECT_EQ(good->receive(10'000).value(), Bytes{9});
}

TEST_F(Sessions, LimitsChangeWhileTheServerRuns) {
  start();
  const auto first = client();
  ASSERT_TRUE(first);
  on_io([&] {
    server_->set_limits({.queue_frames_max = 64,
                         .queue_bytes_max = 1 << 20,
                         .sessions_max = 1,
                         .origins = {"https://app.example"}});
  });
  EXPECT_FALSE(net::WsClient::connect(io_, endpoint(), 2'000));
  EXPECT_EQ(counters().connections_refused, 1u);
  ASSERT_TRUE(first->send(Bytes{9}));
  EXPECT_EQ(first->receive(10'000).value(), Bytes{9});
}

}  // namespace
}  // namespace candour::testing
