// Goal: client and server of transport/net carry whole binary messages between each other over
// TLS 1.3, agree on the channel binding, and refuse each other when trust is missing. Method: both
// ends in this process over loopback, with certificates made on the spot.
#include "tests/net/harness.h"

namespace candour::testing {
namespace {

Bytes pattern(std::size_t size) {
  Bytes out(size);
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<std::uint8_t>(i * 31 + size);
  return out;
}

TEST_F(NetTest, EchoesMessagesOfEverySizeInOrder) {
  start();
  auto peer = client();
  ASSERT_TRUE(peer);
  const std::size_t sizes[] = {0, 1, 125, 126, 127, 4095, 16383, 16384, 65535, 65536};
  for (auto size : sizes) ASSERT_TRUE(peer->send(pattern(size)));
  for (auto size : sizes) {
    auto got = peer->receive(10'000);
    ASSERT_TRUE(got) << size << ": " << got.error().message;
    EXPECT_EQ(got.value(), pattern(size));
  }
}

TEST_F(NetTest, ChannelBindingIsTheSameAtBothEndsAndNowhereElse) {
  start();
  auto first = client();
  auto second = client();
  ASSERT_TRUE(first && second && handler_.wait_opened(2));
  std::vector<Bytes> at_server;
  for (const auto& [id, binding] : handler_.bindings()) at_server.push_back(binding);
  ASSERT_EQ(at_server.size(), 2u);
  EXPECT_EQ(first->channel_binding().size(), 32u);
  EXPECT_NE(first->channel_binding(), second->channel_binding());
  EXPECT_NE(std::find(at_server.begin(), at_server.end(), first->channel_binding()),
            at_server.end());
  EXPECT_NE(std::find(at_server.begin(), at_server.end(), second->channel_binding()),
            at_server.end());
}

TEST_F(NetTest, ClientRefusesAServerItsAnchorDoesNotVouchFor) {
  start();
  const auto other = make_certificate(folder_.path(), "other");
  auto endpoint_of_other = endpoint();
  endpoint_of_other.ca_file = other.certificate;
  auto refused = net::WsClient::connect(io_, endpoint_of_other, 10'000);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::cannot_connect);
  EXPECT_NE(refused.error().message.find("certificate"), std::string::npos);
}

TEST_F(NetTest, ClientRefusesACertificateForAnotherName) {
  start();
  auto wrong = endpoint();
  wrong.tls_name = "elsewhere.example";
  auto refused = net::WsClient::connect(io_, wrong, 10'000);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::cannot_connect);
  EXPECT_NE(refused.error().message.find("elsewhere.example"), std::string::npos);
}

TEST_F(NetTest, SaysThatNobodyListens) {
  start();
  auto gone = endpoint();
  server_.reset();
  auto refused = net::WsClient::connect(io_, gone, 10'000);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::cannot_connect);
}

TEST_F(NetTest, CloseCarriesCodeAndReasonAfterWhatWasQueued) {
  start();
  auto peer = client();
  ASSERT_TRUE(peer && handler_.wait_opened(1));
  on_io([&] {
    const auto id = handler_.bindings().begin()->first;
    for (std::uint8_t i = 0; i < 5; ++i) {
      server_->send(id, std::make_shared<const Bytes>(Bytes{i}));
    }
    server_->close(id, 4003, "device_revoked");
    server_->send(id, std::make_shared<const Bytes>(Bytes{99}));
  });
  for (std::uint8_t i = 0; i < 5; ++i) {
    auto got = peer->receive(10'000);
    ASSERT_TRUE(got) << got.error().message;
    EXPECT_EQ(got.value(), Bytes{i});
  }
  auto end = peer->receive(10'000);
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().code, ErrorCode::disconnected);
  EXPECT_EQ(peer->close_code(), 4003);
  EXPECT_EQ(peer->close_reason(), "device_revoked");
  EXPECT_TRUE(handler_.wait_closed(1));
}

TEST_F(NetTest, StoppingServerTellsItsSessions) {
  start();
  auto peer = client();
  ASSERT_TRUE(peer && handler_.wait_opened(1));
  server_.reset();
  auto end = peer->receive(10'000);
  ASSERT_FALSE(end);
  EXPECT_EQ(peer->close_code(), 1001);
  EXPECT_FALSE(peer->send(Bytes{1}));
}

TEST_F(NetTest, ClientClosingEndsTheSession) {
  start();
  auto peer = client();
  ASSERT_TRUE(peer && handler_.wait_opened(1));
  peer->close();
  peer->close();
  EXPECT_TRUE(handler_.wait_closed(1));
  EXPECT_FALSE(peer->receive(10'000));
}

TEST_F(NetTest, AnswersHttpOnTheSamePort) {
  start();
  auto reply = net::http_request(io_, endpoint(), "GET", "/hello", {}, 10'000, 1024);
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(reply.value().status, 200u);
  EXPECT_EQ(as_text(reply.value().body), "hello\n");
  auto posted =
      net::http_request(io_, endpoint(), "POST", "/hello", as_bytes("body"), 10'000, 1024);
  ASSERT_TRUE(posted);
  EXPECT_EQ(as_text(posted.value().body), "body");
  auto unknown = net::http_request(io_, endpoint(), "GET", "/nothing", {}, 10'000, 1024);
  ASSERT_TRUE(unknown);
  EXPECT_EQ(unknown.value().status, 404u);
  auto bounded = net::http_request(io_, endpoint(), "GET", "/hello", {}, 10'000, 3);
  ASSERT_FALSE(bounded);
  EXPECT_EQ(bounded.error().code, ErrorCode::frame_too_large);
}

TEST_F(NetTest, PlainModeServesLoopbackOnlyAndNoWebSocket) {
  options_.certificate_file.clear();
  options_.private_key_file.clear();
  start();
  net::Endpoint plain{.port = server_->port()};
  auto reply = net::http_request(io_, plain, "GET", "/hello", {}, 10'000, 1024);
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(reply.value().status, 200u);
  EXPECT_FALSE(net::WsClient::connect(io_, endpoint(), 10'000));
  options_.address = "0.0.0.0";
  auto refused = net::Server::start(io_, options_, handler_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::config_invalid);
}

TEST_F(NetTest, RefusesToStartWithoutUsableFilesOrPort) {
  start();
  auto taken = options_;
  taken.port = server_->port();
  EXPECT_EQ(net::Server::start(io_, taken, handler_).error().code, ErrorCode::config_invalid);
  auto missing = options_;
  missing.certificate_file = (folder_.path() / "absent.crt").string();
  EXPECT_EQ(net::Server::start(io_, missing, handler_).error().code, ErrorCode::config_invalid);
  auto foreign = options_;
  foreign.private_key_file = make_certificate(folder_.path(), "other").key;
  EXPECT_EQ(net::Server::start(io_, foreign, handler_).error().code, ErrorCode::config_invalid);
}

TEST_F(NetTest, ReloadedCertificateServesNewSessionsAndKeepsOldOnes) {
  start();
  auto before = client();
  ASSERT_TRUE(before);
  const auto old_anchor = folder_.path() / "old.crt";
  std::filesystem::copy_file(files_.certificate, old_anchor);
  make_certificate(folder_.path(), "tls");  // replaces the files in place
  Status reloaded = ok();
  on_io([&] { reloaded = server_->reload_certificate(); });
  ASSERT_TRUE(reloaded);
  auto stale = endpoint();
  stale.ca_file = old_anchor.string();
  EXPECT_FALSE(net::WsClient::connect(io_, stale, 10'000));
  auto after = client();
  ASSERT_TRUE(after);
  ASSERT_TRUE(before->send(Bytes{7}));
  EXPECT_TRUE(before->receive(10'000));
}

}  // namespace
}  // namespace candour::testing
