// Adding a device again that says it lost a group or could not follow it. Each time is a commit
// that everybody has to follow and a Welcome, so one device must not have it as often as it likes:
// the first time is at once, every further one after a pause that doubles. What was put off is not
// forgotten: the device need not report again.
#include <algorithm>

#include "base/log.h"
#include "bot/steward.h"

namespace candour::bot {
namespace {

constexpr std::uint64_t kDoublingsMax = 20;

std::string count_name(const GroupId& group, const DeviceId& device) {
  return "readds " + group.hex() + " " + device.hex();
}

}  // namespace

std::string readd_name(const GroupId& group, const DeviceId& device) {
  return "readd at " + group.hex() + " " + device.hex();
}

Status Steward::add_again(Group& group, const DeviceId& device, const messages::MailId& mail,
                          messages::ToBotType report) {
  const config::ReaddSettings& settings = context_.readd;
  const std::uint64_t now = context_.clock.now().value;
  CANDOUR_TRY(const std::uint64_t last, context_.store.number(readd_name(group.id(), device)));
  CANDOUR_TRY(std::uint64_t count, context_.store.number(count_name(group.id(), device)));
  if (last + settings.pause_max_ms < now) count = 0;
  std::uint64_t pause = 0;
  if (count > 0) {
    const std::uint64_t doublings = std::min(count - 1, kDoublingsMax);
    pause = std::min(settings.pause_ms << doublings, settings.pause_max_ms);
  }
  const std::uint64_t at = std::max(now, last + pause);
  CANDOUR_TRY(context_.store.put_number(readd_name(group.id(), device), at));
  CANDOUR_TRY(context_.store.put_number(count_name(group.id(), device), count + 1));
  Wanted wanted = group.wanted.at(device);
  wanted.readd = true;
  wanted.readd_at = TimeMs(at);
  group.unsettle();
  CANDOUR_TRY(want(group, device, wanted));
  if (at == now) return ok();
  log::warning(
      "readd_paused",
      {{"group", group.id()}, {"device", device}, {"before", count}, {"wait_ms", at - now}});
  messages::RefusedMail what;
  what.type = report;
  what.about = *messages::RefusedMail::Subject::from(group.id().view());
  what.retry_after_ms = at - now;
  return answers_.refuse(device, mail, what,
                         error(ErrorCode::rate_limited,
                               "this device was added to the group again " + std::to_string(count) +
                                   " times lately; it is added again in " +
                                   std::to_string((at - now) / 1'000 + 1) + " seconds"));
}

}  // namespace candour::bot
