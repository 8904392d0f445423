// Which step may follow in which state of an alert: the bot refuses the others, and a desk does not
// send them.
#pragma once

#include <optional>

#include "client/messages/alert.h"

namespace candour::messages {

/// The state a desk's action leads to, or nothing where it is not allowed.
std::optional<AlertState> next_state(AlertState state, AlertAction action);

}  // namespace candour::messages
