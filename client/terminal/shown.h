// One message of the history, with what later ones made of it.
#pragma once

#include <ostream>

#include "client/timeline.h"

namespace candour::terminal {

struct Shown {
  const client::HistoryRow& row;
  const messages::Content& content;  // as it was sent
  const client::Timeline& timeline;
  std::string_view group_name;
};

/// With `json` one object for each message, also for those that change others; for people only what
/// can be read, with its reactions and votes, and what was to change something and could not.
/// What was deleted is not written.
void print_shown(std::ostream& out, const Shown& shown, bool json);

}  // namespace candour::terminal
