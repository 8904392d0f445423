#include "ctl/log/alert_counts.h"

#include "base/encoding.h"
#include "ctl/log/leaves.h"
#include "identity/certificate.h"
#include "tlog/record_label.h"

namespace candour::ctl {
namespace {

constexpr int kCertificate = 2;  // ObjectKind of candour.proto
constexpr std::size_t kMonthSize = 7;

/// Device: unit and role. The first certificate of a device counts.
std::map<DeviceId, identity::Enrolment> people_of(LogDb& db) {
  std::map<DeviceId, identity::Enrolment> people;
  SQLite::Statement rows(db.database(), "SELECT object FROM directory WHERE kind=? ORDER BY number");
  rows.bind(1, kCertificate);
  while (rows.executeStep()) {
    const auto note = identity::SignedNote::parse(as_text(blob_of(rows.getColumn(0))));
    if (!note) continue;
    auto certificate = identity::Certificate::parse(note.value().text);
    if (!certificate) continue;
    const DeviceId device = certificate.value().device();
    people.emplace(device, std::move(certificate.value().subject));
  }
  return people;
}

class Counter {
 public:
  explicit Counter(LogDb& db) : people_(people_of(db)) {}

  void add(const tlog::RecordLabel& label) {
    const std::string month = time_encode(label.bot_time.value).substr(0, kMonthSize);
    const auto person = people_.find(label.sender);
    if (person == people_.end()) {
      ++counts.rows[{month, "(not certified)"}].dismissed;
    } else if (person->second.role == "bot") {
      // It follows the step it was drawn from.
      const auto closed = last_.find(label.group);
      const std::string unit = closed == last_.end() ? "(not certified)" : closed->second;
      ++counts.rows[{month, unit}].second_looks;
    } else if (person->second.role == "investigator") {
      ++counts.rows[{month, person->second.unit}].upheld;
    } else {
      ++counts.rows[{month, person->second.unit}].dismissed;
      last_[label.group] = person->second.unit;
    }
  }

  AlertCounts counts;

 private:
  std::map<DeviceId, identity::Enrolment> people_;
  std::map<GroupId, std::string> last_;  // unit of the desk that last dismissed one of the group
};

}  // namespace

Result<AlertCounts> count_alerts(LogDb& db) {
  constexpr std::uint8_t kOrdinary = static_cast<std::uint8_t>(tlog::LeafClass::ordinary);
  Counter counter(db);
  LeafRows rows(db);
  while (const LeafRow* row = rows.next()) {
    ++counter.counts.leaves;
    if (row->leaf.size() < 2 || row->leaf[0] != kOrdinary) continue;
    const auto kind = static_cast<tlog::LeafKind>(row->leaf[1]);
    const bool dismissal = kind == tlog::LeafKind::alert_dismissal;
    if (!dismissal && kind != tlog::LeafKind::alert_step) continue;
    ++counter.counts.steps;
    if (!dismissal) continue;
    const auto checked = check_leaf(row->leaf, row->record, row->record_is_null, nullptr, nullptr);
    if (!checked) {
      return error(ErrorCode::state_damaged,
                   "log entry " + std::to_string(row->index) + ": " + checked.error().message);
    }
    CANDOUR_TRY(const auto label, tlog::label_of(row->record));
    counter.add(label);
  }
  return std::move(counter.counts);
}

}  // namespace candour::ctl
