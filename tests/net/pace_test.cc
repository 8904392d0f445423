// Goal: costly steps go so many to a turn of the event loop, in order, so that a storm of
// handshakes leaves room for everybody else. Method: coroutines that each want one step, on an
// event loop run by hand; a task at the end of each turn notes how many had theirs.
#include "transport/net/pace.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

namespace candour::testing {
namespace {

using net::EndOfTurn;
using net::Pace;
using net::TurnQueue;

class Turns final : public EndOfTurn, public std::enable_shared_from_this<Turns> {
 public:
  Turns(TurnQueue& queue, const std::vector<int>& done) : queue_(queue), done_(done) {}
  void end_of_turn() override {
    counts.push_back(done_.size());
    if (counts.size() < 20) queue_.add(shared_from_this());
  }
  std::vector<std::size_t> counts;

 private:
  TurnQueue& queue_;
  const std::vector<int>& done_;
};

TEST(Pace, StepsAreSpreadOverTurnsInOrder) {
  boost::asio::io_context context;
  TurnQueue queue(context);
  const auto pace = std::make_shared<Pace>(context, queue, 3);
  std::vector<int> done;
  for (int i = 0; i < 20; ++i) {
    boost::asio::co_spawn(
        context,
        [](std::shared_ptr<Pace> of, std::vector<int>& list,
           int n) -> boost::asio::awaitable<void> {
          co_await of->step();
          list.push_back(n);
        }(pace, done, i),
        boost::asio::detached);
  }
  const auto turns = std::make_shared<Turns>(queue, done);
  queue.add(turns);
  context.run();
  ASSERT_EQ(done.size(), 20u);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(done[static_cast<std::size_t>(i)], i);
  std::size_t before = 0;
  for (const std::size_t count : turns->counts) {
    EXPECT_LE(count - before, 3u);
    before = count;
  }
  EXPECT_EQ(before, 20u);
}

TEST(Pace, TurnEndsWhenNothingMoreComes) {
  boost::asio::io_context context;
  TurnQueue queue(context);
  std::vector<int> nothing;
  const auto turns = std::make_shared<Turns>(queue, nothing);
  queue.add(turns);
  context.run();  // returns: an idle queue posts nothing
  EXPECT_EQ(turns->counts.size(), 20u);
}

}  // namespace
}  // namespace candour::testing
