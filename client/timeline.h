// What later messages make of earlier ones: edits, deletions for everyone, reactions, votes. The
// same rules for what is sent, shown as it comes, and listed afterwards.
//
//   edit       of an own text, until it is deleted; the last one counts
//   deletion   of an own text, poll or reaction; final
//   reaction   to a text or poll; each emoji counts once for each person
//   vote       in a poll, for one of its options; one for each person, the last one counts
//
// Own means: of the same person, whatever the device. What breaks a rule is kept and listed with
// the reason, and has no effect. The compliance log keeps every message as it was sent.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "client/store.h"

namespace candour::client {

/// A message as far as changes to it are concerned.
struct ChangeTarget {
  std::string person;
  messages::ContentType type = messages::ContentType::text;
  std::size_t options = 0;
  bool deleted = false;
};
ChangeTarget target_of(const HistoryRow& row, const messages::Content& content);

/// Whether the content changes another message.
bool changes_another(messages::ContentType type);
/// Whether `content` of `person` may change `target`, null when there is none such in the group:
/// not_found, not_permitted, or input_invalid for an option that the poll does not have.
Status check_change(const messages::Content& content, std::string_view person,
                    const ChangeTarget* target);

struct Reaction {
  std::string emoji;
  std::vector<std::string> people;
};

/// What became of one message.
struct MessageState {
  ChangeTarget target;
  bool edited = false;
  SecretText text;  // of the last edit
  std::vector<Reaction> reactions;
  std::vector<std::vector<std::string>> votes;  // people for each option
  std::optional<Error> ignored;                 // why it changed nothing, though it was to
};

/// One group's, from its whole history. A value; not thread-safe.
class Timeline {
 public:
  [[nodiscard]] static Result<Timeline> of(Store& store, const GroupId& group);
  /// Null for what is not in the history.
  const MessageState* find(const MessageId& id) const;

 private:
  void add(const HistoryRow& row, messages::Content content);
  void change(const std::string& person, const MessageId& id, messages::Content content);

  std::map<MessageId, MessageState> states_;
  struct Placed {
    MessageId on;
    std::string emoji;
  };
  std::map<MessageId, Placed> reactions_;
};

}  // namespace candour::client
