// What checking a delivered message needs to know about earlier ones.
#pragma once

#include <optional>

#include "base/ids.h"
#include "base/result.h"

namespace candour::client {

/// A submission of this device that has no outcome yet.
struct OwnSubmission {
  Digest ciphertext_hash;
  Digest content_commitment;
};

class MessageLog {
 public:
  virtual ~MessageLog() = default;
  /// Whether a message with this id was shown in this group before. Ids are chosen by senders, so
  /// that another group may well have the same; that says nothing about this one.
  virtual Result<bool> seen(const GroupId& group, const MessageId& id) = 0;
  /// This device's own submission of that id into this group, if it is one.
  virtual Result<std::optional<OwnSubmission>> own_submission(const GroupId& group,
                                                              const MessageId& id) = 0;
  /// The highest counter a sender's released messages in the group carried; 0 = none.
  virtual Result<std::uint64_t> sender_counter(const GroupId& group, const DeviceId& sender) = 0;
};

}  // namespace candour::client
