#include "tests/client/fixture.h"

#include <unistd.h>

#include "identity/pack_note.h"
#include "identity/succession.h"

namespace candour::client::test {
namespace {

constexpr char kOrigin[] = "example.org/log";

identity::RoleKey role(const std::string& role, const std::string& name, const std::string& person,
                       const crypto::SigningKey& key) {
  return {role, person, {name, identity::NoteKeyType::ed25519, key.public_key()}};
}

Bytes some_point(const std::string& name) {
  return to_bytes(crypto::sha256(as_bytes(name)).view());
}

std::string signed_text(const std::string& text,
                        const std::vector<std::pair<std::string, const crypto::SigningKey*>>& by) {
  identity::SignedNote note;
  note.text = text;
  for (const auto& [name, key] : by) identity::sign_note(note, name, *key);
  return note.print();
}

}  // namespace

void SeededRandom::fill(MutableByteView out) {
  for (std::size_t at = 0; at < out.size();) {
    Writer block;
    block.u64(seed_);
    block.u64(counter_++);
    const Digest digest = crypto::sha256(block.view());
    for (const std::uint8_t byte : digest.view()) {
      if (at < out.size()) out[at++] = byte;
    }
  }
}

Organisation::Organisation(Random& r)
    : random(r),
      root_key(crypto::SigningKey::generate(r)),
      registrar_a(crypto::SigningKey::generate(r)),
      registrar_b(crypto::SigningKey::generate(r)),
      author(crypto::SigningKey::generate(r)),
      approver(crypto::SigningKey::generate(r)),
      log_key(crypto::SigningKey::generate(r)),
      witness_key(crypto::SigningKey::generate(r)),
      authoriser(crypto::SigningKey::generate(r)),
      root{"root", identity::NoteKeyType::ed25519, root_key.public_key()},
      bot(make_keys()) {
  statement.name = "Example Constabulary";
  statement.id = "example";
  statement.issued = kNow;
  statement.example = true;
  statement.log = {kOrigin, identity::NoteKeyType::ed25519, log_key.public_key()};
  statement.witnesses = {{"witness", identity::NoteKeyType::cosignature, witness_key.public_key()}};
  statement.quorum = 1;
  statement.bots = {bot.device};
  statement.custodians = {{"internal", 2, 3, 1, some_point("internal"), {}}};
  statement.roles = {role("registrar", "registrar-a", "p-1", registrar_a),
                     role("registrar", "registrar-b", "p-2", registrar_b),
                     role("policy-author", "author", "p-3", author),
                     role("policy-approver", "approver", "p-4", approver),
                     role("authoriser", "authoriser", "p-6", authoriser)};
  for (std::uint32_t i = 1; i <= 3; ++i) {
    const std::string number = std::to_string(i);
    statement.custodians[0].members.push_back({i, "custodian-" + number, some_point(number)});
    const auto key = crypto::SigningKey::generate(r);
    statement.roles.push_back(role("custodian", "custodian-" + number, "p-5" + number, key));
  }
  statement.client_builds = {std::string(kClientBuild)};
  publish(v1::STATEMENT, tlog::LeafKind::statement,
          signed_text(statement.print(), {{"root", &root_key}}));
  enrol(bot, "bot", "bot");
  policy = publish_policy("first");
}

std::string Organisation::policy_note(const std::string& text) const {
  return signed_text("candour-policy/v1\n" + text + "\n",
                     {{"author", &author}, {"approver", &approver}});
}

Digest Organisation::publish_policy(const std::string& text, bool logged) {
  const std::string note = policy_note(text);
  publish(v1::POLICY, tlog::LeafKind::policy, note, logged);
  return identity::PackNote::verify(note, statement).value().digest;
}

void Organisation::delist_bot() {
  statement.bots = {random.id<DeviceId>()};
  publish_statement();
}

void Organisation::publish_statement(bool logged) {
  ++statement.version;
  publish(v1::STATEMENT, tlog::LeafKind::statement,
          signed_text(statement.print(), {{"root", &root_key}}), logged);
}

void Organisation::publish_notice(std::uint64_t version, bool logged) {
  identity::Notice notice;
  notice.organisation = statement.id;
  notice.version = version;
  notice.issued = kNow;
  notice.lines = {"You are monitored."};
  publish(v1::NOTICE, tlog::LeafKind::notice,
          signed_text(notice.print(), {{"author", &author}, {"approver", &approver}}), logged);
}

void Organisation::lose_log(const LostLog& how) {
  identity::Succession succession;
  succession.organisation = statement.id;
  succession.old_log = statement.log;
  succession.old_size = frontier.size() - how.cut;
  succession.old_root = how.other_root ? random.id<Digest>() : frontier.root();
  succession.reason = "the disk of the relay burnt";
  succession.issued = kNow;
  log_key = crypto::SigningKey::generate(random);
  statement.log = {"example.org/log2", identity::NoteKeyType::ed25519, log_key.public_key()};
  succession.new_log = statement.log;
  const auto stranger = crypto::SigningKey::generate(random);
  if (how.stranger) statement.roles.push_back(role("registrar", "registrar-c", "p-9", stranger));
  std::vector<std::pair<std::string, const crypto::SigningKey*>> by{{"authoriser", &authoriser}};
  if (how.stranger) by.emplace_back("registrar-c", &stranger);
  if (how.registrar && !how.stranger) by.emplace_back("registrar-a", &registrar_a);

  const auto before = std::exchange(objects, {});
  frontier = tlog::Frontier();
  hashes = tlog::MemoryHashes();
  leaves.clear();
  if (how.note) {
    publish(v1::SUCCESSION, tlog::LeafKind::succession, signed_text(succession.print(), by),
            how.first);
  }
  if (!how.newer) --statement.version;
  publish_statement();
  for (const auto& object : before) {
    const auto opening = tlog::LeafOpening::decode(as_bytes(object.opening())).value();
    if (object.kind() == v1::STATEMENT || object.kind() == v1::SUCCESSION) continue;
    if (object.kind() == v1::REVOCATION && !how.revocations) continue;
    publish(object.kind(), opening.kind, object.object());
  }
  if (how.note && !how.first) log_object(1);
}

DeviceKeys Organisation::make_keys() {
  auto signing = crypto::SigningKey::generate(random);
  const DeviceId device = identity::device_id(signing.public_key());
  return {std::move(signing), crypto::SealingKey::generate(random), device};
}

std::string Organisation::certify(const DeviceKeys& keys, const std::string& person,
                                  const std::string& role_name, TimeMs not_before, TimeMs not_after,
                                  bool swapped) const {
  identity::Certificate certificate;
  certificate.subject = {statement.id, keys.signing.public_key(), keys.sealing.public_key(),
                         person,       "Name of " + person,       role_name,
                         "team-a"};
  certificate.not_before = not_before;
  certificate.not_after = not_after;
  std::vector<std::pair<std::string, const crypto::SigningKey*>> signers = {
      {"registrar-a", &registrar_a}, {"registrar-b", &registrar_b}};
  if (swapped) std::swap(signers[0], signers[1]);
  return signed_text(certificate.print(), signers);
}

Bytes Organisation::enrol(const DeviceKeys& keys, const std::string& person,
                          const std::string& role_name, bool logged) {
  const std::string note = certify(keys, person, role_name, TimeMs(kNow.value - kDayMs),
                                   TimeMs(kNow.value + 100 * kDayMs));
  publish(v1::CERTIFICATE, tlog::LeafKind::certificate, note, logged);
  return to_bytes(note);
}

void Organisation::revoke(const DeviceId& device) {
  identity::Revocation revocation{statement.id, device, "lost", kNow};
  publish(v1::REVOCATION, tlog::LeafKind::revocation,
          signed_text(revocation.print(), {{"registrar-a", &registrar_a}}));
}

void Organisation::publish(v1::ObjectKind kind, tlog::LeafKind leaf_kind, const std::string& object,
                           bool logged) {
  tlog::LeafOpening opening;
  opening.kind = leaf_kind;
  opening.salt = random.id<Digest>();
  opening.object_hash = crypto::sha256(as_bytes(object));
  const Digest leaf = tlog::leaf_hash(opening.entry(tlog::LeafClass::directory));
  v1::DirectoryObject published;
  published.set_number(objects.size() + 1);
  published.set_kind(kind);
  published.set_object(object);
  published.set_leaf_index(frontier.size());
  published.set_opening(wire_bytes(opening.encode()));
  objects.push_back(std::move(published));
  if (logged) append_leaf(leaf);
}

void Organisation::append_leaf(const Digest& leaf) {
  leaves[leaf] = frontier.size();
  hashes.put(frontier.append(leaf));
}

void Organisation::log_object(std::size_t number) {
  const auto opening = tlog::LeafOpening::decode(as_bytes(objects[number - 1].opening())).value();
  append_leaf(tlog::leaf_hash(opening.entry(tlog::LeafClass::directory)));
}

v1::Directory Organisation::directory(std::uint64_t from) const {
  v1::Directory directory;
  for (const auto& object : objects) {
    if (object.number() >= from) *directory.add_objects() = object;
  }
  return directory;
}

std::string Organisation::checkpoint() const {
  return checkpoint_of(frontier.size(), frontier.root());
}

std::string Organisation::checkpoint_of(std::uint64_t size, const Digest& tree) const {
  tlog::Checkpoint checkpoint;
  checkpoint.origin = statement.log.name;
  checkpoint.size = size;
  checkpoint.root = tree;
  auto note = tlog::sign_checkpoint(checkpoint, log_key);
  if (!cosigned) return note.print();
  note.signatures.push_back(
      tlog::make_cosignature(note, "witness", witness_key, kNow.value / 1000));
  return note.print();
}

v1::Proof Organisation::inclusion(const Digest& leaf) const {
  v1::Proof proof;
  proof.set_checkpoint(checkpoint());
  proof.set_leaf_index(leaves.at(leaf));
  const auto path = tlog::prove_inclusion(leaves.at(leaf), frontier.size(), hashes).value();
  for (const Digest& hash : path) proof.add_hashes(wire_bytes(hash.view()));
  return proof;
}

v1::Proof Organisation::consistency(std::uint64_t from) const {
  v1::Proof proof;
  proof.set_checkpoint(checkpoint());
  const auto path = tlog::prove_consistency(from, frontier.size(), hashes).value();
  for (const Digest& hash : path) proof.add_hashes(wire_bytes(hash.view()));
  return proof;
}

FakeBot::FakeBot(Organisation& o, const std::string& n)
    : organisation(o), id(o.random.id<GroupId>()), name(n) {
  const mls::Lifetime lifetime{TimeMs(kNow.value - kDayMs), TimeMs(kNow.value + 90 * kDayMs)};
  const auto mls_id = o.random.id<GroupId>();
  group = mls::Group::create(mls_id.view(), o.bot.signing, o.bot.device.view(), lifetime, o.random)
              .value();
  chain.group = id;
}

Bytes FakeBot::roster() const {
  identity::Roster roster;
  roster.group = id;
  roster.mls_group = group->group_id();
  roster.epoch = group->epoch();
  roster.group_class = "ordinary";
  for (const mls::Member& member : group->members()) {
    roster.members.push_back({*DeviceId::from(member.identity), member.leaf.value, false});
  }
  return roster.sign(organisation.bot.signing);
}

v1::Deliver FakeBot::release_commit(mls::PreparedCommit prepared, const MessageId& message_id) {
  v1::Submit submit;
  submit.set_group(wire_bytes(id.view()));
  submit.set_message_id(wire_bytes(message_id.view()));
  submit.set_epoch(group->epoch().value);
  submit.set_kind(v1::COMMIT);
  submit.set_ciphertext(wire_bytes(prepared.commit));
  const auto token = token_for(submit, Digest());
  EXPECT_TRUE(group->merge(std::move(prepared.staged)));
  v1::Deliver delivered = deliver(submit, token);
  delivered.set_roster(wire_bytes(roster()));
  advance(token);
  return delivered;
}

FakeBot::Added FakeBot::add(const std::vector<std::pair<DeviceKeys*, Bytes>>& joiners) {
  const auto message_id = organisation.random.id<MessageId>();
  mls::CommitRequest request;
  for (const auto& [keys, package] : joiners) {
    request.adds.push_back(mls::verify_key_package(package, kNow).value());
    for (const mls::Member& member : group->members()) {
      if (same(member.identity, keys->device.view())) request.removes.push_back(member.leaf);
    }
  }
  request.authenticated_data = to_bytes(message_id.view());
  auto prepared = group->commit(request, kNow, organisation.random).value();
  const Bytes welcome = prepared.welcome;
  Added added;
  added.commit = release_commit(std::move(prepared), message_id);
  for (const auto& [keys, package] : joiners) {
    v1::WelcomeMail mail;
    mail.set_group(wire_bytes(id.view()));
    mail.set_welcome(wire_bytes(welcome));
    mail.set_token(added.commit.token());
    mail.set_roster(added.commit.roster());
    const messages::GroupInfo info{id, name, "ordinary", "team-a"};
    mail.set_group_info(wire_bytes(
        info.seal(keys->sealing.public_key(), organisation.bot.signing, organisation.random)
            .value()));
    added.welcomes[keys->device] = std::move(mail);
  }
  return added;
}

v1::Deliver FakeBot::remove(const DeviceId& device) {
  const auto message_id = organisation.random.id<MessageId>();
  mls::CommitRequest request;
  for (const mls::Member& member : group->members()) {
    if (same(member.identity, device.view())) request.removes.push_back(member.leaf);
  }
  request.authenticated_data = to_bytes(message_id.view());
  return release_commit(group->commit(request, kNow, organisation.random).value(), message_id);
}

messages::Inner FakeBot::open(const v1::Submit& submit) {
  auto received = group->unprotect(as_bytes(submit.ciphertext()));
  EXPECT_VALUE(received);
  return messages::Inner::decode(received.value().content.view()).value();
}

identity::ReleaseToken FakeBot::token_for(const v1::Submit& submit, const Digest& commitment) {
  identity::ReleaseToken token;
  token.log_origin = organisation.statement.log.name;
  token.group = id;
  token.epoch = Epoch(submit.epoch());
  token.kind = submit.kind() == v1::COMMIT ? identity::SubmissionKind::commit
                                           : identity::SubmissionKind::application;
  token.seq = chain.seq.next();
  token.previous = chain.previous;
  token.message_id = *MessageId::from(as_bytes(submit.message_id()));
  token.ciphertext_hash = crypto::sha256(as_bytes(submit.ciphertext()));
  token.content_commitment = commitment;
  token.policy_digest = organisation.policy;
  tlog::LeafOpening opening;
  opening.kind = submit.kind() == v1::COMMIT ? tlog::LeafKind::commit : tlog::LeafKind::message;
  opening.salt = organisation.random.id<Digest>();
  opening.object_hash = organisation.random.id<Digest>();
  opening.ciphertext_hash = token.ciphertext_hash;
  opening.content_commitment = commitment;
  openings[token.message_id] = opening;
  token.leaf_hash = tlog::leaf_hash(opening.entry(tlog::LeafClass::ordinary));
  if (logs) organisation.append_leaf(token.leaf_hash);
  return token;
}

v1::Deliver FakeBot::deliver(const v1::Submit& submit, const identity::ReleaseToken& token) {
  v1::Deliver delivered;
  delivered.set_group(submit.group());
  delivered.set_seq(token.seq.value);
  delivered.set_epoch(submit.epoch());
  delivered.set_kind(submit.kind());
  delivered.set_message_id(submit.message_id());
  delivered.set_submission(token.seq.value);
  delivered.set_ciphertext(submit.ciphertext());
  delivered.set_token(wire_bytes(token.sign(organisation.bot.signing)));
  return delivered;
}

void FakeBot::advance(const identity::ReleaseToken& token) { chain.advance(token); }

v1::Deliver FakeBot::release(const v1::Submit& submit) {
  const messages::Inner inner = open(submit);
  const auto token = token_for(submit, inner.commitment());
  advance(token);
  return deliver(submit, token);
}

v1::MailItem FakeBot::receipt(const v1::Deliver& delivered, const DeviceKeys& to,
                              std::uint64_t number) {
  const auto token = identity::ReleaseToken::decode(as_bytes(delivered.token())).value();
  messages::Receipt receipt;
  receipt.seq = token.seq;
  receipt.submission = Submission(delivered.submission());
  receipt.leaf_hash = token.leaf_hash;
  receipt.opening = openings.at(token.message_id).encode();
  v1::MailItem mail;
  mail.set_number(number);
  mail.set_kind(v1::REPLY);
  mail.set_about(delivered.message_id());
  mail.set_body(
      wire_bytes(messages::seal_reply(receipt, to.sealing.public_key(), id, token.message_id,
                                      organisation.bot.signing, organisation.random)
                     .value()));
  return mail;
}

v1::MailItem FakeBot::warn(const v1::Submit& submit, const DeviceKeys& to, std::uint64_t number,
                           bool block) {
  const messages::Inner inner = open(submit);
  messages::ReplyFinding finding;
  finding.rule = "rule-1";
  finding.category = "category";
  finding.start = 2;
  finding.end = 5;
  finding.standard = "Standard";
  finding.message = "Message";
  finding.advice = "Advice";
  messages::WarningReply reply;
  reply.block = block;
  reply.findings = messages::encode_findings({finding}, 1024);
  messages::Warning warning;
  warning.group = id;
  warning.message_id = *MessageId::from(as_bytes(submit.message_id()));
  warning.device = to.device;
  warning.content_commitment = inner.commitment();
  warning.issued = kNow;
  warning.expires = TimeMs(kNow.value + kDayMs);
  warning.block = block;
  warning.findings_hash = crypto::sha256(reply.findings);
  reply.signed_warning = warning.sign(organisation.bot.signing);
  v1::MailItem mail;
  mail.set_number(number);
  mail.set_kind(v1::REPLY);
  mail.set_about(submit.message_id());
  mail.set_body(
      wire_bytes(messages::seal_reply(reply, to.sealing.public_key(), id, warning.message_id,
                                      organisation.bot.signing, organisation.random)
                     .value()));
  return mail;
}

Officer::Officer(Organisation& organisation, const std::string& p)
    : person(p),
      keys(organisation.make_keys()),
      certificate(organisation.enrol(keys, p, "officer")),
      trust_store(std::make_unique<MemoryTrustStore>()),
      random(organisation.random) {
  trust = Trust::load(organisation.root, *trust_store, clock).value();
}

std::pair<DeviceKeys*, Bytes> Officer::key_package(Organisation& organisation) {
  const mls::Lifetime lifetime{TimeMs(kNow.value - kDayMs), TimeMs(kNow.value + 90 * kDayMs)};
  auto bundle =
      mls::make_key_package(keys.signing, keys.device.view(), lifetime, organisation.random)
          .value();
  package.emplace();
  package->key_package = bundle.key_package;
  package->private_part = std::move(bundle.private_part);
  return {&keys, bundle.key_package};
}

Status Officer::join(const v1::WelcomeMail& welcome) {
  auto joined = GroupSession::join(welcome, *package, keys, *trust, GroupProgress(), kNow);
  if (!joined) return joined.error();
  session = std::move(joined).value();
  return ok();
}

v1::Submit Officer::write(const std::string& text, std::optional<MessageId> id) {
  return write(text, trust->newest_checkpoint(), id);
}

v1::Submit Officer::write(const std::string& text, const SeenCheckpoint& claimed,
                          std::optional<MessageId> id) {
  messages::Content content;
  content.text = SecretText::copy_of(text);
  return write(content, claimed, id);
}

v1::Submit Officer::write(const messages::Content& content, const SeenCheckpoint& claimed,
                          std::optional<MessageId> id) {
  Draft draft;
  draft.id = id ? *id : random.id<MessageId>();
  draft.content = content.encode();
  draft.commitment_key = random.secret<messages::CommitmentKey::kSize>();
  auto encrypted = session->encrypt(draft, claimed, kNow, random).value();
  log.own[draft.id] = {encrypted.ciphertext_hash, draft.commitment()};
  v1::Submit submit;
  submit.set_group(wire_bytes(session->record().id.view()));
  submit.set_message_id(wire_bytes(draft.id.view()));
  submit.set_epoch(encrypted.epoch.value);
  submit.set_kind(v1::APPLICATION);
  submit.set_ciphertext(wire_bytes(encrypted.ciphertext));
  return submit;
}

TemporaryFolder::TemporaryFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "candour-client-XXXXXX").string();
  path_ = ::mkdtemp(name.data());
}
TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace candour::client::test
