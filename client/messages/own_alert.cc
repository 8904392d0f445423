#include "client/messages/own_alert.h"

#include "base/assert.h"

namespace candour::messages {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::string_view kInfo = "candour own alert v1";

Error bad_note() {
  return error(ErrorCode::input_invalid, "a note about a closed alert is malformed");
}

}  // namespace

Result<Bytes> OwnAlert::seal(const SealingPublicKey& device, const MessageId& message,
                             Random& random) const {
  SecretWriter out;
  out.u8(kVersion);
  out.number(raised);
  out.id(group);
  out.vec(category);
  out.u8(severity);
  out.vec(rule);
  out.vec(standard);
  out.u8(static_cast<std::uint8_t>(outcome));
  return crypto::sealed_box(device, as_bytes(kInfo), message.view(), out.view(), random);
}

Result<OwnAlert> OwnAlert::open(ByteView note, const crypto::SealingKey& mine,
                                const MessageId& message) {
  CANDOUR_TRY(const auto plaintext,
              crypto::open_sealed_box(mine, as_bytes(kInfo), message.view(), note));
  Reader in(plaintext.view());
  const bool version_known = in.u8() == kVersion;
  OwnAlert alert;
  alert.raised = in.number<TimeMs>();
  alert.group = in.id<GroupId>();
  alert.category = as_text(in.vec());
  alert.severity = in.u8();
  alert.rule = as_text(in.vec());
  alert.standard = as_text(in.vec());
  const std::uint8_t outcome = in.u8();
  if (!version_known || !in.finish() || alert.severity < 1 || alert.severity > 3 || outcome < 1 ||
      outcome > static_cast<std::uint8_t>(AlertOutcome::released)) {
    return bad_note();
  }
  alert.outcome = static_cast<AlertOutcome>(outcome);
  return alert;
}

Bytes encode_closed_alerts(const std::vector<ClosedAlert>& alerts) {
  CANDOUR_ASSERT(alerts.size() <= kClosedAlertsMax);
  Writer out;
  out.u8(static_cast<std::uint8_t>(alerts.size()));
  for (const ClosedAlert& alert : alerts) {
    out.id(alert.message_id);
    out.u8(static_cast<std::uint8_t>(alert.resolution));
    out.number(alert.closed);
    out.vec(alert.note);
  }
  return out.take();
}

Result<std::vector<ClosedAlert>> decode_closed_alerts(ByteView bytes) {
  Reader in(bytes);
  const std::size_t count = in.u8();
  if (count > kClosedAlertsMax) return bad_note();
  std::vector<ClosedAlert> alerts;
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    ClosedAlert alert;
    alert.message_id = in.id<MessageId>();
    const std::uint8_t resolution = in.u8();
    if (name_of(static_cast<Resolution>(resolution)).empty()) in.fail();
    alert.resolution = static_cast<Resolution>(resolution);
    alert.closed = in.number<TimeMs>();
    alert.note = to_bytes(in.vec());
    alerts.push_back(std::move(alert));
  }
  if (!in.finish()) return bad_note();
  return alerts;
}

}  // namespace candour::messages
