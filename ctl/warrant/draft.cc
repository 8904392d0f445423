#include "ctl/warrant/draft.h"

#include <CLI/CLI.hpp>

#include "base/encoding.h"
#include "config/section.h"

namespace candour::ctl {
namespace {

using config::Section;
using warrant::Warrant;

constexpr std::uint64_t kDayMs = 86'400'000;
constexpr std::uint64_t kExpiresAfterDays = 28;
constexpr std::uint64_t kSealedForDays = 365;
constexpr std::size_t kLineSizeMax = 500;

/// A draft is a text people answer for: nothing in the environment may change it.
class NoEnvironment : public config::Environment {
 public:
  const char* get(const std::string&) const override { return nullptr; }
};

Status read_file_fields(DraftFields& o) {
  if (o.file.empty()) return ok();
  const NoEnvironment none;
  CANDOUR_TRY(auto file, config::File::open(o.file, none));
  Section root = file.root();
  const auto text = [](Section& section, std::string_view key, std::string& out) {
    std::string value;
    section.text(key, value, Section::Presence::optional);
    if (out.empty()) out = std::move(value);
  };
  text(root, "case", o.case_name);
  text(root, "legal-basis", o.legal_basis);
  text(root, "severity", o.severity);
  text(root, "purpose", o.purpose);
  text(root, "necessity", o.necessity);
  text(root, "proportionality", o.proportionality);
  text(root, "collateral-intrusion", o.collateral_intrusion);
  text(root, "requester", o.requester);
  text(root, "authoriser", o.authoriser);
  text(root, "reviewer", o.reviewer);
  text(root, "from", o.from);
  text(root, "until", o.until);
  text(root, "widens", o.widens);
  text(root, "expires", o.expires);
  text(root, "sealed-until", o.sealed_until);
  const auto list = [&](const char* name, const char* first, const char* second,
                        std::vector<std::string>& out) {
    std::vector<std::string> found;
    for (Section& section : root.tables(name)) {
      std::string value;
      std::string more;
      section.text(first, value);
      if (second != nullptr) section.text(second, more, Section::Presence::optional);
      found.push_back(more.empty() ? value : value + ":" + more);
    }
    if (out.empty()) out = std::move(found);
  };
  list("author", "device", "person", o.authors);
  list("group", "group", "title", o.groups);
  list("named", "person", nullptr, o.named);
  list("category", "category", nullptr, o.categories);
  return file.finish();
}

/// The lines of a text, without empty ones; long ones are broken between words.
warrant::FreeText lines_of(const std::string& text) {
  warrant::FreeText out;
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    while (line.size() > kLineSizeMax) {
      const auto space = line.rfind(' ', kLineSizeMax);
      if (space == line.npos || space == 0) break;
      out.emplace_back(line.substr(0, space));
      line.remove_prefix(space + 1);
    }
    if (!line.empty()) out.emplace_back(line);
  }
  return out;
}

Error usage(const std::string& why) { return error(ErrorCode::usage, why); }

Result<TimeMs> time_of(const char* option, const std::string& text, TimeMs otherwise) {
  if (text.empty()) {
    if (otherwise.value == 0) return usage(std::string(option) + " is missing");
    return otherwise;
  }
  const auto time = time_decode(text);
  if (!time) {
    return usage(std::string(option) + " takes a time such as 2026-01-31T08:00:00Z, not '" + text +
                 "'");
  }
  return TimeMs(*time);
}

Result<warrant::Actor> actor_of(const char* option, const std::string& name,
                                const identity::Statement& statement) {
  const identity::RoleKey* key = statement.role_key(name);
  if (key == nullptr) {
    return usage(std::string(option) + ": the statement has no key '" + name + "'");
  }
  return warrant::Actor{name, key->person};
}

Status read_scope(const DraftFields& o, Warrant& w) {
  for (const std::string& text : o.authors) {
    const auto colon = text.find(':');
    const auto device = DeviceId::from_hex(text.substr(0, colon));
    if (!device || colon == text.npos) {
      return usage("--author takes DEVICE:PERSON with a device id of 64 hex digits, not '" + text +
                   "'");
    }
    w.authors.push_back({*device, text.substr(colon + 1)});
  }
  for (const std::string& text : o.groups) {
    const auto colon = text.find(':');
    const auto group = GroupId::from_hex(text.substr(0, colon));
    if (!group) {
      return usage("--group takes GROUP or GROUP:TITLE with a group id of 32 hex digits, not '" +
                   text + "'");
    }
    w.groups.push_back({*group, colon == text.npos ? "" : text.substr(colon + 1)});
  }
  w.categories = o.categories;
  w.named = o.named;
  if (o.widens.empty()) return ok();
  w.widens = Digest::from_hex(o.widens);
  if (!w.widens) return usage("--widens takes the digest of a warrant, 64 hex digits");
  return ok();
}

}  // namespace

void add_draft_options(CLI::App& verb, DraftFields& o) {
  verb.add_option("--from-file", o.file, "TOML file with any of the fields below");
  verb.add_option("--case", o.case_name, "Name of the case");
  verb.add_option("--legal-basis", o.legal_basis, "On which law it rests");
  verb.add_option("--severity", o.severity, "How serious what is suspected is");
  verb.add_option("--purpose", o.purpose, "What shall be found out");
  verb.add_option("--necessity", o.necessity, "Why it cannot be found out otherwise");
  verb.add_option("--proportionality", o.proportionality, "Why it goes no further than needed");
  verb.add_option("--collateral-intrusion", o.collateral_intrusion, "Whom else it touches");
  verb.add_option("--requester", o.requester, "Key name of the investigator");
  verb.add_option("--authoriser", o.authoriser, "Key name of the authoriser");
  verb.add_option("--reviewer", o.reviewer, "Person who reviews it while it runs");
  verb.add_option("--author", o.authors, "DEVICE:PERSON whose records, repeated");
  verb.add_option("--group", o.groups, "GROUP[:TITLE], repeated");
  verb.add_option("--from", o.from, "Records from this time on");
  verb.add_option("--until", o.until, "Records before this time");
  verb.add_option("--category", o.categories, "Rule category, repeated");
  verb.add_option("--named", o.named, "Other person named in the case, repeated");
  verb.add_option("--widens", o.widens, "Digest of the warrant this one widens");
  verb.add_option("--expires", o.expires, "Default: in 28 days");
  verb.add_option("--sealed-until", o.sealed_until, "Default: in a year");
}

Result<Warrant> draft_warrant(const DraftFields& fields, const identity::Statement& statement,
                              TimeMs now) {
  DraftFields o = fields;
  CANDOUR_TRY(read_file_fields(o));
  Warrant w;
  w.organisation = statement.id;
  w.log = statement.log.name;
  w.case_name = o.case_name;
  w.legal_basis = lines_of(o.legal_basis);
  w.severity = lines_of(o.severity);
  w.purpose = lines_of(o.purpose);
  w.necessity = lines_of(o.necessity);
  w.proportionality = lines_of(o.proportionality);
  w.collateral_intrusion = lines_of(o.collateral_intrusion);
  CANDOUR_TRY(w.requester, actor_of("--requester", o.requester, statement));
  CANDOUR_TRY(w.authoriser, actor_of("--authoriser", o.authoriser, statement));
  w.reviewer = o.reviewer;
  CANDOUR_TRY(read_scope(o, w));
  CANDOUR_TRY(w.from, time_of("--from", o.from, TimeMs(0)));
  CANDOUR_TRY(w.until, time_of("--until", o.until, TimeMs(0)));
  w.issued = now;
  CANDOUR_TRY(w.expires,
              time_of("--expires", o.expires, TimeMs(now.value + kExpiresAfterDays * kDayMs)));
  CANDOUR_TRY(w.sealed_until, time_of("--sealed-until", o.sealed_until,
                                      TimeMs(now.value + kSealedForDays * kDayMs)));
  // Whatever is missing or malformed is found by the form's own reader.
  return Warrant::parse(w.print());
}

}  // namespace candour::ctl
