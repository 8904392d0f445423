// Fresh keys on a schedule: only a commit of the bot's own brings the bot's leaf, and with it the
// whole group, keys that whoever copied its state before does not have (RFC 9420 section 16.6).
//
// A group is due when so many messages were released since the last epoch began, or so much time
// has passed and there was a message at all: where nothing is said, nothing has to be protected
// anew. Every commit of the bot has a path, so a change of members counts. Groups are not due all
// at the same moment (a quarter of the period, by their id), and commits for this reason alone keep
// a distance: after an outage of a day the bot has other things to do.
#include "bot/steward.h"

namespace candour::bot {
namespace {

constexpr std::uint64_t kBetweenRotationsMs = 100;

/// Between three quarters and all of it, always the same for one group.
std::uint64_t spread(std::uint64_t period, const GroupId& group) {
  const std::uint64_t place = group.view()[0] << 8 | group.view()[1];
  return period - period / 4 * place / 0xFFFF;
}

}  // namespace

bool Steward::rotation_due(const Group& group) const {
  const config::RotationSettings& every = context_.rotation;
  const TimeMs now = context_.clock.now();
  if (group.reform || group.mls.epoch() == Epoch(0) || now < rotate_at_) return false;
  const std::uint64_t messages = group.chain.seq.value - group.fresh.seq.value;
  // A commit would make what was fetched for those who join useless.
  if (messages == 0 || group.fetching) return false;
  const std::uint64_t since = group.fresh.since.value;
  const bool enough = every.messages != 0 && messages >= spread(every.messages, group.id());
  const bool old = every.period_ms != 0 && now.value >= since &&
                   now.value - since >= spread(every.period_ms, group.id());
  // Asked of every group in every turn, so who is in it comes last.
  return (enough || old) && group.mls.members().size() >= 2;
}

void Steward::rotated() { rotate_at_ = TimeMs(context_.clock.now().value + kBetweenRotationsMs); }

}  // namespace candour::bot
