// candour-bench-bot: a bot that releases at once, for relay_bench only. It holds no group state and
// judges nothing; for the relay it is a bot: real login, tokens, rosters, log entries, sealed
// records and replies of the real sizes, one verdict for each submission.
//
// Usage: candour-bench-bot FOLDER PORT
// Creates the groups of the world in FOLDER (tests/bench/relay_world.h) that the relay does not
// know yet, prints one line with "ready", and releases until the relay ends the connection.
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <unordered_map>

#include "base/clock.h"
#include "base/codec.h"
#include "base/limits.h"
#include "base/random.h"
#include "crypto/hash.h"
#include "identity/certificate.h"
#include "identity/login.h"
#include "identity/roster.h"
#include "identity/token.h"
#include "tests/bench/relay_world.h"
#include "tlog/leaf.h"
#include "tlog/record_label.h"
#include "tlog/witness.h"
#include "transport/net/client.h"
#include "transport/wire/frames.h"

namespace {

using namespace candour;
using bench::Party;

/// A chat message of 300 bytes as a sealed record (tests/bench/log_bench.cc).
constexpr std::size_t kRecordSize = 1'312;
/// HPKE adds its key and a tag.
constexpr std::size_t kReplySize = limits::kReplyPlaintextSize + 48;
constexpr std::uint64_t kPatienceMs = 30'000;

struct Chain {
  Seq seq;
  Digest previous;
};

class Bot {
 public:
  Bot(std::unique_ptr<net::WsClient> socket, bench::RelayWorldSize size)
      : socket_(std::move(socket)), size_(size), filler_(64 * 1024) {
    system_random().fill(filler_);
  }

  Status login();
  Status create_groups();
  /// Until the relay closes the connection.
  Status release_for_ever();

 private:
  Status send(v1::ClientFrame frame) { return socket_->send(wire::serialise(frame)); }
  Result<v1::ServerFrame> receive(std::uint64_t timeout_ms) {
    CANDOUR_TRY(const auto bytes, socket_->receive(timeout_ms));
    return wire::parse_server_frame(bytes);
  }
  /// The next frame of this kind; others are dropped.
  Result<v1::ServerFrame> expect(v1::ServerFrame::BodyCase body);
  Result<v1::ServerFrame> call(v1::ClientFrame frame, v1::ServerFrame::BodyCase body);
  Status create_group(std::uint32_t number);
  v1::ClientFrame verdict(const v1::Check& check);
  Status cosign(const v1::CosignRequest& request);
  Bytes record(const RecordId& id, const GroupId& group, const DeviceId& sender);
  Bytes roster(std::uint32_t group) const;
  std::string nonsense(std::size_t size);

  std::unique_ptr<net::WsClient> socket_;
  bench::RelayWorldSize size_;
  Bytes filler_;
  std::size_t filler_at_ = 0;
  crypto::SigningKey key_ = bench::party_key(Party::bot);
  DeviceId id_ = bench::party_id(Party::bot);
  std::unordered_map<GroupId, Chain> chains_;
  identity::NoteKey log_{bench::kBenchLog, identity::NoteKeyType::ed25519,
                         bench::party_key(Party::log).public_key()};
  tlog::WitnessState witnessed_;
  std::uint64_t last_request_ = 0;
};

std::string Bot::nonsense(std::size_t size) {
  if (filler_at_ + size > filler_.size()) filler_at_ = 0;
  const ByteView piece = ByteView(filler_).subspan(filler_at_, size);
  filler_at_ += 7;
  return std::string(as_text(piece));
}

Result<v1::ServerFrame> Bot::expect(v1::ServerFrame::BodyCase body) {
  for (;;) {
    CANDOUR_TRY(auto frame, receive(kPatienceMs));
    if (frame.body_case() == body) return frame;
    if (frame.has_failure()) return wire::to_error(frame.failure());
  }
}

Result<v1::ServerFrame> Bot::call(v1::ClientFrame frame, v1::ServerFrame::BodyCase body) {
  frame.set_request(++last_request_);
  CANDOUR_TRY(send(std::move(frame)));
  return expect(body);
}

Status Bot::login() {
  CANDOUR_TRY(const auto challenge, expect(v1::ServerFrame::kChallenge));
  const identity::LoginTranscript transcript{.log_origin = challenge.challenge().log_origin(),
                                             .nonce = to_bytes(challenge.challenge().nonce()),
                                             .channel_binding = socket_->channel_binding(),
                                             .subject = to_bytes(id_.view()),
                                             .client_build = bench::kBenchClient};
  v1::ClientFrame frame;
  auto& login = *frame.mutable_login();
  login.set_version(1);
  login.set_device(wire::to_field(id_));
  login.set_client_build(bench::kBenchClient);
  login.set_signature(wire::to_field(transcript.sign(key_)));
  CANDOUR_TRY(call(std::move(frame), v1::ServerFrame::kLoggedIn));
  return ok();
}

Status Bot::create_groups() {
  std::string after;
  do {
    v1::ClientFrame ask;
    ask.mutable_get_rosters()->set_after(after);
    CANDOUR_TRY(const auto known, call(std::move(ask), v1::ServerFrame::kRosters));
    for (const auto& group : known.rosters().groups()) {
      CANDOUR_TRY(const auto id, wire::id_of<GroupId>(group.group(), "group"));
      CANDOUR_TRY(const auto hash, wire::id_of<Digest>(group.token_hash(), "token_hash"));
      chains_[id] = {Seq(group.seq()), hash};
    }
    after = known.rosters().next();
  } while (!after.empty());
  for (std::uint32_t i = 0; i < size_.groups; ++i) {
    if (chains_.count(bench::group_id(i)) != 0) continue;
    CANDOUR_TRY(create_group(i));
  }
  return ok();
}

Status Bot::create_group(std::uint32_t number) {
  const GroupId group = bench::group_id(number);
  v1::ClientFrame frame;
  auto& submit = *frame.mutable_submit();
  submit.set_version(1);
  submit.set_group(wire::to_field(group));
  submit.set_message_id(wire::to_field(system_random().id<MessageId>()));
  submit.set_kind(v1::COMMIT);
  submit.set_ciphertext(nonsense(400));
  CANDOUR_TRY(call(std::move(frame), v1::ServerFrame::kSubmitted));
  CANDOUR_TRY(const auto check, expect(v1::ServerFrame::kCheck));
  v1::ClientFrame answer = verdict(check.check());
  answer.mutable_verdict()->clear_mail();  // its own commit
  answer.mutable_verdict()->set_roster(wire::to_field(roster(number)));
  CANDOUR_TRY(call(std::move(answer), v1::ServerFrame::kDone));
  return ok();
}

Bytes Bot::roster(std::uint32_t group) const {
  identity::Roster out{.group = bench::group_id(group),
                       .mls_group = to_bytes(bench::group_id(group).view()),
                       .epoch = Epoch(1),
                       .group_class = "team"};
  out.members.push_back({id_, 0, false});
  for (std::uint32_t i = 0; i < size_.members; ++i) {
    const auto device = bench::device_key(bench::member_of(size_, group, i)).public_key();
    out.members.push_back({identity::device_id(device), i + 1, i == 0});
  }
  return out.sign(key_);
}

Bytes Bot::record(const RecordId& id, const GroupId& group, const DeviceId& sender) {
  tlog::RecordLabel label;
  label.log_origin = bench::kBenchLog;
  label.record = id;
  label.group = group;
  label.sender = sender;
  label.bot_time = system_clock().now();
  label.retention_class = "ordinary";
  label.period = "2026";
  Writer out;
  out.u8(1);
  out.u16(tlog::kSealSuite);
  out.vec(label.encode());
  out.raw(as_bytes(nonsense(kRecordSize - out.size())));
  return out.take();
}

v1::ClientFrame Bot::verdict(const v1::Check& check) {
  const auto& submit = check.submit();
  const auto group = *GroupId::from(as_bytes(submit.group()));
  const bool commit = submit.kind() == v1::COMMIT;
  Chain& chain = chains_[group];
  v1::ClientFrame frame;
  frame.set_request(++last_request_);
  auto& out = *frame.mutable_verdict();
  out.set_group(submit.group());
  out.set_submission(check.submission());
  out.set_message_id(submit.message_id());
  out.set_outcome(v1::RELEASE);
  tlog::LeafOpening opening;
  opening.kind = commit ? tlog::LeafKind::commit : tlog::LeafKind::message;
  opening.salt = system_random().id<Digest>();
  const auto record_id = system_random().id<RecordId>();
  const Bytes sealed = record(record_id, group, *DeviceId::from(as_bytes(check.sender())));
  opening.object_hash = crypto::sha256(sealed);
  opening.ciphertext_hash = crypto::sha256(as_bytes(submit.ciphertext()));
  if (!commit) opening.content_commitment = opening.salt;
  auto& log = *out.add_log();
  log.set_record_id(wire::to_field(record_id));
  log.set_entry(wire::to_field(opening.entry(tlog::LeafClass::ordinary)));
  log.set_opening(wire::to_field(opening.encode()));
  log.set_record(wire::to_field(sealed));
  auto& mail = *out.add_mail();
  mail.set_device(check.sender());
  mail.set_kind(v1::REPLY);
  mail.set_body(nonsense(kReplySize));
  mail.set_about(submit.message_id());
  identity::ReleaseToken token;
  token.log_origin = bench::kBenchLog;
  token.group = group;
  token.epoch = Epoch(submit.epoch());
  token.kind = commit ? identity::SubmissionKind::commit : identity::SubmissionKind::application;
  token.seq = chain.seq.next();
  token.previous = chain.previous;
  token.message_id = *MessageId::from(as_bytes(submit.message_id()));
  token.ciphertext_hash = opening.ciphertext_hash;
  token.content_commitment = opening.content_commitment;
  token.leaf_hash = tlog::leaf_hash(as_bytes(log.entry()));
  out.set_token(wire::to_field(token.sign(key_)));
  chain = {token.seq, token.hash()};
  return frame;
}

Status Bot::cosign(const v1::CosignRequest& request) {
  CANDOUR_TRY(const auto note, identity::SignedNote::parse(request.checkpoint()));
  CANDOUR_TRY(const auto shown, tlog::verify_log_signature(note, log_));
  tlog::AddCheckpoint add;
  add.old_size = request.old_size();
  add.checkpoint = request.checkpoint();
  for (const auto& hash : request.proof()) {
    CANDOUR_TRY(const auto digest, wire::id_of<Digest>(hash, "proof"));
    add.proof.push_back(digest);
  }
  auto decided =
      tlog::decide(add, &log_, witnessed_, {"bot", key_}, system_clock().now().value / 1000);
  v1::ClientFrame frame;
  auto& out = *frame.mutable_cosignature();
  out.set_size(shown.size);
  if (decided.new_state) {
    witnessed_ = std::move(*decided.new_state);
    out.set_line(decided.body.substr(0, decided.body.find('\n')));
  } else {
    // Where this witness stands; a new one says so with what it has, which is nothing.
    out.set_size(witnessed_.size);
  }
  return send(std::move(frame));
}

Status Bot::release_for_ever() {
  for (;;) {
    auto frame = receive(kPatienceMs);
    if (!frame && frame.error().code == ErrorCode::timed_out) continue;
    if (!frame) return frame.as_failure();
    if (frame.value().has_failure()) return wire::to_error(frame.value().failure());
    if (frame.value().has_cosign_request()) {
      CANDOUR_TRY(cosign(frame.value().cosign_request()));
    }
    if (frame.value().has_check()) {
      CANDOUR_TRY(send(verdict(frame.value().check())));
    }
  }
}

Status run(const std::filesystem::path& folder, std::uint16_t port) {
  CANDOUR_TRY(const auto size, bench::RelayWorldSize::load(folder));
  net::IoThread io;
  const net::Endpoint relay{.port = port, .ca_file = (folder / "tls.crt").string()};
  CANDOUR_TRY(auto socket, net::WsClient::connect(io, relay, kPatienceMs));
  Bot bot(std::move(socket), size);
  CANDOUR_TRY(bot.login());
  CANDOUR_TRY(bot.create_groups());
  std::printf("{\"event\":\"ready\",\"groups\":%u}\n", size.groups);
  std::fflush(stdout);
  return bot.release_for_ever();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: candour-bench-bot FOLDER PORT\n");
    return 2;
  }
  const Status done = run(argv[1], static_cast<std::uint16_t>(std::atoi(argv[2])));
  if (done) return 0;
  std::fprintf(stderr, "candour-bench-bot: %s: %s\n",
               std::string(code_name(done.error().code)).c_str(), done.error().message.c_str());
  return exit_status(done.error().code);
}
