// The part of Store that keeps its owner's own record.
#include <algorithm>

#include "client/store.h"

namespace candour::client {

Status Store::put_warning(const OwnWarning& warning) {
  return db_->put(Table::warnings, warning.id.view(), warning.encode().view());
}

Status Store::end_warning(const MessageId& id, WarningOutcome outcome) {
  CANDOUR_TRY(auto kept, warning(id));
  if (!kept) return ok();
  kept->outcome = outcome;
  return put_warning(*kept);
}

Status Store::erase_warning(const MessageId& id) { return db_->erase(Table::warnings, id.view()); }

Result<std::optional<OwnWarning>> Store::warning(const MessageId& id) {
  CANDOUR_TRY(auto bytes, db_->get(Table::warnings, id.view()));
  if (!bytes) return std::optional<OwnWarning>();
  CANDOUR_TRY(OwnWarning kept, OwnWarning::decode(bytes->view()));
  return std::optional<OwnWarning>(std::move(kept));
}

Result<std::vector<OwnWarning>> Store::warnings() {
  std::vector<OwnWarning> all;
  CANDOUR_TRY(db_->scan(Table::warnings, {}, [&](ByteView, SecretBytes value) -> Status {
    CANDOUR_TRY(OwnWarning kept, OwnWarning::decode(value.view()));
    all.push_back(std::move(kept));
    return ok();
  }));
  std::stable_sort(all.begin(), all.end(),
                   [](const OwnWarning& a, const OwnWarning& b) { return a.time < b.time; });
  return all;
}

Status Store::put_closed_alert(const OwnClosedAlert& alert) {
  return db_->put(Table::closed_alerts, alert.message_id.view(), alert.encode().view());
}

Result<std::vector<OwnClosedAlert>> Store::closed_alerts() {
  std::vector<OwnClosedAlert> all;
  CANDOUR_TRY(db_->scan(Table::closed_alerts, {}, [&](ByteView, SecretBytes value) -> Status {
    CANDOUR_TRY(OwnClosedAlert kept, OwnClosedAlert::decode(value.view()));
    all.push_back(std::move(kept));
    return ok();
  }));
  std::stable_sort(all.begin(), all.end(), [](const OwnClosedAlert& a, const OwnClosedAlert& b) {
    return a.closed < b.closed;
  });
  return all;
}

}  // namespace candour::client
