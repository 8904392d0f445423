// The supervisor's desk: alerts and the steps on them.
#include "client/terminal/verbs.h"

namespace candour::terminal {
namespace {

/// Prints nothing but the alert that is waited for.
class AlertSink : public client::EventSink {
 public:
  void on_event(const client::Event& event) override {
    if (event.alert) last_ = event.alert;
  }
  void forget() { last_.reset(); }
  const client::AlertRecord* last() const { return last_.get(); }

 private:
  std::shared_ptr<const client::AlertRecord> last_;
};

void print(const World& world, const client::AlertRecord& record, bool json) {
  if (json) {
    print_alert_json(world.out, record, world.clock.now());
  } else {
    print_alert_plain(world.out, record);
  }
}

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
  AlertSink sink;
  CANDOUR_TRY(auto session, Session::open(options, world, sink));
  CANDOUR_TRY(session->start());
  CANDOUR_TRY(auto kept, session->store().alerts());
  for (const client::AlertRecord& record : kept) {
    if (!options.all && record.state() == messages::AlertState::closed) continue;
    print(world, record, options.json);
  }
  return ok();
}

Status alert_step(const Options& options, const World& world) {
  AlertSink sink;
  CANDOUR_TRY(auto session, Session::open(options, world, sink));
  CANDOUR_TRY(session->start());
  CANDOUR_TRY(const messages::AlertId id, find_alert(session->client(), options.id));
  CANDOUR_TRY(auto before, session->store().alert(id));
  messages::AlertAction action = messages::AlertAction::acknowledge;
  const std::size_t steps = before ? before->steps.size() : 0;
  for (const Step& step : kSteps) {
    if (step.verb != options.verb) continue;
    SecretText argument =
        options.verb == "assign" ? SecretText::copy_of(options.to_person) : options.reason.clone();
    sink.forget();
    action = step.action;
    const auto resolution =
        messages::resolution_from_name(options.resolution).value_or(messages::Resolution::none);
    CANDOUR_TRY(session->client().alert_step(id, step.action, std::move(argument), resolution));
  }
  if (options.no_wait) return ok();
  CANDOUR_TRY(session->pump_until([&] {
    const client::AlertRecord* last = sink.last();
    return last != nullptr && last->id == id && last->steps.size() > steps &&
           last->steps.back().action == action;
  }));
  print(world, *sink.last(), options.json);
  return ok();
}

}  // namespace candour::terminal
