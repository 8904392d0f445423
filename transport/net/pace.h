// Costly steps, so many in a turn of the event loop: ten thousand handshakes at once wait for each
// other and not the sessions that are open. For server.cc only; used on the IoThread.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <deque>

#include "transport/net/stream.h"

namespace candour::net {

class Pace final : public EndOfTurn, public std::enable_shared_from_this<Pace> {
 public:
  Pace(asio::io_context& context, TurnQueue& turns, std::size_t steps_per_turn)
      : context_(context), turns_(turns), steps_per_turn_(steps_per_turn) {}

  /// Completes when it is the caller's turn.
  asio::awaitable<void> step() {
    if (waiting_.empty() && taken_ < steps_per_turn_) {
      ++taken_;
      ask_for_next_turn();
      co_return;
    }
    auto gate = std::make_shared<Timer>(context_.get_executor(), Timer::time_point::max());
    waiting_.push_back(gate);
    ask_for_next_turn();
    co_await gate->async_wait(asio::as_tuple(asio::use_awaitable));
  }

  void end_of_turn() override {
    asked_ = false;
    taken_ = 0;
    for (; taken_ < steps_per_turn_ && !waiting_.empty(); ++taken_) {
      waiting_.front()->cancel();
      waiting_.pop_front();
    }
    if (taken_ != 0) ask_for_next_turn();
  }

 private:
  void ask_for_next_turn() {
    if (asked_) return;
    asked_ = true;
    turns_.add(shared_from_this());
  }

  asio::io_context& context_;
  TurnQueue& turns_;
  std::size_t steps_per_turn_;
  std::size_t taken_ = 0;
  bool asked_ = false;
  std::deque<std::shared_ptr<Timer>> waiting_;
};

}  // namespace candour::net
