#include "transport/relay/context.h"

#include "base/log.h"

namespace candour::relay {

net::SharedFrame Context::encode(const v1::ServerFrame& frame) const {
  return std::make_shared<const Bytes>(wire::serialise(frame));
}

void Context::send(SessionId session, const net::SharedFrame& frame) {
  model.counters.bytes_out += frame->size();
  outlet.send(session, frame);
}

void Context::answer(SessionId session, std::uint64_t request, v1::ServerFrame frame) {
  if (request == 0) return;
  frame.set_reply_to(request);
  send(session, frame);
}

void Context::done(SessionId session, std::uint64_t request, std::uint64_t number, bool duplicate) {
  v1::ServerFrame frame;
  frame.mutable_done()->set_number(number);
  frame.mutable_done()->set_duplicate(duplicate);
  answer(session, request, std::move(frame));
}

void Context::refuse(SessionId session, std::uint64_t request, const Error& error) {
  ++model.counters.frames_refused;
  answer(session, request, wire::failure_frame(request, error));
}

Error Context::reached(Limit limit, Error error) const {
  ++model.counters.limit_reached[static_cast<std::size_t>(limit)];
  return error;
}

Error Context::no_room() const {
  return reached(Limit::database_bytes,
                 error(ErrorCode::storage_full,
                       "the relay has no room for more; its operator has to make some"));
}

void Context::broadcast(const v1::ServerFrame& frame) {
  const auto shared = encode(frame);
  for (const auto& [id, session] : model.sessions) {
    if (session.logged_in) send(id, shared);
  }
}

bool Context::durable(const Status& status, SessionId session, std::uint64_t request) {
  if (status) return true;
  if (!model.storage_failed) {
    model.storage_failed = true;
    log::error("storage_failed", {{"message", log::LogSafe(status.error().message)}});
  }
  refuse(session, request, status.error());
  return false;
}

}  // namespace candour::relay
