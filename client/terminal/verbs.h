// The verbs of `candour`, one function each. They return the error that ends the run; what they
// have to say goes to World::out.
#pragma once

#include "client/terminal/options.h"
#include "client/terminal/session.h"

namespace candour::terminal {

Status enrol(const Options& options, const World& world);

Status send(const Options& options, const World& world);
Status edit(const Options& options, const World& world);
Status withdraw(const Options& options, const World& world);
Status override_warning(const Options& options, const World& world);
Status dispute(const Options& options, const World& world);
Status report(const Options& options, const World& world);

Status poll(const Options& options, const World& world);
Status vote(const Options& options, const World& world);
Status react(const Options& options, const World& world);
Status remove(const Options& options, const World& world);
/// Asks for a block to be lifted; sends again what was approved.
Status appeal(const Options& options, const World& world);
Status resubmit(const Options& options, const World& world);

Status watch(const Options& options, const World& world);
Status history(const Options& options, const World& world);
Status drafts(const Options& options, const World& world);
Status groups(const Options& options, const World& world);
Status roster(const Options& options, const World& world);
/// Whether own messages, or one message of anybody, are in the log; writes the proof to a file.
Status receipt(const Options& options, const World& world);
/// What this device raised the alarm about.
Status alarms(const Options& options, const World& world);
Status notice(const Options& options, const World& world);

/// What is on record about this device's owner.
Status record(const Options& options, const World& world);

Status alerts(const Options& options, const World& world);
/// `alerts context`: writes the scope of a warrant for what was said around an alert's message.
Status alert_context(const Options& options, const World& world);
/// ack, assign, escalate, close: which is in Options::verb.
Status alert_step(const Options& options, const World& world);

/// approve, refuse: which is in Options::verb.
Status decide_appeal(const Options& options, const World& world);

/// create, rename, class, add, remove, owners, leave: which is in Options::action.
Status group(const Options& options, const World& world);
/// Marks messages as read.
Status read(const Options& options, const World& world);
/// The devices of these people that are certified now; not_found with who has none.
Result<std::vector<DeviceId>> devices_of(client::Trust& trust,
                                         const std::vector<std::string>& people);

/// The interactive chat.
Status chat(const Options& options, const World& world);

/// "ready": connected and caught up.
void print_ready(Session& session, bool json);

/// A message id, or the unique beginning (4 hex digits or more) of a draft's or shown message's.
Result<MessageId> find_message(client::Client& client, std::string_view what);
/// Which option of the poll "2", or its text, means: from 0. input_invalid when none.
Result<std::uint8_t> find_option(const messages::Content& poll, std::string_view what);
/// The message and the group it is in; not_found.
Result<client::HistoryRow> find_shown(client::Client& client, std::string_view what);
/// The same for alerts.
Result<messages::AlertId> find_alert(client::Client& client, std::string_view what);
/// Shown rows of one group in order, with the text that edits and deletions leave.
Status print_history(std::ostream& out, client::Store& store, const GroupId& group,
                     std::string_view group_name, bool json);
void print_notice(std::ostream& out, client::Client& client, bool json);

}  // namespace candour::terminal
