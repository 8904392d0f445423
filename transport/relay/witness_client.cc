#include "transport/relay/witness_client.h"

namespace candour::relay {

namespace {

constexpr std::uint64_t kTimeoutMs = 5'000;
constexpr std::size_t kAnswerSizeMax = 16 * 1024;

}  // namespace

WitnessClient::WitnessClient(net::IoThread& io, std::vector<OutsideWitness> witnesses)
    : io_(io), witnesses_(std::move(witnesses)) {
  thread_ = std::thread([this] { run(); });
}

WitnessClient::~WitnessClient() {
  {
    std::lock_guard guard(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  thread_.join();
}

void WitnessClient::ask(std::size_t witness, const tlog::AddCheckpoint& request,
                        std::function<void(Answer)> done) {
  std::lock_guard guard(mutex_);
  questions_.push_back({witness, "POST", "/add-checkpoint", request.print(), std::move(done)});
  changed_.notify_all();
}

void WitnessClient::fetch(std::size_t witness, const std::string& origin,
                          std::function<void(Answer)> done) {
  std::lock_guard guard(mutex_);
  questions_.push_back(
      {witness, "GET", "/" + tlog::origin_hash(origin) + "/checkpoint", {}, std::move(done)});
  changed_.notify_all();
}

void WitnessClient::run() {
  std::unique_lock guard(mutex_);
  for (;;) {
    changed_.wait(guard, [this] { return stopping_ || !questions_.empty(); });
    if (stopping_) return;
    Question question = std::move(questions_.front());
    questions_.pop_front();
    guard.unlock();
    auto reply =
        net::http_request(io_, witnesses_[question.witness].endpoint, question.method,
                          question.target, as_bytes(question.body), kTimeoutMs, kAnswerSizeMax);
    Answer answer;
    if (reply) {
      answer.status = reply.value().status;
      answer.body = std::string(as_text(reply.value().body));
    }
    io_.post([done = std::move(question.done), answer] { done(answer); });
    guard.lock();
  }
}

}  // namespace candour::relay
