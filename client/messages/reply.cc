#include "client/messages/reply.h"

#include <algorithm>

#include "base/limits.h"
#include "client/messages/utf8.h"
#include "crypto/hash.h"

namespace candour::messages {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::string_view kReplyLabel = "candour reply v1";
constexpr std::string_view kWarningLabel = "candour warning v1";
static_assert(kReplySize == limits::kReplyPlaintextSize + crypto::kSealedBoxOverhead);

enum class ReplyType : std::uint8_t { receipt = 1, warning = 2, block = 3, rejected = 4 };

// Of a receipt.
constexpr std::uint8_t kOverridden = 1;
constexpr std::uint8_t kMentionDuty = 2;

// What an error message may take; longer ones are cut, so that there is always a reply.
constexpr std::size_t kRejectedMessageSizeMax = 1024;

Error bad_reply(const std::string& what) {
  return error(ErrorCode::input_invalid, "the bot's reply is malformed: " + what);
}

Error bad_warning(const std::string& what) {
  return error(ErrorCode::warning_invalid, "the warning is not valid: " + what);
}

Bytes encode_finding(const ReplyFinding& f) {
  Writer out;
  out.vec(f.rule);
  out.vec(f.category);
  out.u8(f.severity);
  out.u32(f.start);
  out.u32(f.end);
  out.vec(f.standard);
  out.vec(f.message);
  out.vec(f.advice);
  return out.take();
}

// The same finding without the texts that also stand in the policy pack.
Bytes encode_finding_short(const ReplyFinding& f) {
  ReplyFinding bare = f;
  bare.standard = cut_utf8(f.standard, 64);
  bare.message = cut_utf8(f.message, 256);
  bare.advice = cut_utf8(f.advice, 256);
  return encode_finding(bare);
}

Bytes associated_data(const GroupId& group, const MessageId& message_id) {
  Writer out;
  out.id(group);
  out.id(message_id);
  return out.take();
}

Bytes signed_part(const GroupId& group, const MessageId& message_id, ReplyType type,
                  ByteView body) {
  Writer out;
  out.id(group);
  out.id(message_id);
  out.u8(static_cast<std::uint8_t>(type));
  out.raw(body);
  return out.take();
}

struct Body {
  ReplyType type;
  Bytes bytes;
};

Body encode_body(const Receipt& receipt) {
  Writer out;
  out.number(receipt.seq);
  out.number(receipt.submission);
  out.id(receipt.leaf_hash);
  out.vec(receipt.opening);
  out.u8(static_cast<std::uint8_t>((receipt.overridden ? kOverridden : 0) |
                                   (receipt.mention_duty ? kMentionDuty : 0)));
  out.vec(encode_closed_alerts(receipt.closed));
  return {ReplyType::receipt, out.take()};
}

Body encode_body(const WarningReply& reply) {
  Writer out;
  out.vec(reply.signed_warning);
  out.vec(reply.findings);
  return {reply.block ? ReplyType::block : ReplyType::warning, out.take()};
}

Body encode_body(const Rejected& rejected) {
  Writer out;
  out.vec(rejected.code);
  out.vec(cut_utf8(rejected.message, kRejectedMessageSizeMax));
  return {ReplyType::rejected, out.take()};
}

Result<Reply> decode_body(ReplyType type, ByteView body) {
  Reader in(body);
  switch (type) {
    case ReplyType::receipt: {
      Receipt receipt;
      receipt.seq = in.number<Seq>();
      receipt.submission = in.number<Submission>();
      receipt.leaf_hash = in.id<Digest>();
      receipt.opening = to_bytes(in.vec());
      const std::uint8_t flags = in.u8();
      auto closed = decode_closed_alerts(in.vec());
      if (!closed) return bad_reply("its closed alerts");
      receipt.closed = std::move(closed).value();
      if (!in.finish() || flags > (kOverridden | kMentionDuty)) return bad_reply("its receipt");
      receipt.overridden = (flags & kOverridden) != 0;
      receipt.mention_duty = (flags & kMentionDuty) != 0;
      return Reply(std::move(receipt));
    }
    case ReplyType::warning:
    case ReplyType::block: {
      WarningReply reply;
      reply.block = type == ReplyType::block;
      reply.signed_warning = to_bytes(in.vec());
      reply.findings = to_bytes(in.vec());
      if (!in.finish()) return bad_reply("its warning");
      return Reply(std::move(reply));
    }
    case ReplyType::rejected: {
      Rejected rejected;
      rejected.code = as_text(in.vec());
      rejected.message = as_text(in.vec());
      if (!in.finish() || !is_utf8(rejected.message)) return bad_reply("its rejection");
      return Reply(std::move(rejected));
    }
  }
  return bad_reply("unknown type");
}

}  // namespace

Bytes Warning::sign(const crypto::SigningKey& bot) const {
  Writer body;
  body.u8(kVersion);
  body.id(group);
  body.id(message_id);
  body.id(device);
  body.id(content_commitment);
  body.id(policy_digest);
  body.number(issued);
  body.number(expires);
  body.u8(block ? 3 : 2);
  body.id(findings_hash);
  Writer out;
  out.vec(body.view());
  out.id(bot.sign_labelled(kWarningLabel, body.view()));
  return out.take();
}

Result<Warning> Warning::verify(ByteView signed_warning, const SigningPublicKey& bot) {
  Reader outer(signed_warning);
  const ByteView body = outer.vec();
  const Signature signature = outer.id<Signature>();
  if (!outer.finish()) return bad_warning("it is malformed");
  if (!crypto::verify_labelled(bot, kWarningLabel, body, signature)) {
    return bad_warning("it is not signed by this bot");
  }
  Reader in(body);
  const bool version_known = in.u8() == kVersion;
  Warning warning;
  warning.group = in.id<GroupId>();
  warning.message_id = in.id<MessageId>();
  warning.device = in.id<DeviceId>();
  warning.content_commitment = in.id<Digest>();
  warning.policy_digest = in.id<Digest>();
  warning.issued = in.number<TimeMs>();
  warning.expires = in.number<TimeMs>();
  const std::uint8_t verdict = in.u8();
  warning.findings_hash = in.id<Digest>();
  if (!version_known || !in.finish() || verdict < 2 || verdict > 3) {
    return bad_warning("its body is malformed");
  }
  warning.block = verdict == 3;
  return warning;
}

Bytes encode_findings(const std::vector<ReplyFinding>& findings, std::size_t size_max) {
  std::vector<const ReplyFinding*> order;
  for (const ReplyFinding& f : findings) order.push_back(&f);
  std::stable_sort(order.begin(), order.end(), [](const ReplyFinding* a, const ReplyFinding* b) {
    return a->severity != b->severity ? a->severity > b->severity : a->start < b->start;
  });
  Bytes out{0};
  for (const ReplyFinding* f : order) {
    if (out[0] == 255) break;
    Bytes one = encode_finding(*f);
    if (out.size() + one.size() > size_max) one = encode_finding_short(*f);
    if (out.size() + one.size() > size_max) continue;
    append(out, one);
    ++out[0];
  }
  return out;
}

Result<std::vector<ReplyFinding>> decode_findings(ByteView bytes) {
  Reader in(bytes);
  const std::size_t count = in.u8();
  std::vector<ReplyFinding> findings;
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    ReplyFinding f;
    f.rule = as_text(in.vec());
    f.category = as_text(in.vec());
    f.severity = in.u8();
    f.start = in.u32();
    f.end = in.u32();
    f.standard = as_text(in.vec());
    f.message = as_text(in.vec());
    f.advice = as_text(in.vec());
    if (f.severity < 1 || f.severity > 3 || f.start > f.end) in.fail();
    findings.push_back(std::move(f));
  }
  if (!in.finish()) return bad_reply("its findings");
  return findings;
}

Result<Bytes> seal_reply(const Reply& reply, const SealingPublicKey& to, const GroupId& group,
                         const MessageId& message_id, const crypto::SigningKey& bot,
                         Random& random) {
  const Body body = std::visit([](const auto& r) { return encode_body(r); }, reply);
  SecretWriter out;
  out.u8(kVersion);
  out.u8(static_cast<std::uint8_t>(body.type));
  out.vec(body.bytes);
  out.id(bot.sign_labelled(kReplyLabel, signed_part(group, message_id, body.type, body.bytes)));
  if (out.size() > limits::kReplyPlaintextSize) {
    return error(ErrorCode::internal,
                 "the reply to message " + message_id.hex() + " is larger than every reply");
  }
  SecretBytes plaintext(out.take());
  plaintext.resize(limits::kReplyPlaintextSize);
  return crypto::sealed_box(to, as_bytes(kReplyLabel), associated_data(group, message_id),
                            plaintext.view(), random);
}

Result<Reply> open_reply(ByteView sealed, const crypto::SealingKey& mine, const GroupId& group,
                         const MessageId& message_id, const SigningPublicKey& bot) {
  if (sealed.size() != kReplySize) {
    return bad_reply("it must be " + std::to_string(kReplySize) + " bytes long");
  }
  CANDOUR_TRY(auto plaintext, crypto::open_sealed_box(mine, as_bytes(kReplyLabel),
                                                      associated_data(group, message_id), sealed));
  Reader in(plaintext.view());
  const bool version_known = in.u8() == kVersion;
  const std::uint8_t type = in.u8();
  const ByteView body = in.vec();
  const Signature signature = in.id<Signature>();
  if (!in.ok() || !version_known || type < 1 || type > 4) {
    return bad_reply("not version 1, of an unknown type, or cut off");
  }
  const ByteView padding = in.rest();
  if (std::any_of(padding.begin(), padding.end(), [](std::uint8_t b) { return b != 0; })) {
    return bad_reply("its padding is not zero");
  }
  const ReplyType reply_type = static_cast<ReplyType>(type);
  if (!crypto::verify_labelled(bot, kReplyLabel, signed_part(group, message_id, reply_type, body),
                               signature)) {
    return error(ErrorCode::signature_invalid,
                 "the reply to message " + message_id.hex() + " is not signed by this bot");
  }
  return decode_body(reply_type, body);
}

}  // namespace candour::messages
