#include "policy/rule.h"

namespace candour::policy {

std::string_view severity_name(Severity severity) {
  switch (severity) {
    case Severity::notice:
      return "notice";
    case Severity::warn:
      return "warn";
    case Severity::block:
      return "block";
  }
  return "notice";
}

std::string_view verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::release:
      return "release";
    case Verdict::warn:
      return "warn";
    case Verdict::block:
      return "block";
  }
  return "release";
}

std::string_view content_kind_name(ContentKind kind) {
  switch (kind) {
    case ContentKind::text:
      return "text";
    case ContentKind::reply:
      return "reply";
    case ContentKind::edit:
      return "edit";
    case ContentKind::reaction:
      return "reaction";
    case ContentKind::poll:
      return "poll";
    case ContentKind::file_name:
      return "file_name";
  }
  return "text";
}

bool content_kind_from_name(std::string_view name, ContentKind& kind) {
  for (int i = 0; i <= static_cast<int>(kContentKindLast); ++i) {
    if (content_kind_name(static_cast<ContentKind>(i)) == name) {
      kind = static_cast<ContentKind>(i);
      return true;
    }
  }
  return false;
}

bool severity_from_name(std::string_view name, Severity& severity) {
  for (const Severity s : {Severity::notice, Severity::warn, Severity::block}) {
    if (severity_name(s) == name) {
      severity = s;
      return true;
    }
  }
  return false;
}

}  // namespace candour::policy
