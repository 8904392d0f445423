// The second half of the steward: the way of a commit from key packages to the next epoch.
#include <algorithm>

#include "base/assert.h"
#include "base/limits.h"
#include "base/log.h"
#include "bot/steward.h"
#include "crypto/hash.h"
#include "identity/roster.h"

namespace candour::bot {
namespace {

using client::wire_bytes;

constexpr std::uint64_t kFetchRetryMs = 3'000;
constexpr std::uint64_t kSubmitRetryMs = 1'000;
constexpr std::uint64_t kCommitRetryMs = 10'000;

// What one member costs in a Welcome (leaf, its path's nodes, signed roster), generously.
constexpr std::size_t kMemberBytes = 640;
constexpr std::size_t kJoinerBytes = 512;
constexpr std::size_t kAddsMax = 16;

// So long a re-formed group waits for key packages of all its members.
constexpr std::uint64_t kReformPatienceMs = 30'000;

std::size_t adds_that_fit(std::size_t members, std::size_t adds_max) {
  constexpr std::size_t kRoom = limits::kFrameSizeMax - limits::kFrameSizeMax / 4;
  std::size_t adds = 1;
  while (adds < adds_max) {
    const std::size_t next = adds + 1;
    if (next * ((members + next) * kMemberBytes + kJoinerBytes) > kRoom) break;
    adds = next;
  }
  return adds;
}

}  // namespace

std::size_t adds_per_commit_max(std::size_t members) { return adds_that_fit(members, kAddsMax); }

std::size_t adds_of_reform_max() { return adds_that_fit(1, limits::kGroupMembersMax); }

/// Who can be added by the next commit: with a proven certificate, and as many as fit. A re-formed
/// group begins with nobody who was not in it, and waits for everybody's certificate.
std::vector<DeviceId> Steward::joinable(const Group& group, const Change& change) const {
  std::vector<DeviceId> devices;
  const std::size_t adds_max =
      group.reform ? adds_of_reform_max() : adds_per_commit_max(group.mls.members().size());
  for (const DeviceId& device : change.missing) {
    if (group.reform && !group.reform->note.names(device)) continue;
    if (!can_join(device)) {
      if (group.reform && context_.trust.device(device)) return {};
      continue;
    }
    if (devices.size() < adds_max) devices.push_back(device);
  }
  return devices;
}

Status Steward::work() {
  for (auto& [id, group] : groups_.all()) {
    if (!has_work(group)) continue;
    if (group.commit) {
      submit(group);
      continue;
    }
    const Change change = change_for(group);
    // Removals do not wait for anybody's key package.
    if (!change.removes.empty() || group.rekey || (group.roster_owed && !group.reform)) {
      CANDOUR_TRY(prepare(group, {}, {}));
      continue;
    }
    if (!group.renewals.empty() && !group.reform) {
      CANDOUR_TRY(prepare_renewals(group));
      if (group.commit) continue;
    }
    if (rotation_due(group)) {
      CANDOUR_TRY(prepare(group, {}, {}));
      rotated();
      continue;
    }
    std::vector<DeviceId> devices = joinable(group, change);
    if (group.reform) {
      std::erase_if(devices, [&](const DeviceId& device) {
        return group.reform->key_packages.contains(device);
      });
    }
    if (devices.empty()) {
      retry_in(group, kSubmitRetryMs);
    } else if (!group.fetching) {
      fetch(group, devices);
    }
  }
  return ok();
}

void Steward::fetch(Group& group, const std::vector<DeviceId>& devices) {
  v1::ClientFrame frame;
  for (const DeviceId& device : devices) {
    frame.mutable_fetch_key_packages()->add_devices(wire_bytes(device.view()));
  }
  group.fetching = true;
  Expected expected;
  expected.purpose = Purpose::fetch_key_packages;
  expected.group = group.id();
  outbox_.ask(std::move(frame), std::move(expected));
}

std::optional<mls::VerifiedKeyPackage> Steward::usable_key_package(const DeviceId& device,
                                                                   ByteView package) const {
  const auto verified = mls::verify_key_package(package, context_.clock.now());
  const identity::Certificate* certificate = context_.trust.find(device);
  if (verified && certificate != nullptr && same(verified.value().identity(), device.view()) &&
      verified.value().signature_key() == certificate->subject.signing_key) {
    if (verified.value().last_resort()) log::info("last_resort_used", {{"device", device}});
    return verified.value();
  }
  if (!package.empty()) log::warning("key_package_refused", {{"device", device}});
  return std::nullopt;
}

Status Steward::key_packages(const Expected& expected, const v1::KeyPackages& packages) {
  Group* group = groups_.find(expected.group);
  if (group == nullptr) return ok();
  group->fetching = false;
  if (group->reform) return gather(*group, packages);
  std::vector<mls::VerifiedKeyPackage> adds;
  std::vector<Joiner> joiners;
  for (const v1::DeviceKeyPackage& item : packages.key_packages()) {
    const auto device = DeviceId::from(as_bytes(item.device()));
    if (!device || !group->wanted.contains(*device) || !can_join(*device)) continue;
    const auto package = usable_key_package(*device, as_bytes(item.key_package()));
    if (!package) {
      CANDOUR_TRY(tell_missing(*group, *device));
      continue;
    }
    adds.push_back(*package);
    joiners.push_back({*device, package->reference()});
  }
  // Meanwhile a removal may have taken the group's one place for a commit.
  if (adds.empty() || group->commit) {
    retry_in(*group, kFetchRetryMs);
    return ok();
  }
  return prepare(*group, adds, joiners);
}

// The first commit of a re-formed group takes everybody along whose key package comes in time.
Status Steward::gather(Group& group, const v1::KeyPackages& packages) {
  Reforming& reform = *group.reform;
  const TimeMs now = context_.clock.now();
  for (const v1::DeviceKeyPackage& item : packages.key_packages()) {
    const auto device = DeviceId::from(as_bytes(item.device()));
    if (!device || !group.wanted.contains(*device) || !can_join(*device)) continue;
    if (usable_key_package(*device, as_bytes(item.key_package()))) {
      reform.key_packages[*device] = to_bytes(item.key_package());
    } else {
      CANDOUR_TRY(tell_missing(group, *device));
    }
  }
  const std::size_t wanted = joinable(group, change_for(group)).size();
  const bool patient = now.value < reform.since.value + kReformPatienceMs;
  if (reform.key_packages.empty() || (reform.key_packages.size() < wanted && patient) ||
      group.commit) {
    retry_in(group, kFetchRetryMs);
    return ok();
  }
  return prepare_reform(group);
}

Status Steward::prepare_reform(Group& group) {
  std::vector<mls::VerifiedKeyPackage> adds;
  std::vector<Joiner> joiners;
  for (const auto& [device, bytes] : std::exchange(group.reform->key_packages, {})) {
    const auto package = usable_key_package(device, bytes);
    if (!package || !group.wanted.contains(device) || !can_join(device)) continue;
    adds.push_back(*package);
    joiners.push_back({device, package->reference()});
  }
  if (adds.empty()) {
    retry_in(group, kFetchRetryMs);
    return ok();
  }
  return prepare(group, adds, joiners);
}

Status Steward::prepare(Group& group, const std::vector<mls::VerifiedKeyPackage>& adds,
                        const std::vector<Joiner>& joiners) {
  Change change = change_for(group);
  for (const Joiner& joiner : joiners) {
    const auto present = change.present.find(joiner.device);
    if (present != change.present.end()) change.removes.push_back(present->second);
  }
  CommitPlan plan;
  plan.message_id = context_.random.id<MessageId>();
  plan.epoch = group.mls.epoch();
  plan.joiners = joiners;
  plan.removed = change.removed;
  mls::CommitRequest request;
  request.adds = adds;
  request.removes = change.removes;
  request.authenticated_data = to_bytes(plan.message_id.view());
  auto prepared = group.mls.commit(request, context_.clock.now(), context_.random);
  if (!prepared) {
    log::error("commit_not_prepared", {{"group", group.id()},
                                       {"code", prepared.error().code},
                                       {"why", log::LogSafe(prepared.error().message)}});
    retry_in(group, kCommitRetryMs);
    return ok();
  }
  plan.commit = std::move(prepared.value().commit);
  plan.welcome = std::move(prepared.value().welcome);
  storage::BotCommit row;
  row.group = group.id();
  row.message_id = plan.message_id;
  row.staged = prepared.value().staged.save();
  row.plan = plan.encode();
  CANDOUR_TRY(groups_.keep_ratchet(group, group.mls.own_leaf(), plan.epoch));
  CANDOUR_TRY(context_.store.put_commit(row));
  group.commit = PendingCommit{std::move(plan), std::move(row.staged), false, false};
  submit(group);
  return ok();
}

void Steward::submit(Group& group) {
  PendingCommit& commit = *group.commit;
  commit.submitted = true;
  v1::ClientFrame frame;
  v1::Submit& submit = *frame.mutable_submit();
  submit.set_version(1);
  submit.set_group(wire_bytes(group.id().view()));
  submit.set_message_id(wire_bytes(commit.plan.message_id.view()));
  submit.set_epoch(commit.plan.epoch.value);
  submit.set_kind(v1::COMMIT);
  submit.set_ciphertext(wire_bytes(commit.plan.commit));
  Expected expected;
  expected.purpose = Purpose::submit_commit;
  expected.group = group.id();
  expected.message_id = commit.plan.message_id;
  outbox_.ask(std::move(frame), std::move(expected));
}

void Steward::submitted(const Expected& expected, const Status& outcome) {
  if (outcome) return;
  Group* group = groups_.find(expected.group);
  if (group == nullptr || !group->commit || group->commit->plan.message_id != expected.message_id) {
    return;
  }
  group->commit->submitted = false;
  const ErrorCode code = outcome.error().code;
  const bool passing = code == ErrorCode::epoch_pending || code == ErrorCode::rate_limited ||
                       code == ErrorCode::queue_full;
  retry_in(*group, passing ? kSubmitRetryMs : kCommitRetryMs);
  if (!passing) {
    log::error(
        "commit_refused_by_relay",
        {{"group", group->id()}, {"code", code}, {"why", log::LogSafe(outcome.error().message)}});
  }
}

bool Steward::is_own_commit(const Envelope& envelope) const {
  const Group* group = groups_.find(envelope.group);
  return group != nullptr && group->commit && !group->commit->judged && envelope.commit &&
         envelope.sender == context_.keys.device &&
         envelope.message_id == group->commit->plan.message_id &&
         envelope.epoch == group->commit->plan.epoch &&
         same(envelope.ciphertext, group->commit->plan.commit);
}

Result<Bytes> Steward::roster_after(const Group& group, const mls::StagedCommit& staged) const {
  identity::Roster roster;
  roster.group = group.id();
  roster.mls_group = group.mls.group_id();
  roster.epoch = staged.epoch();
  roster.group_class = group.info.group_class;
  const auto add = [&](const mls::Member& member) {
    const DeviceId device = device_of(member);
    const auto wanted = group.wanted.find(device);
    roster.members.push_back(
        {device, member.leaf.value, wanted != group.wanted.end() && wanted->second.owner});
  };
  for (const mls::Member& member : group.mls.members()) {
    const bool removed =
        std::any_of(staged.removed().begin(), staged.removed().end(),
                    [&](const mls::Member& gone) { return gone.leaf == member.leaf; });
    if (!removed) add(member);
  }
  for (const mls::Member& member : staged.added()) add(member);
  roster.about = seal_about(group.info, context_);
  std::sort(roster.members.begin(), roster.members.end(),
            [](const auto& a, const auto& b) { return a.leaf < b.leaf; });
  return roster.sign(context_.keys.signing);
}

Status Steward::judge_commit(const Envelope& envelope) {
  Group& group = *groups_.find(envelope.group);
  PendingCommit& commit = *group.commit;
  for (const Joiner& joiner : commit.plan.joiners) {
    if (context_.trust.device(joiner.device)) continue;
    log::info("commit_abandoned", {{"group", group.id()}, {"device", joiner.device}});
    return abandon(envelope);
  }
  CANDOUR_TRY(const auto staged, mls::StagedCommit::restore(commit.staged.view()));
  CANDOUR_TRY(const Bytes roster, roster_after(group, staged));
  CANDOUR_TRY(groups_.owe_roster(group, false));
  const Digest ciphertext_hash = crypto::sha256(commit.plan.commit);

  warrant::Record record;
  record.kind = tlog::LeafKind::commit;
  record.seq = group.chain.seq.next();
  record.submission = envelope.submission;
  record.epoch = commit.plan.epoch;
  record.message_id = commit.plan.message_id;
  record.sender = context_.keys.device;
  record.sender_time = context_.clock.now();
  record.verdict = warrant::RecordVerdict::release;
  record.evidence = SecretBytes::copy_of(roster);
  CANDOUR_TRY(Logged logged, scribe_.log(std::move(record), group, ciphertext_hash, Digest()));
  CANDOUR_TRY(const Bytes token,
              scribe_.release(group, identity::SubmissionKind::commit, commit.plan.message_id,
                              ciphertext_hash, Digest(), commit.plan.epoch, logged.leaf_hash));
  v1::Verdict verdict;
  verdict.set_group(wire_bytes(group.id().view()));
  verdict.set_submission(envelope.submission.value);
  verdict.set_message_id(wire_bytes(envelope.message_id.view()));
  verdict.set_outcome(v1::RELEASE);
  verdict.set_token(wire_bytes(token));
  verdict.set_roster(wire_bytes(roster));
  *verdict.add_log() = std::move(logged.entry);
  CANDOUR_TRY(add_welcomes(group, token, roster, verdict));

  commit.judged = true;
  storage::BotCommit row;
  row.group = group.id();
  row.message_id = commit.plan.message_id;
  row.judged = true;
  row.staged = commit.staged.clone();
  row.plan = commit.plan.encode();
  CANDOUR_TRY(context_.store.put_commit(row));
  CANDOUR_TRY(context_.store.put_seen(group.id(), commit.plan.message_id,
                                      {envelope.submission, context_.keys.device}));
  return outbox_.put(verdict);
}

Status Steward::abandon(const Envelope& envelope) {
  Group& group = *groups_.find(envelope.group);
  v1::Verdict verdict;
  verdict.set_group(wire_bytes(group.id().view()));
  verdict.set_submission(envelope.submission.value);
  verdict.set_message_id(wire_bytes(envelope.message_id.view()));
  verdict.set_outcome(v1::WITHHOLD);
  CANDOUR_TRY(context_.store.put_seen(group.id(), envelope.message_id,
                                      {envelope.submission, context_.keys.device}));
  CANDOUR_TRY(context_.store.drop_commit(group.id()));
  CANDOUR_TRY(outbox_.put(verdict));
  group.commit.reset();
  group.settled = false;
  retry_in(group, kSubmitRetryMs);
  return ok();
}

Status Steward::add_welcomes(const Group& group, ByteView token, ByteView roster,
                             v1::Verdict& verdict) {
  const CommitPlan& plan = group.commit->plan;
  for (const Joiner& joiner : plan.joiners) {
    const auto certificate = context_.trust.device(joiner.device);
    if (!certificate) continue;
    const auto info = group.info.seal(certificate.value()->subject.sealing_key,
                                      context_.keys.signing, context_.random);
    if (!info) {
      // It is in the tree without being able to know; whoever wants it in enrols it anew.
      log::error("joiner_not_added",
                 {{"group", group.id()}, {"device", joiner.device}, {"code", info.error().code}});
      continue;
    }
    v1::WelcomeMail welcome;
    welcome.set_group(wire_bytes(group.id().view()));
    welcome.set_welcome(wire_bytes(plan.welcome));
    welcome.set_token(wire_bytes(token));
    welcome.set_roster(wire_bytes(roster));
    welcome.set_group_info(wire_bytes(info.value()));
    welcome.set_key_package_ref(wire_bytes(joiner.key_package_ref.view()));
    v1::Mail& mail = *verdict.add_mail();
    mail.set_device(wire_bytes(joiner.device.view()));
    mail.set_kind(v1::WELCOME);
    mail.set_body(welcome.SerializeAsString());
    mail.set_about(wire_bytes(group.id().view()));
  }
  return ok();
}

Result<bool> Steward::released(const Expected& expected) {
  Group* group = groups_.find(expected.group);
  if (group == nullptr || !group->commit || !group->commit->judged ||
      group->commit->plan.message_id != expected.message_id) {
    return false;
  }
  const std::vector<Joiner> joiners = group->commit->plan.joiners;
  CANDOUR_TRY(groups_.merge(*group));
  std::vector<DeviceId> fresh;
  for (const Joiner& joiner : joiners) fresh.push_back(joiner.device);
  CANDOUR_TRY(groups_.put_leaves(*group, fresh));
  for (const Joiner& joiner : joiners) {
    const auto wanted = group->wanted.find(joiner.device);
    if (wanted == group->wanted.end() || !wanted->second.readd) continue;
    CANDOUR_TRY(want(*group, joiner.device, {.owner = wanted->second.owner}));
  }
  log::info("epoch", {{"group", group->id()},
                      {"epoch", group->mls.epoch()},
                      {"members", std::uint64_t{group->mls.members().size()}}});
  return true;
}

}  // namespace candour::bot
