#include "client/records.h"

#include "base/limits.h"
#include "client/record_codec.h"

namespace candour::client {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::uint8_t kAlertFormat = 4;
// A device's standing in a group.
constexpr std::uint8_t kMember = 0;
constexpr std::uint8_t kRemoved = 1;
constexpr std::uint8_t kLost = 2;
constexpr std::uint8_t kChecked = 16;  // of a report's checks: they were made

std::string text(Reader& in) { return std::string(as_text(in.vec())); }

SecretWriter begin() {
  SecretWriter out;
  out.u8(kVersion);
  return out;
}

template <std::size_t N>
Secret<N> secret(Reader& in) {
  const ByteView bytes = in.raw(N);
  if (bytes.size() != N) return Secret<N>();
  return Secret<N>::copy_of(std::span<const std::uint8_t, N>(bytes));
}

SecretBytes done(SecretWriter& out) { return SecretBytes(out.take()); }

}  // namespace

std::string_view name_of(DraftState state) {
  switch (state) {
    case DraftState::queued:
      return "queued";
    case DraftState::submitted:
      return "submitted";
    case DraftState::warned:
      return "warned";
    case DraftState::blocked:
      return "blocked";
    case DraftState::rejected:
      return "rejected";
  }
  return "unknown";
}

SecretBytes Profile::encode() const {
  SecretWriter out = begin();
  out.vec(relay.host);
  out.u16(relay.port);
  out.vec(relay.tls_name);
  out.vec(relay.ca_file);
  out.vec(root.vkey());
  for (const std::string* field : {&organisation, &person, &name, &role, &unit}) out.vec(*field);
  return done(out);
}

Result<Profile> Profile::decode(ByteView bytes) {
  Reader in(bytes);
  Profile profile;
  const bool version = in.u8() == kVersion;
  profile.relay.host = text(in);
  profile.relay.port = in.u16();
  profile.relay.tls_name = text(in);
  profile.relay.ca_file = text(in);
  const std::string vkey = text(in);
  for (std::string* field :
       {&profile.organisation, &profile.person, &profile.name, &profile.role, &profile.unit}) {
    *field = text(in);
  }
  if (!version || !in.finish()) return damaged_record("profile");
  CANDOUR_TRY(profile.root, identity::NoteKey::parse(vkey));
  return profile;
}

SecretBytes GroupRecord::encode() const {
  SecretWriter out = begin();
  out.id(id);
  out.vec(name);
  out.vec(group_class);
  out.vec(unit);
  out.vec(roster);
  out.id(bot);
  out.number(joined);
  out.number(bot_since);
  out.u32(static_cast<std::uint32_t>(renames.size()));
  for (const messages::MailId& mail : renames) out.id(mail);
  return done(out);
}

Result<GroupRecord> GroupRecord::decode(ByteView bytes) {
  Reader in(bytes);
  GroupRecord record;
  const bool version = in.u8() == kVersion;
  record.id = in.id<GroupId>();
  record.name = text(in);
  record.group_class = text(in);
  record.unit = text(in);
  record.roster = to_bytes(in.vec());
  record.bot = in.id<DeviceId>();
  record.joined = in.number<TimeMs>();
  record.bot_since = in.number<TimeMs>();
  const std::uint32_t renames = in.u32();
  for (std::uint32_t i = 0; i < renames && in.ok(); ++i) {
    record.renames.push_back(in.id<messages::MailId>());
  }
  if (!version || !in.finish()) return damaged_record("group");
  return record;
}

SecretBytes GroupProgress::encode() const {
  SecretWriter out = begin();
  out.number(seq);
  out.id(previous);
  out.u64(counter);
  out.vec(code_name(stopped));
  out.vec(stopped_message);
  out.u8(removed ? kRemoved : lost ? kLost : kMember);
  out.vec(log_origin);
  return done(out);
}

Result<GroupProgress> GroupProgress::decode(ByteView bytes) {
  Reader in(bytes);
  GroupProgress progress;
  const bool version = in.u8() == kVersion;
  progress.seq = in.number<Seq>();
  progress.previous = in.id<Digest>();
  progress.counter = in.u64();
  progress.stopped = code_from_name(text(in));
  progress.stopped_message = text(in);
  const std::uint8_t standing = in.u8();
  progress.removed = standing == kRemoved;
  progress.lost = standing == kLost;
  if (!in.at_end()) progress.log_origin = text(in);
  if (!version || !in.finish()) return damaged_record("group's progress");
  return progress;
}

SecretBytes KeyPackageRecord::encode() const {
  SecretWriter out = begin();
  out.vec(key_package);
  out.vec(private_part.view());
  out.number(made);
  out.u8(last_resort ? 1 : 0);
  return done(out);
}

Result<KeyPackageRecord> KeyPackageRecord::decode(ByteView bytes) {
  Reader in(bytes);
  KeyPackageRecord record;
  const bool version = in.u8() == kVersion;
  record.key_package = to_bytes(in.vec());
  record.private_part = SecretBytes::copy_of(in.vec());
  record.made = in.number<TimeMs>();
  if (!in.at_end()) record.last_resort = in.u8() != 0;
  if (!version || !in.finish()) return damaged_record("key package");
  return record;
}

SecretBytes KeyPackageBatch::encode() const {
  SecretWriter out = begin();
  out.u8(replace ? 1 : 0);
  out.u64(held);
  optional_id(out, last_resort);
  for (const Digest& reference : references) out.id(reference);
  return done(out);
}

Result<KeyPackageBatch> KeyPackageBatch::decode(ByteView bytes) {
  Reader in(bytes);
  KeyPackageBatch batch;
  const bool version = in.u8() == kVersion;
  batch.replace = in.u8() != 0;
  batch.held = in.u64();
  batch.last_resort = optional_id<Digest>(in);
  while (!in.at_end()) batch.references.push_back(in.id<Digest>());
  if (!version || !in.finish()) return damaged_record("batch of key packages");
  return batch;
}

std::string_view name_of(AppealState state) {
  switch (state) {
    case AppealState::none:
      return "none";
    case AppealState::sent:
      return "sent";
    case AppealState::received:
      return "received";
    case AppealState::approved:
      return "approved";
    case AppealState::refused:
      return "refused";
  }
  return "unknown";
}

Digest Draft::commitment() const {
  return messages::content_commitment(commitment_key, content.view());
}

SecretBytes Draft::encode() const {
  SecretWriter out = begin();
  out.id(id);
  out.id(group);
  out.u64(order);
  out.u8(static_cast<std::uint8_t>(state));
  out.number(time);
  out.vec(content.view());
  out.raw(commitment_key.view());
  out.u8(static_cast<std::uint8_t>(field.type));
  out.vec(field.warning);
  out.id(field.reported);
  out.vec(field.reason.view());
  out.vec(field.proof.view());
  optional_id(out, original);
  out.u64(submission);
  out.vec(signed_warning);
  out.vec(findings);
  out.number(expires);
  out.vec(code);
  out.vec(message);
  out.vec(receipt);
  out.vec(field.approval);
  out.u8(static_cast<std::uint8_t>(appeal));
  optional_id(out, appealed);
  out.vec(approval);
  out.number(approval_expires);
  out.vec(decision.view());
  return done(out);
}

Result<Draft> Draft::decode(ByteView bytes) {
  Reader in(bytes);
  Draft draft;
  const bool version = in.u8() == kVersion;
  draft.id = in.id<MessageId>();
  draft.group = in.id<GroupId>();
  draft.order = in.u64();
  const std::uint8_t state = in.u8();
  draft.state = static_cast<DraftState>(state);
  draft.time = in.number<TimeMs>();
  draft.content = SecretBytes::copy_of(in.vec());
  draft.commitment_key = secret<messages::CommitmentKey::kSize>(in);
  const std::uint8_t type = in.u8();
  draft.field.type = static_cast<messages::BotFieldType>(type);
  draft.field.warning = to_bytes(in.vec());
  draft.field.reported = in.id<MessageId>();
  draft.field.reason = SecretText(SecretBytes::copy_of(in.vec()));
  draft.field.proof = SecretBytes::copy_of(in.vec());
  draft.original = optional_id<MessageId>(in);
  draft.submission = in.u64();
  draft.signed_warning = to_bytes(in.vec());
  draft.findings = to_bytes(in.vec());
  draft.expires = in.number<TimeMs>();
  draft.code = text(in);
  draft.message = text(in);
  draft.receipt = to_bytes(in.vec());
  draft.field.approval = to_bytes(in.vec());
  const std::uint8_t appeal = in.u8();
  draft.appeal = static_cast<AppealState>(appeal);
  draft.appealed = optional_id<MessageId>(in);
  draft.approval = to_bytes(in.vec());
  draft.approval_expires = in.number<TimeMs>();
  draft.decision = SecretText(SecretBytes::copy_of(in.vec()));
  if (!version || !in.finish() || appeal > static_cast<std::uint8_t>(AppealState::refused) ||
      state > static_cast<std::uint8_t>(DraftState::rejected) ||
      type > static_cast<std::uint8_t>(messages::BotFieldType::approval)) {
    return damaged_record("draft");
  }
  return draft;
}

SecretBytes OutboxItem::encode() const {
  SecretWriter out = begin();
  out.u64(counter);
  out.id(group);
  out.number(epoch);
  out.id(ciphertext_hash);
  out.vec(submit);
  return done(out);
}

Result<OutboxItem> OutboxItem::decode(ByteView bytes) {
  Reader in(bytes);
  OutboxItem item;
  const bool version = in.u8() == kVersion;
  item.counter = in.u64();
  item.group = in.id<GroupId>();
  item.epoch = in.number<Epoch>();
  item.ciphertext_hash = in.id<Digest>();
  item.submit = to_bytes(in.vec());
  if (!version || !in.finish()) return damaged_record("submission");
  return item;
}

Bytes KeptReceipt::encode() const {
  Writer out;
  out.u8(kVersion);
  out.number(seq);
  out.number(submission);
  out.id(leaf_hash);
  out.vec(opening);
  out.u8(overridden ? 1 : 0);
  return out.take();
}

Result<KeptReceipt> KeptReceipt::decode(ByteView bytes) {
  Reader in(bytes);
  KeptReceipt receipt;
  const bool version = in.u8() == kVersion;
  receipt.seq = in.number<Seq>();
  receipt.submission = in.number<Submission>();
  receipt.leaf_hash = in.id<Digest>();
  receipt.opening = to_bytes(in.vec());
  receipt.overridden = in.u8() != 0;
  if (!version || !in.finish()) return damaged_record("receipt");
  return receipt;
}

SecretBytes HistoryRow::encode() const {
  SecretWriter out = begin();
  out.id(id);
  out.id(group);
  out.number(seq);
  out.number(submission);
  out.number(time);
  out.id(sender);
  out.vec(person);
  out.vec(name);
  out.u8(own ? 1 : 0);
  out.u8(overridden ? 1 : 0);
  optional_id(out, original);
  out.vec(token);
  out.vec(receipt);
  out.vec(content.view());
  out.raw(commitment_key.view());
  out.u64(missed);
  return done(out);
}

Result<HistoryRow> HistoryRow::decode(ByteView bytes) {
  Reader in(bytes);
  HistoryRow row;
  const bool version = in.u8() == kVersion;
  row.id = in.id<MessageId>();
  row.group = in.id<GroupId>();
  row.seq = in.number<Seq>();
  row.submission = in.number<Submission>();
  row.time = in.number<TimeMs>();
  row.sender = in.id<DeviceId>();
  row.person = text(in);
  row.name = text(in);
  row.own = in.u8() != 0;
  row.overridden = in.u8() != 0;
  row.original = optional_id<MessageId>(in);
  row.token = to_bytes(in.vec());
  row.receipt = to_bytes(in.vec());
  row.content = SecretBytes::copy_of(in.vec());
  row.commitment_key = secret<messages::CommitmentKey::kSize>(in);
  row.missed = in.u64();
  if (!version || !in.finish()) return damaged_record("message");
  return row;
}

messages::AlertState AlertRecord::state() const {
  return steps.empty() ? messages::AlertState::open : steps.back().state;
}

SecretBytes AlertRecord::encode() const {
  SecretWriter out = begin();
  out.u8(kAlertFormat);
  out.id(id);
  out.raw(keys.body.view());
  out.raw(keys.update.view());
  out.id(bot);
  out.vec(body.view());
  out.vec(revealed.pseudonym);
  out.id(revealed.device);
  out.vec(revealed.person);
  out.vec(revealed.name);
  out.u32(static_cast<std::uint32_t>(wanted.size()));
  for (const DeviceId& device : wanted) out.id(device);
  out.u32(static_cast<std::uint32_t>(steps.size()));
  for (const AlertStepSeen& step : steps) {
    out.number(step.time);
    out.u8(static_cast<std::uint8_t>(step.action));
    out.u8(static_cast<std::uint8_t>(step.state));
    out.u8(static_cast<std::uint8_t>(step.resolution));
    out.vec(step.person);
    out.vec(step.argument.view());
  }
  out.u32(static_cast<std::uint32_t>(updates.size()));
  for (const Digest& update : updates) out.id(update);
  out.u32(repeats);
  out.u8(checks ? static_cast<std::uint8_t>(kChecked | (checks->token ? 1 : 0) |
                                            (checks->content ? 2 : 0) | (checks->place ? 4 : 0) |
                                            (checks->sender ? 8 : 0))
                : std::uint8_t{0});
  out.id(checks ? checks->leaf : Digest());
  out.u64(leaf_index);
  out.u64(log_size);
  return done(out);
}

Result<AlertRecord> AlertRecord::decode(ByteView bytes) {
  Reader in(bytes);
  AlertRecord record;
  const bool version = in.u8() == kVersion && in.u8() == kAlertFormat;
  record.id = in.id<messages::AlertId>();
  record.keys.body = secret<crypto::AeadKey::kSize>(in);
  record.keys.update = secret<crypto::AeadKey::kSize>(in);
  record.bot = in.id<DeviceId>();
  record.body = SecretBytes::copy_of(in.vec());
  record.revealed.pseudonym = text(in);
  record.revealed.device = in.id<DeviceId>();
  record.revealed.person = text(in);
  record.revealed.name = text(in);
  for (std::uint32_t n = in.u32(); n > 0 && in.ok(); --n) {
    record.wanted.push_back(in.id<DeviceId>());
  }
  const std::uint32_t count = in.u32();
  for (std::uint32_t i = 0; i < count && in.ok(); ++i) {
    AlertStepSeen step;
    step.time = in.number<TimeMs>();
    step.action = static_cast<messages::AlertAction>(in.u8());
    const std::uint8_t state = in.u8();
    if (state > static_cast<std::uint8_t>(messages::AlertState::closed)) in.fail();
    step.state = static_cast<messages::AlertState>(state);
    step.resolution = static_cast<messages::Resolution>(in.u8());
    step.person = text(in);
    step.argument = SecretText(SecretBytes::copy_of(in.vec()));
    record.steps.push_back(std::move(step));
  }
  for (std::uint32_t n = in.u32(); n > 0 && in.ok(); --n) {
    record.updates.push_back(in.id<Digest>());
  }
  record.repeats = in.u32();
  const std::uint8_t checks = in.u8();
  const Digest leaf = in.id<Digest>();
  if ((checks & kChecked) != 0) {
    record.checks = messages::ReportChecks{(checks & 1) != 0, (checks & 2) != 0, (checks & 4) != 0,
                                           (checks & 8) != 0, leaf};
  }
  record.leaf_index = in.u64();
  record.log_size = in.u64();
  if (!version || !in.finish()) return damaged_record("alert");
  return record;
}

}  // namespace candour::client
