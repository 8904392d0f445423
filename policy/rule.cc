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
