#include "transport/wire/frames.h"

#include "base/assert.h"
#include "base/limits.h"

namespace candour::wire {

namespace {

template <class Message>
Result<Message> parse(ByteView bytes, std::string_view what) {
  if (bytes.size() > limits::kFrameSizeMax) {
    return error(ErrorCode::frame_too_large,
                 std::string(what) + " has " + std::to_string(bytes.size()) + " bytes; at most " +
                     std::to_string(limits::kFrameSizeMax) + " are allowed");
  }
  Message message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return error(ErrorCode::frame_malformed, std::string(what) + " is not valid candour.v1");
  }
  return message;
}

}  // namespace

Result<v1::ClientFrame> parse_client_frame(ByteView frame) {
  return parse<v1::ClientFrame>(frame, "a frame");
}

Result<v1::ServerFrame> parse_server_frame(ByteView frame) {
  return parse<v1::ServerFrame>(frame, "a frame");
}

Result<v1::WelcomeMail> parse_welcome_mail(ByteView body) {
  return parse<v1::WelcomeMail>(body, "a welcome");
}

Bytes serialise(const google::protobuf::MessageLite& message) {
  Bytes out(message.ByteSizeLong());
  CANDOUR_ASSERT(message.SerializeToArray(out.data(), static_cast<int>(out.size())));
  return out;
}

Error to_error(const v1::Failure& failure) {
  return {code_from_name(failure.code()), failure.message()};
}

v1::ServerFrame failure_frame(std::uint64_t reply_to, const Error& error) {
  v1::ServerFrame frame;
  frame.set_reply_to(reply_to);
  frame.mutable_failure()->set_code(std::string(code_name(error.code)));
  frame.mutable_failure()->set_message(error.message);
  return frame;
}

}  // namespace candour::wire
