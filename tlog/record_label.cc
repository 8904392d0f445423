#include "tlog/record_label.h"

namespace candour::tlog {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kNameSizeMax = 32;

Error malformed(const std::string& what) {
  return error(ErrorCode::input_invalid, "the sealed record is malformed: " + what);
}

}  // namespace

Bytes RecordLabel::encode() const {
  Writer out;
  out.u8(kVersion);
  out.u16(suite);
  out.vec(log_origin);
  out.id(record);
  out.id(group);
  out.id(sender);
  out.number(bot_time);
  out.vec(retention_class);
  out.vec(period);
  return out.take();
}

Result<RecordLabel> RecordLabel::decode(ByteView bytes) {
  Reader in(bytes);
  const bool version_known = in.u8() == kVersion;
  RecordLabel label;
  label.suite = in.u16();
  label.log_origin = as_text(in.vec(kLogOriginSizeMax));
  label.record = in.id<RecordId>();
  label.group = in.id<GroupId>();
  label.sender = in.id<DeviceId>();
  label.bot_time = in.number<TimeMs>();
  label.retention_class = as_text(in.vec(kNameSizeMax));
  label.period = as_text(in.vec(kNameSizeMax));
  if (!version_known || !in.finish()) return malformed("its label is not version 1 or is cut off");
  if (label.suite != kSealSuite) {
    return malformed("its label names suite " + std::to_string(label.suite) +
                     "; this program knows suite 1");
  }
  return label;
}

Result<RecordLabel> label_of(ByteView sealed_record) {
  Reader in(sealed_record);
  const bool version_known = in.u8() == kVersion;
  in.u16();
  const ByteView label = in.vec();
  if (!version_known || !in.ok()) return malformed("not version 1, or cut off");
  return RecordLabel::decode(label);
}

}  // namespace candour::tlog
