// What the engine may know of the messages before: features, never text.
//
// The engine keeps nothing. Who calls it (the bot) keeps for each group a short history of
// features, hands it in with the next message, and gets that message's features back:
//
//   Conversation talk{.past = history.view(), .sender = member, .now = clock.now(), .salt = salt};
//   Judgement judgement = engine.judge(text, {.group_class = "team", .conversation = &talk});
//   history.add({judgement.features, member, clock.now(), delivered});
//
// Features are hashes of names that stand in the pack (categories, tags, rules), and for a draft
// that was not delivered a sketch of salted shingles, from which no text comes back: at most
// kShinglesMax 32-bit values of SipHash under a salt that the caller keeps secret and may drop.
// Names are hashed, not numbered, so that features outlive a change of packs. Values; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"
#include "policy/rule.h"

namespace candour::policy {

/// FNV-1a of a name of the pack.
using NameHash = std::uint64_t;
NameHash name_hash(std::string_view name);

/// What a group of words ("they", by the tag of the reference) stands for after a message: tags, or
/// nothing more when the message ended the reference.
struct NamedGroup {
  NameHash reference = 0;
  std::vector<NameHash> tags;
  bool operator==(const NamedGroup&) const = default;
};

struct MessageFeatures {
  Verdict verdict = Verdict::release;
  ContentKind kind = ContentKind::text;
  /// Categories of the findings of warn or graver, and what stands before the dots of each.
  std::vector<NameHash> flagged;
  /// Rules with a condition on the conversation whose words the message has.
  std::vector<NameHash> in_kind;
  std::vector<NamedGroup> named;
  /// Sorted, each once; empty when the verdict was release.
  std::vector<std::uint32_t> shingles;
  bool operator==(const MessageFeatures&) const = default;
};

/// A message of the group before the one that is judged.
struct PastMessage {
  MessageFeatures features;
  /// Any number that means the same member of the group all along.
  std::uint64_t sender = 0;
  TimeMs time;
  /// Released, also after a warning that was overridden; else a draft that nobody else has seen.
  bool delivered = false;
  /// The caller's own name for it, to find what a reply or reaction answers; the engine ignores it.
  std::uint64_t tag = 0;
};

inline constexpr std::size_t kPastMessagesMax = 64;
inline constexpr std::uint64_t kPastAgeMaxMs = 6ull * 3600 * 1000;
inline constexpr std::size_t kShingleSaltSize = 16;
inline constexpr std::size_t kShinglesMax = 32;

/// The history of one group, oldest first, at most kPastMessagesMax of at most kPastAgeMaxMs.
class History {
 public:
  /// Adds the newest and drops what is too old or too much.
  void add(PastMessage message);
  const std::deque<PastMessage>& messages() const { return messages_; }
  /// The index of the newest message with that tag; nothing when it is no longer remembered.
  std::optional<std::size_t> find(std::uint64_t tag) const;

 private:
  std::deque<PastMessage> messages_;
};

/// What a message is judged beside. Must outlive the call.
struct Conversation {
  const History* past = nullptr;
  /// Of the message that is judged.
  std::uint64_t sender = 0;
  TimeMs now;
  /// Index into past->messages() of what it replies or reacts to.
  std::optional<std::size_t> answers;
  /// kShingleSaltSize secret bytes, the same for drafts that are to be compared; empty: no shingles
  /// are made, and probing is not seen.
  ByteView salt;
};

/// Features as bytes, for a store that outlives the process. Public format, version 1.
Bytes encode_features(const MessageFeatures& features);
/// input_invalid for anything that encode_features does not write.
Result<MessageFeatures> decode_features(ByteView bytes);

}  // namespace candour::policy
