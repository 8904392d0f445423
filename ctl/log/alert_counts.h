// What desks did with serious alerts, as counts an auditor can take from the log alone: how often
// one was closed as if there had been nothing to it, in which unit and month, and how often
// professional standards took a second look. Leaves of kind alert_dismissal say so: by a person's
// device when it closed one so, by the bot's when it drew one for a second look right after.
//
// Nothing sealed is opened: unit and role come from the directory's certificates, month and group
// from the records' labels. Each leaf is checked against its record; whether the log is whole, and
// its certificates signed, is `log verify`'s to say.
#pragma once

#include <map>
#include <string>

#include "ctl/log/db.h"

namespace candour::ctl {

struct AlertCounts {
  /// Of one month ("2026-11") and unit.
  struct Row {
    std::uint64_t dismissed = 0;     // by desks of the line
    std::uint64_t second_looks = 0;  // drawn from those
    std::uint64_t upheld = 0;        // dismissed by professional standards
  };
  std::map<std::pair<std::string, std::string>, Row> rows;
  std::uint64_t steps = 0;  // leaves of alerts' steps in all, these included
  std::uint64_t leaves = 0;
};

/// state_damaged with the index of a leaf that does not fit its record. Throws SQLite::Exception.
Result<AlertCounts> count_alerts(LogDb& db);

}  // namespace candour::ctl
