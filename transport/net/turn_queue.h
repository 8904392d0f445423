// The end of a turn of the event loop: when what was ready has been handled. Streams write then, so
// that everything that came together for one peer goes out together: fewer TLS records and system
// calls. For transport/net only; used on the IoThread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

namespace candour::net {

class EndOfTurn {
 public:
  virtual ~EndOfTurn() = default;
  virtual void end_of_turn() = 0;
};

class TurnQueue {
 public:
  explicit TurnQueue(boost::asio::io_context& context) : context_(context) {}
  TurnQueue(const TurnQueue&) = delete;
  TurnQueue& operator=(const TurnQueue&) = delete;

  /// Calls `task` once at the end of this turn.
  void add(std::shared_ptr<EndOfTurn> task);
  /// Something was handled that may have made work; the turn goes on while such things come, but
  /// not for longer than kTurnMax.
  void note_activity() { ++activity_; }

 private:
  static constexpr std::chrono::milliseconds kTurnMax{2};
  void schedule();
  void pass();

  boost::asio::io_context& context_;
  std::vector<std::shared_ptr<EndOfTurn>> tasks_;
  std::vector<std::shared_ptr<EndOfTurn>> running_;
  std::uint64_t activity_ = 0;
  std::uint64_t seen_ = 0;
  bool scheduled_ = false;
  std::chrono::steady_clock::time_point began_;
};

}  // namespace candour::net
