// What happens in a client, as its user is told: the lines of `candour watch`, the chat and the
// tests all come from these.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/secret.h"
#include "client/messages/content.h"
#include "client/messages/reply.h"
#include "client/records.h"

namespace candour::client {

enum class EventType {
  submitted,   // the relay has it durably
  released,    // own message, delivered to everyone, token checked
  delivered,   // another member's message
  warned,      // own message, withheld: edit, withdraw, send anyway or dispute
  blocked,     // own message, withheld for good
  rejected,    // own message, refused by relay or bot: see code
  reported,    // own report, received by the bot
  duty,        // once in a while: improper conduct is to be challenged and reported
  withdrawn,   // own draft, dropped
  overridden,  // own message, sent past a warning and released; told instead of `released`
  alert,       // a new alert, or a step taken on one
  notice,      // the monitoring notice: new, or acknowledged
  bot_absent,  // messages wait
  bot_back,
  membership,     // a group entered, left or changed
  expiring,       // this device's certificate ends before long: a registrar has to issue it anew
  stopped,        // this device refuses the group from here on: see code
  refused,        // something the relay or the bot sent was not accepted: see code
  new_log,        // the log was lost and another follows it: see message
  appeal,         // of a blocked own message: see action (an AppealState) and code
  group_request,  // the bot answered an own request about a group: see action, code
  mail_refused,   // the bot did not do what own mail asked for: see action (alert_step,
                  // failure_report, lost_group), request (the mail's id), about, code, message
  alarm,          // something is wrong with the log or with this person's devices: see code
};
std::string_view name_of(EventType type);

struct Event {
  EventType type = EventType::submitted;
  TimeMs time;
  std::optional<MessageId> message_id;
  std::optional<GroupId> group;
  std::uint64_t submission = 0;  // 0 = unknown
  std::uint64_t seq = 0;         // 0 = none

  // submitted, released, delivered, warned, blocked, overridden
  DeviceId sender;
  std::string person;
  std::string name;  // the sender's; of membership events the group's
  std::optional<messages::Content> content;
  std::optional<MessageId> original;
  std::vector<messages::ReplyFinding> findings;
  TimeMs expires;          // also of expiring
  SecretText option_text;  // of a vote, where the poll is known
  bool mentioned = false;  // this device's person

  // appeal: what the desk said
  SecretText note;
  // group_request, mail_refused
  std::string request;
  std::string about;                 // mail_refused: the alert's id
  std::uint64_t retry_after_ms = 0;  // mail_refused: when it is done after all; 0 = not

  // rejected, stopped, refused, new_log, alarm (of the device `sender` where there is one);
  // appeal and group_request that the bot did not take; delivered messages that were to change
  // another one and have no effect
  std::string code;
  std::string message;

  // membership
  // joined, removed, changed, renamed, formed again; renewed: this device has new keys; lost: the
  // relay no longer has what this device missed, and the bot is asked to add it anew; added again
  std::string action;
  std::uint64_t missed = 0;  // added again: so many messages in between cannot be read
  std::uint64_t epoch = 0;
  std::size_t members = 0;
  std::vector<std::string> people_joined;
  std::vector<std::string> people_left;

  // notice
  std::uint64_t version = 0;
  Digest digest;
  bool acknowledged = false;

  // alert
  std::shared_ptr<const AlertRecord> alert;
};

/// Told of each event once what it reports is durable. Called on the client's own thread.
class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual void on_event(const Event& event) = 0;
  /// Whether a person or program sees alarms here; those raised where nobody does are told by the
  /// next sink that shows them.
  virtual bool shows_alarms() const { return true; }
};

}  // namespace candour::client
