#include "bot/recall.h"

#include <algorithm>

#include "base/codec.h"
#include "base/stages.h"
#include "crypto/hash.h"

namespace candour::bot {
namespace {

constexpr std::uint64_t kForgetEveryMs = 10ull * 60 * 1000;

std::uint64_t first_number(ByteView bytes) { return Reader(bytes).u64(); }

std::uint64_t member_of(const Opened& opened) {
  return policy::name_hash(opened.certificate->subject.person);
}

std::uint64_t tag_of(const MessageId& message) { return first_number(message.view()); }

policy::ContentKind kind_of(const messages::Content& content) {
  switch (content.type) {
    case messages::ContentType::text:
      return content.about ? policy::ContentKind::reply : policy::ContentKind::text;
    case messages::ContentType::reaction:
      return policy::ContentKind::reaction;
    case messages::ContentType::edit:
      return policy::ContentKind::edit;
    case messages::ContentType::poll:
      return policy::ContentKind::poll;
    // These have no text; attachments are refused when they are decoded.
    case messages::ContentType::deletion:
    case messages::ContentType::vote:
    case messages::ContentType::attachment_reserved:
      return policy::ContentKind::text;
  }
  return policy::ContentKind::text;
}

bool has_features(const policy::MessageFeatures& features) {
  return features.verdict != policy::Verdict::release || !features.flagged.empty() ||
         !features.in_kind.empty() || !features.named.empty() || !features.shingles.empty();
}

SecretBytes encode(const policy::PastMessage& message) {
  SecretWriter out;
  out.u64(message.sender);
  out.u8(message.delivered ? 1 : 0);
  out.u64(message.tag);
  out.vec(policy::encode_features(message.features));
  return SecretBytes(out.take());
}

Result<policy::PastMessage> decode(const storage::BotPast& row) {
  Reader in(row.features.view());
  policy::PastMessage message;
  message.time = row.time;
  message.sender = in.u64();
  message.delivered = in.u8() == 1;
  message.tag = in.u64();
  auto features = policy::decode_features(in.vec());
  if (!in.finish() || !features) {
    return error(ErrorCode::state_damaged,
                 "what bot.db remembers of group " + row.group.hex() + " is malformed");
  }
  message.features = std::move(features).value();
  return message;
}

policy::History without(const policy::History& history, std::uint64_t tag) {
  policy::History out;
  for (const policy::PastMessage& message : history.messages()) {
    if (message.delivered || message.tag != tag) out.add(message);
  }
  return out;
}

}  // namespace

Status Recall::load() {
  pasts_.clear();
  CANDOUR_TRY(const auto rows, context_.store.pasts());
  for (const storage::BotPast& row : rows) {
    CANDOUR_TRY(policy::PastMessage message, decode(row));
    Past& past = pasts_[row.group];
    // Between them stood messages without features: they count as distance.
    const std::uint64_t gap = past.next == 0 ? 0 : row.number - past.next;
    for (std::uint64_t i = 0; i < std::min<std::uint64_t>(gap, policy::kPastMessagesMax); ++i) {
      past.history.add({{}, 0, row.time, true, 0});
    }
    past.history.add(std::move(message));
    past.next = row.number + 1;
  }
  return ok();
}

SecretBytes Recall::salt_of(const GroupId& group) const {
  Writer info;
  info.raw(as_bytes("candour shingle salt v1"));
  info.id(group);
  return crypto::hkdf_expand(context_.keys.state.view(), info.view(), policy::kShingleSaltSize);
}

policy::Judgement Recall::judge(const Opened& opened, const Group& group,
                                const std::optional<MessageId>& resent) const {
  const StageScope stage(Stage::policy);
  static const policy::History kNothing;
  const auto found = pasts_.find(group.id());
  const policy::History* past = found == pasts_.end() ? &kNothing : &found->second.history;
  policy::History rest;
  if (resent) {
    rest = without(*past, tag_of(*resent));
    past = &rest;
  }
  const SecretBytes salt = salt_of(group.id());
  policy::Conversation conversation;
  conversation.past = past;
  conversation.sender = member_of(opened);
  conversation.now = context_.clock.now();
  if (opened.content.about) conversation.answers = past->find(tag_of(*opened.content.about));
  conversation.salt = salt.view();
  const SecretText text = opened.content.checkable();
  return context_.policies.pack().engine->judge(text.expose(),
                                                {.group_class = group.info.group_class,
                                                 .kind = kind_of(opened.content),
                                                 .conversation = &conversation});
}

Status Recall::remember(const Opened& opened, const Group& group, policy::MessageFeatures features,
                        bool delivered) {
  Past& past = pasts_[group.id()];
  if (past.next == 0) past.next = 1;
  policy::PastMessage message{std::move(features), member_of(opened), context_.clock.now(),
                              delivered, tag_of(opened.message_id)};
  if (has_features(message.features)) {
    storage::BotPast row;
    row.group = group.id();
    row.number = past.next;
    row.time = message.time;
    row.features = encode(message);
    const std::uint64_t kept = std::min<std::uint64_t>(past.next, policy::kPastMessagesMax);
    CANDOUR_TRY(context_.store.put_past(row, past.next - kept));
  }
  ++past.next;
  past.history.add(std::move(message));
  return ok();
}

Status Recall::forget_old() {
  const std::uint64_t now = context_.clock.now().value;
  if (now < forgotten_at_.value + kForgetEveryMs || now < policy::kPastAgeMaxMs) return ok();
  forgotten_at_ = TimeMs(now);
  return context_.store.drop_pasts(TimeMs(now - policy::kPastAgeMaxMs));
}

}  // namespace candour::bot
