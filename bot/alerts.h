// Alerts: who must hear about a serious finding, and what they do about it.
//
// Desks are computed here and nowhere else: the supervisors of the group's unit, without the author
// and whoever the message names (as persons, whatever the device); if nobody is left the
// supervisors of the other units, then professional standards (role investigator). A report, and
// what looks like pressure on somebody who reported, goes past the line, straight to the
// investigators, or where there are none to all supervisors; never to the person it is about. The
// next line is professional standards: an alert goes there when a desk escalates it, when nobody
// acknowledges it in time, and, drawn by lot, when a serious one is closed as if there had been
// nothing to it.
//
// Time: an open alert is reminded of and then passed on; an acknowledged one that nobody closes is
// open again, and the second time passed on; one with professional standards is reminded of. Each
// by severity, at ever longer intervals and only so often (config/bot_config.h); looked after daily
// from then on, and passed on once somebody of the next line is there. Closed ones are
// forgotten after a while but for being counted. Messages alike within minutes are one alert.
//
// Every step is a record signed by the device that took it, the bot's own ones too. What an alert
// says is not kept in a form the bot can read (bot/alert_book.h).
#pragma once

#include <set>

#include "bot/alert_book.h"
#include "bot/answers.h"
#include "bot/groups.h"
#include "bot/outbox.h"
#include "bot/scribe.h"
#include "client/messages/alert.h"
#include "client/messages/appeal.h"
#include "client/messages/own_alert.h"

namespace candour::bot {

class Alerts {
 public:
  using AlertId = storage::BotAlert::AlertId;

  Alerts(Context& context, Groups& groups, Scribe& scribe, Outbox& outbox, Answers& answers)
      : context_(context), groups_(groups), scribe_(scribe), outbox_(outbox), answers_(answers) {}

  /// Within a batch: makes the alert the decision asks for, if it asks for one. It leaves with a
  /// later tick().
  Status raise(const Opened& opened, const Decision& decision, const Group& group);
  /// Within a batch: puts a blocked message before the desks, whose sender appeals (appeals.h).
  /// `finding` is why it was blocked.
  Status raise_appeal(const Opened& opened, const messages::Appeal& appeal,
                      const policy::Finding& finding, const Group& group);
  /// Whether the device may approve this message, which was blocked: a desk of the group's or the
  /// next line's, and neither the author nor named in it.
  bool may_decide(const Opened& opened, const Group& group, const identity::Certificate& by) const;
  /// Within a batch: a signed step of a desk device. Refusals change nothing (not_found,
  /// not_permitted, signature_invalid, device_revoked, input_invalid for an argument that is too
  /// long or a time that is not later than this device's last step's).
  Status step(ByteView bytes);
  /// Within a batch: what the person of this device may now know of alerts about them that were
  /// closed; each once, with the device that wrote the message.
  Result<std::vector<messages::ClosedAlert>> closed_about(const identity::Certificate& author);
  /// After work that failed and was undone: true where it failed because a message was to be folded
  /// into an alert. Tried again it raises one of its own.
  bool unfold();
  /// Whether it is time to ask due_now(). Cheap.
  bool due() const;
  /// Within a batch: the alerts that tick() has something to do about, the longest due first.
  Result<std::vector<AlertId>> due_now();
  /// Within a batch: sends an alert that is to leave, reminds of it, passes it on, forgets it.
  Status tick(const AlertId& id);
  /// Within a batch, after tick failed: counts and logs that, and tries it again later.
  Status set_aside(const AlertId& id, const Error& why);
  /// Within a batch, when certificates came or went: asks the desks of an open alert to share it
  /// with supervisors who should have it and came later.
  Status look_for_desks(const AlertId& id);

 private:
  using Certificates = std::vector<const identity::Certificate*>;

  // Who (alert_desks.cc).
  Certificates with_role(std::string_view role, const std::vector<std::string>& excluded) const;
  Certificates desks(const Group& group, const std::vector<std::string>& excluded) const;
  Certificates next_line(const std::vector<std::string>& excluded) const;
  /// Who gets it first: desks, or of a report the investigators, where there are none supervisors.
  Certificates first_line(const Group& group, const KeptAlert& kept) const;
  std::vector<std::string> persons_in(const Opened& opened) const;
  /// The text with "[name]" for everybody it names but its author; marks move with it.
  SecretText without_names(std::string_view text, std::string_view author, std::uint32_t* start,
                           std::uint32_t* end) const;

  // What (alerts.cc).
  /// Fills in what depends on the subject, seals the body to its desks and keeps it.
  Status keep_new(const Opened& opened, messages::AlertBody body, KeptAlert kept,
                  const Group& group);
  Result<messages::AlertBody> body_of(const Opened& opened, const Decision& decision,
                                      const Group& group) const;
  messages::AlertSubject subject_of(const DeviceId& device) const;
  void add_envelopes(const messages::SealedAlert& sealed, const Certificates& to, bool next_line,
                     KeptAlert& kept) const;

  storage::BotAlert::Likeness likeness_of(const messages::AlertBody& body,
                                          std::string_view person) const;
  /// Whether the message is one more of an alert that is open.
  Result<bool> fold(const storage::BotAlert::Likeness& likeness);

  /// An alert and what is kept of it.
  struct Case {
    storage::BotAlert alert;
    KeptAlert kept;
    messages::AlertId id;
    std::vector<KeptAlert::Envelope> leaving;  // with the step that is being settled
    messages::AlertSubject revealed;

    messages::AlertState state() const { return static_cast<messages::AlertState>(alert.state); }
    void become(messages::AlertState next) { alert.state = static_cast<std::uint8_t>(next); }
    storage::BotDesk* desk(const DeviceId& device);
  };
  /// not_found, or `internal` for one that is damaged: the others go on.
  Result<Case> find(const AlertId& id) const;

  // Steps (alert_steps.cc).
  Status check_step(const messages::AlertStep& step, const storage::BotDesk& desk) const;
  Status check_decision(const messages::AlertStep& step, const Case& about,
                        const identity::Certificate& by) const;
  /// Tells the sender of an appealed message what the desk decided.
  Status tell_sender(const messages::AlertStep& step, const Case& about);
  Status share(const messages::AlertStep& step, Case& about) const;
  /// The next line becomes a recipient, and everybody learns whom the alert is about.
  void pass_on(Case& about) const;
  /// What a step changes, but for whom it is told.
  void apply(const messages::AlertStep& step, messages::AlertState next, Case& about) const;
  /// The author may know of it, when they next send something.
  Status note_closed(Case& about);
  /// Perhaps gives professional standards a second look at what was closed.
  Status sample(Case& about);
  /// The bot's own step.
  Status act(Case& about, messages::AlertAction action, const DeviceId& to = {});
  /// Puts a step on record, keeps the case as it is now, and tells the recipients.
  Status settle(Case& about, const messages::AlertStep& step, ByteView bytes,
                std::string_view person);

  Context& context_;
  Groups& groups_;
  Scribe& scribe_;
  Outbox& outbox_;
  Answers& answers_;
  // Time (alert_times.cc).
  std::uint64_t return_after(const storage::BotAlert& alert) const;
  TimeMs in(std::uint64_t ms) const;
  Status leave(Case& about);
  Status press(Case& about);
  Status come_back(Case& about);
  Status remind(Case& about, messages::AlertAction action, std::uint64_t again_after);
  Status hand_over(Case& about);
  /// Nobody of the next line whom the alert was sealed to is there, and its turn has come.
  bool wants_next_line(const Case& about) const;
  /// Who is to have it now, whether or not they do.
  Certificates should_have(const Case& about) const;
  /// Asks the desks that have it to share it with who should and has not.
  Status ask_for_desks(Case& about);

  TimeMs looked_;                      // when due_now last asked the store
  bool raised_ = false;                // since then
  std::optional<AlertId> not_folded_;  // just now, because that failed
  std::set<AlertId> unfoldable_;
  std::set<std::pair<AlertId, DeviceId>> asked_;  // look_for_desks did
};

}  // namespace candour::bot
