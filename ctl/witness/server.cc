#include "ctl/witness/server.h"

#include <pthread.h>
#include <signal.h>

#include <ctime>
#include <ostream>

#include "base/log.h"
#include "transport/net/server.h"

namespace candour::ctl {
namespace {

/// Runs on the network thread only, so that requests are decided one after the other. Storing
/// blocks that thread on purpose: an answer must not overtake it.
class Handler : public net::ServerHandler {
 public:
  Handler(WitnessStore& store, const tlog::WitnessIdentity& witness, Mirror* mirror,
          const Clock& clock)
      : store_(store), witness_(witness), mirror_(mirror), clock_(clock) {}

  void on_open(net::SessionId, ByteView) override {}
  void on_frame(net::SessionId, Bytes) override {}
  void on_close(net::SessionId) override {}

  net::HttpResponse on_http(const net::HttpRequest& request) override {
    constexpr std::string_view kSuffix = "/checkpoint";
    const std::string_view target = request.target;
    if (target == "/add-checkpoint") {
      return request.method == "POST" ? add(request.body) : text(405, "use POST\n");
    }
    if (target.size() == 1 + 64 + kSuffix.size() && target.ends_with(kSuffix)) {
      if (request.method != "GET") return text(405, "use GET\n");
      const auto note = store_.checkpoint(target.substr(1, 64));
      return note ? text(200, *note) : text(404, "no checkpoint of this log was cosigned yet\n");
    }
    return text(404, "there is nothing here\n");
  }

 private:
  static net::HttpResponse text(unsigned status, std::string_view body) {
    net::HttpResponse response;
    response.status = status;
    response.body = to_bytes(body);
    return response;
  }

  net::HttpResponse add(ByteView body) {
    WitnessStore::Before before;
    if (mirror_ != nullptr) {
      before = [this](std::string_view checkpoint) { return mirror_->catch_up(checkpoint); };
    }
    auto answer = store_.add_checkpoint(as_text(body), witness_, clock_.now(), before);
    if (!answer) {
      log::error("witness_store_failed", {{"code", answer.error().code},
                                          {"message", log::LogSafe(answer.error().message)}});
      return text(500, "the witness cannot store the checkpoint\n");
    }
    if (answer.value().status == 422) log::warning("witness_refused_inconsistent_checkpoint");
    if (answer.value().status == 503) {
      log::warning("mirror_behind", {{"why", log::LogSafe(answer.value().body)}});
    }
    if (mirror_ != nullptr && answer.value().new_state) keep_cosignature(answer.value());
    net::HttpResponse response = text(answer.value().status, answer.value().body);
    response.content_type = answer.value().content_type;
    return response;
  }

  void keep_cosignature(const tlog::WitnessAnswer& answer) {
    const std::string line = answer.body.substr(0, answer.body.find('\n'));
    if (auto kept = mirror_->put_cosignature(answer.new_state->size, line); !kept) {
      log::error("mirror_not_written", {{"why", log::LogSafe(kept.error().message)}});
    }
  }

  WitnessStore& store_;
  const tlog::WitnessIdentity& witness_;
  Mirror* mirror_;
  const Clock& clock_;
};

}  // namespace

Result<int> serve_witness(const Context& context, WitnessStore& store,
                          const tlog::WitnessIdentity& witness, Mirror* mirror,
                          const std::string& address, std::uint16_t port) {
  // Blocked before any thread starts, so that only sigwait below receives them.
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);

  Handler handler(store, witness, mirror, context.clock);
  net::IoThread io;
  net::ServerOptions options;
  options.address = address;
  options.port = port;
  options.sessions_max = 64;
  CANDOUR_TRY(auto server, net::Server::start(io, options, handler));
  context.out << "{\"event\":\"ready\",\"port\":" << server->port() << "}" << std::endl;
  // The mirror listens to the relay between requests; without one there is nothing to wake up for.
  constexpr timespec kListenEvery{.tv_sec = 1, .tv_nsec = 0};
  constexpr timespec kForever{.tv_sec = 3600, .tv_nsec = 0};
  while (sigtimedwait(&ends, nullptr, mirror == nullptr ? &kForever : &kListenEvery) < 0) {
    if (mirror != nullptr) mirror->listen();
  }
  return 0;
}

}  // namespace candour::ctl
