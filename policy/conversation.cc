#include "policy/conversation.h"

#include <utility>

#include "base/codec.h"

namespace candour::policy {
namespace {

constexpr std::uint8_t kFeaturesVersion = 1;
// More than any judgement gives.
constexpr std::size_t kNamesMax = 256;

void put_names(Writer& out, const std::vector<NameHash>& names) {
  out.u16(static_cast<std::uint16_t>(names.size()));
  for (const NameHash name : names) out.u64(name);
}

std::vector<NameHash> take_names(Reader& in) {
  const std::size_t count = in.u16();
  if (count > kNamesMax || count * 8 > in.left()) in.fail();
  std::vector<NameHash> names;
  for (std::size_t i = 0; in.ok() && i < count; ++i) names.push_back(in.u64());
  return names;
}

}  // namespace

NameHash name_hash(std::string_view name) {
  NameHash hash = 0xcbf29ce484222325ULL;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return hash;
}

void History::add(PastMessage message) {
  const std::uint64_t now = message.time.value;
  while (!messages_.empty() && (messages_.size() >= kPastMessagesMax ||
                                messages_.front().time.value + kPastAgeMaxMs < now)) {
    messages_.pop_front();
  }
  messages_.push_back(std::move(message));
}

std::optional<std::size_t> History::find(std::uint64_t tag) const {
  for (std::size_t i = messages_.size(); i-- > 0;) {
    if (messages_[i].tag == tag) return i;
  }
  return std::nullopt;
}

Bytes encode_features(const MessageFeatures& features) {
  Writer out;
  out.u8(kFeaturesVersion);
  out.u8(static_cast<std::uint8_t>(features.verdict));
  out.u8(static_cast<std::uint8_t>(features.kind));
  put_names(out, features.flagged);
  put_names(out, features.in_kind);
  out.u16(static_cast<std::uint16_t>(features.named.size()));
  for (const NamedGroup& group : features.named) {
    out.u64(group.reference);
    put_names(out, group.tags);
  }
  out.u8(static_cast<std::uint8_t>(features.shingles.size()));
  for (const std::uint32_t value : features.shingles) out.u32(value);
  return out.take();
}

Result<MessageFeatures> decode_features(ByteView bytes) {
  Reader in(bytes);
  MessageFeatures out;
  const std::uint8_t version = in.u8();
  const std::uint8_t verdict = in.u8();
  const std::uint8_t kind = in.u8();
  out.flagged = take_names(in);
  out.in_kind = take_names(in);
  const std::size_t groups = in.u16();
  if (groups > kNamesMax) in.fail();
  for (std::size_t i = 0; in.ok() && i < groups; ++i) {
    NamedGroup group;
    group.reference = in.u64();
    group.tags = take_names(in);
    out.named.push_back(std::move(group));
  }
  const std::size_t shingles = in.u8();
  for (std::size_t i = 0; in.ok() && i < shingles; ++i) {
    out.shingles.push_back(in.u32());
    if (i > 0 && out.shingles[i - 1] >= out.shingles[i]) in.fail();
  }
  if (!in.finish() || version != kFeaturesVersion ||
      verdict > static_cast<std::uint8_t>(Verdict::block) ||
      kind > static_cast<std::uint8_t>(kContentKindLast) || shingles > kShinglesMax) {
    return error(ErrorCode::input_invalid,
                 "the features of a message are damaged or of an unknown version");
  }
  out.verdict = static_cast<Verdict>(verdict);
  out.kind = static_cast<ContentKind>(kind);
  return out;
}

}  // namespace candour::policy
