#include "client/watch_records.h"

#include "client/record_codec.h"

namespace candour::client {
namespace {

constexpr std::uint8_t kVersion = 1;

}  // namespace

SecretBytes WatchRecord::encode() const {
  SecretWriter out;
  out.u8(kVersion);
  out.id(leaf);
  out.u8(static_cast<std::uint8_t>(kind));
  out.id(group);
  out.id(message);
  out.number(since);
  out.u64(waited_ms);
  for (const bool flag : {refused, late, receipt, included}) out.u8(flag ? 1 : 0);
  out.u64(index);
  out.u64(size);
  return SecretBytes(out.take());
}

Result<WatchRecord> WatchRecord::decode(ByteView bytes) {
  Reader in(bytes);
  WatchRecord record;
  const bool version = in.u8() == kVersion;
  record.leaf = in.id<Digest>();
  const std::uint8_t kind = in.u8();
  record.kind = static_cast<WatchKind>(kind);
  record.group = in.id<GroupId>();
  record.message = in.id<MessageId>();
  record.since = in.number<TimeMs>();
  record.waited_ms = in.u64();
  for (bool* flag : {&record.refused, &record.late, &record.receipt, &record.included}) {
    *flag = in.u8() != 0;
  }
  record.index = in.u64();
  record.size = in.u64();
  if (!version || !in.finish() || kind < static_cast<std::uint8_t>(WatchKind::own) ||
      kind > static_cast<std::uint8_t>(WatchKind::report)) {
    return damaged_record("log watch");
  }
  return record;
}

SecretBytes AlarmRecord::encode() const {
  SecretWriter out;
  out.u8(kVersion);
  out.id(subject);
  out.u8(shown ? 1 : 0);
  out.number(time);
  out.vec(code);
  out.vec(message);
  optional_id(out, message_id);
  optional_id(out, group);
  optional_id(out, device);
  return SecretBytes(out.take());
}

Result<AlarmRecord> AlarmRecord::decode(ByteView bytes) {
  Reader in(bytes);
  AlarmRecord record;
  const bool version = in.u8() == kVersion;
  record.subject = in.id<Digest>();
  record.shown = in.u8() != 0;
  record.time = in.number<TimeMs>();
  record.code = std::string(as_text(in.vec()));
  record.message = std::string(as_text(in.vec()));
  record.message_id = optional_id<MessageId>(in);
  record.group = optional_id<GroupId>(in);
  record.device = optional_id<DeviceId>(in);
  if (!version || !in.finish()) return damaged_record("alarm");
  return record;
}

}  // namespace candour::client
