#include "warrant/seal/record.h"

#include "base/assert.h"

namespace candour::warrant {
namespace {

constexpr std::uint8_t kVersion = 1;

void write_previous(SecretWriter& out, const PreviousRecord& previous) {
  out.id(previous.record);
  out.id(previous.leaf_hash);
}

PreviousRecord read_previous(Reader& in) {
  PreviousRecord previous;
  previous.record = in.id<RecordId>();
  previous.leaf_hash = in.id<Digest>();
  return previous;
}

void write_findings(SecretWriter& out, const std::vector<RecordFinding>& findings) {
  CANDOUR_ASSERT(findings.size() <= 0xffff);
  out.u16(static_cast<std::uint16_t>(findings.size()));
  for (const RecordFinding& f : findings) {
    out.vec(f.rule);
    out.vec(f.category);
    out.u8(f.severity);
    out.u32(f.start);
    out.u32(f.end);
    out.vec(f.standard);
  }
}

std::vector<RecordFinding> read_findings(Reader& in) {
  std::vector<RecordFinding> findings;
  const std::size_t count = in.u16();
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    RecordFinding f;
    f.rule = as_text(in.vec());
    f.category = as_text(in.vec());
    f.severity = in.u8();
    f.start = in.u32();
    f.end = in.u32();
    f.standard = as_text(in.vec());
    if (f.severity < 1 || f.severity > 3 || f.start > f.end) in.fail();
    findings.push_back(std::move(f));
  }
  return findings;
}

// Kinds whose leaves have a record; the others are public objects of the directory.
bool has_record(std::uint8_t kind) {
  return kind >= static_cast<std::uint8_t>(tlog::LeafKind::message) &&
         kind <= static_cast<std::uint8_t>(tlog::LeafKind::alert_dismissal);
}

}  // namespace

SecretBytes Record::encode() const {
  SecretWriter out;
  out.u8(kVersion);
  out.u8(static_cast<std::uint8_t>(kind));
  out.id(id);
  out.id(group);
  out.number(seq);
  out.number(submission);
  out.number(epoch);
  out.id(message_id);
  out.id(sender);
  out.id(certificate);
  out.vec(evidence.view());
  out.number(sender_time);
  out.number(bot_time);
  write_findings(out, findings);
  out.u8(static_cast<std::uint8_t>(verdict));
  out.id(policy);
  out.u8(static_cast<std::uint8_t>(remark.type));
  out.vec(remark.warning);
  out.id(remark.reported);
  out.vec(remark.reason.view());
  write_previous(out, previous_of_group);
  write_previous(out, previous_of_sender);
  return SecretBytes(out.take());
}

Result<Record> Record::decode(ByteView bytes) {
  Reader in(bytes);
  const bool version_known = in.u8() == kVersion;
  const std::uint8_t kind = in.u8();
  Record record;
  record.id = in.id<RecordId>();
  record.group = in.id<GroupId>();
  record.seq = in.number<Seq>();
  record.submission = in.number<Submission>();
  record.epoch = in.number<Epoch>();
  record.message_id = in.id<MessageId>();
  record.sender = in.id<DeviceId>();
  record.certificate = in.id<Digest>();
  record.evidence = SecretBytes::copy_of(in.vec());
  record.sender_time = in.number<TimeMs>();
  record.bot_time = in.number<TimeMs>();
  record.findings = read_findings(in);
  const std::uint8_t verdict = in.u8();
  record.policy = in.id<Digest>();
  const std::uint8_t remark = in.u8();
  record.remark.warning = to_bytes(in.vec());
  record.remark.reported = in.id<MessageId>();
  record.remark.reason = SecretText(SecretBytes::copy_of(in.vec()));
  record.previous_of_group = read_previous(in);
  record.previous_of_sender = read_previous(in);
  if (!version_known || !in.finish() || !has_record(kind) || verdict > 3 || remark > 4) {
    return error(ErrorCode::input_invalid,
                 "the record is malformed: not version 1, cut off, or with an unknown value");
  }
  record.kind = static_cast<tlog::LeafKind>(kind);
  record.verdict = static_cast<RecordVerdict>(verdict);
  record.remark.type = static_cast<RemarkType>(remark);
  return record;
}

}  // namespace candour::warrant
