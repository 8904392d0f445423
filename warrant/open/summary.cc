#include "warrant/open/summary.h"

#include "base/encoding.h"

namespace candour::warrant {
namespace {

constexpr std::uint64_t kHourMs = 3'600'000;

/// "2026-01-31 08:00 UTC": people do not read milliseconds.
std::string when(TimeMs time) {
  std::string text = time_encode(time.value);
  text[10] = ' ';
  return text.substr(0, 16) + " UTC";
}

std::string span(std::uint64_t ms) {
  const std::uint64_t hours = ms / kHourMs;
  if (hours >= 48) return std::to_string(hours / 24) + " days";
  if (hours >= 2) return std::to_string(hours) + " hours";
  return std::to_string(ms / 60'000) + " minutes";
}

void paragraph(std::string& out, const char* title, const FreeText& text) {
  out += std::string(title) + "\n";
  for (const std::string& line : text) out += "  " + line + "\n";
}

std::string short_id(const std::string& hex) { return hex.substr(0, 12) + "..."; }

std::string validity(const Warrant& w, TimeMs now) {
  if (now >= w.expires) return "EXPIRED " + span(now.value - w.expires.value) + " ago";
  if (now < w.issued) return "not yet issued";
  return span(w.expires.value - now.value) + " left";
}

}  // namespace

std::string describe_scope(const Warrant& w) {
  std::string out;
  if (w.authors.empty()) {
    out += "  authors: EVERYBODY in the groups below\n";
  } else {
    for (const ScopeAuthor& author : w.authors) {
      out += "  author: " + author.person + " (device " + short_id(author.device.hex()) + ")\n";
    }
  }
  if (w.groups.empty()) {
    out += "  groups: ALL groups these authors wrote in\n";
  } else {
    for (const ScopeGroup& group : w.groups) {
      out += "  group: " + (group.title.empty() ? "(no title)" : group.title) + " (" +
             short_id(group.group.hex()) + ")\n";
    }
  }
  out += "  period: from " + when(w.from) + " until before " + when(w.until) + "\n";
  if (!w.authors.empty() && !w.groups.empty()) {
    out += "  a record must be by one of these authors AND in one of these groups\n";
  }
  return out;
}

std::string describe(const Warrant& w, const identity::SignedNote& note,
                     const identity::Statement& statement, TimeMs now) {
  std::string out = "Warrant " + w.digest().hex() + "\n";
  out += "case " + w.case_name + " of " + statement.name + ", log " + w.log + "\n";
  out += "requested by " + w.requester.person + " (" + w.requester.key_name + "), authorised by " +
         w.authoriser.person + " (" + w.authoriser.key_name + "), reviewed by " + w.reviewer + "\n";
  const auto missing = missing_signatures(note, statement, w);
  for (const std::string& who : missing) out += "SIGNATURE MISSING: " + who + "\n";
  if (missing.empty()) out += "signed by both\n";
  paragraph(out, "Legal basis", w.legal_basis);
  paragraph(out, "Severity", w.severity);
  paragraph(out, "Purpose", w.purpose);
  paragraph(out, "Necessity", w.necessity);
  paragraph(out, "Proportionality", w.proportionality);
  paragraph(out, "Collateral intrusion", w.collateral_intrusion);
  out += "Scope, as custodians enforce it\n" + describe_scope(w);
  for (const std::string& category : w.categories) {
    out += "  category: " + category + " (narrows on the investigator's station only)\n";
  }
  for (const std::string& person : w.named) out += "Also named in the case: " + person + "\n";
  if (w.widens) out += "Widens warrant " + w.widens->hex() + "\n";
  out += "Issued " + when(w.issued) + ", expires " + when(w.expires) + " (" + validity(w, now) +
         "), sealed until " + when(w.sealed_until) + "\n";
  return out;
}

std::string describe(const Request& r) {
  return "Request " + r.digest().hex() + "\nasks for " + std::to_string(r.records) + " records" +
         (r.purpose ? ": " + *r.purpose : "") + "\nissued " + when(r.issued) + "\n";
}

}  // namespace candour::warrant
