// What a device keeps for its owner's own record.
#include "client/records.h"

namespace candour::client {
namespace {

constexpr std::uint8_t kVersion = 1;

}  // namespace

std::string_view name_of(WarningOutcome outcome) {
  switch (outcome) {
    case WarningOutcome::open:
      return "open";
    case WarningOutcome::withdrawn:
      return "withdrawn";
    case WarningOutcome::edited:
      return "edited";
    case WarningOutcome::overridden:
      return "overridden";
    case WarningOutcome::approved:
      return "approved";
    case WarningOutcome::cleared:
      return "cleared";
  }
  return "unknown";
}

SecretBytes OwnWarning::encode() const {
  SecretWriter out;
  out.u8(kVersion);
  out.id(id);
  out.id(group);
  out.number(time);
  out.u8(static_cast<std::uint8_t>((block ? 1 : 0) | (disputed ? 2 : 0)));
  out.u8(static_cast<std::uint8_t>(outcome));
  out.vec(findings);
  out.vec(signed_warning);
  return SecretBytes(out.take());
}

Result<OwnWarning> OwnWarning::decode(ByteView bytes) {
  Reader in(bytes);
  const bool version_known = in.u8() == kVersion;
  OwnWarning warning;
  warning.id = in.id<MessageId>();
  warning.group = in.id<GroupId>();
  warning.time = in.number<TimeMs>();
  const std::uint8_t flags = in.u8();
  warning.block = (flags & 1) != 0;
  warning.disputed = (flags & 2) != 0;
  const std::uint8_t outcome = in.u8();
  warning.findings = to_bytes(in.vec());
  warning.signed_warning = to_bytes(in.vec());
  if (!version_known || !in.finish() || flags > 3 ||
      outcome > static_cast<std::uint8_t>(WarningOutcome::cleared)) {
    return error(ErrorCode::state_damaged, "a kept warning does not decode");
  }
  warning.outcome = static_cast<WarningOutcome>(outcome);
  return warning;
}

SecretBytes OwnClosedAlert::encode() const {
  SecretWriter out;
  out.u8(kVersion);
  out.id(message_id);
  out.u8(static_cast<std::uint8_t>(resolution));
  out.number(closed);
  out.number(alert.raised);
  out.id(alert.group);
  out.vec(alert.category);
  out.u8(alert.severity);
  out.vec(alert.rule);
  out.vec(alert.standard);
  out.u8(static_cast<std::uint8_t>(alert.outcome));
  return SecretBytes(out.take());
}

Result<OwnClosedAlert> OwnClosedAlert::decode(ByteView bytes) {
  Reader in(bytes);
  const bool version_known = in.u8() == kVersion;
  OwnClosedAlert own;
  own.message_id = in.id<MessageId>();
  own.resolution = static_cast<messages::Resolution>(in.u8());
  own.closed = in.number<TimeMs>();
  own.alert.raised = in.number<TimeMs>();
  own.alert.group = in.id<GroupId>();
  own.alert.category = as_text(in.vec());
  own.alert.severity = in.u8();
  own.alert.rule = as_text(in.vec());
  own.alert.standard = as_text(in.vec());
  own.alert.outcome = static_cast<messages::AlertOutcome>(in.u8());
  if (!version_known || !in.finish()) {
    return error(ErrorCode::state_damaged, "a kept note about a closed alert does not decode");
  }
  return own;
}

}  // namespace candour::client
