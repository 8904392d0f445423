// Forming groups again (docs/architecture.md, "Lost parties"): when this bot does not know a group
// that the relay knows, when it knows less of it than the relay (bot.db came from a backup), or
// when the relay does not know a group (a new relay after a lost one).
//
// A ratchet state from a backup is never used: keys and delivery numbers would be used twice.
// Instead the group gets a new MLS group with the members of the last signed roster, or fewer, by
// one commit with fresh key packages. Its name comes from bot.db or from the roster's sealed
// `about`; where neither opens (the bot's keys are new) a registrar says it, by a request to create
// the group under its old id.
#pragma once

#include <set>

#include "bot/groups.h"
#include "bot/outbox.h"
#include "bot/scribe.h"
#include "identity/roster.h"

namespace candour::bot {

class Reform {
 public:
  struct Due {
    GroupId group;
    LostGroup lost;
    std::optional<messages::GroupInfo> info;
    std::map<DeviceId, Wanted> wanted;  // as this bot has it; empty: the members
  };

  Reform(Context& context, Groups& groups, Scribe& scribe, Outbox& outbox)
      : context_(context), groups_(groups), scribe_(scribe), outbox_(outbox) {}

  /// Asks the relay what it knows of all groups, outside a batch. `asked`: the groups that somebody
  /// asked for; of these the relay's word counts for where the chain goes on, and only where it
  /// fits this bot's own. With `all` false, not after login, nothing is said of other groups.
  Result<std::vector<Due>> compare(client::Connection& connection, const std::set<GroupId>& asked,
                                   bool all) const;
  /// Within a batch: replaces the group, wants its old members in it, puts that on record.
  Status form(Due due);

 private:
  Status record(Group& group);
  std::optional<Due> of_relay(const v1::GroupState& head, const v1::Rosters& rosters, bool asked,
                              bool all) const;
  std::optional<Due> of_asked(const v1::GroupState& head, const Group& group) const;
  std::optional<identity::Roster> roster_of(const GroupId& group, const v1::Rosters& rosters) const;
  Due of_own(const Group& group) const;

  Context& context_;
  Groups& groups_;
  Scribe& scribe_;
  Outbox& outbox_;
};

/// The number in bot.db from which time on requests of registrars count: those issued before a lost
/// memory may have been done already.
inline constexpr std::string_view kRequestsSince = "requests_since";

}  // namespace candour::bot
