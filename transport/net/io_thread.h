// One thread that runs network operations. Connections and servers are given one; several may
// share it. Everything that Boost.Asio, Beast and OpenSSL need stays behind these plain headers.
#pragma once

#include <functional>
#include <memory>

namespace candour::net {

class IoThread {
 public:
  IoThread();
  /// Stops the thread; connections and servers on it must be gone.
  ~IoThread();
  IoThread(const IoThread&) = delete;
  IoThread& operator=(const IoThread&) = delete;

  /// Runs `task` on the thread, soon. Thread-safe.
  void post(std::function<void()> task);
  /// Runs `task` on the thread when what is ready now has been handled (turn_queue.h). Thread-safe.
  void at_end_of_turn(std::function<void()> task);
  /// Runs `task` on the thread after `delay_ms`. Thread-safe. There is no way to take it back.
  void post_after(unsigned delay_ms, std::function<void()> task);

  struct Impl;
  Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace candour::net
