#include "identity/opening_notice.h"

#include <algorithm>
#include <set>

#include "base/encoding.h"
#include "base/limits.h"
#include "identity/note_text.h"

namespace candour::identity {
namespace {

constexpr std::string_view kFormat = "candour-opening/v1";
constexpr std::uint8_t kEntryVersion = 1;
constexpr std::uint8_t kEntryClassOpening = 3;

struct KindName {
  OpeningKind kind;
  std::string_view name;
};
constexpr KindName kKinds[] = {
    {OpeningKind::warrant, "warrant"},   {OpeningKind::request, "request"},
    {OpeningKind::release, "release"},   {OpeningKind::warrant_revocation, "warrant-revocation"},
    {OpeningKind::disposal, "disposal"},
};

Error malformed(std::string message) {
  return error(ErrorCode::note_malformed, "notice of an opening: " + std::move(message));
}

bool counts_records(OpeningKind kind) {
  return kind == OpeningKind::request || kind == OpeningKind::release;
}

bool belongs_to_warrant(OpeningKind kind) {
  return counts_records(kind) || kind == OpeningKind::warrant_revocation;
}

Result<TimeMs> time_field(const NoteFields& fields, std::string_view name) {
  CANDOUR_TRY(const auto text, fields.one(name));
  const auto time_ms = time_decode(text);
  if (!time_ms) {
    return malformed("'" + std::string(name) + "' is not a time such as 2026-01-31T08:00:00.000Z");
  }
  return TimeMs(*time_ms);
}

Status parse_entry(const NoteFields& fields, OpeningNotice& notice) {
  CANDOUR_TRY(const auto text, fields.one("entry"));
  const auto entry = hex_decode(text);
  if (!entry || entry->size() != kOpeningEntrySize || (*entry)[0] != kEntryVersion ||
      (*entry)[1] != kEntryClassOpening) {
    return malformed("'entry' is not the 68 hex digits of a log entry of class opening");
  }
  notice.entry = *entry;
  return ok();
}

Status parse_subject(const NoteFields& fields, OpeningNotice& notice) {
  const std::string kind(name_of(notice.kind));
  const auto about = fields.maybe("about");
  if (about.has_value() != belongs_to_warrant(notice.kind)) {
    return malformed(about ? "a " + kind + " has no 'about'"
                           : "a " + kind + " names its warrant's leaf with 'about'");
  }
  if (about) {
    CANDOUR_TRY(const auto text, fields.one("about"));
    notice.about = Digest::from_hex(text);
    if (!notice.about) return malformed("'about' is not 64 hex digits");
  }
  const auto records = fields.maybe("records");
  if (records.has_value() != counts_records(notice.kind)) {
    return malformed(records ? "a " + kind + " has no 'records'"
                             : "a " + kind + " says with 'records' how many it is about");
  }
  if (!records) return ok();
  CANDOUR_TRY(const auto text, fields.one("records"));
  const auto count = parse_decimal(text);
  if (!count) return malformed("'records' is not a number");
  if (*count > limits::kReleaseRecordsMax) {
    return malformed("'records' is more than one request may ask for");
  }
  notice.records = *count;
  return ok();
}

Status parse_copies(const NoteFields& fields, OpeningNotice& notice) {
  std::set<std::string> auditors;
  for (const std::string& value : fields.all("copy")) {
    const auto space = value.find(' ');
    const auto digest =
        space == value.npos ? std::nullopt : Digest::from_hex(value.substr(space + 1));
    const std::string auditor = value.substr(0, space);
    if (!digest || !valid_key_name(auditor)) {
      return malformed("'copy' reads <key name> <64 hex digits>");
    }
    if (!auditors.insert(auditor).second) {
      return malformed("'" + auditor + "' is given two copies");
    }
    notice.copies.emplace_back(auditor, *digest);
  }
  if (notice.copies.size() > limits::kOversightCopiesMax) {
    return malformed("more than " + std::to_string(limits::kOversightCopiesMax) + " copies");
  }
  return ok();
}

}  // namespace

std::string_view name_of(OpeningKind kind) {
  for (const KindName& one : kKinds) {
    if (one.kind == kind) return one.name;
  }
  return "unknown";
}

bool may_log(OpeningKind kind, std::string_view role) {
  if (role == "investigator") return kind == OpeningKind::warrant || counts_records(kind);
  return role == "authoriser" && !counts_records(kind);
}

std::string OpeningNotice::print() const {
  std::string out = std::string(kFormat) + "\norganisation " + organisation + "\nkind " +
                    std::string(name_of(kind)) + "\nentry " + hex_encode(entry) + "\n";
  if (about) out += "about " + about->hex() + "\n";
  if (counts_records(kind)) out += "records " + std::to_string(records) + "\n";
  out += "sealed-until " + time_encode(sealed_until.value) + "\nissued " +
         time_encode(issued.value) + "\n";
  for (const auto& [auditor, digest] : copies) out += "copy " + auditor + " " + digest.hex() + "\n";
  return out;
}

Result<OpeningNotice> OpeningNotice::parse(std::string_view text) {
  CANDOUR_TRY(auto fields, NoteFields::parse(text, kFormat,
                                             {"organisation", "kind", "entry", "about", "records",
                                              "sealed-until", "issued", "copy"}));
  OpeningNotice notice;
  CANDOUR_TRY(notice.organisation, fields.one("organisation"));
  if (!valid_identifier(notice.organisation)) return malformed("'organisation' is malformed");
  CANDOUR_TRY(const auto kind, fields.one("kind"));
  const auto* known = std::find_if(std::begin(kKinds), std::end(kKinds),
                                   [&](const KindName& one) { return one.name == kind; });
  if (known == std::end(kKinds)) {
    return malformed("'" + kind.substr(0, 80) + "' is no kind of opening");
  }
  notice.kind = known->kind;
  CANDOUR_TRY(parse_entry(fields, notice));
  CANDOUR_TRY(parse_subject(fields, notice));
  CANDOUR_TRY(notice.sealed_until, time_field(fields, "sealed-until"));
  CANDOUR_TRY(notice.issued, time_field(fields, "issued"));
  if (notice.sealed_until < notice.issued ||
      notice.sealed_until.value - notice.issued.value > limits::kSealedUntilMaxMs) {
    return malformed("'sealed-until' lies before 'issued' or more than five years after it");
  }
  CANDOUR_TRY(parse_copies(fields, notice));
  return notice;
}

Result<OpeningNotice> OpeningNotice::verify(std::string_view note, const Statement& statement) {
  CANDOUR_TRY(const auto signed_note, SignedNote::parse(note));
  CANDOUR_TRY(auto notice, parse(signed_note.text));
  if (notice.organisation != statement.id) {
    return error(ErrorCode::foreign_certificate, "the notice of an opening is of organisation '" +
                                                     notice.organisation + "', not of '" +
                                                     statement.id + "'");
  }
  std::vector<NoteKey> keys;
  for (const RoleKey& role : statement.roles) {
    if (may_log(notice.kind, role.role)) keys.push_back(role.key);
  }
  CANDOUR_TRY(const auto signers, signed_note.verify(keys));
  if (signers.empty()) {
    return error(ErrorCode::signature_invalid,
                 "the notice of a " + std::string(name_of(notice.kind)) +
                     " is not signed by a key of this organisation that may log one");
  }
  return notice;
}

}  // namespace candour::identity
