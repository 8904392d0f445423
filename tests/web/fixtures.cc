// Bytes of every format that the browser app reads, made by the C++ code: one JSON object on
// standard output, from fixed seeds where nothing random is sealed. Goal: web/test/formats.test.ts
// finds that both sides read them alike.
#include <iostream>

#include "base/encoding.h"
#include "base/json_text.h"
#include "base/random.h"
#include "client/messages/alert.h"
#include "client/messages/answer.h"
#include "client/messages/appeal.h"
#include "client/messages/content.h"
#include "client/messages/group_info.h"
#include "client/messages/group_request.h"
#include "client/messages/reply.h"
#include "client/messages/report_proof.h"
#include "crypto/hash.h"
#include "identity/certificate.h"
#include "identity/login.h"
#include "identity/notice.h"
#include "identity/roster.h"
#include "identity/succession.h"
#include "identity/token.h"
#include "tlog/checkpoint.h"
#include "tlog/leaf.h"
#include "tlog/tree.h"

namespace candour::tests {
namespace {

class Json {
 public:
  explicit Json(std::ostream& out) : out_(out) { out_ << "{"; }
  ~Json() { out_ << "}\n"; }
  void text(std::string_view name, std::string_view value) {
    out_ << (first_ ? "" : ",\n") << json_quote(name) << ": " << json_quote(value);
    first_ = false;
  }
  void bytes(std::string_view name, ByteView value) { text(name, hex_encode(value)); }

 private:
  std::ostream& out_;
  bool first_ = true;
};

constexpr std::uint64_t kTime = 1'790'000'000'000;

crypto::SigningKey key(std::uint8_t number) {
  Secret<32> seed;
  for (std::uint8_t& byte : seed.mutable_view()) byte = number;
  return crypto::SigningKey::from_seed(seed);
}

crypto::SealingKey sealing_key(std::uint8_t number) {
  crypto::SealingPrivateKey secret;
  for (std::uint8_t& byte : secret.mutable_view()) byte = number;
  return crypto::SealingKey::from_private(std::move(secret));
}

template <class IdType>
IdType id(std::uint8_t number) {
  IdType out;
  for (std::uint8_t& byte : out.mutable_view()) byte = number;
  return out;
}

enum Keys : std::uint8_t {
  root = 1,
  log_key,
  witness,
  registrar_1,
  registrar_2,
  author,
  approver,
  bot,
  device,
  authoriser
};

identity::NoteKey note_key(const std::string& name, Keys number,
                           identity::NoteKeyType type = identity::NoteKeyType::ed25519) {
  return {name, type, key(number).public_key()};
}

std::string signed_by(std::string text, std::initializer_list<std::pair<const char*, Keys>> who) {
  identity::SignedNote note{std::move(text), {}};
  for (const auto& [name, number] : who) identity::sign_note(note, name, key(number));
  return note.print();
}

identity::Statement statement() {
  identity::Statement out;
  out.name = "Example Constabulary";
  out.id = "example-constabulary";
  out.version = 2;
  out.issued = TimeMs(kTime);
  out.example = true;
  out.log = note_key("log.example", log_key);
  out.witnesses = {note_key("witness.example", witness, identity::NoteKeyType::cosignature)};
  out.quorum = 1;
  out.bots = {identity::device_id(key(bot).public_key())};
  out.roles = {{"registrar", "p-901", note_key("registrar-1", registrar_1)},
               {"registrar", "p-902", note_key("registrar-2", registrar_2)},
               {"authoriser", "p-911", note_key("authoriser", authoriser)},
               {"policy-author", "p-941", note_key("author", author)},
               {"policy-approver", "p-942", note_key("approver", approver)}};
  out.client_builds = {"candour/0.1.0", "candour-web/0.1.0"};
  return out;
}

identity::Enrolment subject() {
  return {"example-constabulary",
          key(device).public_key(),
          sealing_key(device).public_key(),
          "p-101",
          "PC Amy \xC5\x81\xC3\xB3\x64\xC5\xBA",
          "officer",
          "team-a"};
}

void notes(Json& out) {
  out.text("root", note_key("root", root).vkey());
  out.text("statement", signed_by(statement().print(), {{"root", root}}));
  const identity::Certificate certificate{subject(), TimeMs(kTime), TimeMs(kTime + 86'400'000)};
  out.text("certificate", signed_by(certificate.print(),
                                    {{"registrar-1", registrar_1}, {"registrar-2", registrar_2}}));
  out.text("certificate_of_one", signed_by(certificate.print(), {{"registrar-1", registrar_1}}));
  out.text("enrolment", identity::make_enrolment(subject(), key(device)));
  const identity::Revocation revocation{"example-constabulary", subject().device(), "lost",
                                        TimeMs(kTime)};
  out.text("revocation", signed_by(revocation.print(), {{"registrar-2", registrar_2}}));
  const identity::Notice notice{"example-constabulary", 3, TimeMs(kTime), {"You are checked.", ""}};
  out.text("notice", signed_by(notice.print(), {{"author", author}, {"approver", approver}}));
  const identity::NoticeAck ack{subject().device(), id<Digest>(7), TimeMs(kTime)};
  out.bytes("notice_ack", ack.sign(key(device)));
  identity::Succession succession;
  succession.organisation = "example-constabulary";
  succession.old_log = note_key("old.example", witness);
  succession.old_size = 9;
  succession.old_root = id<Digest>(9);
  succession.new_log = statement().log;
  succession.reason = "disk lost";
  succession.issued = TimeMs(kTime);
  out.text("succession", signed_by(succession.print(),
                                   {{"authoriser", authoriser}, {"registrar-1", registrar_1}}));
  const tlog::Checkpoint checkpoint{"log.example", 20, id<Digest>(5), {}};
  auto note = tlog::sign_checkpoint(checkpoint, key(log_key));
  out.text("checkpoint_alone", note.print());
  identity::cosign_note(note, "witness.example", key(witness), kTime / 1000);
  out.text("checkpoint", note.print());
}

void tokens(Json& out) {
  identity::ReleaseToken token;
  token.log_origin = "log.example";
  token.group = id<GroupId>(1);
  token.epoch = Epoch(4);
  token.seq = Seq(7);
  token.previous = id<Digest>(2);
  token.message_id = id<MessageId>(3);
  token.ciphertext_hash = id<Digest>(4);
  token.content_commitment = id<Digest>(5);
  token.policy_digest = id<Digest>(6);
  token.leaf_hash = id<Digest>(7);
  out.bytes("token", token.sign(key(bot)));
  out.text("token_hash", token.hash().hex());
  identity::Roster roster;
  roster.group = id<GroupId>(1);
  roster.mls_group = to_bytes("mls group");
  roster.epoch = Epoch(5);
  roster.group_class = "ordinary";
  roster.members = {{identity::device_id(key(bot).public_key()), 0, false},
                    {subject().device(), 3, true}};
  roster.about = Bytes(70, 8);
  out.bytes("roster", roster.sign(key(bot)));
  out.bytes("web_channel", identity::web_channel_binding("127.0.0.1:8443"));
  const identity::LoginTranscript login{"log.example", Bytes(32, 1), Bytes(32, 2),
                                        to_bytes(subject().device().view()), "candour-web/0.1.0"};
  out.text("login_signature", login.sign(key(device)).hex());
}

void contents(Json& out) {
  using messages::Content;
  using messages::ContentType;
  Content text;
  text.text = SecretText::copy_of("See you at 6 \xF0\x9F\x91\x8D");
  text.about = id<MessageId>(1);
  text.mentions = {"p-101", "p-102"};
  Content poll;
  poll.type = ContentType::poll;
  poll.text = SecretText::copy_of("Tea?");
  poll.options.push_back(SecretText::copy_of("yes"));
  poll.options.push_back(SecretText::copy_of("no"));
  Content edit;
  edit.type = ContentType::edit;
  edit.about = id<MessageId>(2);
  edit.text = SecretText::copy_of(std::string(100, 'x'));
  Content vote;
  vote.type = ContentType::vote;
  vote.about = id<MessageId>(2);
  vote.option = 1;
  Content deletion;
  deletion.type = ContentType::deletion;
  deletion.about = id<MessageId>(2);
  out.bytes("content_text", text.encode().view());
  out.bytes("content_poll", poll.encode().view());
  out.bytes("content_edit", edit.encode().view());
  out.bytes("content_vote", vote.encode().view());
  out.bytes("content_deletion", deletion.encode().view());
  messages::Inner inner;
  inner.content = text.encode();
  inner.counter = 5;
  inner.time = TimeMs(kTime);
  inner.checkpoint = {"log.example", 20, id<Digest>(5)};
  for (std::uint8_t& byte : inner.commitment_key.mutable_view()) byte = 9;
  out.bytes("inner", inner.encode().view());
  out.text("commitment", inner.commitment().hex());
}

void replies(Json& out) {
  const GroupId group = id<GroupId>(1);
  const MessageId message = id<MessageId>(3);
  const auto sealed = [&](const messages::Reply& reply) {
    return messages::seal_reply(reply, sealing_key(device).public_key(), group, message, key(bot),
                                system_random())
        .value();
  };
  messages::Receipt receipt;
  receipt.seq = Seq(7);
  receipt.submission = Submission(8);
  receipt.leaf_hash = id<Digest>(7);
  receipt.opening = Bytes(130, 1);
  receipt.overridden = true;
  receipt.mention_duty = true;
  messages::OwnAlert own;
  own.raised = TimeMs(kTime);
  own.group = group;
  own.category = "sexism";
  own.rule = "sexism.capability";
  own.standard = "3 Equality and Diversity";
  const Bytes note = own.seal(sealing_key(device).public_key(), message, system_random()).value();
  receipt.closed = {{message, messages::Resolution::training, TimeMs(kTime + 1), note}};
  out.bytes("receipt", sealed(receipt));
  messages::ReplyFinding finding;
  finding.rule = "sexism.capability";
  finding.category = "sexism";
  finding.severity = 2;
  finding.start = 3;
  finding.end = 9;
  finding.standard = "3 Equality and Diversity";
  finding.message = "This demeans women.";
  finding.advice = "Say what happened.";
  messages::WarningReply reply;
  reply.findings = messages::encode_findings({finding}, messages::kFindingsSizeMax);
  messages::Warning warning;
  warning.group = group;
  warning.message_id = message;
  warning.device = subject().device();
  warning.content_commitment = id<Digest>(5);
  warning.policy_digest = id<Digest>(6);
  warning.issued = TimeMs(kTime);
  warning.expires = TimeMs(kTime + 1000);
  warning.findings_hash = crypto::sha256(reply.findings);
  reply.signed_warning = warning.sign(key(bot));
  out.bytes("warning", sealed(reply));
  out.bytes("rejected", sealed(messages::Rejected{"not_permitted", "Not so."}));
  const messages::GroupInfo info{group, "Team A", "ordinary", "team-a"};
  out.bytes("group_info",
            info.seal(sealing_key(device).public_key(), key(bot), system_random()).value());
}

/// A report's proof, and what its token says.
void reports(Json& out) {
  messages::Content content;
  content.text = SecretText::copy_of("what was said");
  messages::ReportProof proof;
  proof.content = content.encode();
  for (std::uint8_t& byte : proof.commitment_key.mutable_view()) byte = 9;
  identity::ReleaseToken token;
  token.log_origin = "log.example";
  token.group = id<GroupId>(1);
  token.epoch = Epoch(4);
  token.seq = Seq(7);
  token.message_id = id<MessageId>(3);
  token.content_commitment =
      messages::content_commitment(proof.commitment_key, proof.content.view());
  token.leaf_hash = id<Digest>(7);
  proof.token = token.sign(key(bot));
  proof.sender = subject().device();
  proof.time = TimeMs(kTime);
  out.bytes("report_proof", proof.encode().view());
}

/// Appeals, what is answered to them, and what officers ask for groups.
void people(Json& out) {
  messages::Content content;
  content.text = SecretText::copy_of("as the witness said it");
  messages::Appeal appeal;
  appeal.signed_warning = Bytes(242, 7);
  appeal.content = content.encode();
  for (std::uint8_t& byte : appeal.commitment_key.mutable_view()) byte = 9;
  appeal.reason = SecretText::copy_of("It is evidence.");
  appeal.device = subject().device();
  appeal.time = TimeMs(kTime);
  out.bytes("appeal", appeal.sign(key(device)).view());
  const messages::Approval approval{id<GroupId>(1),     id<Digest>(2), id<Digest>(3),
                                    subject().device(), TimeMs(kTime), TimeMs(kTime + 1000)};
  out.bytes("approval", approval.sign(key(device)));
  messages::Answer answer;
  answer.type = messages::AnswerType::appeal_decided;
  answer.about = id<messages::Answer::About>(3);
  answer.message = SecretText::copy_of("Fine by me");
  answer.body = approval.sign(key(device));
  const auto seal = [&] {
    return answer
        .seal(sealing_key(device).public_key(), subject().device(), id<messages::MailId>(6),
              key(bot), system_random())
        .value();
  };
  out.bytes("answer", seal());
  answer.type = messages::AnswerType::group_request;
  answer.code = "not_permitted";
  answer.body.clear();
  out.bytes("answer_refused", seal());
  answer.type = messages::AnswerType::mail_refused;
  messages::RefusedMail refused;
  refused.action = static_cast<std::uint8_t>(messages::AlertAction::acknowledge);
  refused.about = id<messages::RefusedMail::Subject>(4);
  answer.body = refused.encode();
  out.bytes("answer_mail_refused", seal());
  messages::GroupRequest request;
  request.organisation = "example-constabulary";
  request.request = id<messages::RequestId>(5);
  request.action = "create";
  request.group = id<GroupId>(1);
  request.name = "Night shift";
  request.group_class = "ordinary";
  request.unit = "team-a";
  request.owners = {subject().device()};
  request.members = {id<DeviceId>(7), id<DeviceId>(8)};
  request.by = subject().device();
  request.issued = TimeMs(kTime);
  out.bytes("group_request", request.sign(key(device)).view());
}

void alerts(Json& out) {
  const auto alert_id = id<messages::AlertId>(4);
  messages::AlertBody body;
  body.time = TimeMs(kTime);
  body.group = id<GroupId>(1);
  body.group_name = "Team A";
  body.category = "sexism";
  body.severity = 3;
  body.serious = true;
  body.rule = "sexism.capability";
  body.standard = "3 Equality and Diversity";
  body.message_id = id<MessageId>(3);
  body.subject.person = "p-102";
  body.subject.name = "PC Ben";
  body.outcome = messages::AlertOutcome::overridden;
  body.justification = SecretText::copy_of("because I may");
  body.excerpt = SecretText::copy_of("caf\xC3\xA9 girls");
  body.start = 6;
  body.end = 11;
  body.earlier = {3, 2, 1};
  const auto alert = messages::SealedAlert::seal(alert_id, body, key(bot), system_random());
  const Bytes envelope =
      alert.envelope_for(sealing_key(device).public_key(), system_random()).value();
  out.bytes("alert", messages::alert_mail(alert_id, envelope, alert.body()));
  messages::AlertUpdate update;
  update.action = messages::AlertAction::close;
  update.time = TimeMs(kTime);
  update.state = messages::AlertState::closed;
  update.resolution = messages::Resolution::training;
  update.person = "p-201";
  update.argument = SecretText::copy_of("spoken to");
  out.bytes("alert_update",
            messages::update_mail(alert_id, update, alert.update_key(), key(bot), system_random()));
  messages::AlertStep step;
  step.alert = alert_id;
  step.action = messages::AlertAction::assign;
  step.argument = SecretText::copy_of("p-202");
  step.device = subject().device();
  step.time = TimeMs(kTime);
  out.bytes("alert_step", step.sign(key(device)).view());
  body.outcome = messages::AlertOutcome::appealed;
  messages::Content content;
  content.text = SecretText::copy_of("as the witness said it");
  body.appeal.emplace();
  body.appeal->content = content.encode();
  body.appeal->warning_hash = id<Digest>(3);
  out.bytes("alert_appealed", body.encode().view());
}

/// Roots of trees of 1 to 40 leaves, every inclusion proof of some and consistency between all.
void trees(Json& out) {
  constexpr std::uint64_t kSize = 40;
  tlog::MemoryHashes hashes;
  tlog::LeafOpening opening{tlog::LeafKind::message, id<Digest>(1), id<Digest>(2), id<Digest>(3),
                            id<Digest>(4)};
  out.bytes("opening", opening.encode());
  out.text("opening_leaf", tlog::leaf_hash(opening.entry(tlog::LeafClass::ordinary)).hex());
  std::string leaves;
  std::string roots;
  std::string inclusions;
  std::string consistencies;
  const auto join = [](const tlog::Proof& proof) {
    std::string text;
    for (const Digest& hash : proof) text += hash.hex() + " ";
    return text;
  };
  for (std::uint64_t n = 0; n < kSize; ++n) {
    opening.salt.mutable_view()[0] = static_cast<std::uint8_t>(n);
    const Digest leaf = tlog::leaf_hash(opening.entry(tlog::LeafClass::ordinary));
    hashes.put(tlog::hashes_for_append(n, leaf, hashes).value());
    leaves += leaf.hex() + "\n";
    roots += tlog::tree_hash(n + 1, hashes).value().hex() + "\n";
  }
  for (std::uint64_t size : {1, 2, 7, 8, 9, 31, 32, 33, 40}) {
    for (std::uint64_t i = 0; i < size; ++i) {
      inclusions += std::to_string(i) + " " + std::to_string(size) + " " +
                    join(tlog::prove_inclusion(i, size, hashes).value()) + "\n";
    }
    for (std::uint64_t old = 1; old <= size; ++old) {
      consistencies += std::to_string(old) + " " + std::to_string(size) + " " +
                       join(tlog::prove_consistency(old, size, hashes).value()) + "\n";
    }
  }
  out.text("leaves", leaves);
  out.text("roots", roots);
  out.text("inclusions", inclusions);
  out.text("consistencies", consistencies);
}

}  // namespace
}  // namespace candour::tests

int main() {
  candour::tests::Json out(std::cout);
  candour::tests::notes(out);
  candour::tests::tokens(out);
  candour::tests::contents(out);
  candour::tests::replies(out);
  candour::tests::alerts(out);
  candour::tests::people(out);
  candour::tests::reports(out);
  candour::tests::trees(out);
}
