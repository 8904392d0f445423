#include "tests/relay/world.h"

#include "base/codec.h"
#include "base/files.h"
#include "crypto/hash.h"
#include "identity/login.h"
#include "identity/notice.h"

namespace candour::tests {

namespace {

std::string seed_line(std::uint8_t number) {
  return hex_encode(test_key(number).seed().view()) + "\n";
}

void write(const std::filesystem::path& path, std::string_view text) {
  ASSERT_TRUE(write_file(path, as_bytes(text)));
}

}  // namespace

// ---- Peer ----------------------------------------------------------------------------------

Peer::Peer(World& world) {
  auto connected = net::WsClient::connect(world.io, world.endpoint(), 20'000);
  EXPECT_TRUE(connected) << connected.error().message;
  socket_ = std::move(connected.value());
  challenge_ = next(Body::kChallenge).challenge();
}

std::optional<v1::ServerFrame> Peer::receive(std::uint64_t timeout_ms) {
  auto bytes = socket_->receive(timeout_ms);
  if (!bytes) return std::nullopt;
  auto frame = wire::parse_server_frame(bytes.value());
  EXPECT_TRUE(frame);
  return frame.value();
}

void Peer::send(v1::ClientFrame frame) { send_raw(wire::serialise(frame)); }

v1::ServerFrame Peer::call(v1::ClientFrame frame) {
  frame.set_request(++last_request_);
  send(frame);
  for (;;) {
    auto got = receive(20'000);
    if (!got) {
      ADD_FAILURE() << "no answer to request of kind " << frame.body_case();
      return {};
    }
    if (got->reply_to() == last_request_) return *got;
    kept_.push_back(std::move(*got));
  }
}

ErrorCode Peer::refusal(v1::ClientFrame frame) {
  const auto answer = call(std::move(frame));
  if (answer.body_case() != Body::kFailure) return ErrorCode::internal;
  EXPECT_FALSE(answer.failure().message().empty());
  return code_from_name(answer.failure().code());
}

v1::ServerFrame Peer::next(Body body, std::uint64_t timeout_ms) {
  for (auto it = kept_.begin(); it != kept_.end(); ++it) {
    if (it->body_case() != body) continue;
    v1::ServerFrame found = std::move(*it);
    kept_.erase(it);
    return found;
  }
  for (auto got = receive(timeout_ms); got; got = receive(timeout_ms)) {
    if (got->body_case() == body) return *got;
    kept_.push_back(std::move(*got));
  }
  return {};
}

v1::ClientFrame Peer::login_frame(const TestDevice& device, const std::string& build) const {
  const identity::LoginTranscript transcript{.log_origin = challenge_.log_origin(),
                                             .nonce = to_bytes(challenge_.nonce()),
                                             .channel_binding = socket_->channel_binding(),
                                             .subject = to_bytes(device.id().view()),
                                             .client_build = build};
  v1::ClientFrame frame;
  auto& login = *frame.mutable_login();
  login.set_version(1);
  login.set_device(wire::to_field(device.id()));
  login.set_client_build(build);
  login.set_signature(wire::to_field(transcript.sign(device.key)));
  return frame;
}

v1::ServerFrame Peer::login_role(const std::string& name, const crypto::SigningKey& key) {
  const identity::LoginTranscript transcript{.log_origin = challenge_.log_origin(),
                                             .nonce = to_bytes(challenge_.nonce()),
                                             .channel_binding = socket_->channel_binding(),
                                             .subject = to_bytes(name),
                                             .client_build = "candourctl/0.1.0"};
  v1::ClientFrame frame;
  auto& login = *frame.mutable_login();
  login.set_version(1);
  login.set_role_key(name);
  login.set_client_build("candourctl/0.1.0");
  login.set_signature(wire::to_field(transcript.sign(key)));
  return call(frame);
}

std::uint16_t Peer::closed() {
  for (;;) {
    auto got = socket_->receive(10'000);
    if (got) continue;
    EXPECT_EQ(got.error().code, ErrorCode::disconnected);
    return socket_->close_code();
  }
}

// ---- TestBot -------------------------------------------------------------------------------

TestBot::TestBot(World& world) : TestJudge(world), peer_(world) {
  EXPECT_EQ(peer_.login(world.bot).body_case(), Body::kLoggedIn);
}

v1::ClientFrame TestJudge::commit_frame(const GroupId& group, const MessageId& id,
                                        std::uint64_t epoch) {
  auto frame = submit_frame(world_, group, id, epoch);
  frame.mutable_submit()->set_kind(v1::COMMIT);
  frame.mutable_submit()->clear_bot_field();
  return frame;
}

void TestBot::create_group(const GroupId& group, const std::vector<DeviceId>& members) {
  commit(group, members);
}

void TestBot::commit(const GroupId& group, const std::vector<DeviceId>& members) {
  const auto id = world_.random.id<MessageId>();
  ASSERT_EQ(peer_.call(commit_frame(group, id, chains[group].epoch)).body_case(), Body::kSubmitted);
  const auto check = next_check();
  ASSERT_EQ(check.submit().kind(), v1::COMMIT);
  const auto answer = give(release(check, members));
  ASSERT_EQ(answer.body_case(), Body::kDone) << answer.failure().message();
}

Bytes record_like(World& world, const RecordId& id, const GroupId& group, const DeviceId& sender,
                  const std::string& origin) {
  tlog::RecordLabel label;
  label.log_origin = origin;
  label.record = id;
  label.group = group;
  label.sender = sender;
  label.bot_time = world.clock.now();
  label.retention_class = "ordinary";
  label.period = "2026";
  Writer out;
  out.u8(1);
  out.u16(tlog::kSealSuite);
  out.vec(label.encode());
  out.raw(world.random.bytes(200));
  return out.take();
}

v1::Check TestBot::next_check() {
  const auto frame = peer_.next(Body::kCheck);
  EXPECT_EQ(frame.body_case(), Body::kCheck) << "no submission reached the bot";
  return frame.check();
}

v1::ClientFrame TestJudge::release(const v1::Check& check, const std::vector<DeviceId>& members) {
  const auto& submit = check.submit();
  const auto group = *GroupId::from(as_bytes(submit.group()));
  const Chain chain = chains[group];
  v1::ClientFrame frame;
  auto& verdict = *frame.mutable_verdict();
  verdict.set_group(submit.group());
  verdict.set_submission(check.submission());
  verdict.set_message_id(submit.message_id());
  verdict.set_outcome(v1::RELEASE);
  const bool commit = submit.kind() == v1::COMMIT;
  tlog::LeafOpening opening;
  opening.kind = commit ? tlog::LeafKind::commit : tlog::LeafKind::message;
  opening.salt = world_.random.id<Digest>();
  const auto record_id = world_.random.id<RecordId>();
  const Bytes record =
      record_like(world_, record_id, group, *DeviceId::from(as_bytes(check.sender())));
  opening.object_hash = crypto::sha256(record);
  opening.ciphertext_hash = crypto::sha256(as_bytes(submit.ciphertext()));
  if (!commit) opening.content_commitment = world_.random.id<Digest>();
  auto& log = *verdict.add_log();
  log.set_record_id(wire::to_field(record_id));
  log.set_entry(wire::to_field(opening.entry(tlog::LeafClass::ordinary)));
  log.set_opening(wire::to_field(opening.encode()));
  log.set_record(wire::to_field(record));
  identity::ReleaseToken token;
  token.log_origin = world_.statement.log.name;
  token.group = group;
  token.epoch = Epoch(submit.epoch());
  token.kind = commit ? identity::SubmissionKind::commit : identity::SubmissionKind::application;
  token.seq = Seq(chain.seq + 1);
  token.previous = chain.previous;
  token.message_id = *MessageId::from(as_bytes(submit.message_id()));
  token.ciphertext_hash = opening.ciphertext_hash;
  token.content_commitment = opening.content_commitment;
  token.leaf_hash = tlog::leaf_hash(as_bytes(log.entry()));
  verdict.set_token(wire::to_field(token.sign(world_.bot.key)));
  if (commit) {
    identity::Roster roster{.group = group,
                            .mls_group = world_.random.bytes(16),
                            .epoch = Epoch(submit.epoch() + 1),
                            .group_class = "team"};
    roster.members.push_back({world_.bot.id(), 0, false});
    for (const auto& member : members) {
      roster.members.push_back({member, static_cast<std::uint32_t>(roster.members.size()), false});
    }
    verdict.set_roster(wire::to_field(roster.sign(world_.bot.key)));
  }
  return frame;
}

v1::ClientFrame TestJudge::withhold(const v1::Check& check, const DeviceId& reply_to) {
  v1::ClientFrame frame;
  auto& verdict = *frame.mutable_verdict();
  verdict.set_group(check.submit().group());
  verdict.set_submission(check.submission());
  verdict.set_message_id(check.submit().message_id());
  verdict.set_outcome(v1::WITHHOLD);
  auto& mail = *verdict.add_mail();
  mail.set_device(wire::to_field(reply_to));
  mail.set_kind(v1::REPLY);
  mail.set_body(wire::to_field(world_.random.bytes(100)));
  mail.set_about(check.submit().message_id());
  return frame;
}

void TestJudge::accepted(const v1::Verdict& verdict) {
  if (verdict.outcome() != v1::RELEASE) return;
  auto token = identity::ReleaseToken::decode(as_bytes(verdict.token()));
  Chain& chain = chains[token.value().group];
  chain.seq = token.value().seq.value;
  chain.previous = token.value().hash();
  if (!verdict.roster().empty()) chain.epoch = token.value().epoch.value + 1;
}

v1::ServerFrame TestBot::give(const v1::ClientFrame& verdict) {
  auto answer = peer_.call(verdict);
  if (answer.body_case() == Body::kDone) accepted(verdict.verdict());
  return answer;
}

v1::ServerFrame TestBot::release_next() { return give(release(next_check())); }

// ---- World ---------------------------------------------------------------------------------

World::World() : statement(test_statement()), bot(make_device(kBot, "bot-1", "bot")) {
  tls = testing::make_certificate(folder.path(), "tls");
  const auto root = folder.path() / "root.vkey";
  write(root, note_key("root", kRoot).vkey() + "\n");
  EXPECT_TRUE(write_secret_file(folder.path() / "log.key", as_bytes(seed_line(kLog))));
  identity::Notice text{.organisation = statement.id,
                        .version = 1,
                        .issued = statement.issued,
                        .lines = {"This service is monitored."}};
  notice = signed_text(text.print(), {{"author", kAuthor}, {"approver", kApprover}});
  notice_digest = identity::note_digest(identity::SignedNote::parse(notice).value());
  write(folder.path() / "notice.note", notice);
  write(folder.path() / "bot.note", bot.certificate);
  config.state_dir = folder.path() / "state";
  config.listen = {"127.0.0.1", 0};
  config.admin = {"127.0.0.1", 0};
  config.tls_certificate_file = tls.certificate;
  config.tls_private_key_file = tls.key;
  config.root_vkey_file = root;
  config.log_key_file = folder.path() / "log.key";
  config.bootstrap = {folder.path() / "statement.note", folder.path() / "notice.note",
                      folder.path() / "bot.note"};
  config.limits.submits_per_second = 200;
  write_statement();
}

World::~World() = default;

void World::start() {
  if (app || program_port != 0) return;
  if (!std::filesystem::exists(config.state_dir)) write_statement();
  auto started = relay::App::start(config, clock, monotonic_clock(), random);
  ASSERT_TRUE(started) << started.error().message;
  app = std::move(started.value());
}

void World::write_statement() const {
  write(folder.path() / "statement.note", signed_text(statement.print(), {{"root", kRoot}}));
}

net::Endpoint World::endpoint() const {
  return {.port = program_port != 0 ? program_port : app->port(), .ca_file = tls.certificate};
}

TestDevice World::make_device(std::uint8_t number, const std::string& person,
                              const std::string& role, std::uint64_t lifetime_ms) {
  TestDevice device{test_key(number), {}};
  identity::Certificate certificate;
  certificate.subject = {.organisation = statement.id,
                         .signing_key = device.key.public_key(),
                         .sealing_key = test_enrolment().sealing_key,
                         .person = person,
                         .name = "Person " + person,
                         .role = role,
                         .unit = "team-a"};
  certificate.not_before = statement.issued;
  certificate.not_after = TimeMs(statement.issued.value + lifetime_ms);
  device.certificate = signed_text(certificate.print(),
                                   {{"registrar-1", kRegistrar1}, {"registrar-2", kRegistrar2}});
  return device;
}

TestDevice& World::device(const std::string& person, bool acknowledge_notice) {
  start();
  auto& slot = devices_[person];
  if (slot) return *slot;
  slot = std::make_unique<TestDevice>(make_device(next_number_++, person, "officer"));
  EXPECT_EQ(publish(v1::CERTIFICATE, slot->certificate).body_case(), Body::kDone);
  if (acknowledge_notice) {
    Peer peer(*this);
    EXPECT_EQ(peer.login(*slot).body_case(), Body::kLoggedIn);
    acknowledge(peer, *slot);
  }
  return *slot;
}

void World::acknowledge(Peer& peer, const TestDevice& device) {
  const identity::NoticeAck ack{
      .device = device.id(), .notice = notice_digest, .time = clock.now()};
  v1::ClientFrame frame;
  frame.mutable_notice_ack()->set_object(wire::to_field(ack.sign(device.key)));
  EXPECT_EQ(peer.call(frame).body_case(), Body::kDone);
}

v1::ServerFrame World::publish(v1::ObjectKind kind, const std::string& object) {
  Peer registrar(*this);
  EXPECT_EQ(registrar.login_role("registrar-1", test_key(kRegistrar1)).body_case(),
            Body::kLoggedIn);
  v1::ClientFrame frame;
  frame.mutable_publish()->set_kind(kind);
  frame.mutable_publish()->set_object(object);
  return registrar.call(frame);
}

ErrorCode World::publish_refusal(v1::ObjectKind kind, const std::string& object) {
  const auto answer = publish(kind, object);
  return answer.body_case() == Body::kFailure ? code_from_name(answer.failure().code())
                                              : ErrorCode::internal;
}

std::string World::revocation(const DeviceId& device) {
  const identity::Revocation text{
      .organisation = statement.id, .device = device, .reason = "lost", .issued = clock.now()};
  return signed_text(text.print(), {{"registrar-1", kRegistrar1}});
}

WorldState World::state() {
  Peer registrar(*this);
  const auto login = registrar.login_role("registrar-2", test_key(kRegistrar2)).logged_in();
  const auto reply = admin("/metrics");
  const std::string metrics(as_text(reply.body));
  const auto value = [&](const std::string& name) {
    const auto at = metrics.find("\ncandour_relay_" + name + " ");
    EXPECT_NE(at, std::string::npos) << name;
    return metrics.substr(at + 1, metrics.find('\n', at + 1) - at - 1);
  };
  return {login.directory(), value("log_size"), value("groups"), value("pending")};
}

void World::expect_unchanged(const std::function<void()>& refused) {
  const auto before = state();
  refused();
  EXPECT_EQ(state(), before) << "a refusal changed what the relay keeps";
}

net::HttpReply World::admin(const std::string& target) {
  auto reply = net::http_request(io, {.port = app->admin_port()}, "GET", target, {}, 10'000, 65536);
  EXPECT_TRUE(reply) << reply.error().message;
  return reply.value();
}

net::HttpReply World::get(const std::string& target) {
  auto reply = net::http_request(io, endpoint(), "GET", target, {}, 10'000, 65536);
  EXPECT_TRUE(reply) << reply.error().message;
  return reply.value();
}

v1::ClientFrame submit_frame(World& world, const GroupId& group, const MessageId& id,
                             std::uint64_t epoch) {
  v1::ClientFrame frame;
  auto& submit = *frame.mutable_submit();
  submit.set_version(1);
  submit.set_group(wire::to_field(group));
  submit.set_message_id(wire::to_field(id));
  submit.set_epoch(epoch);
  submit.set_kind(v1::APPLICATION);
  submit.set_ciphertext(wire::to_field(world.random.bytes(300)));
  submit.set_bot_field(wire::to_field(world.random.bytes(2608)));
  return frame;
}

}  // namespace candour::tests
