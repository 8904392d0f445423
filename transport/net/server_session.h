// One WebSocket session of a server: its queue of frames and the order in which it ends. Holds
// Beast's templates: for server.cc only.
#pragma once

#include <boost/beast/websocket.hpp>
#include <string_view>

#include "transport/net/frame_queue.h"
#include "transport/net/server.h"
#include "transport/net/stream.h"

namespace candour::net {

inline constexpr std::size_t kReasonSizeMax = 120;
inline constexpr std::uint16_t kTooSlow = 4008;
inline constexpr std::size_t kFramesTogetherMax = 64;

struct Session final : ByteSource, std::enable_shared_from_this<Session> {
  Session(SessionId i, Stream stream, ServerHandler& h)
      : id(i), core(stream.core_ptr()), ws(std::move(stream)), handler(h) {}

  SessionId id;
  std::shared_ptr<StreamCore> core;
  boost::beast::websocket::stream<Stream> ws;
  ServerHandler& handler;
  FrameQueue queue;
  bool deep = false;     // the queue grew beyond kDrainedAbove
  bool closing = false;  // no more frames are taken
  bool close_sent = false;
  std::uint64_t close_timeout_ms = 0;
  boost::beast::websocket::close_reason reason;

  /// False when this was too much: the session is being closed.
  bool send(std::span<const SharedFrame> frames, FrameQueue::Opcode opcode,
            const ServerOptions& options) {
    for (const SharedFrame& frame : frames) {
      if (closing || !ws.is_open()) return true;  // nothing may follow a close frame
      if (queue.size() >= options.queue_frames_max ||
          queue.bytes() + frame->size() > options.queue_bytes_max) {
        queue.clear();
        close(kTooSlow, "too slow: the queue of frames for this session is full");
        return false;
      }
      queue.push(frame, opcode);
      if (queue.size() > kDrainedAbove) deep = true;
      // Many frames in one turn are no slow reader: they are not kept until its end.
      if (queue.size() % kFramesTogetherMax == 0) core->flush();
    }
    core->schedule_flush();
    return true;
  }

  void close(std::uint16_t code, std::string_view text) {
    if (closing) return;
    closing = true;
    reason = boost::beast::websocket::close_reason(
        static_cast<boost::beast::websocket::close_code>(code),
        boost::beast::string_view(text.substr(0, kReasonSizeMax)));
    core->set_deadline(close_timeout_ms);
    core->schedule_flush();
  }

  /// Frames go past Beast, which would copy each once more and knows nothing of records.
  std::size_t next(MutableByteView room) override {
    const std::size_t size = queue.take(room);
    if (!queue.empty()) return size;
    if (deep && !closing) {
      deep = false;
      asio::post(core->executor(), [self = shared_from_this()] {
        if (!self->closing) self->handler.on_drained(self->id);
      });
    }
    if (!closing || close_sent) return size;
    close_sent = true;
    ws.async_close(reason, [self = shared_from_this()](const ErrorState&) {});
    return size + queue.take(room.subspan(size));
  }

  /// Beast's own frames (pings, pongs, close) keep their place among ours.
  bool collect(ByteView frame) override {
    queue.push_frame(frame);
    return true;
  }
  std::size_t collected() const override { return queue.frame_bytes(); }
};

}  // namespace candour::net
