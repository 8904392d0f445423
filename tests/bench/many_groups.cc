// Many groups for a bot that is not running: made by the bot's own code in its own state, with key
// packages that members' devices published, and released at the real relay. What no bot can do in
// minutes is left out: joiners get no Welcome (5,000 groups of 50 would be gigabytes of them), so
// nobody can speak in these groups; one key package of each device stands in all of its groups.
//
// Usage: candour-bench-groups BOT_CONFIG GROUPS DEVICE...
//        candour-bench-groups BOT_CONFIG 0           only measures the state
// Prints one JSON object: bytes of MLS state in all groups, and the floor of a start: the time it
// takes to read and unseal them, in milliseconds.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>

#include "base/log.h"
#include "bot/groups.h"
#include "bot/scribe.h"
#include "bot/setup.h"
#include "bot/trust_store.h"
#include "crypto/hash.h"
#include "identity/roster.h"

namespace {

using namespace candour;
using namespace candour::bot;
using client::wire_bytes;

constexpr const char* kBuild = "candour-bot/0.1.0";
constexpr std::uint64_t kTimeoutMs = 30'000;
constexpr std::size_t kBatch = 50;  // groups in one transaction, and on the way to the relay

struct Made {
  v1::ClientFrame submit;
  v1::ClientFrame verdict;
};

class Maker {
 public:
  Maker(Context& context, client::Connection& connection)
      : context_(context), connection_(connection), groups_(context), scribe_(context) {}

  Status fetch(const std::vector<DeviceId>& devices);
  Status make(std::size_t count);

 private:
  Result<Made> make_one(std::size_t number);
  Bytes roster(const Group& group, const mls::StagedCommit& staged) const;
  Status release(std::vector<Made> made);

  Context& context_;
  client::Connection& connection_;
  Groups groups_;
  Scribe scribe_;
  std::vector<mls::VerifiedKeyPackage> packages_;
  std::vector<DeviceId> devices_;
};

Status Maker::fetch(const std::vector<DeviceId>& devices) {
  v1::ClientFrame frame;
  for (const DeviceId& device : devices) {
    frame.mutable_fetch_key_packages()->add_devices(wire_bytes(device.view()));
  }
  CANDOUR_TRY(const auto answer, connection_.request(std::move(frame), kTimeoutMs));
  for (const v1::DeviceKeyPackage& item : answer.key_packages().key_packages()) {
    CANDOUR_TRY(auto package,
                mls::verify_key_package(as_bytes(item.key_package()), context_.clock.now()));
    devices_.push_back(*DeviceId::from(package.identity()));
    packages_.push_back(std::move(package));
  }
  if (packages_.size() != devices.size()) {
    return error(ErrorCode::not_found, "a device has published no key package");
  }
  return ok();
}

Status Maker::make(std::size_t count) {
  for (std::size_t done = 0; done < count;) {
    std::vector<Made> batch;
    CANDOUR_TRY(context_.store.begin());
    while (batch.size() < kBatch && done < count) {
      CANDOUR_TRY(auto made, make_one(done));
      batch.push_back(std::move(made));
      ++done;
    }
    CANDOUR_TRY(context_.store.commit());
    CANDOUR_TRY(release(std::move(batch)));
  }
  return ok();
}

// As the steward makes, judges and merges a group's first commit, in one go.
Result<Made> Maker::make_one(std::size_t number) {
  messages::GroupInfo info;
  info.group = context_.random.id<GroupId>();
  info.name = "Many " + std::to_string(number);
  info.group_class = "ordinary";
  info.unit = "team-a";
  CANDOUR_TRY(Group * group, groups_.create(std::move(info)));
  for (const DeviceId& device : devices_) {
    const bool owner = device == devices_.front();
    CANDOUR_TRY(context_.store.put_wanted({group->id(), device, owner, false, false}));
    group->wanted[device] = {.owner = owner};
  }
  mls::CommitRequest request;
  request.adds = packages_;
  CANDOUR_TRY(auto prepared, group->mls.commit(request, context_.clock.now(), context_.random));
  CommitPlan plan;
  plan.message_id = context_.random.id<MessageId>();
  plan.epoch = group->mls.epoch();
  plan.commit = std::move(prepared.commit);
  const Bytes signed_roster = roster(*group, prepared.staged);
  const Digest hash = crypto::sha256(plan.commit);

  warrant::Record record;
  record.kind = tlog::LeafKind::commit;
  record.seq = group->chain.seq.next();
  record.epoch = plan.epoch;
  record.message_id = plan.message_id;
  record.sender = context_.keys.device;
  record.sender_time = context_.clock.now();
  record.verdict = warrant::RecordVerdict::release;
  record.evidence = SecretBytes::copy_of(signed_roster);
  CANDOUR_TRY(Logged logged, scribe_.log(std::move(record), *group, hash, Digest()));
  CANDOUR_TRY(const Bytes token,
              scribe_.release(*group, identity::SubmissionKind::commit, plan.message_id, hash,
                              Digest(), plan.epoch, logged.leaf_hash));
  Made made;
  v1::Submit& submit = *made.submit.mutable_submit();
  submit.set_version(1);
  submit.set_group(wire_bytes(group->id().view()));
  submit.set_message_id(wire_bytes(plan.message_id.view()));
  submit.set_epoch(plan.epoch.value);
  submit.set_kind(v1::COMMIT);
  submit.set_ciphertext(wire_bytes(plan.commit));
  v1::Verdict& verdict = *made.verdict.mutable_verdict();
  verdict.set_group(submit.group());
  verdict.set_message_id(submit.message_id());
  verdict.set_outcome(v1::RELEASE);
  verdict.set_token(wire_bytes(token));
  verdict.set_roster(wire_bytes(signed_roster));
  *verdict.add_log() = std::move(logged.entry);

  group->commit = PendingCommit{std::move(plan), prepared.staged.save(), true, true};
  CANDOUR_TRY(groups_.merge(*group));
  return made;
}

Bytes Maker::roster(const Group& group, const mls::StagedCommit& staged) const {
  identity::Roster out;
  out.group = group.id();
  out.mls_group = group.mls.group_id();
  out.epoch = staged.epoch();
  out.group_class = group.info.group_class;
  out.members.push_back({context_.keys.device, group.mls.own_leaf().value, false});
  for (const mls::Member& member : staged.added()) {
    const DeviceId device = device_of(member);
    out.members.push_back({device, member.leaf.value, group.wanted.at(device).owner});
  }
  out.about = seal_about(group.info, context_);
  return out.sign(context_.keys.signing);
}

Status Maker::release(std::vector<Made> made) {
  std::vector<v1::ClientFrame> submits, verdicts;
  for (const Made& one : made) submits.push_back(one.submit);
  CANDOUR_TRY(const auto accepted, connection_.request_all(std::move(submits), kTimeoutMs));
  for (std::size_t i = 0; i < made.size(); ++i) {
    CANDOUR_TRY(client::failure_of(accepted[i]));
    made[i].verdict.mutable_verdict()->set_submission(accepted[i].submitted().submission());
    verdicts.push_back(std::move(made[i].verdict));
  }
  CANDOUR_TRY(const auto done, connection_.request_all(std::move(verdicts), kTimeoutMs));
  for (const v1::ServerFrame& answer : done) {
    CANDOUR_TRY(client::failure_of(answer));
  }
  // Checks and checkpoints that came meanwhile.
  while (connection_.receive(0)) {
  }
  return ok();
}

Status print_state(storage::BotStore& store) {
  const auto begin = std::chrono::steady_clock::now();
  CANDOUR_TRY(const auto groups, store.groups());
  const double ms =
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
  std::size_t bytes = 0;
  for (const storage::BotGroup& group : groups) bytes += group.mls_state.size();
  std::printf("{\"groups\":%zu,\"state_bytes\":%zu,\"read_ms\":%.1f}\n", groups.size(), bytes, ms);
  return ok();
}

Status run(int argc, char** argv) {
  log::set_level(log::Level::error);
  CANDOUR_TRY(const config::BotConfig config, config::load_bot_config(argv[1]));
  CANDOUR_TRY(const Keys keys, load_keys(config.state_dir));
  CANDOUR_TRY(auto store, storage::BotStore::open(config.state_dir / "bot.db", keys.state.clone(),
                                                  system_random()));
  const auto count = static_cast<std::size_t>(std::atoll(argv[2]));
  if (count == 0) return print_state(*store);

  std::vector<DeviceId> devices;
  for (int i = 3; i < argc; ++i) {
    const auto device = DeviceId::from_hex(argv[i]);
    if (!device) return error(ErrorCode::usage, std::string(argv[i]) + " is no device id");
    devices.push_back(*device);
  }
  CANDOUR_TRY(const Organisation organisation, load_organisation(config));
  CANDOUR_TRY(const auto pack, load_policy(config, organisation.statement));
  CANDOUR_TRY(const auto retention, load_retention(config, system_clock().now()));
  CANDOUR_TRY(const crypto::Point escrow, warrant::escrow_key(organisation.statement));
  CANDOUR_TRY(const Bytes certificate, load_certificate(config.state_dir));
  BotTrustStore trust_store(*store);
  CANDOUR_TRY(auto trust, client::Trust::load(organisation.root, trust_store, system_clock()));
  Policies policies(pack, policy_loader(config));
  warrant::SealingPool pool(escrow, kBatch);
  Context context{keys, *store, *trust, policies, retention, pool, system_clock(), system_random()};
  net::IoThread io;
  const net::Endpoint relay{config.relay.host, config.relay.port, config.relay.tls_name,
                            config.relay.ca_file.string()};
  const client::LoginOptions login{client::DeviceLogin{keys.device, &keys.signing, certificate},
                                   kBuild, organisation.statement.log.name, kTimeoutMs, false};
  CANDOUR_TRY(auto connection, client::Connection::open(io, relay, login));
  Maker maker(context, *connection);
  CANDOUR_TRY(maker.fetch(devices));
  CANDOUR_TRY(maker.make(count));
  connection->close();
  return print_state(*store);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::cerr << "usage: candour-bench-groups BOT_CONFIG GROUPS DEVICE...\n";
    return 2;
  }
  const Status done = run(argc, argv);
  if (done) return 0;
  std::cerr << code_name(done.error().code) << ": " << done.error().message << "\n";
  return exit_status(done.error().code);
}
