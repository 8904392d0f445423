// The duty to challenge and report improper conduct (standard 10) is mentioned once in a while,
// with a receipt. More often in a group where a message was flagged within a day, yet neither
// always there nor only there: what was flagged, and that something was, is nobody's to know.
#pragma once

#include "bot/groups.h"

namespace candour::bot {

class Duty {
 public:
  explicit Duty(Context& context) : context_(context) {}

  /// Within a batch: a flagged message of this person was delivered in the group.
  Status flagged(const GroupId& group, std::string_view person);
  /// Within a batch: whether this receipt mentions it; nobody's does twice within duty_every_ms,
  /// and not of whom a message was flagged within a day: what they read is not about them.
  Result<bool> mention(const GroupId& group, std::string_view person);

 private:
  Context& context_;
};

}  // namespace candour::bot
