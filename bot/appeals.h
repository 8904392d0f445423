// Appeals of blocked messages: believed because the bot's own signed warning and the commitment key
// show what was blocked, and judged again, so that the desks see why. They go the way of alerts.
// What a desk decides is signed by it, told to the sender, and checked by the judge when the
// sender cites it.
#pragma once

#include "bot/alerts.h"
#include "bot/recall.h"

namespace candour::bot {

class Appeals {
 public:
  Appeals(Context& context, Groups& groups, Alerts& alerts, const Recall& recall, Answers& answers)
      : context_(context), groups_(groups), alerts_(alerts), recall_(recall), answers_(answers) {}

  /// Within a batch: a signed appeal. Refusals change nothing: signature_invalid, device_revoked,
  /// warning_invalid (not this bot's block of this content for this device), not_a_member,
  /// justification_invalid, input_invalid (too long), already_exists (one appeal for each block),
  /// not_permitted (the policy in force does not block it any more).
  Status receive(ByteView bytes);
  /// Within a batch: tells the sender of an appeal that was refused why; nobody, when the appeal
  /// is not signed.
  Status answer_refused(ByteView bytes, const Error& reason);

 private:
  Result<messages::Warning> check(const messages::Appeal& appeal, const Group& group) const;

  Context& context_;
  Groups& groups_;
  Alerts& alerts_;
  const Recall& recall_;
  Answers& answers_;
};

}  // namespace candour::bot
