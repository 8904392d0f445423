#include "tests/bot/world.h"

#include <unistd.h>

#include "base/encoding.h"
#include "base/files.h"
#include "crypto/hash.h"
#include "tests/seal/dealing.h"

namespace candour::tests {
namespace {

std::vector<std::string> custodian_names() { return {"custodian-1", "custodian-2", "custodian-3"}; }

identity::RoleKey role(const std::string& name, const std::string& person,
                       const std::string& key_name, const crypto::SigningKey& key) {
  return {name, person, {key_name, identity::NoteKeyType::ed25519, key.public_key()}};
}

}  // namespace

void Dice::fill(MutableByteView out) {
  ++draws;
  if (kill_at != 0 && draws >= kill_at) throw Killed{};
  for (std::size_t at = 0; at < out.size();) {
    Writer input;
    input.u64(seed_);
    input.u64(counter_++);
    const Digest block = crypto::sha256(input.view());
    const std::size_t n = std::min<std::size_t>(32, out.size() - at);
    std::copy_n(block.view().begin(), n, out.begin() + static_cast<std::ptrdiff_t>(at));
    at += n;
  }
}

Device::Device(std::string person_id, Random& random)
    : person(std::move(person_id)),
      signing(crypto::SigningKey::generate(random)),
      sealing(crypto::SealingKey::generate(random)),
      id(identity::device_id(signing.public_key())) {}

BotProcess::BotProcess(World& world)
    : store(
          storage::BotStore::open(world.state / "bot.db", world.keys->state.clone(), world.bot_dice)
              .value()),
      trust_store(*store),
      trust(client::Trust::load({"root", identity::NoteKeyType::ed25519, world.root.public_key()},
                                trust_store, world.clock)
                .value()),
      policies(std::make_shared<policy::Pack>(world.pack),
               [&world] {
                 return std::async(std::launch::deferred, [&world] { return *world.pack_on_disk; });
               }),
      pool(*world.escrow, 8),
      context{*world.keys,        *store,       *trust,         policies,
              world.retention,    pool,         world.clock,    world.bot_dice,
              world.log_attempts, world.alerts, world.rotation, world.steady},
      robot(context) {
  context.warning_lifetime_ms = world.warning_lifetime_ms;
  context.officers_create_in = world.officers_create_in;
  context.readd = world.readd;
  const Status loaded = robot.load();
  EXPECT_TRUE(loaded) << loaded.error().message;
}

World::World()
    : root(crypto::SigningKey::generate(dice)),
      log(crypto::SigningKey::generate(dice)),
      outside_witness(crypto::SigningKey::generate(dice)),
      registrar1(crypto::SigningKey::generate(dice)),
      registrar2(crypto::SigningKey::generate(dice)),
      author(crypto::SigningKey::generate(dice)),
      approver(crypto::SigningKey::generate(dice)) {
  state =
      std::filesystem::temp_directory_path() / ("candour-bot-test-" + std::to_string(::getpid()));
  std::filesystem::remove_all(state);
  const std::string request =
      bot::init_keys(state, {"example-constabulary", "bot-1", "Compliance bot", "", ""}, dice)
          .value();
  keys = bot::load_keys(state).value();
  auto dealt = warrant::testing_only::deal(2, "internal", custodian_names(), dice);
  EXPECT_TRUE(retention.add_missing(
      {"ordinary", "statement", "training", "privileged", "sensitive"}, {"2026"}, dice));

  identity::Statement& s = relay.statement;
  s.name = "Example Constabulary";
  s.id = "example-constabulary";
  s.issued = clock.now();
  s.example = true;
  s.log = {"example.org/log", identity::NoteKeyType::ed25519, log.public_key()};
  s.witnesses = {
      {keys->witness_name, identity::NoteKeyType::cosignature, keys->witness.public_key()},
      {"witness.example", identity::NoteKeyType::cosignature, outside_witness.public_key()}};
  s.quorum = 2;
  s.bots = {keys->device};
  s.custodians = {dealt.custodians};
  escrow = warrant::escrow_key(s).value();
  s.roles = {role("registrar", "p-901", "registrar-1", registrar1),
             role("registrar", "p-902", "registrar-2", registrar2),
             role("policy-author", "p-941", "author", author),
             role("policy-approver", "p-942", "approver", approver)};
  for (const std::string& name : custodian_names()) {
    s.roles.push_back(role("custodian", "p-of-" + name, name, crypto::SigningKey::generate(dice)));
  }
  s.client_builds = {"candour-bot/0.1.0"};
  relay.log_key = &log;
  relay.witnesses = {{keys->witness_name, &keys->witness}, {"witness.example", &outside_witness}};
  relay.time_ms = clock.time_ms;

  identity::SignedNote statement{s.print(), {}};
  identity::sign_note(statement, "root", root);
  relay.publish(v1::STATEMENT, statement.print());
  const auto enrolment = identity::Enrolment::verify(request).value();
  identity::Certificate certificate{enrolment, TimeMs(clock.time_ms - 1000),
                                    TimeMs(clock.time_ms + 300ull * 24 * 3'600'000)};
  identity::SignedNote note{certificate.print(), {}};
  identity::sign_note(note, "registrar-1", registrar1);
  identity::sign_note(note, "registrar-2", registrar2);
  EXPECT_TRUE(bot::store_certificate(state, note.print()));
  relay.publish(v1::CERTIFICATE, note.print());

  policy::RuleSet rules;
  rules.rules = {rule("notice", policy::Severity::notice, "blimey", false),
                 rule("quiet", policy::Severity::warn, "grumble", false),
                 rule("warn", policy::Severity::warn, "badword", true),
                 rule("block", policy::Severity::block, "worstword", true)};
  rules.rules.push_back(rule("grave", policy::Severity::warn, "gravestword", true));
  rules.rules.back().alert_level = "high";
  rules.rules.push_back(rule("pressure", policy::Severity::warn, "reprisalword", true));
  rules.rules.back().category = std::string(messages::kReprisalCategory);
  pack = signed_pack("1", policy::Engine::build(std::move(rules)).value());
  group = dice.id<GroupId>();
}

World::~World() {
  process.reset();
  std::filesystem::remove_all(state);
  EXPECT_TRUE(relay.violations.empty()) << relay.violations.front();
}

policy::Rule World::rule(const std::string& id, policy::Severity severity,
                         const std::string& pattern, bool alert) const {
  policy::Rule out;
  out.id = id;
  out.category = "test." + id;
  out.severity = severity;
  out.standard = "2 Authority, Respect and Courtesy";
  out.message = "This is what the rule " + id + " says.";
  out.advice = "Leave it out.";
  out.alert = alert;
  out.patterns = {pattern};
  out.where = "test.toml:1";
  return out;
}

policy::Pack World::signed_pack(const std::string& version,
                                std::shared_ptr<const policy::Engine> engine) const {
  identity::SignedNote note{"candour-policy/v1\nname test\nversion " + version + "\n", {}};
  identity::sign_note(note, "author", author);
  identity::sign_note(note, "approver", approver);
  policy::Pack out;
  out.name = "test";
  out.version = version;
  out.engine = std::move(engine);
  out.note_text = note.text;
  out.raw_note = note.print();
  out.digest = crypto::sha256(as_bytes(out.note_text));
  return out;
}

void World::publish_policy(const policy::Pack& next) { relay.publish(v1::POLICY, next.raw_note); }

void World::publish_policy() { relay.publish(v1::POLICY, pack.raw_note); }

void World::start() {
  process = std::make_unique<BotProcess>(*this);
  client::LoginOptions login{
      client::DeviceLogin{keys->device, &keys->signing, bot::load_certificate(state).value()},
      "candour-bot/0.1.0", relay.statement.log.name};
  auto connection = client::Connection::open(relay.connect(keys->device), login);
  ASSERT_TRUE(connection) << connection.error().message;
  process->connection = std::move(connection).value();
  const Status attached = process->robot.attach(*process->connection);
  ASSERT_TRUE(attached) << attached.error().message;
  run();
}

void World::run() {
  if (!process) return;
  for (bool killed = false;;) {
    try {
      if (killed) return start();
      return turn_until_quiet();
    } catch (const Killed&) {
      ++kills;
      bot_dice.kill_at = 0;
      kill();
      killed = true;
    }
  }
}

void World::turn_until_quiet() {
  for (int quiet = 0; quiet < 2;) {
    const bool idle = relay.idle();
    const Status turned = process->robot.turn(*process->connection, 0);
    ASSERT_TRUE(turned) << turned.error().message;
    quiet = idle && relay.idle() ? quiet + 1 : 0;
  }
}

void World::enrol(const Device& device, const std::string& role_name, const std::string& unit) {
  identity::Enrolment subject;
  subject.organisation = "example-constabulary";
  subject.signing_key = device.signing.public_key();
  subject.sealing_key = device.sealing.public_key();
  subject.person = device.person;
  const auto name = names.find(device.person);
  subject.name = name == names.end() ? "PC " + device.person : name->second;
  subject.role = role_name;
  subject.unit = unit;
  identity::Certificate certificate{subject, TimeMs(clock.time_ms - 1000),
                                    TimeMs(clock.time_ms + certificate_days * 24 * 3'600'000)};
  identity::SignedNote note{certificate.print(), {}};
  identity::sign_note(note, "registrar-1", registrar1);
  identity::sign_note(note, "registrar-2", registrar2);
  relay.publish(v1::CERTIFICATE, note.print());
}

void World::revoke(const Device& device) {
  identity::Revocation revocation{"example-constabulary", device.id, "lost", clock.now()};
  identity::SignedNote note{revocation.print(), {}};
  identity::sign_note(note, "registrar-1", registrar1);
  relay.publish(v1::REVOCATION, note.print());
  run();
}

void World::request(const messages::GroupRequest& wish) {
  mail_request(wish);
  run();
}

void World::mail_to_bot(messages::ToBotType type, SecretBytes body) {
  const auto id = dice.id<messages::MailId>();
  const messages::ToBot mail{type, std::move(body)};
  relay.mail_to_bot(id.view(), mail.seal(keys->sealing.public_key(), id, dice).value());
}

void World::mail_request(const messages::GroupRequest& wish) {
  identity::SignedNote note{wish.print(), {}};
  identity::sign_note(note, "registrar-1", registrar1);
  mail_to_bot(messages::ToBotType::group_request, SecretBytes::copy_of(as_bytes(note.print())));
}

messages::GroupRequest World::create_request(const std::vector<const Officer*>& members) {
  messages::GroupRequest wish;
  wish.organisation = "example-constabulary";
  wish.request = dice.id<messages::RequestId>();
  wish.action = "create";
  wish.group = group;
  wish.name = "Team A";
  wish.group_class = "ordinary";
  wish.unit = "team-a";
  wish.owners = {members.front()->device.id};
  for (std::size_t i = 1; i < members.size(); ++i) wish.members.push_back(members[i]->device.id);
  wish.issued = clock.now();
  return wish;
}

void World::make_group(const std::vector<Officer*>& members) {
  for (Officer* member : members) member->publish_key_package();
  request(create_request({members.begin(), members.end()}));
  for (Officer* member : members) {
    member->catch_up();
    ASSERT_TRUE(member->mls.has_value());
  }
}

void World::advance(std::uint64_t ms) {
  clock.time_ms += ms;
  relay.time_ms = clock.time_ms;
  run();
}

void World::jump(std::int64_t ms) {
  clock.time_ms += static_cast<std::uint64_t>(ms);
  steady.jumped_ms += static_cast<std::uint64_t>(ms);
  run();
}

Bytes World::everything_on_disk() const {
  Bytes all;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(state)) {
    if (!entry.is_regular_file()) continue;
    append(all, read_file(entry.path(), 64u << 20).value());
  }
  return all;
}

Officer::Officer(World& the_world, std::string person, std::string role_name, std::string unit)
    : world(the_world), device(std::move(person), the_world.dice) {
  world.enrol(device, role_name, unit);
  world.run();
}

void Officer::join(const v1::Mail& mail) {
  v1::WelcomeMail welcome;
  ASSERT_TRUE(welcome.ParseFromString(mail.body()));
  for (const mls::KeyPackageBundle& package : packages_) {
    if (!same(package.reference.view(), as_bytes(welcome.key_package_ref()))) continue;
    auto joined = mls::Group::join(as_bytes(welcome.welcome()), package.key_package,
                                   package.private_part.view(), device.signing, world.clock.now());
    ASSERT_TRUE(joined) << joined.error().message;
    mls = std::move(joined).value();
    const auto leaf0 = mls->member(mls::LeafIndex(0));
    ASSERT_TRUE(leaf0 && leaf0->signature_key == world.keys->signing.public_key());
    const auto token =
        identity::ReleaseToken::verify(as_bytes(welcome.token()), leaf0->signature_key);
    ASSERT_TRUE(token);
    chain.group = world.group;
    chain.advance(token.value());
    roster = identity::Roster::verify(as_bytes(welcome.roster()), leaf0->signature_key).value();
    EXPECT_EQ(roster.epoch, mls->epoch());
    EXPECT_EQ(roster.members.size(), mls->members().size());
    group_name = messages::GroupInfo::open(as_bytes(welcome.group_info()), device.sealing,
                                           world.group, leaf0->signature_key)
                     .value()
                     .name;
    while (read_ < world.relay.delivered.size() &&
           world.relay.delivered[read_].seq() <= chain.seq.value) {
      ++read_;
    }
  }
}

void Officer::take(const v1::Deliver& deliver) {
  const auto token =
      identity::ReleaseToken::verify(as_bytes(deliver.token()), world.keys->signing.public_key());
  ASSERT_TRUE(token);
  const Status next = chain.check_next(token.value());
  ASSERT_TRUE(next) << next.error().message;
  ASSERT_EQ(token.value().ciphertext_hash, crypto::sha256(as_bytes(deliver.ciphertext())));
  if (deliver.kind() == v1::COMMIT) {
    auto staged = mls->process_commit(as_bytes(deliver.ciphertext()), world.clock.now());
    if (!staged) {
      removed = true;
      return;
    }
    removed = staged.value().removes_own_leaf();
    ASSERT_TRUE(mls->merge(std::move(staged).value()));
    roster = identity::Roster::verify(as_bytes(deliver.roster()), world.keys->signing.public_key())
                 .value();
  } else if (!own_.contains(token.value().message_id)) {
    auto received = mls->unprotect(as_bytes(deliver.ciphertext()));
    ASSERT_TRUE(received) << received.error().message;
    const auto inner = messages::Inner::decode(received.value().content.view()).value();
    EXPECT_EQ(inner.commitment(), token.value().content_commitment);
    shown.emplace_back(messages::Content::decode(inner.content.view()).value().text.expose());
  } else {
    shown.emplace_back("(own)");
  }
  chain.advance(token.value());
}

void Officer::catch_up() {
  if (!mls) {
    for (const v1::Mail& mail : world.relay.mail_of(device.id, v1::WELCOME)) join(mail);
  }
  while (mls && !removed && read_ < world.relay.delivered.size()) {
    take(world.relay.delivered[read_++]);
  }
}

void Officer::skip_generations(int count) {
  for (int i = 0; i < count; ++i) ASSERT_TRUE(mls->protect({}, {}, world.dice));
}

Officer::Draft Officer::send(std::string_view text) { return send(text, Options()); }

Officer::Draft Officer::send(std::string_view text, Options options) {
  messages::Content content;
  content.text = SecretText::copy_of(text);
  return submit(content.encode(), world.dice.secret<32>(), std::move(options));
}

Officer::Draft Officer::send(const messages::Content& content) {
  return submit(content.encode(), world.dice.secret<32>(), Options());
}

Officer::Draft Officer::send(const messages::Content& content, Options options) {
  return submit(content.encode(), world.dice.secret<32>(), std::move(options));
}

Officer::Draft Officer::answer(const Draft& draft, messages::BotField field) {
  Options options;
  options.field = std::move(field);
  return submit(draft.content.clone(), draft.key.clone(), std::move(options));
}

Officer::Draft Officer::submit(SecretBytes content, messages::CommitmentKey key, Options options) {
  Draft draft{options.id.value_or(world.dice.id<MessageId>()), content.clone(), key.clone(),
              device.id};
  const GroupId to = options.group.value_or(world.group);
  messages::Inner inner;
  inner.content = std::move(content);
  inner.counter = options.counter.value_or(++counter);
  inner.time = world.clock.now();
  inner.commitment_key = std::move(key);
  inner.checkpoint = options.checkpoint;
  const MessageId authenticated = options.inner_id.value_or(draft.id);
  const Epoch epoch = mls->epoch();
  const Bytes ciphertext =
      mls->protect(inner.encode().view(), authenticated.view(), world.dice).value();
  Bytes field = options.field
                    .seal(world.keys->sealing.public_key(), crypto::sha256(ciphertext), to,
                          draft.id, world.dice)
                    .value();
  if (options.broken_field) field.back() ^= 1;
  own_.insert(draft.id);
  v1::Submit submit;
  submit.set_version(1);
  submit.set_group(client::wire_bytes(to.view()));
  submit.set_message_id(client::wire_bytes(draft.id.view()));
  submit.set_epoch(options.epoch.value_or(epoch.value));
  submit.set_kind(v1::APPLICATION);
  submit.set_ciphertext(client::wire_bytes(ciphertext));
  submit.set_bot_field(client::wire_bytes(field));
  world.relay.submit(submit, options.claimed_sender.value_or(device.id));
  world.run();
  return draft;
}

std::vector<messages::Answer> Officer::answers() const {
  std::vector<messages::Answer> out;
  for (const v1::Mail& mail : world.relay.mail_of(device.id, v1::ANSWER)) {
    auto opened = messages::Answer::open(as_bytes(mail.body()), device.sealing, device.id,
                                         *messages::MailId::from(as_bytes(mail.about())),
                                         world.keys->signing.public_key());
    EXPECT_TRUE(opened) << opened.error().message;
    if (opened) out.push_back(std::move(opened).value());
  }
  return out;
}

messages::Reply Officer::reply(const Draft& draft) const {
  const auto mail = world.relay.mail_about(device.id, draft.id.view());
  EXPECT_TRUE(mail) << "not exactly one reply";
  if (!mail) return messages::Rejected{"no reply", ""};
  EXPECT_EQ(mail->body().size(), messages::kReplySize);
  auto opened = messages::open_reply(as_bytes(mail->body()), device.sealing, world.group, draft.id,
                                     world.keys->signing.public_key());
  EXPECT_TRUE(opened) << opened.error().message;
  return opened ? std::move(opened).value() : messages::Reply(messages::Rejected{"unopened", ""});
}

messages::WarningReply Officer::warning(const Draft& draft) const {
  auto got = reply(draft);
  if (auto* warning = std::get_if<messages::WarningReply>(&got)) return std::move(*warning);
  ADD_FAILURE() << "no warning";
  return {};
}

messages::Receipt Officer::receipt(const Draft& draft) const {
  auto got = reply(draft);
  if (auto* receipt = std::get_if<messages::Receipt>(&got)) return std::move(*receipt);
  if (auto* rejected = std::get_if<messages::Rejected>(&got)) {
    ADD_FAILURE() << "rejected: " << rejected->code << " " << rejected->message;
  } else {
    ADD_FAILURE() << "warned";
  }
  return {};
}

std::string Officer::rejection(const Draft& draft) const {
  auto got = reply(draft);
  auto* rejected = std::get_if<messages::Rejected>(&got);
  return rejected != nullptr ? rejected->code : std::string();
}

messages::BotField override_field(const messages::WarningReply& warning, std::string_view reason) {
  messages::BotField field;
  field.type = messages::BotFieldType::override_warning;
  field.warning = warning.signed_warning;
  field.reason = SecretText::copy_of(reason);
  return field;
}

}  // namespace candour::tests
