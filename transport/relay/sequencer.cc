#include "transport/relay/sequencer.h"

#include <algorithm>

#include "base/codec.h"
#include "base/limits.h"
#include "base/log.h"
#include "crypto/hash.h"

namespace candour::relay {

namespace {

constexpr std::size_t kSubmissionsRemembered = 4096;
/// Ciphertexts of pending submissions kept in memory; beyond that they are read back when needed.
constexpr std::size_t kPendingBytesKeptMax = 64 * 1024 * 1024;
/// A repeat writes nothing. Devices send all that has no outcome again on a new connection.
constexpr double kRepeatsPerSubmission = 10;
constexpr double kRepeatBurstMin = 1024;
/// The bot's field is sealed: its plaintext, a key and a tag, and room for a format's header.
constexpr std::size_t kBotFieldSizeMax = limits::kBotFieldPlaintextSize + 256;

/// The numbers of those that are forgotten for it.
std::vector<std::uint64_t> remember(Device& device, const MessageId& message,
                                    const SubmittedMemo& memo) {
  device.submitted[message] = memo;
  device.submitted_order.push_back(message);
  std::vector<std::uint64_t> forgotten;
  while (device.submitted_order.size() > kSubmissionsRemembered) {
    const auto oldest = device.submitted.find(device.submitted_order.front());
    if (oldest != device.submitted.end()) {
      forgotten.push_back(oldest->second.number);
      device.submitted.erase(oldest);
    }
    device.submitted_order.pop_front();
  }
  return forgotten;
}

/// By the header of an MLS PrivateMessage (RFC 9420, section 6), which nobody encrypts: version and
/// wire format u16 each, then the group id with its length. False when it is not one: the bot says
/// what is wrong with it.
bool of_another_mls_group(std::string_view ciphertext, ByteView mls_group) {
  Reader in(as_bytes(ciphertext));
  const bool private_message = in.u16() == 1 && in.u16() == 2;
  const ByteView id = in.vec(limits::kNoteSizeMax);
  return private_message && in.ok() && !same(id, mls_group);
}

}  // namespace

void Sequencer::load(const storage::RelaySnapshot& snapshot) {
  for (const auto& row : snapshot.submitted) {
    Device* device = context_.model.device(row.device);
    if (device == nullptr) continue;
    (void)remember(*device, row.message_id, {row.number, row.hash, row.group, row.submission});
  }
  Model& model = context_.model;
  if (!snapshot.submitted.empty()) model.accepted = snapshot.submitted.back().number;
  for (const auto& row : snapshot.pending) model.accepted = std::max(model.accepted, row.number);
}

Status Sequencer::check_form(const Session& session, const v1::Submit& submit) const {
  if (submit.version() != 1) return error(ErrorCode::frame_malformed, "unknown version of Submit");
  if (submit.kind() != v1::APPLICATION && submit.kind() != v1::COMMIT) {
    return error(ErrorCode::frame_malformed, "a submission is an application message or a commit");
  }
  const auto size_max =
      submit.kind() == v1::COMMIT ? limits::kCommitSizeMax : limits::kCiphertextSizeMax;
  if (submit.ciphertext().empty()) {
    return error(ErrorCode::frame_malformed, "the submission has no ciphertext");
  }
  if (submit.ciphertext().size() > size_max || submit.bot_field().size() > kBotFieldSizeMax) {
    return error(ErrorCode::frame_too_large, "the ciphertext may have " + std::to_string(size_max) +
                                                 " bytes, the bot's field " +
                                                 std::to_string(kBotFieldSizeMax));
  }
  if (!session.bot && submit.bot_field().empty()) {
    return error(ErrorCode::frame_malformed, "the field for the bot is missing");
  }
  return ok();
}

Status Sequencer::take_allowance(Device& device) {
  const double rate = static_cast<double>(context_.bounds.submits_per_second);
  if (device.submits.take(context_.monotonic.now(), rate, rate)) return ok();
  return context_.reached(Limit::submits_per_second,
                          error(ErrorCode::rate_limited,
                                "more than " + std::to_string(context_.bounds.submits_per_second) +
                                    " submissions a second; wait a moment"));
}

Status Sequencer::take_room(const Session& session, Device& device) {
  if (session.bot) return ok();
  if (context_.model.storage_full) return context_.no_room();
  return take_allowance(device);
}

Status Sequencer::check_group(const Session& session, const Device& device, const Group& group,
                              const v1::Submit& submit) const {
  const std::string name = "group " + group.row.group.hex();
  if (group.cursors.count(session.device) == 0) {
    return error(ErrorCode::not_a_member, "this device is not in " + name);
  }
  if (group.row.stopped) return error(ErrorCode::group_stopped, name + " is stopped");
  if (submit.kind() == v1::COMMIT && !session.bot) {
    return error(ErrorCode::not_permitted, "only the bot commits in this version");
  }
  if (!session.bot && !device.notice_acknowledged) {
    return error(ErrorCode::notice_unacknowledged,
                 "the current monitoring notice has to be acknowledged before sending");
  }
  // Not of the bot, whose commit may be what removes the device that filled the queue.
  if (!session.bot && group.pending.size() >= context_.bounds.pending_per_group) {
    return context_.reached(
        Limit::pending_per_group,
        error(ErrorCode::queue_full,
              std::to_string(group.pending.size()) + " messages of " + name + " wait for the bot"));
  }
  if (submit.epoch() != group.row.epoch.value) {
    return error(
        ErrorCode::epoch_stale,
        name + " is in epoch " + std::to_string(group.row.epoch.value) + "; encrypt again");
  }
  if (!group.mls_group.empty() && of_another_mls_group(submit.ciphertext(), group.mls_group)) {
    return error(ErrorCode::epoch_stale, name + " was formed again; encrypt again");
  }
  if (group.commit_pending) {
    return error(ErrorCode::epoch_pending, "a commit of " + name + " is on its way; wait for it");
  }
  return ok();
}

// That it is here is said whatever the pace: devices take rate_limited for "the relay does not have
// it".
Status Sequencer::repeated(const Session& session, std::uint64_t request, Device& device,
                           const MessageId& message, const v1::Submit& submit,
                           const SubmittedMemo& memo) {
  const double rate =
      kRepeatsPerSubmission * static_cast<double>(context_.bounds.submits_per_second);
  if (!session.bot &&
      !device.repeats.take(context_.monotonic.now(), rate, std::max(rate, kRepeatBurstMin))) {
    return context_.reached(
        Limit::submits_per_second,
        error(ErrorCode::message_id_reused,
              "message id " + message.hex() + " was used before, and too many are sent again"));
  }
  if (memo.hash != crypto::sha256(wire::serialise(submit))) {
    return error(ErrorCode::message_id_reused,
                 "message id " + message.hex() + " was used for other bytes; take a fresh one");
  }
  context_.store.after_durable(
      [this, to = session.id, request, message, submission = memo.submission](Status status) {
        if (!context_.durable(status, to, request)) return;
        v1::ServerFrame frame;
        frame.mutable_submitted()->set_message_id(wire::to_field(message));
        frame.mutable_submitted()->set_submission(submission.value);
        frame.mutable_submitted()->set_duplicate(true);
        context_.answer(to, request, std::move(frame));
      });
  return ok();
}

Status Sequencer::submit(Session& session, std::uint64_t request, v1::Submit submit) {
  CANDOUR_TRY(auto id, wire::id_of<GroupId>(submit.group(), "group"));
  CANDOUR_TRY(auto message, wire::id_of<MessageId>(submit.message_id(), "message_id"));
  CANDOUR_TRY(check_form(session, submit));
  Device& device = context_.model.devices.at(session.device);
  if (auto memo = device.submitted.find(message); memo != device.submitted.end()) {
    return repeated(session, request, device, message, submit, memo->second);
  }
  CANDOUR_TRY(take_room(session, device));
  const Digest hash = crypto::sha256(wire::serialise(submit));
  Group* group = context_.model.group(id);
  const bool begins = session.bot && submit.kind() == v1::COMMIT && submit.epoch() == 0;
  const bool creates_group = group == nullptr && begins;
  const bool forms_again = group != nullptr && begins && group->row.epoch != Epoch(0);
  if (group == nullptr && !creates_group) {
    return error(ErrorCode::group_unknown, "there is no group " + id.hex());
  }
  if (creates_group && context_.model.groups.size() >= context_.bounds.groups) {
    return context_.reached(
        Limit::groups, error(ErrorCode::too_many_groups,
                             "this relay keeps at most " + std::to_string(context_.bounds.groups) +
                                 " groups; raise limits.groups"));
  }
  if (creates_group) {
    group = &context_.model.groups[id];
    group->row.group = id;
    group->cursors[session.device] = Seq(0);
    device.groups.insert(id);
    session.sent[id] = Seq(0);
    ++context_.model.audience_version;
  }
  std::vector<std::uint64_t> dropped;
  if (forms_again) {
    if (group->row.stopped) log::info("stopped_group_begins_again", {{"group", id}});
    group->row.stopped = false;
    dropped = gate_.drop_pending(*group);
    group->cursors.emplace(session.device, Seq(0));
    device.groups.insert(id);
  } else {
    CANDOUR_TRY(check_group(session, device, *group, submit));
  }
  accept(
      session, request, device, *group, message, hash, std::move(submit),
      {.creates_group = creates_group, .forms_again = forms_again, .dropped = std::move(dropped)});
  return ok();
}

void Sequencer::accept(Session& session, std::uint64_t request, Device& device, Group& group,
                       const MessageId& message, const Digest& hash, v1::Submit submit,
                       Beginning beginning) {
  Model& model = context_.model;
  const GroupId id = group.row.group;
  group.row.submission = group.row.submission.next();
  storage::PendingRow row{.number = ++model.accepted,
                          .group = id,
                          .submission = group.row.submission,
                          .message_id = message,
                          .sender = session.device,
                          .epoch = Epoch(submit.epoch()),
                          .kind = submit.kind(),
                          .accepted = context_.clock.now(),
                          .ciphertext_hash = crypto::sha256(as_bytes(submit.ciphertext()))};
  storage::AcceptedSubmission accepted{
      .pending = {row, to_bytes(submit.ciphertext()), to_bytes(submit.bot_field())},
      .submitted = {.number = row.number,
                    .device = session.device,
                    .message_id = message,
                    .group = id,
                    .submission = row.submission,
                    .hash = hash},
      .creates_group = beginning.creates_group,
      .forms_again = beginning.forms_again,
      .dropped = std::move(beginning.dropped),
      .forgotten = remember(device, message, {row.number, hash, id, row.submission})};
  Pending pending{.row = row, .accepted = context_.monotonic.now()};
  if (model.pending_bytes_kept + submit.ciphertext().size() <= kPendingBytesKeptMax &&
      model.bot_session != 0) {
    model.pending_bytes_kept += submit.ciphertext().size();
    pending.body = std::make_shared<const v1::Submit>(std::move(submit));
  }
  group.commit_pending = row.kind == v1::COMMIT;
  group.pending.push_back(std::move(pending));
  ++model.pending_count;
  context_.store.accept(std::move(accepted), [this, to = session.id, request, id, message,
                                              submission = row.submission](Status status) {
    if (!context_.durable(status, to, request)) return;
    ++context_.model.counters.submissions;
    v1::ServerFrame frame;
    frame.mutable_submitted()->set_message_id(wire::to_field(message));
    frame.mutable_submitted()->set_submission(submission.value);
    context_.answer(to, request, std::move(frame));
    Group& in = context_.model.groups.at(id);
    auto stored = std::find_if(in.pending.begin(), in.pending.end(),
                               [&](const Pending& p) { return p.row.submission == submission; });
    if (stored == in.pending.end()) return;
    stored->durable = true;
    gate_.accepted(id, submission);
  });
}

Status Sequencer::put_key_packages(Session& session, std::uint64_t request,
                                   const v1::PutKeyPackages& frame) {
  Device& device = context_.model.devices.at(session.device);
  const std::uint64_t had = frame.replace() ? 0 : device.key_packages;
  const auto more = static_cast<std::uint64_t>(frame.key_packages_size());
  if (had + more > limits::kKeyPackagesPerDeviceMax) {
    return context_.reached(
        Limit::key_packages,
        error(ErrorCode::queue_full, "a device may keep " +
                                         std::to_string(limits::kKeyPackagesPerDeviceMax) +
                                         " key packages here and has " + std::to_string(had)));
  }
  storage::StoredKeyPackages stored{.device = session.device,
                                    .replace = frame.replace(),
                                    .last_resort = to_bytes(frame.last_resort())};
  for (const auto& body : frame.key_packages()) stored.bodies.push_back(to_bytes(body));
  for (const Bytes& body : stored.bodies) {
    if (!body.empty() && body.size() <= limits::kKeyPackageSizeMax) continue;
    return error(ErrorCode::frame_too_large,
                 "a key package has 1 to " + std::to_string(limits::kKeyPackageSizeMax) + " bytes");
  }
  if (stored.last_resort.size() > limits::kKeyPackageSizeMax) {
    return error(ErrorCode::frame_too_large, "the key package of last resort may have " +
                                                 std::to_string(limits::kKeyPackageSizeMax) +
                                                 " bytes");
  }
  device.key_packages = had + more;
  if (stored.replace) device.last_resort_due = true;
  if (!stored.last_resort.empty()) device.last_resort_due = false;
  context_.store.put_key_packages(std::move(stored), [this, to = session.id, request,
                                                      count = device.key_packages](Status status) {
    if (context_.durable(status, to, request)) context_.done(to, request, count);
  });
  return ok();
}

Status Sequencer::fetch_key_packages(Session& session, std::uint64_t request,
                                     const v1::FetchKeyPackages& frame) {
  if (!session.bot) return error(ErrorCode::not_permitted, "only the bot fetches key packages");
  if (static_cast<std::size_t>(frame.devices_size()) > limits::kGroupMembersMax) {
    return error(ErrorCode::input_invalid, "too many devices at once");
  }
  std::vector<DeviceId> devices;
  for (const auto& bytes : frame.devices()) {
    CANDOUR_TRY(auto id, wire::id_of<DeviceId>(bytes, "device"));
    devices.push_back(id);
  }
  auto asked = devices;
  context_.store.take_key_packages(
      std::move(devices), [this, to = session.id, request, asked = std::move(asked)](
                              Result<storage::RelayStore::KeyPackages> taken) {
        const Status status = taken ? Status(ok()) : Status(taken.as_failure());
        if (!context_.durable(status, to, request)) return;
        std::map<DeviceId, std::deque<storage::TakenKeyPackage>> found;
        for (auto& package : taken.value()) {
          Device* device = context_.model.device(package.device);
          if (device != nullptr && package.last_resort) device->last_resort_due = true;
          if (device != nullptr && !package.last_resort && device->key_packages > 0) {
            --device->key_packages;
          }
          found[package.device].push_back(std::move(package));
        }
        v1::ServerFrame out;
        auto& packages = *out.mutable_key_packages();
        for (const auto& id : asked) {
          auto& item = *packages.add_key_packages();
          item.set_device(wire::to_field(id));
          auto& bodies = found[id];
          if (bodies.empty()) continue;
          item.set_key_package(wire::to_field(bodies.front().body));
          item.set_last_resort(bodies.front().last_resort);
          bodies.pop_front();
        }
        context_.answer(to, request, std::move(out));
      });
  return ok();
}

}  // namespace candour::relay
