// What an IoThread is inside; for transport/net only.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <thread>

#include "transport/net/io_thread.h"
#include "transport/net/turn_queue.h"

namespace candour::net {

struct IoThread::Impl {
  boost::asio::io_context context{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard{
      context.get_executor()};
  TurnQueue turns{context};
  std::thread thread;
};

}  // namespace candour::net
