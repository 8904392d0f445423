// Scribe: puts what happened on record and signs what members may rely on.
//
// A record exists in the clear only in here, between `log` being called and returning. The log
// entry commits to the sealed record; the release token commits to the entry, so that what was
// checked is what is delivered and what is logged (I5).
#pragma once

#include "bot/judge.h"

namespace candour::bot {

/// A record as the relay gets it.
struct Logged {
  v1::LogEntry entry;
  Bytes opening;
  Digest leaf_hash;
};

class Scribe {
 public:
  explicit Scribe(Context& context) : context_(context) {}

  /// Within a batch. Fills in id, bot time, policy, certificate and the previous records of group
  /// and sender; seals; remembers the record as the newest of both.
  Result<Logged> log(warrant::Record record, Group& group, const Digest& ciphertext_hash,
                     const Digest& content_commitment);
  /// The record of a judged message.
  Result<Logged> log_message(const Opened& opened, const Decision& decision, Group& group);

  /// Within a batch: the next token of the group's chain, which moves on. `kind` and what it is
  /// about come from the caller.
  Result<Bytes> release(Group& group, identity::SubmissionKind kind, const MessageId& message,
                        const Digest& ciphertext_hash, const Digest& content_commitment,
                        Epoch epoch, const Digest& leaf_hash);

  /// The sealed reply as mail to its device; nothing when there is nobody to read it (no
  /// certificate, or a revoked one).
  std::optional<v1::Mail> reply(const messages::Reply& reply, const GroupId& group,
                                const MessageId& message, const DeviceId& device) const;
  /// The warning (or block) for what the judge found.
  messages::WarningReply warning(const Opened& opened, const Decision& decision,
                                 const GroupId& group) const;

 private:
  Context& context_;
};

}  // namespace candour::bot
