#include "client/event.h"

namespace candour::client {

std::string_view name_of(EventType type) {
  switch (type) {
    case EventType::submitted:
      return "submitted";
    case EventType::released:
      return "released";
    case EventType::delivered:
      return "delivered";
    case EventType::warned:
      return "warned";
    case EventType::blocked:
      return "blocked";
    case EventType::rejected:
      return "rejected";
    case EventType::reported:
      return "reported";
    case EventType::duty:
      return "duty";
    case EventType::withdrawn:
      return "withdrawn";
    case EventType::overridden:
      return "overridden";
    case EventType::alert:
      return "alert";
    case EventType::notice:
      return "notice";
    case EventType::bot_absent:
      return "bot_absent";
    case EventType::bot_back:
      return "bot_back";
    case EventType::membership:
      return "membership";
    case EventType::expiring:
      return "expiring";
    case EventType::stopped:
      return "stopped";
    case EventType::refused:
      return "refused";
    case EventType::new_log:
      return "new_log";
    case EventType::appeal:
      return "appeal";
    case EventType::group_request:
      return "group_request";
    case EventType::mail_refused:
      return "mail_refused";
    case EventType::alarm:
      return "alarm";
  }
  return "unknown";
}

}  // namespace candour::client
