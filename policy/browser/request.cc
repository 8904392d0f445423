#include "policy/browser/request.h"

#include <utility>

#include "base/codec.h"
#include "policy/conversation.h"

namespace candour::policy {
namespace {

constexpr std::uint8_t kVersion = 1;

struct Talk {
  History past;
  Conversation conversation;
};

Error invalid() {
  return error(ErrorCode::input_invalid, "what is to be judged is not a request of version 1");
}

Status read_past(Reader& in, History& past) {
  PastMessage message;
  message.sender = in.u64();
  message.time = in.number<TimeMs>();
  message.tag = in.u64();
  message.delivered = in.u8() != 0;
  CANDOUR_TRY(message.features, decode_features(in.vec()));
  past.add(std::move(message));
  return ok();
}

Status read_talk(Reader& in, Talk& talk) {
  talk.conversation.past = &talk.past;
  talk.conversation.sender = in.u64();
  talk.conversation.now = in.number<TimeMs>();
  const std::uint64_t answers = in.u64();
  talk.conversation.salt = in.vec(kShingleSaltSize);
  if (!talk.conversation.salt.empty() && talk.conversation.salt.size() != kShingleSaltSize) {
    return invalid();
  }
  const std::size_t count = in.u16();
  for (std::size_t i = 0; in.ok() && i < count; ++i) {
    CANDOUR_TRY(read_past(in, talk.past));
  }
  if (answers != 0) talk.conversation.answers = talk.past.find(answers);
  return ok();
}

void put(Writer& out, const Finding& finding) {
  out.vec(finding.rule);
  out.vec(finding.category);
  out.u8(static_cast<std::uint8_t>(finding.severity));
  out.u32(static_cast<std::uint32_t>(finding.start));
  out.u32(static_cast<std::uint32_t>(finding.end));
  out.vec(finding.standard);
  out.vec(finding.message);
  out.vec(finding.advice);
  out.u8(finding.of_conversation ? 1 : 0);
}

}  // namespace

Result<Bytes> judge_request(const Engine& engine, ByteView request) {
  Reader in(request);
  const std::uint8_t version = in.u8();
  Context context;
  context.group_class = std::string(as_text(in.vec()));
  const std::uint8_t kind = in.u8();
  const bool has_talk = in.u8() != 0;
  if (!in.ok() || version != kVersion || kind > static_cast<std::uint8_t>(kContentKindLast)) {
    return invalid();
  }
  context.kind = static_cast<ContentKind>(kind);
  Talk talk;
  if (has_talk) {
    CANDOUR_TRY(read_talk(in, talk));
    context.conversation = &talk.conversation;
  }
  const ByteView text = in.vec();
  if (!in.finish()) return invalid();

  const Judgement judgement = engine.judge(as_text(text), context);
  Writer out;
  out.u8(kVersion);
  out.u8(static_cast<std::uint8_t>(judgement.verdict));
  out.u8(judgement.alert ? 1 : 0);
  out.u8(static_cast<std::uint8_t>(judgement.findings.size()));
  for (const Finding& finding : judgement.findings) put(out, finding);
  out.vec(has_talk ? encode_features(judgement.features) : Bytes());
  return out.take();
}

}  // namespace candour::policy
