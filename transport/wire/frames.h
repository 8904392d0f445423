// Between the bytes of one WebSocket message and the protocol's generated classes: parsing within
// bounds, serialising, and ids as strong types. Pure functions, thread-safe.
#pragma once

#include <string>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"
#include "transport/wire/candour.pb.h"

namespace candour::wire {

/// One frame; frame_too_large above limits::kFrameSizeMax, frame_malformed when it is not the
/// message expected. A frame without a body parses: the caller answers frame_malformed to it.
Result<v1::ClientFrame> parse_client_frame(ByteView frame);
Result<v1::ServerFrame> parse_server_frame(ByteView frame);
/// The body of a WELCOME mail; frame_malformed otherwise.
Result<v1::WelcomeMail> parse_welcome_mail(ByteView body);

/// The bytes of any message of the protocol.
Bytes serialise(const google::protobuf::MessageLite& message);

/// An id field; frame_malformed when it does not have the id's length. `field` names it for the
/// error's reader.
template <class IdType>
Result<IdType> id_of(const std::string& bytes, std::string_view field = "an id") {
  auto id = IdType::from(as_bytes(bytes));
  if (id) return *id;
  return error(ErrorCode::frame_malformed, std::string(field) + " has " +
                                               std::to_string(bytes.size()) + " bytes and needs " +
                                               std::to_string(IdType::kSize));
}

/// What protobuf calls `bytes`.
inline std::string to_field(ByteView bytes) { return std::string(as_text(bytes)); }
template <class Tag, std::size_t N>
std::string to_field(const Id<Tag, N>& id) {
  return to_field(id.view());
}

/// A Failure body as the error it stands for, and the other way round.
Error to_error(const v1::Failure& failure);
v1::ServerFrame failure_frame(std::uint64_t reply_to, const Error& error);

}  // namespace candour::wire
