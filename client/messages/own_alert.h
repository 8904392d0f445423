// What an officer may know of an alert about them once it is closed, for their own record.
//
//   note   = HPKE to the author's device (info "candour own alert v1", aad = message id) over
//            version u8 = 1, raised u64, group 16, category vec, severity u8, rule vec,
//            standard vec, outcome u8 (alert.h)
//   closed = count u8, each: message id 16, resolution u8, closed u64, note vec
//
// The bot seals the note when it raises the alert, so that it need not remember what the alert
// says. It travels in the sealed reply to one of the officer's own later submissions (reply.h):
// always of the same size, so that not even the relay learns that there was an alert. Nothing of it
// is told while the alert is open, nor ever when it was referred, nor of reports: whoever is looked
// into is not warned, and whoever reported is not guessed.
#pragma once

#include <vector>

#include "client/messages/alert.h"

namespace candour::messages {

struct OwnAlert {
  TimeMs raised;
  GroupId group;
  std::string category;
  std::uint8_t severity = 2;
  std::string rule;
  std::string standard;
  AlertOutcome outcome = AlertOutcome::warned;

  Result<Bytes> seal(const SealingPublicKey& device, const MessageId& message,
                     Random& random) const;
  /// decryption_failed or input_invalid.
  static Result<OwnAlert> open(ByteView note, const crypto::SealingKey& mine,
                               const MessageId& message);
};

struct ClosedAlert {
  MessageId message_id;
  Resolution resolution = Resolution::none;
  TimeMs closed;
  Bytes note;
};

/// Of notes in one reply, and of all of them encoded.
inline constexpr std::size_t kClosedAlertsMax = 4;
inline constexpr std::size_t kClosedAlertsSizeMax = 1400;
Bytes encode_closed_alerts(const std::vector<ClosedAlert>& alerts);
Result<std::vector<ClosedAlert>> decode_closed_alerts(ByteView bytes);

}  // namespace candour::messages
