// What the person an alert is about may know of it: that it was closed, and how, and no sooner.
#include "bot/alerts.h"

namespace candour::bot {
namespace {

using messages::Resolution;

/// Counts closed alerts that this device was not told of. So that most messages cost one look-up.
std::string waiting_name(const DeviceId& device) { return "own_alerts " + device.hex(); }

}  // namespace

Status Alerts::note_closed(Case& about) {
  const auto resolution = static_cast<Resolution>(about.alert.resolution);
  // Referred: it is looked into further, which is not to be given away.
  if (resolution == Resolution::referred || about.kept.own.empty()) return ok();
  const std::string name = waiting_name(about.alert.author);
  CANDOUR_TRY(const std::uint64_t waiting, context_.store.number(name));
  return context_.store.put_number(name, waiting + 1);
}

Result<std::vector<messages::ClosedAlert>> Alerts::closed_about(
    const identity::Certificate& author) {
  std::vector<messages::ClosedAlert> told;
  const DeviceId device = author.device();
  CANDOUR_TRY(std::uint64_t waiting, context_.store.number(waiting_name(device)));
  if (waiting == 0) return told;
  const auto subject = bot::subject_of(context_.keys.state, author.subject.person);
  CANDOUR_TRY(const auto closed, context_.store.alerts_closed(subject));
  std::size_t size = 0;
  bool more = false;
  for (const AlertId& id : closed) {
    auto found = find(id);
    if (!found && found.error().code != ErrorCode::internal) return std::move(found).error();
    if (!found) continue;
    Case about = std::move(found).value();
    const auto resolution = static_cast<Resolution>(about.alert.resolution);
    if (about.alert.author != device || about.kept.own.empty() ||
        resolution == Resolution::referred) {
      continue;
    }
    size += about.kept.own.size() + 32;
    more = told.size() == messages::kClosedAlertsMax || size > messages::kClosedAlertsSizeMax;
    if (more) break;
    told.push_back({about.alert.message_id, resolution, about.alert.closed, about.kept.own});
    about.kept.own.clear();
    about.alert.sealed = about.kept.encode();
    CANDOUR_TRY(context_.store.put_alert(about.alert));
  }
  waiting = more ? waiting : 0;
  CANDOUR_TRY(context_.store.put_number(waiting_name(device), waiting));
  return told;
}

}  // namespace candour::bot
