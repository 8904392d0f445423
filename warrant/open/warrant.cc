#include "warrant/open/warrant.h"

#include <algorithm>
#include <set>

#include "base/encoding.h"
#include "base/limits.h"
#include "crypto/hash.h"
#include "identity/note_text.h"
#include "warrant/open/note_lines.h"

namespace candour::warrant {
namespace {

constexpr std::string_view kFormat = "candour-warrant/v1";
constexpr std::size_t kFreeTextLinesMax = 64;
constexpr std::size_t kFreeTextLineSizeMax = 512;

Error invalid(std::string why) {
  return error(ErrorCode::warrant_invalid, "warrant: " + std::move(why));
}

Status read_free_text(NoteLines& lines, std::string_view key, FreeText& out) {
  CANDOUR_TRY(out, lines.all(key, 1, kFreeTextLinesMax));
  for (const std::string& line : out) {
    if (!identity::valid_line(line, kFreeTextLineSizeMax)) {
      return lines.wrong("a line of '" + std::string(key) + "' is longer than " +
                         std::to_string(kFreeTextLineSizeMax) +
                         " bytes or holds characters that mislead readers");
    }
  }
  return ok();
}

Result<Actor> read_actor(NoteLines& lines, std::string_view key) {
  CANDOUR_TRY(auto value, lines.one(key));
  const auto word = split_words(value, 2);
  if (word.size() != 2 || !identity::valid_key_name(word[0]) ||
      !identity::valid_identifier(word[1])) {
    return lines.wrong("'" + std::string(key) + "' reads <key name> <person>");
  }
  return Actor{word[0], word[1]};
}

Status read_authors(NoteLines& lines, Warrant& w) {
  std::set<DeviceId> seen;
  CANDOUR_TRY(auto values, lines.all("author", 0, kScopeListMax));
  for (const std::string& value : values) {
    const auto word = split_words(value, 2);
    const auto bytes = lower_hex(word[0]);
    const auto device = bytes ? DeviceId::from(*bytes) : std::nullopt;
    if (word.size() != 2 || !device || !identity::valid_identifier(word[1])) {
      return lines.wrong("'author' reads <device, 64 lower-case hex digits> <person>");
    }
    if (!seen.insert(*device).second) return lines.wrong("author " + word[0] + " is listed twice");
    w.authors.push_back({*device, word[1]});
  }
  return ok();
}

Status read_groups(NoteLines& lines, Warrant& w) {
  std::set<GroupId> seen;
  CANDOUR_TRY(auto values, lines.all("group", 0, kScopeListMax));
  for (const std::string& value : values) {
    const auto word = split_words(value, 2);
    const auto bytes = lower_hex(word[0]);
    const auto group = bytes ? GroupId::from(*bytes) : std::nullopt;
    const std::string title = word.size() == 2 ? word[1] : "";
    if (!group || (word.size() == 2 && !identity::valid_line(title, limits::kGroupNameSizeMax))) {
      return lines.wrong("'group' reads <group, 32 lower-case hex digits> [<title>]");
    }
    if (!seen.insert(*group).second) return lines.wrong("group " + word[0] + " is listed twice");
    w.groups.push_back({*group, title});
  }
  return ok();
}

Result<std::vector<std::string>> read_identifiers(NoteLines& lines, std::string_view key) {
  CANDOUR_TRY(auto values, lines.all(key, 0, kNamedMax));
  for (const std::string& value : values) {
    if (!identity::valid_identifier(value)) {
      return lines.wrong("'" + std::string(key) + "' is 1 to 128 characters of A-Z a-z 0-9 -_./@:");
    }
    if (std::count(values.begin(), values.end(), value) != 1) {
      return lines.wrong("'" + std::string(key) + " " + value + "' is listed twice");
    }
  }
  return values;
}

Status read_scope(NoteLines& lines, Warrant& w) {
  CANDOUR_TRY(read_authors(lines, w));
  CANDOUR_TRY(read_groups(lines, w));
  CANDOUR_TRY(w.from, lines.time("from"));
  CANDOUR_TRY(w.until, lines.time("until"));
  CANDOUR_TRY(w.categories, read_identifiers(lines, "category"));
  CANDOUR_TRY(w.named, read_identifiers(lines, "named"));
  if (const auto widens = lines.maybe("widens")) {
    const auto bytes = lower_hex(*widens);
    w.widens = bytes ? Digest::from(*bytes) : std::nullopt;
    if (!w.widens) return lines.wrong("'widens' is not 64 lower-case hex digits");
  }
  return ok();
}

/// What the fields must say together.
Status check_fields(const Warrant& w) {
  if (w.authors.empty() && w.groups.empty()) {
    return invalid("it names neither an author nor a group, so it would open everybody's records");
  }
  if (w.from >= w.until) return invalid("'from' is not before 'until'");
  if (w.issued >= w.expires) return invalid("'issued' is not before 'expires'");
  if (w.sealed_until < w.issued) return invalid("'sealed-until' is before 'issued'");
  if (w.sealed_until.value - w.issued.value > limits::kSealedUntilMaxMs) {
    return invalid("'sealed-until' is more than five years after 'issued'");
  }
  return ok();
}

void print_text(std::string& out, std::string_view key, const FreeText& text) {
  for (const std::string& line : text) out += std::string(key) + " " + line + "\n";
}

Status check_role(const identity::Statement& statement, const Actor& actor, std::string_view role) {
  const identity::RoleKey* key = statement.role_key(actor.key_name);
  if (key != nullptr && key->role == role && key->person == actor.person) return ok();
  return invalid("'" + actor.key_name + "' of '" + actor.person + "' is no key of role " +
                 std::string(role) + " in version " + std::to_string(statement.version) +
                 " of the statement");
}

Status check_people(const Warrant& w) {
  if (w.requester.person == w.authoriser.person) {
    return error(ErrorCode::warrant_same_person,
                 "the warrant is requested and authorised by the same person ('" +
                     w.requester.person + "'); another person must authorise it");
  }
  const auto conflict = [](const std::string& why) {
    return error(ErrorCode::warrant_conflict, "the warrant has a conflict of interest: " + why);
  };
  if (w.reviewer == w.requester.person) {
    return conflict("'" + w.reviewer + "' requests it and would review it too");
  }
  if (w.reviewer == w.authoriser.person) {
    return conflict("'" + w.reviewer + "' authorises it and would review it too");
  }
  const std::pair<const char*, const std::string*> acting[] = {{"requester", &w.requester.person},
                                                               {"authoriser", &w.authoriser.person},
                                                               {"reviewer", &w.reviewer}};
  for (const auto& [part, person] : acting) {
    if (w.concerns(*person)) {
      return conflict("its " + std::string(part) + " '" + *person +
                      "' is an author in its scope or named in the case; somebody else must act");
    }
  }
  return ok();
}

}  // namespace

std::string Warrant::print() const {
  std::string out = std::string(kFormat) + "\n";
  const auto line = [&](std::string_view key, const std::string& value) {
    out += std::string(key) + " " + value + "\n";
  };
  line("organisation", organisation);
  line("log", log);
  line("case", case_name);
  print_text(out, "legal-basis", legal_basis);
  print_text(out, "severity", severity);
  print_text(out, "purpose", purpose);
  print_text(out, "necessity", necessity);
  print_text(out, "proportionality", proportionality);
  print_text(out, "collateral-intrusion", collateral_intrusion);
  line("requester", requester.key_name + " " + requester.person);
  line("authoriser", authoriser.key_name + " " + authoriser.person);
  line("reviewer", reviewer);
  for (const ScopeAuthor& author : authors) {
    line("author", author.device.hex() + " " + author.person);
  }
  for (const ScopeGroup& group : groups) {
    line("group", group.group.hex() + (group.title.empty() ? "" : " " + group.title));
  }
  line("from", time_encode(from.value));
  line("until", time_encode(until.value));
  for (const std::string& category : categories) line("category", category);
  for (const std::string& person : named) line("named", person);
  if (widens) line("widens", widens->hex());
  line("issued", time_encode(issued.value));
  line("expires", time_encode(expires.value));
  line("sealed-until", time_encode(sealed_until.value));
  return out;
}

Result<Warrant> Warrant::parse(std::string_view text) {
  CANDOUR_TRY(auto lines, NoteLines::open(text, kFormat, "warrant", ErrorCode::warrant_invalid));
  Warrant w;
  CANDOUR_TRY(w.organisation, lines.identifier("organisation"));
  CANDOUR_TRY(w.log, lines.key_name("log"));
  CANDOUR_TRY(w.case_name, lines.line("case", limits::kGroupNameSizeMax));
  CANDOUR_TRY(read_free_text(lines, "legal-basis", w.legal_basis));
  CANDOUR_TRY(read_free_text(lines, "severity", w.severity));
  CANDOUR_TRY(read_free_text(lines, "purpose", w.purpose));
  CANDOUR_TRY(read_free_text(lines, "necessity", w.necessity));
  CANDOUR_TRY(read_free_text(lines, "proportionality", w.proportionality));
  CANDOUR_TRY(read_free_text(lines, "collateral-intrusion", w.collateral_intrusion));
  CANDOUR_TRY(w.requester, read_actor(lines, "requester"));
  CANDOUR_TRY(w.authoriser, read_actor(lines, "authoriser"));
  CANDOUR_TRY(w.reviewer, lines.identifier("reviewer"));
  CANDOUR_TRY(read_scope(lines, w));
  CANDOUR_TRY(w.issued, lines.time("issued"));
  CANDOUR_TRY(w.expires, lines.time("expires"));
  CANDOUR_TRY(w.sealed_until, lines.time("sealed-until"));
  CANDOUR_TRY(lines.end());
  CANDOUR_TRY(check_fields(w));
  return w;
}

Result<Warrant> Warrant::verify_draft(const identity::SignedNote& note,
                                      const identity::Statement& statement) {
  CANDOUR_TRY(auto w, parse(note.text));
  if (w.organisation != statement.id || w.log != statement.log.name) {
    return invalid("it is of organisation '" + w.organisation + "' and log '" + w.log +
                   "', not of '" + statement.id + "' and '" + statement.log.name + "'");
  }
  CANDOUR_TRY(check_role(statement, w.requester, "investigator"));
  CANDOUR_TRY(check_role(statement, w.authoriser, "authoriser"));
  CANDOUR_TRY(check_people(w));
  for (const Actor* actor : {&w.requester, &w.authoriser}) {
    if (!note.verify({statement.role_key(actor->key_name)->key})) {
      return error(ErrorCode::warrant_signature_invalid,
                   "the signature of '" + actor->key_name +
                       "' does not fit the warrant's text: it was changed after it was signed");
    }
  }
  return w;
}

Result<Warrant> Warrant::verify(std::string_view note, const identity::Statement& statement) {
  auto signed_note = identity::SignedNote::parse(note);
  if (!signed_note) return invalid(signed_note.error().message);
  CANDOUR_TRY(auto w, verify_draft(signed_note.value(), statement));
  const auto missing = missing_signatures(signed_note.value(), statement, w);
  if (!missing.empty()) {
    return error(ErrorCode::warrant_signature_missing,
                 "the warrant lacks the signature of " + missing.front());
  }
  return w;
}

Digest Warrant::digest() const { return crypto::sha256(as_bytes(print())); }

Status Warrant::covers(const tlog::RecordLabel& label) const {
  const auto outside = [](const std::string& why) {
    return error(ErrorCode::out_of_scope, "outside the warrant's scope: " + why);
  };
  if (label.log_origin != log) return outside("it is of log '" + label.log_origin + "'");
  const auto by = [&](const ScopeAuthor& author) { return author.device == label.sender; };
  if (!authors.empty() && std::none_of(authors.begin(), authors.end(), by)) {
    return outside("author " + label.sender.hex() + " is not named");
  }
  const auto in = [&](const ScopeGroup& group) { return group.group == label.group; };
  if (!groups.empty() && std::none_of(groups.begin(), groups.end(), in)) {
    return outside("group " + label.group.hex() + " is not named");
  }
  if (label.bot_time < from || label.bot_time >= until) {
    return outside("its time " + time_encode(label.bot_time.value) + " is not in the period");
  }
  return ok();
}

bool Warrant::concerns(std::string_view person) const {
  return std::any_of(authors.begin(), authors.end(),
                     [&](const ScopeAuthor& author) { return author.person == person; }) ||
         std::find(named.begin(), named.end(), person) != named.end();
}

std::vector<std::string> missing_signatures(const identity::SignedNote& note,
                                            const identity::Statement& statement,
                                            const Warrant& warrant) {
  std::vector<std::string> out;
  const auto look = [&](const char* part, const Actor& actor) {
    const identity::RoleKey* key = statement.role_key(actor.key_name);
    if (key == nullptr || !note.signed_by(key->key)) {
      out.push_back(std::string(part) + " '" + actor.key_name + "' (" + actor.person + ")");
    }
  };
  look("requester", warrant.requester);
  look("authoriser", warrant.authoriser);
  return out;
}

}  // namespace candour::warrant
