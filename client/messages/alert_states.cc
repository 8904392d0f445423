#include "client/messages/alert_states.h"

namespace candour::messages {

std::optional<AlertState> next_state(AlertState state, AlertAction action) {
  const bool seen = state == AlertState::acknowledged || state == AlertState::assigned;
  switch (action) {
    case AlertAction::acknowledge:
      if (state == AlertState::open) return AlertState::acknowledged;
      return std::nullopt;
    case AlertAction::assign:
      if (seen) return AlertState::assigned;
      return std::nullopt;
    case AlertAction::escalate:
      if (seen) return AlertState::escalated;
      return std::nullopt;
    case AlertAction::close:
      if (seen || state == AlertState::escalated) return AlertState::closed;
      return std::nullopt;
    case AlertAction::share:
      if (state != AlertState::closed) return state;
      return std::nullopt;
    case AlertAction::approve:
    case AlertAction::refuse:
      if (state != AlertState::closed) return AlertState::closed;
      return std::nullopt;
    case AlertAction::raise:
    case AlertAction::remind:
    case AlertAction::overdue:
    case AlertAction::want:
    case AlertAction::sample:
    case AlertAction::returned:
    case AlertAction::repeat:
      return std::nullopt;  // not a desk's to take
  }
  return std::nullopt;
}

}  // namespace candour::messages
