// Recall: what the bot remembers of a group's last messages, as features and never as text
// (policy/conversation.h), so that the same words weigh differently in another conversation.
//
// The newest policy::kPastMessagesMax messages of the last policy::kPastAgeMaxMs. Those that have a
// feature at all are kept in bot.db too, sealed like the rest of it, so that a restart does not
// give a second try to somebody who rephrases; the others, nearly all, cost nothing there. People
// are kept by a hash of their id: two devices are one person. Drafts that were withheld are
// compared by shingles under a salt derived from the bot's state key, one for each group: whoever
// copies the file cannot try texts on it, and no two groups can be compared.
// Not thread-safe.
#pragma once

#include <map>

#include "bot/groups.h"
#include "bot/intake.h"

namespace candour::bot {

class Recall {
 public:
  explicit Recall(Context& context) : context_(context) {}

  /// Everything as the store has it; also after the store took something back.
  Status load();

  /// What the policy says of a submission beside what came before it in the group. A draft of
  /// `resent` is not held against the same content sent once more.
  policy::Judgement judge(const Opened& opened, const Group& group,
                          const std::optional<MessageId>& resent) const;
  /// Within a batch, once the submission is decided.
  Status remember(const Opened& opened, const Group& group, policy::MessageFeatures features,
                  bool delivered);
  /// Within a batch: forgets what is too old, in all groups. Cheap when asked again soon.
  Status forget_old();

 private:
  struct Past {
    policy::History history;
    std::uint64_t next = 0;  // number of the message to come
  };
  SecretBytes salt_of(const GroupId& group) const;

  Context& context_;
  std::map<GroupId, Past> pasts_;
  TimeMs forgotten_at_;
};

}  // namespace candour::bot
