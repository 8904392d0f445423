// What a group that is formed again comes from: written into the log before its first commit, and
// kept until that commit is released, because until then nobody may be in it who was not before.
//
//   candour-reform/v1
//   organisation example-constabulary
//   group <32 hex>
//   reason bot-state-lost | bot-state-old | relay-lost | asked-for
//   mls-group <hex>             the old one, as the last signed roster names it
//   new-mls-group <hex>
//   epoch 7                     of that roster
//   seq 57                      number and hash of the last release token known: the chain goes on
//   token <64 hex>              from there
//   member <device> [owner]     of that roster, without the bot; repeated
//
// Values; thread-safe.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"

namespace candour::bot {

struct ReformMember {
  DeviceId device;
  bool owner = false;
};

struct ReformNote {
  std::string organisation;
  GroupId group;
  std::string reason;
  Bytes mls_group;
  Bytes new_mls_group;
  Epoch epoch;
  Seq seq;
  Digest token;
  std::vector<ReformMember> members;

  bool names(const DeviceId& device) const;
  std::string print() const;
  /// note_malformed with the line at fault.
  static Result<ReformNote> parse(std::string_view text);
};

}  // namespace candour::bot
