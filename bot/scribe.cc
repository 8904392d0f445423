#include "bot/scribe.h"

#include "base/limits.h"
#include "base/log.h"
#include "client/connection.h"
#include "crypto/hash.h"

namespace candour::bot {
namespace {

using client::wire_bytes;

// What is left of a reply for findings: kReplyPlaintextSize less the signed warning, the outer
// signature and the lengths.
constexpr std::size_t kFindingsSizeMax = limits::kReplyPlaintextSize - 368;

std::uint8_t number_of(policy::Severity severity) {
  return static_cast<std::uint8_t>(static_cast<int>(severity) + 1);
}

/// What reply and record say alike of a finding.
template <class Out>
Out common(const policy::Finding& finding) {
  Out one;
  one.rule = finding.rule;
  one.category = finding.category;
  one.severity = number_of(finding.severity);
  one.start = static_cast<std::uint32_t>(finding.start);
  one.end = static_cast<std::uint32_t>(finding.end);
  one.standard = finding.standard;
  return one;
}

std::vector<messages::ReplyFinding> reply_findings(const policy::Judgement& judgement) {
  std::vector<messages::ReplyFinding> out;
  for (const policy::Finding& finding : judgement.findings) {
    auto& one = out.emplace_back(common<messages::ReplyFinding>(finding));
    one.message = finding.message;
    one.advice = finding.advice;
  }
  return out;
}

std::vector<warrant::RecordFinding> record_findings(const policy::Judgement& judgement) {
  std::vector<warrant::RecordFinding> out;
  for (const policy::Finding& finding : judgement.findings) {
    out.push_back(common<warrant::RecordFinding>(finding));
  }
  return out;
}

warrant::RecordVerdict verdict_of(const Decision& decision) {
  if (decision.answer == Answer::report) return warrant::RecordVerdict::none;
  if (decision.answer == Answer::release) return warrant::RecordVerdict::release;
  return decision.judgement.verdict == policy::Verdict::block ? warrant::RecordVerdict::block
                                                              : warrant::RecordVerdict::warn;
}

warrant::Remark remark_of(const messages::BotField& field) {
  warrant::Remark remark;
  remark.type = static_cast<warrant::RemarkType>(field.type);
  const bool approved = field.type == messages::BotFieldType::approval;
  remark.warning = approved ? field.approval : field.warning;
  remark.reported = field.reported;
  remark.reason = field.reason.clone();
  return remark;
}

}  // namespace

Result<Logged> Scribe::log(warrant::Record record, Group& group, const Digest& ciphertext_hash,
                           const Digest& content_commitment) {
  // The sender's chain runs through all groups, so it has a row of its own.
  CANDOUR_TRY(auto found, context_.store.sender(GroupId(), record.sender));
  storage::BotSender chain = found.value_or(storage::BotSender());
  chain.device = record.sender;

  record.id = context_.random.id<RecordId>();
  record.group = group.id();
  record.bot_time = context_.clock.now();
  record.policy = context_.policies.pack().digest;
  const Bytes certificate = context_.trust.certificate_note(record.sender);
  if (!certificate.empty()) record.certificate = crypto::sha256(certificate);
  record.previous_of_group = {group.previous_record.record, group.previous_record.leaf_hash};
  record.previous_of_sender = {chain.previous_record.record, chain.previous_record.leaf_hash};

  CANDOUR_TRY(const Bytes sealed,
              warrant::seal_record(record, context_.origin(), group.info.group_class,
                                   context_.retention, context_.pool, context_.random));
  tlog::LeafOpening opening;
  opening.kind = record.kind;
  opening.salt = context_.random.id<Digest>();
  opening.object_hash = crypto::sha256(sealed);
  opening.ciphertext_hash = ciphertext_hash;
  opening.content_commitment = content_commitment;

  Logged logged;
  const Bytes entry = opening.entry(tlog::LeafClass::ordinary);
  logged.opening = opening.encode();
  logged.leaf_hash = tlog::leaf_hash(entry);
  logged.entry.set_record_id(wire_bytes(record.id.view()));
  logged.entry.set_entry(wire_bytes(entry));
  logged.entry.set_opening(wire_bytes(logged.opening));
  logged.entry.set_record(wire_bytes(sealed));

  group.previous_record = {record.id, logged.leaf_hash};
  chain.previous_record = group.previous_record;
  CANDOUR_TRY(context_.store.put_previous_record(group.id(), group.previous_record));
  CANDOUR_TRY(context_.store.put_sender(chain));
  return logged;
}

Result<Logged> Scribe::log_message(const Opened& opened, const Decision& decision, Group& group) {
  warrant::Record record;
  const bool released = decision.answer == Answer::release;
  record.kind = released ? tlog::LeafKind::message : tlog::LeafKind::attempt;
  if (released) record.seq = group.chain.seq.next();
  record.submission = opened.submission;
  record.epoch = opened.epoch;
  record.message_id = opened.message_id;
  record.sender = opened.sender;
  record.evidence = opened.evidence.clone();
  record.sender_time = opened.inner.time;
  record.findings = record_findings(decision.judgement);
  record.verdict = verdict_of(decision);
  record.remark = remark_of(opened.field);
  return log(std::move(record), group, opened.ciphertext_hash, opened.commitment);
}

Result<Bytes> Scribe::release(Group& group, identity::SubmissionKind kind, const MessageId& message,
                              const Digest& ciphertext_hash, const Digest& content_commitment,
                              Epoch epoch, const Digest& leaf_hash) {
  identity::ReleaseToken token;
  token.log_origin = context_.origin();
  token.group = group.id();
  token.epoch = epoch;
  token.kind = kind;
  token.seq = group.chain.seq.next();
  token.previous = group.chain.previous;
  token.message_id = message;
  token.ciphertext_hash = ciphertext_hash;
  token.content_commitment = content_commitment;
  token.policy_digest = context_.policies.pack().digest;
  token.leaf_hash = leaf_hash;
  group.chain.advance(token);
  CANDOUR_TRY(context_.store.put_chain(group.id(), group.chain.seq, group.chain.previous));
  return token.sign(context_.keys.signing);
}

std::optional<v1::Mail> Scribe::reply(const messages::Reply& reply, const GroupId& group,
                                      const MessageId& message, const DeviceId& device) const {
  // Whoever is refused because the certificate expired is told so; a revoked device is told
  // nothing.
  const identity::Certificate* certificate = context_.trust.find(device);
  if (certificate == nullptr || context_.trust.revoked(device)) return std::nullopt;
  auto sealed = messages::seal_reply(reply, certificate->subject.sealing_key, group, message,
                                     context_.keys.signing, context_.random);
  if (!sealed) {
    log::warning("reply_not_sealed", {{"device", device}, {"code", sealed.error().code}});
    return std::nullopt;
  }
  v1::Mail mail;
  mail.set_device(wire_bytes(device.view()));
  mail.set_kind(v1::REPLY);
  mail.set_body(wire_bytes(sealed.value()));
  mail.set_about(wire_bytes(message.view()));
  return mail;
}

messages::WarningReply Scribe::warning(const Opened& opened, const Decision& decision,
                                       const GroupId& group) const {
  messages::WarningReply reply;
  reply.findings = messages::encode_findings(reply_findings(decision.judgement), kFindingsSizeMax);
  reply.block = decision.judgement.verdict == policy::Verdict::block;
  const Digest findings_hash = crypto::sha256(reply.findings);
  if (decision.answer == Answer::dispute && decision.disputed_findings == findings_hash) {
    reply.signed_warning = opened.field.warning;
    return reply;
  }
  messages::Warning warning;
  warning.group = group;
  warning.message_id = opened.message_id;
  warning.device = opened.sender;
  warning.content_commitment = opened.commitment;
  warning.policy_digest = context_.policies.pack().digest;
  warning.issued = context_.clock.now();
  warning.expires = TimeMs(warning.issued.value + context_.warning_lifetime_ms);
  warning.block = reply.block;
  warning.findings_hash = findings_hash;
  reply.signed_warning = warning.sign(context_.keys.signing);
  return reply;
}

}  // namespace candour::bot
