// The first half: what is wanted. How it comes about is in steward_commit.cc.
#include "bot/steward.h"

#include <algorithm>
#include <set>

#include "base/limits.h"
#include "base/log.h"
#include "bot/reform.h"
#include "client/messages/to_bot.h"

namespace candour::bot {
namespace {

constexpr std::uint64_t kSweepEveryMs = 60'000;

// Beside the ids of group requests, which are shorter.
Bytes report_key(const messages::FailureReport& report) {
  return to_bytes("failure report " + report.group.hex() + " " + report.device.hex() + " " +
                  std::to_string(report.epoch.value));
}

}  // namespace

void Steward::retry_in(Group& group, std::uint64_t delay_ms) const {
  group.retry_at = TimeMs(context_.clock.now().value + delay_ms);
}

Status Steward::want(Group& group, const DeviceId& device, Wanted wanted) {
  if (gone(device)) return ok();
  CANDOUR_TRY(context_.store.put_wanted(
      {group.id(), device, wanted.owner, wanted.missing_told, wanted.readd}));
  group.wanted[device] = wanted;
  return ok();
}

Status Steward::failure_report(ByteView bytes, const messages::MailId& mail) {
  CANDOUR_TRY(const auto unchecked, messages::FailureReport::decode(bytes));
  CANDOUR_TRY(const identity::Certificate* by, context_.trust.device(unchecked.device));
  CANDOUR_TRY(const auto report, messages::FailureReport::verify(bytes, by->subject.signing_key));
  Group* group = groups_.find(report.group);
  if (group == nullptr || !change_for(*group).present.contains(report.device) ||
      !group->wanted.contains(report.device)) {
    return error(ErrorCode::not_a_member, "the device that reports is not in the group");
  }
  const bool last = report.epoch.next() == group->mls.epoch();
  CANDOUR_TRY(const auto commit, context_.store.seen(report.group, report.message_id));
  if (!last || !commit || commit->sender != context_.keys.device) {
    return error(ErrorCode::input_invalid, "the report is not about the last released commit");
  }
  const Bytes key = report_key(report);
  CANDOUR_TRY(const bool done, context_.store.request_done(key));
  if (done) return ok();
  CANDOUR_TRY(context_.store.put_request_done(key));
  log::warning("failure_report",
               {{"group", report.group}, {"device", report.device}, {"epoch", report.epoch}});
  return add_again(*group, report.device, mail, messages::ToBotType::failure_report);
}

// Numbered by the device's own clock: a report that comes again, by whomever, is an older one.
Status Steward::lost_group(ByteView bytes, const messages::MailId& mail) {
  CANDOUR_TRY(const auto unchecked, messages::LostReport::decode(bytes));
  CANDOUR_TRY(const identity::Certificate* by, context_.trust.device(unchecked.device));
  CANDOUR_TRY(const auto report, messages::LostReport::verify(bytes, by->subject.signing_key));
  Group* group = groups_.find(report.group);
  if (group == nullptr || !change_for(*group).present.contains(report.device) ||
      !group->wanted.contains(report.device)) {
    return error(ErrorCode::not_a_member, "the device that lost the group is not in it");
  }
  if (group->wanted.at(report.device).readd) return ok();
  const std::string heard = "lost " + report.group.hex() + " " + report.device.hex();
  CANDOUR_TRY(const std::uint64_t last, context_.store.number(heard));
  if (report.time.value > context_.clock.now().value + limits::kClockSkewMs) {
    // Else it would be refused until its clock, once right, comes to that time again.
    return error(ErrorCode::input_invalid, "the report is of the future: set the device's clock");
  }
  if (report.time.value <= last || report.seq >= group->chain.seq) {
    return error(ErrorCode::input_invalid,
                 "the device has nothing to catch up with, or said so before");
  }
  CANDOUR_TRY(context_.store.put_number(heard, report.time.value));
  log::info("group_lost_by_member",
            {{"group", report.group}, {"device", report.device}, {"seq", report.seq}});
  CANDOUR_TRY(add_again(*group, report.device, mail, messages::ToBotType::lost_group));
  return note(*group, "candour-group-lost/v1\ndevice " + report.device.hex() + "\nseq " +
                          std::to_string(report.seq.value) + "\n");
}

bool Steward::gone(const DeviceId& device) const {
  const identity::Certificate* certificate = context_.trust.find(device);
  return context_.trust.revoked(device) ||
         (certificate != nullptr && context_.clock.now() > certificate->not_after);
}

bool Steward::sweep_due() const { return context_.clock.now() >= sweep_at_; }

Status Steward::sweep_revoked() {
  sweep_at_ = TimeMs(context_.clock.now().value + kSweepEveryMs);
  for (auto& [id, group] : groups_.all()) {
    for (auto wanted = group.wanted.begin(); wanted != group.wanted.end();) {
      if (!gone(wanted->first)) {
        ++wanted;
        continue;
      }
      CANDOUR_TRY(context_.store.drop_wanted(id, wanted->first));
      wanted = group.wanted.erase(wanted);
      group.unsettle();
    }
  }
  return ok();
}

Steward::Change Steward::change_for(const Group& group) const {
  Change change;
  for (const mls::Member& member : group.mls.members()) {
    if (member.leaf == group.mls.own_leaf()) continue;
    const DeviceId device = device_of(member);
    change.present[device] = member.leaf;
    if (group.wanted.contains(device)) continue;
    change.removes.push_back(member.leaf);
    change.removed.push_back(device);
  }
  const TimeMs now = context_.clock.now();
  for (const auto& [device, wanted] : group.wanted) {
    const bool there = change.present.contains(device);
    if (there && wanted.readd && wanted.readd_at > now) {
      const TimeMs at = wanted.readd_at;
      change.later = change.later.value == 0 ? at : std::min(change.later, at);
    } else if (!there || wanted.readd) {
      change.missing.push_back(device);
    }
  }
  return change;
}

bool Steward::can_join(const DeviceId& device) const {
  const auto certificate = context_.trust.device(device);
  return certificate && certificate.value()->subject.role != "bot" && context_.trust.proven(device);
}

bool Steward::has_work(Group& group) const {
  if (group.retry_at > context_.clock.now()) return false;
  if (group.commit) return !group.commit->judged && !group.commit->submitted;
  if (!group.renewals.empty() && !group.reform) return true;
  if (group.rekey || rotation_due(group) || (group.roster_owed && !group.reform)) return true;
  const bool due = group.unsettled_at.value != 0 && group.unsettled_at <= context_.clock.now();
  if (group.settled && !due) return false;
  const Change change = change_for(group);
  group.settled = change.removes.empty() && change.missing.empty();
  group.unsettled_at = change.later;
  return !change.removes.empty() || (!group.fetching && !change.missing.empty());
}

bool Steward::due() {
  return std::any_of(groups_.all().begin(), groups_.all().end(),
                     [&](auto& entry) { return has_work(entry.second); });
}

Status Steward::prove_joiners(client::Connection& connection) {
  for (auto& [id, group] : groups_.all()) {
    if (group.commit || !has_work(group)) continue;
    for (const DeviceId& device : change_for(group).missing) {
      if (context_.trust.proven(device) || !context_.trust.device(device)) continue;
      const Status proven = context_.trust.prove(device, connection);
      if (proven) continue;
      const ErrorCode code = proven.error().code;
      if (code == ErrorCode::disconnected || code == ErrorCode::timed_out ||
          is_fatal(proven.error())) {
        return std::move(proven).error();
      }
      // The certificate's checkpoint may not be cosigned yet; a wrong proof is worth an alarm.
      if (code == ErrorCode::not_found) {
        log::debug("certificate_not_proven_yet", {{"device", device}});
      } else {
        log::error("certificate_not_in_log", {{"device", device}, {"code", code}});
      }
    }
  }
  return ok();
}

Status Steward::tell_missing(Group& group, const DeviceId& device) {
  auto found = group.wanted.find(device);
  if (found == group.wanted.end() || found->second.missing_told) return ok();
  found->second.missing_told = true;
  CANDOUR_TRY(want(group, device, found->second));
  log::info("key_package_missing", {{"group", group.id()}, {"device", device}});
  return note(group, "candour-group-missing/v1\ndevice " + device.hex() + "\n");
}

Status Steward::note(Group& group, const std::string& text) {
  warrant::Record record;
  record.kind = tlog::LeafKind::group_change;
  record.sender = context_.keys.device;
  record.sender_time = context_.clock.now();
  record.evidence = SecretBytes::copy_of(as_bytes(text));
  CANDOUR_TRY(Logged logged, scribe_.log(std::move(record), group, Digest(), Digest()));
  v1::AppendRecord append;
  *append.mutable_log() = std::move(logged.entry);
  return outbox_.put(append);
}

void Steward::restart() {
  for (auto& [id, group] : groups_.all()) {
    group.fetching = false;
    group.unsettle();
    if (group.commit) group.commit->submitted = false;
  }
}

}  // namespace candour::bot
