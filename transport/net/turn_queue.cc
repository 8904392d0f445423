#include "transport/net/turn_queue.h"

#include <boost/asio/post.hpp>

namespace candour::net {

void TurnQueue::add(std::shared_ptr<EndOfTurn> task) {
  tasks_.push_back(std::move(task));
  if (scheduled_) return;
  scheduled_ = true;
  began_ = std::chrono::steady_clock::now();
  schedule();
}

void TurnQueue::schedule() {
  seen_ = activity_;
  // Runs after everything that is ready now, and after one more look at the sockets.
  boost::asio::post(context_, [this] { pass(); });
}

void TurnQueue::pass() {
  if (activity_ != seen_ && std::chrono::steady_clock::now() - began_ < kTurnMax) return schedule();
  scheduled_ = false;
  running_.swap(tasks_);
  for (const auto& task : running_) task->end_of_turn();
  running_.clear();
}

}  // namespace candour::net
