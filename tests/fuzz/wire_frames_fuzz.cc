// The frames of candour.v1 as the relay and its clients read them: whatever the bytes, reading
// ends, and what is accepted is written and read again with nothing lost, unknown fields included.
#include "tests/fuzz/fuzz_target.h"
#include "transport/wire/frames.h"

namespace candour::wire {
namespace {

template <class Message>
void again(const Result<Message>& read, Result<Message> (*parse)(ByteView)) {
  if (!read) return;
  const Bytes written = serialise(read.value());
  const auto second = parse(written);
  fuzz::require(bool(second), "what was written cannot be read");
  fuzz::require(serialise(second.value()) == written, "writing loses something");
}

void server_frame(ByteView bytes) {
  const auto frame = parse_server_frame(bytes);
  again(frame, parse_server_frame);
  if (!frame || !frame.value().has_failure()) return;
  const Error error = to_error(frame.value().failure());
  fuzz::require(to_error(failure_frame(1, error).failure()).code == error.code, "code differs");
}

void client_frame(ByteView bytes) {
  const auto frame = parse_client_frame(bytes);
  again(frame, parse_client_frame);
  if (!frame) return;
  (void)id_of<GroupId>(frame.value().submit().group(), "group");
  (void)id_of<MessageId>(frame.value().verdict().message_id(), "message_id");
  (void)id_of<DeviceId>(frame.value().login().device(), "device");
}

void welcome(ByteView bytes) { again(parse_welcome_mail(bytes), parse_welcome_mail); }

}  // namespace

static void read_any(ByteView input) {
  if (input.empty()) return;
  constexpr void (*kReaders[])(ByteView) = {client_frame, server_frame, welcome};
  kReaders[input[0] % std::size(kReaders)](input.subspan(1));
}

}  // namespace candour::wire

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  candour::wire::read_any({data, size});
  return 0;
}
