#include "client/terminal/outcomes.h"

#include <utility>

namespace candour::terminal {

using client::EventType;

void Outcomes::on_event(const client::Event& event) {
  printer_.on_event(event);
  if (!event.message_id) return;
  switch (event.type) {
    case EventType::submitted:
      submitted_.insert(*event.message_id);
      return;
    case EventType::rejected:
      rejection_ = error(code_from_name(event.code), event.message);
      break;
    case EventType::warned:
      warned_.push_back(*event.message_id);
      break;
    case EventType::overridden:
      // Sent past a warning is released too.
      ++counts_[EventType::released];
      break;
    case EventType::released:
    case EventType::blocked:
    case EventType::reported:
    case EventType::withdrawn:
      break;
    default:
      return;
  }
  outcomes_[*event.message_id] = event.type;
  ++counts_[event.type];
}

std::optional<EventType> Outcomes::of(const MessageId& id) const {
  auto found = outcomes_.find(id);
  if (found == outcomes_.end()) return std::nullopt;
  return found->second;
}

std::vector<MessageId> Outcomes::take_warned() { return std::exchange(warned_, {}); }

std::size_t Outcomes::count(EventType type) const {
  auto found = counts_.find(type);
  return found == counts_.end() ? 0 : found->second;
}

}  // namespace candour::terminal
