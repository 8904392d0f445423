// Alerts: who must hear about a serious finding, and what they do about it.
//
// Recipients are computed here and nowhere else: the supervisors of the group's unit, without the
// author (as a person, whatever the device); if nobody is left the supervisors of the other units,
// then professional standards (role investigator). A report goes straight to the investigators, or
// where there are none to all supervisors, never to the person it is about.
//
// The alert's text leaves with the verdict and is not kept; its key is, sealed, so that the steps
// people take can be told to the other desks.
#pragma once

#include "bot/groups.h"
#include "bot/outbox.h"
#include "bot/scribe.h"
#include "client/messages/alert.h"

namespace candour::bot {

class Alerts {
 public:
  Alerts(Context& context, Groups& groups, Scribe& scribe, Outbox& outbox)
      : context_(context), groups_(groups), scribe_(scribe), outbox_(outbox) {}

  /// Within a batch: adds the alert's mail to the verdict when the decision asks for one.
  Status raise(const Opened& opened, const Decision& decision, const Group& group,
               v1::Verdict& verdict);
  /// Within a batch: a signed step of a desk device. Refusals change nothing (not_found,
  /// not_permitted, signature_invalid, device_revoked, input_invalid for an argument that is too
  /// long or a time that is not later than the last step's).
  Status step(ByteView bytes);

 private:
  std::vector<const identity::Certificate*> with_role(
      std::string_view role, const std::vector<std::string>& except_persons) const;
  std::vector<const identity::Certificate*> recipients(
      const Group& group, const std::vector<std::string>& except_persons) const;
  Result<messages::AlertBody> body_of(const Opened& opened, const Decision& decision,
                                      const Group& group) const;
  Status check_step(const messages::AlertStep& step, const storage::BotAlert& alert) const;
  Status tell(const messages::AlertStep& step, const storage::BotAlert& alert,
              messages::AlertState state, const identity::Certificate& by, ByteView bytes);

  Context& context_;
  Groups& groups_;
  Scribe& scribe_;
  Outbox& outbox_;
};

/// The state an action leads to, or nothing where it is not allowed.
std::optional<messages::AlertState> next_state(messages::AlertState state,
                                               messages::AlertAction action);

}  // namespace candour::bot
