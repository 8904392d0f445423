#include "tests/evidence/case_world.h"

#include "identity/notice.h"

namespace candour::tests {
namespace {

using warrant::testing_only::filled;

constexpr std::uint64_t kMinute = 60'000;

// In the order of the leaves, as the bundle wants them.
std::vector<std::size_t> by_leaf(std::vector<std::size_t> places, const World& world) {
  std::sort(places.begin(), places.end(), [&](std::size_t a, std::size_t b) {
    return world.records[a].index < world.records[b].index;
  });
  return places;
}

}  // namespace

CaseWorld::CaseWorld() {
  const std::string policy = World::sign("candour-policy/v1\nname test\nversion 1\n",
                                         {{"author", kAuthor}, {"approver", kApprover}});
  policy_ = crypto::sha256(as_bytes(identity::SignedNote::parse(policy).value().text));
  add_directory(tlog::LeafKind::statement, world.statement_note());
  add_directory(tlog::LeafKind::policy, policy);
  people_[world.amy] = {kDeviceOfAmy, world.certificates[0], world.log.size(), std::nullopt, 0};
  add_directory(tlog::LeafKind::certificate, world.certificates[0]);
  people_[world.ben] = {kDeviceOfBen, world.certificates[1], world.log.size(), std::nullopt, 0};
  add_directory(tlog::LeafKind::certificate, world.certificates[1]);
  plain_.resize(world.records.size());
  world.chosen.clear();
  form_group();
}

void CaseWorld::add_directory(tlog::LeafKind kind, const std::string& note) {
  tlog::LeafOpening opening;
  opening.kind = kind;
  opening.salt = world.random.id<Digest>();
  opening.object_hash = crypto::sha256(as_bytes(note));
  const std::uint64_t index = world.log.append(opening.entry(tlog::LeafClass::directory));
  directory_.push_back({kind, note, opening, index});
}

void CaseWorld::form_group() {
  const mls::Lifetime lifetime{TimeMs(kNow - 30 * kDay), TimeMs(kNow + 60 * kDay)};
  const crypto::SigningKey bot = test_key(kBot);
  bot_group_ =
      mls::Group::create(filled<GroupId>(0x77).view(), bot,
                         identity::device_id(bot.public_key()).view(), lifetime, world.random)
          .value();
  mls::CommitRequest request;
  std::map<DeviceId, mls::KeyPackageBundle> packages;
  for (auto& [device, person] : people_) {
    packages[device] =
        mls::make_key_package(test_key(person.key_number), device.view(), lifetime, world.random)
            .value();
    request.adds.push_back(mls::verify_key_package(packages[device].key_package, now).value());
  }
  auto prepared = bot_group_->commit(request, now, world.random).value();
  ASSERT_TRUE(bot_group_->merge(std::move(prepared.staged)));
  for (auto& [device, person] : people_) {
    person.group =
        mls::Group::join(prepared.welcome, packages[device].key_package,
                         packages[device].private_part.view(), test_key(person.key_number), now)
            .value();
  }
}

std::size_t CaseWorld::say(const DeviceId& who, const std::string& text, const GroupId& group,
                           std::vector<warrant::RecordFinding> findings) {
  messages::Content content;
  content.text = SecretText::copy_of(text);
  return say(who, content, group, std::move(findings));
}

std::size_t CaseWorld::say(const DeviceId& who, const messages::Content& content,
                           const GroupId& group, std::vector<warrant::RecordFinding> findings) {
  Person& person = people_.at(who);
  now = TimeMs(now.value + kMinute);
  messages::Inner inner;
  inner.content = content.encode();
  inner.counter = ++person.counter;
  inner.time = now;
  inner.commitment_key = world.random.secret<32>();
  warrant::Record record;
  record.kind = findings.empty() ? tlog::LeafKind::message : tlog::LeafKind::attempt;
  record.verdict =
      findings.empty() ? warrant::RecordVerdict::release : warrant::RecordVerdict::warn;
  record.findings = std::move(findings);
  record.message_id = world.random.id<MessageId>();
  record.sender_time = inner.time;
  const Digest commitment = inner.commitment();
  bend_inner(inner);
  const Bytes sent =
      person.group->protect(inner.encode().view(), record.message_id.view(), world.random).value();
  mls::Received received = bot_group_->unprotect(sent).value();
  record.epoch = received.epoch;
  record.evidence = std::move(received.signed_content);
  record.group = group;
  record.sender = who;
  record.certificate = crypto::sha256(as_bytes(person.certificate));
  return log(std::move(record), commitment);
}

std::size_t CaseWorld::log(warrant::Record record, const Digest& content_commitment) {
  record.id = world.random.id<RecordId>();
  record.bot_time = now;
  record.policy = policy_;
  if (write_links) {
    record.previous_of_group = of_group_[record.group];
    record.previous_of_sender = of_sender_[record.sender];
  }
  bend_record(record);
  warrant::SealingPool pool(world.escrow, 1);
  auto sealed = warrant::seal_record(record, world.log.origin(), "ordinary", world.retention, pool,
                                     world.random);
  EXPECT_TRUE(sealed);
  SealedLeaf leaf;
  leaf.opening.kind = record.kind;
  leaf.opening.salt = world.random.id<Digest>();
  leaf.opening.object_hash = crypto::sha256(sealed.value());
  leaf.opening.content_commitment = content_commitment;
  const Bytes entry = leaf.opening.entry(tlog::LeafClass::ordinary);
  leaf.index = world.log.append(entry);
  leaf.sealed = std::move(sealed).value();
  of_group_[record.group] = of_sender_[record.sender] = {record.id, tlog::leaf_hash(entry)};
  world.records.push_back(std::move(leaf));
  plain_.push_back(std::move(record));
  return plain_.size() - 1;
}

tlog::ProofFile CaseWorld::proof_of(std::uint64_t index, const tlog::LeafOpening& opening,
                                    const std::string& checkpoint) const {
  const auto note = identity::SignedNote::parse(checkpoint).value();
  tlog::ProofFile proof;
  proof.extra = opening.encode();
  proof.index = index;
  proof.proof = world.log.prove(index, tlog::Checkpoint::parse(note.text).value().size);
  proof.checkpoint = checkpoint;
  return proof;
}

void CaseWorld::approve(const warrant::Request& request, ctl::Exhibits& out) {
  std::vector<crypto::Point> points;
  Bytes retention;
  for (const std::size_t place : by_leaf(world.chosen, world)) {
    const auto sealed = warrant::SealedRecord::decode(world.records[place].sealed).value();
    points.push_back(sealed.u);
    append(retention, retention_part(place).view());
  }
  warrant::Approval approval;
  approval.organisation = world.statement.id;
  approval.request = request.digest();
  approval.records = points.size();
  approval.issued = TimeMs(kNow);
  const auto add = [&](const std::string& name, std::uint8_t key, const Bytes& parts) {
    approval.custodian = name;
    auto file =
        warrant::seal_approval(approval, request.reply_key, parts, test_key(key), world.random);
    ASSERT_TRUE(file);
    out.approvals.push_back(
        {name, file.value().note, file.value().sealed, shown.empty() ? parts : Bytes()});
  };
  approval.group = "internal";
  parts_.clear();
  for (const auto& [i, key] : {std::pair{1u, kCustodian1}, std::pair{3u, kCustodian3}}) {
    approval.index = i;
    auto parts = warrant::decrypt_partially(share(i), points, world.random);
    ASSERT_TRUE(parts);
    parts_[i] = std::move(parts).value();
    add("custodian-" + std::to_string(i), key, parts_[i].encode());
  }
  approval.group = warrant::kKeeperGroup;
  approval.index = 0;
  add("keeper-1", kKeeper, retention);
}

warrant::EscrowShare CaseWorld::share(std::uint32_t index) const {
  warrant::EscrowShare out{{"internal", 2, 3, index, world.escrow, {}},
                           world.shares[index - 1].value.clone()};
  for (const WorldShare& each : world.shares) {
    out.verification_keys.push_back(each.verification_key);
  }
  return out;
}

Secret<32> CaseWorld::retention_part(std::size_t place) const {
  const auto label = tlog::label_of(world.records[place].sealed).value();
  const auto* key = world.retention.find("ordinary", label.bot_time).value();
  return warrant::retention_part(*key, label.record);
}

void CaseWorld::open(ctl::Exhibits& out) {
  const auto asked = by_leaf(world.chosen, world);
  std::vector<warrant::Contribution> contributions;
  for (const auto& [index, parts] : parts_) contributions.push_back({"internal", index, &parts});
  const auto combiner =
      warrant::Combiner::create(world.statement, contributions, asked.size()).value();
  for (std::size_t i = 0; i < asked.size(); ++i) {
    const std::size_t place = asked[i];
    if (!shown.empty() && std::find(shown.begin(), shown.end(), place) == shown.end()) continue;
    ctl::SealedExhibit record;
    record.index = world.records[place].index;
    record.opening = world.records[place].opening;
    record.sealed = world.records[place].sealed;
    record.shared = combiner.shared(i).value();
    record.part = retention_part(place);
    out.records.push_back(std::move(record));
  }
}

void CaseWorld::certify(const warrant::Request& request, ctl::Exhibits& out) {
  warrant::ReleaseCertificate release;
  release.organisation = world.statement.id;
  release.warrant = world.warrant.digest();
  release.request = request.digest();
  release.custodians = {"custodian-1", "custodian-3"};
  release.keeper = "keeper-1";
  release.opened = request.records;
  release.records_digest = request.records_digest;
  std::vector<const warrant::Record*> opened;
  for (const std::size_t place : by_leaf(shown.empty() ? world.chosen : shown, world)) {
    opened.push_back(&plain_[place]);
  }
  release.opened_digest = ctl::opened_digest(opened);
  release.issued = TimeMs(kNow + kMinute);
  out.release.note = World::sign(release.print(), {{"investigator-1", kInvestigator}});
  warrant::LoggedNote logged;
  logged.note = out.release.note;
  world.log_note(logged, tlog::LeafKind::release);
  out.release.proof =
      proof_of(logged.index, logged.opening, world.checkpoint(TimeMs(kNow + 2 * kMinute)));
}

ctl::Exhibits CaseWorld::exhibits() {
  package = world.package();
  const auto request =
      warrant::Request::verify(package.request.note, world.statement, world.warrant).value();
  ctl::Exhibits out;
  out.statement = package.statement;
  const std::string& checkpoint = package.request.checkpoint;
  out.warrant.note = package.warrant.note;
  out.warrant.proof =
      proof_of(package.warrant.index, package.warrant.opening, package.warrant.checkpoint);
  out.request.note = package.request.note;
  out.request.proof = proof_of(package.request.index, package.request.opening, checkpoint);
  approve(request, out);
  open(out);
  certify(request, out);
  for (const Published& published : directory_) {
    out.directory.push_back({published.kind, to_bytes(published.object),
                             proof_of(published.index, published.opening, checkpoint)});
  }
  const auto note = identity::SignedNote::parse(checkpoint).value();
  const std::uint64_t size = tlog::Checkpoint::parse(note.text).value().size;
  out.range.first = 3;
  out.range.end = world.records.back().index + 1;
  out.range.proof =
      tlog::prove_range(out.range.first, out.range.end, size, world.log.hashes()).value();
  out.range.checkpoint = checkpoint;
  for (std::uint64_t i = out.range.first; i < out.range.end; ++i) {
    append(out.entries, world.log.entries()[i]);
  }
  for (const std::size_t place : by_leaf(world.chosen, world)) {
    out.requested.push_back(world.records[place].index);
  }
  out.journal =
      "{\"time\":\"2026-02-25T06:00:00.000Z\",\"event\":\"fetched\","
      "\"about\":{\"by\":\"investigator-1\",\"records\":4}}\n";
  return out;
}

}  // namespace candour::tests
