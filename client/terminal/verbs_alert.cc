// The supervisor's desk: alerts and the steps on them.
#include <algorithm>
#include <map>

#include "client/terminal/verbs.h"

namespace candour::terminal {
namespace {

void print(const World& world, const client::AlertRecord& record, bool json) {
  if (json) {
    print_alert_json(world.out, record, world.clock.now());
  } else {
    print_alert_plain(world.out, record);
  }
}

/// Prints nothing, and remembers that the bot refused a mail.
class DeskSink : public Silent {
 public:
  void on_event(const client::Event& event) override {
    if (event.type != client::EventType::mail_refused) return;
    refusals_[event.request] = error(code_from_name(event.code), event.message);
  }
  Status outcome(const messages::MailId& mail) const {
    const auto found = refusals_.find(mail.hex());
    if (found != refusals_.end()) return found->second;
    return ok();
  }

 private:
  std::map<std::string, Error> refusals_;
};

struct Step {
  std::string_view verb;
  messages::AlertAction action;
};
constexpr Step kSteps[] = {{"ack", messages::AlertAction::acknowledge},
                           {"assign", messages::AlertAction::assign},
                           {"escalate", messages::AlertAction::escalate},
                           {"close", messages::AlertAction::close}};

}  // namespace

Status alerts(const Options& options, const World& world) {
  if (!options.what.empty() && options.id.empty()) {
    return error(ErrorCode::usage, "alerts " + options.what + " needs the id of an alert");
  }
  if (options.what == "context") return alert_context(options, world);
  Silent sink;
  CANDOUR_TRY(auto session, Session::open(options, world, sink));
  CANDOUR_TRY(session->start());
  if (options.what == "check") {
    CANDOUR_TRY(const messages::AlertId id, find_alert(session->client(), options.id));
    CANDOUR_TRY(const auto checked, session->client().prove_report(id));
    print(world, checked, options.json);
    return ok();
  }
  CANDOUR_TRY(auto kept, session->store().alerts());
  for (const client::AlertRecord& record : kept) {
    if (!options.all && record.state() == messages::AlertState::closed) continue;
    print(world, record, options.json);
  }
  return ok();
}

Status alert_step(const Options& options, const World& world) {
  DeskSink sink;
  CANDOUR_TRY(auto session, Session::open(options, world, sink));
  CANDOUR_TRY(session->start());
  CANDOUR_TRY(const messages::AlertId id, find_alert(session->client(), options.id));
  CANDOUR_TRY(auto before, session->store().alert(id));
  messages::AlertAction action = messages::AlertAction::acknowledge;
  messages::MailId mail;
  const std::size_t steps = before ? before->steps.size() : 0;
  for (const Step& step : kSteps) {
    if (step.verb != options.verb) continue;
    SecretText argument =
        options.verb == "assign" ? SecretText::copy_of(options.to_person) : options.reason.clone();
    action = step.action;
    const auto resolution =
        messages::resolution_from_name(options.resolution).value_or(messages::Resolution::none);
    CANDOUR_TRY(mail,
                session->client().alert_step(id, step.action, std::move(argument), resolution));
  }
  if (options.no_wait) return ok();
  // Other desks, and the bot, may take further steps at once.
  const std::string& own = session->store().profile().person;
  std::optional<client::AlertRecord> now;
  CANDOUR_TRY(session->pump_until([&] {
    if (!sink.outcome(mail)) return true;
    auto kept = session->store().alert(id);
    if (!kept || !kept.value() || kept.value()->steps.size() <= steps) return false;
    now = std::move(*kept.value());
    const auto begin = now->steps.begin() + static_cast<std::ptrdiff_t>(steps);
    return std::any_of(begin, now->steps.end(), [&](const client::AlertStepSeen& step) {
      return step.action == action && step.person == own;
    });
  }));
  CANDOUR_TRY(sink.outcome(mail));
  print(world, *now, options.json);
  return ok();
}

Status decide_appeal(const Options& options, const World& world) {
  DeskSink sink;
  CANDOUR_TRY(auto session, Session::open(options, world, sink));
  CANDOUR_TRY(session->start());
  CANDOUR_TRY(const messages::AlertId id, find_alert(session->client(), options.id));
  const bool approve = options.verb == "approve";
  CANDOUR_TRY(const auto mail,
              session->client().decide_appeal(id, approve, options.reason.clone()));
  if (options.no_wait) return ok();
  std::optional<client::AlertRecord> now;
  const messages::AlertAction action =
      approve ? messages::AlertAction::approve : messages::AlertAction::refuse;
  const std::string& own = session->store().profile().person;
  CANDOUR_TRY(session->pump_until([&] {
    if (!sink.outcome(mail)) return true;
    auto kept = session->store().alert(id);
    if (!kept || !kept.value()) return false;
    now = std::move(*kept.value());
    return std::any_of(now->steps.begin(), now->steps.end(),
                       [&](const client::AlertStepSeen& step) {
                         return step.action == action && step.person == own;
                       });
  }));
  CANDOUR_TRY(sink.outcome(mail));
  print(world, *now, options.json);
  return ok();
}

}  // namespace candour::terminal
