// A server of transport/net that echoes, counts and remembers, with clients to match.
#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <future>
#include <map>
#include <mutex>

#include "tests/net/certificates.h"
#include "transport/net/client.h"
#include "transport/net/server.h"

namespace candour::testing {

class EchoHandler : public net::ServerHandler {
 public:
  void on_open(net::SessionId session, ByteView binding) override {
    std::lock_guard lock(mutex_);
    bindings_[session] = to_bytes(binding);
    ++opened_;
    changed_.notify_all();
  }
  void on_frame(net::SessionId session, Bytes frame) override {
    if (echo) server->send(session, std::make_shared<const Bytes>(std::move(frame)));
    std::lock_guard lock(mutex_);
    ++frames_;
    changed_.notify_all();
  }
  void on_close(net::SessionId session) override {
    std::lock_guard lock(mutex_);
    bindings_.erase(session);
    ++closed_;
    changed_.notify_all();
  }
  net::HttpResponse on_http(const net::HttpRequest& request) override {
    if (request.target != "/hello") return {.status = 404};
    return {.body = request.body.empty() ? to_bytes("hello\n") : request.body};
  }

  /// Waits until `count` sessions have been opened (closed); false after ten seconds.
  bool wait_opened(int count) {
    return wait([&] { return opened_ >= count; });
  }
  bool wait_closed(int count) {
    return wait([&] { return closed_ >= count; });
  }
  std::map<net::SessionId, Bytes> bindings() {
    std::lock_guard lock(mutex_);
    return bindings_;
  }
  int frames() {
    std::lock_guard lock(mutex_);
    return frames_;
  }

  net::Server* server = nullptr;
  bool echo = true;

 private:
  template <class Condition>
  bool wait(Condition condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(10), condition);
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<net::SessionId, Bytes> bindings_;
  int opened_ = 0;
  int closed_ = 0;
  int frames_ = 0;
};

class NetTest : public ::testing::Test {
 protected:
  void SetUp() override {
    files_ = make_certificate(folder_.path(), "tls");
    options_.certificate_file = files_.certificate;
    options_.private_key_file = files_.key;
    options_.frame_size_max = 64 * 1024;
    options_.queue_frames_max = 64;
    options_.sessions_max = 32;
  }
  void TearDown() override { server_.reset(); }

  void start() {
    auto started = net::Server::start(io_, options_, handler_);
    ASSERT_TRUE(started) << started.error().message;
    server_ = std::move(started.value());
    handler_.server = server_.get();
  }
  net::Endpoint endpoint() const {
    return {.port = server_->port(), .ca_file = files_.certificate};
  }
  std::unique_ptr<net::WsClient> client() {
    auto connected = net::WsClient::connect(io_, endpoint(), 10'000);
    EXPECT_TRUE(connected) << connected.error().message;
    return connected ? std::move(connected.value()) : nullptr;
  }
  /// Runs `task` on the IoThread and waits for it.
  void on_io(std::function<void()> task) {
    std::promise<void> done;
    io_.post([&] {
      task();
      done.set_value();
    });
    done.get_future().wait();
  }

  TemporaryFolder folder_;
  CertificateFiles files_;
  net::ServerOptions options_;
  net::IoThread io_;
  EchoHandler handler_;
  std::unique_ptr<net::Server> server_;
};

}  // namespace candour::testing
