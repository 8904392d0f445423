// Asks outside witnesses by the tlog-witness protocol over HTTP, on a thread of its own, because a
// witness may be slow or gone and nothing else may wait for it.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "transport/net/client.h"
#include "transport/relay/log_service.h"

namespace candour::relay {

struct OutsideWitness {
  std::string name;
  net::Endpoint endpoint;
};

class WitnessClient : public WitnessPort {
 public:
  /// Answers are posted to `io`, which outlives this.
  WitnessClient(net::IoThread& io, std::vector<OutsideWitness> witnesses);
  ~WitnessClient() override;

  std::size_t count() const override { return witnesses_.size(); }
  const std::string& name(std::size_t witness) const override { return witnesses_[witness].name; }
  void ask(std::size_t witness, const tlog::AddCheckpoint& request,
           std::function<void(Answer)> done) override;
  void fetch(std::size_t witness, const std::string& origin,
             std::function<void(Answer)> done) override;

 private:
  struct Question {
    std::size_t witness;
    std::string method;
    std::string target;
    std::string body;
    std::function<void(Answer)> done;
  };
  void run();

  net::IoThread& io_;
  const std::vector<OutsideWitness> witnesses_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Question> questions_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace candour::relay
