// Checker: one submission in, one verdict in the outbox. Intake opens it, the judge decides, the
// scribe puts it on record and answers the sender, alerts go to whom they concern; all within the
// batch the bot has open, and once for each submission.
#pragma once

#include "bot/alerts.h"
#include "bot/duty.h"
#include "bot/intake.h"
#include "bot/outbox.h"
#include "bot/scribe.h"

namespace candour::bot {

class Checker {
 public:
  Checker(Context& context, Groups& groups, Scribe& scribe, Alerts& alerts, Outbox& outbox,
          Recall& recall)
      : context_(context),
        groups_(groups),
        scribe_(scribe),
        alerts_(alerts),
        outbox_(outbox),
        intake_(context, groups),
        recall_(recall),
        judge_(context, recall, alerts),
        duty_(context) {}

  /// Judges an application message. Fails only when the bot itself cannot go on (storage, sealing):
  /// bad submissions are answered, with a `rejected` reply.
  Status check(const Envelope& envelope);

  /// Withholds a submission with a rejection as its only trace.
  Status refuse(const Envelope& envelope, const Error& why);

 private:
  Status release(const Envelope& envelope, const Opened& opened, const Decision& decision,
                 Group& group);
  Status withhold(const Envelope& envelope, const Opened& opened, const Decision& decision,
                  Group& group);
  Status remember(const Envelope& envelope);
  Status count_withheld(const Envelope& envelope, Group& group);
  Status keep_released(const Opened& opened, const Group& group);
  Status keep_counter(const Envelope& envelope, std::uint64_t counter);

  Context& context_;
  Groups& groups_;
  Scribe& scribe_;
  Alerts& alerts_;
  Outbox& outbox_;
  Intake intake_;
  Recall& recall_;
  Judge judge_;
  Duty duty_;
};

}  // namespace candour::bot
