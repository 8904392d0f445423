#include "transport/net/io_thread.h"

#include <pthread.h>
#include <signal.h>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "transport/net/io_impl.h"

namespace candour::net {

namespace {

// Signals belong to the main thread. SIGPIPE is blocked too: OpenSSL writes to the descriptor by
// itself, and a peer that is gone is an error for one session, not for the process.
void block_signals() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

}  // namespace

IoThread::IoThread() : impl_(std::make_unique<Impl>()) {
  impl_->thread = std::thread([impl = impl_.get()] {
    block_signals();
    pthread_setname_np(pthread_self(), "network");
    impl->context.run();
  });
}

IoThread::~IoThread() {
  impl_->context.stop();
  impl_->thread.join();
}

void IoThread::post(std::function<void()> task) {
  boost::asio::post(impl_->context, [impl = impl_.get(), task = std::move(task)] {
    impl->turns.note_activity();
    task();
  });
}

void IoThread::at_end_of_turn(std::function<void()> task) {
  if (!impl_->context.get_executor().running_in_this_thread()) {
    return post([this, task = std::move(task)]() mutable { at_end_of_turn(std::move(task)); });
  }
  class Last final : public EndOfTurn {
   public:
    explicit Last(std::function<void()> task) : task_(std::move(task)) {}
    void end_of_turn() override { task_(); }

   private:
    std::function<void()> task_;
  };
  impl_->turns.add(std::make_shared<Last>(std::move(task)));
}

void IoThread::post_after(unsigned delay_ms, std::function<void()> task) {
  auto timer = std::make_shared<boost::asio::steady_timer>(impl_->context);
  // The timer is armed on the thread itself: Asio's timers are not thread-safe.
  post([timer, delay_ms, task = std::move(task)]() mutable {
    timer->expires_after(std::chrono::milliseconds(delay_ms));
    timer->async_wait([timer, task = std::move(task)](const boost::system::error_code& error) {
      if (!error) task();
    });
  });
}

}  // namespace candour::net
