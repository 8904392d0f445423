// Judge: what shall become of a submission. The policy engine says what the text is; the bot's
// field may answer an earlier warning (send anyway, dispute) or report a message.
//
// A warning is believed because the bot signed it: it names group, device, content commitment and
// policy version, so the bot keeps no text to honour it. It can be overridden once, until it
// expires, and never when it was a block. A block is passed by a supervisor's approval, signed over
// the content commitment, once and until that expires (client/messages/appeal.h).
#pragma once

#include "bot/recall.h"
#include "client/messages/reply.h"
#include "warrant/seal/record.h"

namespace candour::bot {

class Alerts;

enum class Answer {
  release,  // receipt
  warn,     // withheld, warning
  block,    // withheld, block
  dispute,  // withheld, the same warning again; the dispute is on record
  report,   // withheld, receipt without a seq; the report goes to investigators
};

struct Decision {
  Answer answer = Answer::release;
  policy::Judgement judgement;
  /// Of an override: identifies the warning so that it is used once. The same for an approval.
  std::optional<Digest> warning_used;
  bool approved = false;  // sent on the word of an approval, which is what was used then
  TimeMs warning_expires;
  /// Of a dispute: the findings hash of the warning that is disputed.
  Digest disputed_findings;
};

class Judge {
 public:
  Judge(Context& context, const Recall& recall, const Alerts& alerts)
      : context_(context), recall_(recall), alerts_(alerts) {}

  /// Refusals: warning_invalid, justification_invalid, approval_invalid, approval_expired,
  /// approval_used, not_permitted; input_invalid for a report whose proof does not hold.
  Result<Decision> decide(const Opened& opened, const Group& group) const;

 private:
  Result<messages::Warning> check_warning(const Opened& opened, const Group& group) const;
  /// The same, whether it has expired or not.
  Result<messages::Warning> own_warning(const Opened& opened, const Group& group) const;
  Status check_approval(const Opened& opened, const Group& group) const;
  Result<Decision> decide_approved(const Opened& opened, const Group& group) const;
  Result<Decision> decide_override(const Opened& opened, const Group& group) const;
  Status check_report(const Opened& opened, const Group& group) const;
  Result<Decision> decide_dispute(const Opened& opened, const Group& group) const;

  Context& context_;
  const Recall& recall_;
  const Alerts& alerts_;
};

}  // namespace candour::bot
