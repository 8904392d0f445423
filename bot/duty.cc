#include "bot/duty.h"

#include "bot/alert_book.h"

namespace candour::bot {
namespace {

constexpr std::uint64_t kRecentMs = 24ull * 60 * 60 * 1000;
// Where nothing was flagged it is so many times rarer.
constexpr std::uint64_t kRarer = 50;

std::string author_name(const Context& context, std::string_view person) {
  return "duty_author " + subject_of(context.keys.state, person).hex();
}

std::string flagged_name(const GroupId& group) { return "duty_flagged " + group.hex(); }

}  // namespace

Status Duty::flagged(const GroupId& group, std::string_view person) {
  CANDOUR_TRY(context_.store.put_number(author_name(context_, person), context_.clock.now().value));
  return context_.store.put_number(flagged_name(group), context_.clock.now().value);
}

Result<bool> Duty::mention(const GroupId& group, std::string_view person) {
  const config::AlertSettings& settings = context_.alerts;
  if (settings.duty_every_ms == 0) return false;
  const std::uint64_t now = context_.clock.now().value;
  const std::string told_name = "duty_told " + subject_of(context_.keys.state, person).hex();
  CANDOUR_TRY(const std::uint64_t told, context_.store.number(told_name));
  if (told != 0 && now < told + settings.duty_every_ms) return false;
  CANDOUR_TRY(const std::uint64_t own, context_.store.number(author_name(context_, person)));
  if (own != 0 && now < own + kRecentMs) return false;
  CANDOUR_TRY(const std::uint64_t flagged, context_.store.number(flagged_name(group)));
  const bool recent = flagged != 0 && now < flagged + kRecentMs;
  const std::uint64_t one_in = recent ? settings.duty_one_in : settings.duty_one_in * kRarer;
  if (random_below(one_in, context_.random) != 0) return false;
  CANDOUR_TRY(context_.store.put_number(told_name, now));
  return true;
}

}  // namespace candour::bot
