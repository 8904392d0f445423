// What people ask of a group: checked, done, on record, answered.
#include <algorithm>
#include <set>

#include "base/limits.h"
#include "base/log.h"
#include "bot/group_rights.h"
#include "bot/reform.h"
#include "bot/steward.h"

namespace candour::bot {
namespace {

messages::Answer answer_to(const messages::GroupRequest& request) {
  messages::Answer answer;
  answer.type = messages::AnswerType::group_request;
  answer.about = *messages::Answer::About::from(request.request.view());
  return answer;
}

/// The signed request of a device that is certified now.
Result<messages::GroupRequest> signed_request(ByteView bytes, const Context& context) {
  CANDOUR_TRY(const auto unchecked, messages::GroupRequest::decode_signed(bytes));
  CANDOUR_TRY(const identity::Certificate* by, context.trust.device(*unchecked.by));
  return messages::GroupRequest::verify_signed(bytes, by->subject.signing_key,
                                               context.trust.statement()->id);
}

}  // namespace

// Whether it was done; what is older than this bot's memory may have been.
Result<bool> Steward::done_before(const messages::GroupRequest& request) const {
  CANDOUR_TRY(const bool done, context_.store.request_done(request.request.view()));
  if (done) return true;
  CANDOUR_TRY(const std::uint64_t since, context_.store.number(kRequestsSince));
  if (request.issued.value >= since) return false;
  return error(ErrorCode::not_permitted,
               "the request is older than this bot's memory, so that it may have been done before; "
               "make a new one");
}

Status Steward::request(std::string_view note) {
  CANDOUR_TRY(const auto request,
              messages::GroupRequest::verify(note, *context_.trust.statement()));
  CANDOUR_TRY(const bool done, done_before(request));
  if (done) return ok();
  return apply(request, as_bytes(note));
}

Status Steward::member_request(ByteView bytes) {
  CANDOUR_TRY(const auto request, signed_request(bytes, context_));
  CANDOUR_TRY(const bool done, done_before(request));
  if (!done) {
    CANDOUR_TRY(const identity::Certificate* by, context_.trust.device(*request.by));
    const std::uint64_t now = context_.clock.now().value;
    if (request.issued.value > now + limits::kClockSkewMs) {
      return error(ErrorCode::input_invalid,
                   "the request is of the future; set the device's clock");
    }
    CANDOUR_TRY(check_rights(request, *by, groups_.find(request.group), context_));
    CANDOUR_TRY(apply(request, bytes));
  }
  // A re-form is answered when it was begun or refused (bot_reform.cc).
  CANDOUR_TRY(const auto asker, groups_.reform_asker(request.group));
  if (asker && asker->request == request.request) return ok();
  return answers_.send(*request.by, answer_to(request));
}

Status Steward::answer_refused(ByteView bytes, const Error& reason) {
  const auto request = signed_request(bytes, context_);
  if (!request) return ok();
  messages::Answer answer = answer_to(request.value());
  answer.code = code_name(reason.code);
  answer.message = SecretText::copy_of(reason.message);
  return answers_.send(*request.value().by, std::move(answer));
}

Status Steward::check_possible(const messages::GroupRequest& request, const Group* group) const {
  if (request.creates() && group != nullptr) {
    return error(ErrorCode::already_exists, "the group exists already");
  }
  if (!request.creates() && group == nullptr) {
    return error(ErrorCode::group_unknown, "the bot knows no such group");
  }
  std::set<DeviceId> after(request.members.begin(), request.members.end());
  after.insert(request.owners.begin(), request.owners.end());
  if (after.contains(context_.keys.device)) {
    return error(ErrorCode::not_permitted, "the bot is in every group and cannot be named");
  }
  if (request.action == "owners") {
    const auto outside = [&](const DeviceId& device) { return !group->wanted.contains(device); };
    if (std::any_of(request.owners.begin(), request.owners.end(), outside)) {
      return error(ErrorCode::not_a_member, "an owner has to be a member first");
    }
  }
  if (request.by && request.action != "remove") {
    for (const DeviceId& device : after) {
      CANDOUR_TRY(context_.trust.device(device));
    }
  }
  if (request.action == "add") {
    for (const auto& [device, wanted] : group->wanted) after.insert(device);
  }
  if (request.action != "remove" && after.size() + 1 > limits::kGroupMembersMax) {
    return error(ErrorCode::input_invalid, "the group would have too many members");
  }
  return ok();
}

Status Steward::apply(const messages::GroupRequest& request, ByteView evidence) {
  Group* group = groups_.find(request.group);
  CANDOUR_TRY(check_possible(request, group));
  if (request.creates()) {
    messages::GroupInfo info;
    info.group = request.group;
    info.name = request.name;
    info.group_class = request.group_class;
    info.unit = request.unit;
    CANDOUR_TRY(group, groups_.create(std::move(info)));
  }
  CANDOUR_TRY(change(request, *group));
  group->unsettle();
  CANDOUR_TRY(log_request(request, evidence, *group));
  log::info("group_request",
            {{"group", request.group},
             {"action", log::LogSafe(request.action)},
             {"devices", std::uint64_t{request.members.size() + request.owners.size()}}});
  return context_.store.put_request_done(request.request.view());
}

Status Steward::change(const messages::GroupRequest& request, Group& group) {
  if (request.action == "rename") {
    CANDOUR_TRY(groups_.rename(group, request.name));
    return tell_name(group);
  }
  if (request.action == "class") return groups_.classify(group, request.group_class);
  if (request.action == "owners") return set_owners(group, request.owners);
  if (request.action == "reform") return ask_reform(request, group);
  if (request.action == "remove") {
    for (const DeviceId& device : request.members) {
      CANDOUR_TRY(drop(group, device));
    }
    return ok();
  }
  if (request.action == "leave") {
    const identity::Certificate* by = context_.trust.find(*request.by);
    for (const DeviceId& device : devices_of(group, by->subject.person, context_.trust)) {
      CANDOUR_TRY(drop(group, device));
    }
    return ok();
  }
  for (const DeviceId& device : request.owners) {
    CANDOUR_TRY(want(group, device, {.owner = true}));
  }
  for (const DeviceId& device : request.members) {
    const bool owner = group.wanted.contains(device) && group.wanted.at(device).owner;
    CANDOUR_TRY(want(group, device, {.owner = owner}));
  }
  return ok();
}

Status Steward::drop(Group& group, const DeviceId& device) {
  CANDOUR_TRY(context_.store.drop_wanted(group.id(), device));
  group.wanted.erase(device);
  return ok();
}

Status Steward::set_owners(Group& group, const std::vector<DeviceId>& owners) {
  const std::map<DeviceId, Wanted> before = group.wanted;
  for (auto [device, wanted] : before) {
    const bool owner = std::find(owners.begin(), owners.end(), device) != owners.end();
    if (wanted.owner == owner) continue;
    wanted.owner = owner;
    CANDOUR_TRY(want(group, device, wanted));
  }
  return groups_.owe_roster(group, true);
}

Status Steward::log_request(const messages::GroupRequest& request, ByteView evidence,
                            Group& group) {
  warrant::Record record;
  record.kind = tlog::LeafKind::group_change;
  if (request.by) record.sender = *request.by;
  record.sender_time = request.issued;
  record.evidence = SecretBytes::copy_of(evidence);
  CANDOUR_TRY(Logged logged, scribe_.log(std::move(record), group, Digest(), Digest()));
  v1::AppendRecord append;
  *append.mutable_log() = std::move(logged.entry);
  return outbox_.put(append);
}

// Names are for members only, so each device gets it sealed; who joins later gets it with the
// welcome.
Status Steward::tell_name(const Group& group) const {
  for (const auto& [device, leaf] : change_for(group).present) {
    messages::Answer answer;
    answer.type = messages::AnswerType::group_name;
    answer.about = *messages::Answer::About::from(group.id().view());
    answer.message = SecretText::copy_of(group.info.name);
    CANDOUR_TRY(answers_.send(device, std::move(answer)));
  }
  return ok();
}

}  // namespace candour::bot
