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

Result<Steward::Pace> Steward::pace(const std::string& at_name,
                                    const std::string& count_name) const {
  const config::ReaddSettings& settings = context_.readd;
  const std::uint64_t now = context_.clock.now().value;
  CANDOUR_TRY(const std::uint64_t last, context_.store.number(at_name));
  CANDOUR_TRY(std::uint64_t count, context_.store.number(count_name));
  if (last + settings.pause_max_ms < now) count = 0;
  std::uint64_t pause = 0;
  if (count > 0) {
    const std::uint64_t doublings = std::min(count - 1, kDoublingsMax);
    pause = std::min(settings.pause_ms << doublings, settings.pause_max_ms);
  }
  return Pace{std::max(now, last + pause), count};
}

Status Steward::keep_pace(const std::string& at_name, const std::string& count_name,
                          const Pace& pace) {
  CANDOUR_TRY(context_.store.put_number(at_name, pace.at));
  return context_.store.put_number(count_name, pace.count + 1);
}

Status Steward::ask_reform(const messages::GroupRequest& request, Group& group) {
  if (group.reform || group.reform_asked) return ok();  // it is under way
  const std::string at_name = "reformed at " + group.id().hex();
  const std::string count_name = "reforms " + group.id().hex();
  CANDOUR_TRY(const Pace due, pace(at_name, count_name));
  const std::uint64_t now = context_.clock.now().value;
  if (due.at > now) {
    return error(ErrorCode::rate_limited,
                 "the group was formed again " + std::to_string(due.count) +
                     " times lately; ask again in " + std::to_string((due.at - now) / 1'000 + 1) +
                     " seconds");
  }
  CANDOUR_TRY(keep_pace(at_name, count_name, due));
  std::optional<ReformAsker> asker;
  if (request.by) asker = ReformAsker{request.request, *request.by};
  return groups_.ask_reform(group, asker);
}

Status Steward::add_again(Group& group, const DeviceId& device, const messages::MailId& mail,
                          messages::ToBotType report) {
  const std::string at_name = readd_name(group.id(), device);
  CANDOUR_TRY(const Pace due, pace(at_name, count_name(group.id(), device)));
  CANDOUR_TRY(keep_pace(at_name, count_name(group.id(), device), due));
  Wanted wanted = group.wanted.at(device);
  wanted.readd = true;
  wanted.readd_at = TimeMs(due.at);
  group.unsettle();
  CANDOUR_TRY(want(group, device, wanted));
  // Time went on since the pace was taken.
  const std::uint64_t now = context_.clock.now().value;
  if (due.at <= now) return ok();
  const std::uint64_t wait = due.at - now;
  log::warning(
      "readd_paused",
      {{"group", group.id()}, {"device", device}, {"before", due.count}, {"wait_ms", wait}});
  messages::RefusedMail what;
  what.type = report;
  what.about = *messages::RefusedMail::Subject::from(group.id().view());
  what.retry_after_ms = wait;
  return answers_.refuse(device, mail, what,
                         error(ErrorCode::rate_limited,
                               "this device was added to the group again " +
                                   std::to_string(due.count) + " times lately; it is added again" +
                                   " in " + std::to_string(wait / 1'000 + 1) + " seconds"));
}

}  // namespace candour::bot
