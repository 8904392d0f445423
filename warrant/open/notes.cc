#include "warrant/open/notes.h"

#include "base/encoding.h"
#include "base/limits.h"
#include "identity/signers.h"
#include "warrant/open/note_lines.h"

namespace candour::warrant {
namespace {

constexpr std::string_view kRevocationFormat = "candour-warrant-revocation/v1";
constexpr std::string_view kReleaseFormat = "candour-release/v1";
constexpr std::size_t kReasonSizeMax = 500;
constexpr std::size_t kCustodiansMaxInRelease = 512;

Error foreign(const char* what, const std::string& organisation) {
  return error(ErrorCode::warrant_invalid,
               std::string(what) + " is of another organisation ('" + organisation + "')");
}

}  // namespace

std::string WarrantRevocation::print() const {
  return std::string(kRevocationFormat) + "\norganisation " + organisation + "\nwarrant " +
         warrant.hex() + "\nreason " + reason + "\nissued " + time_encode(issued.value) + "\n";
}

Result<WarrantRevocation> WarrantRevocation::parse(std::string_view text) {
  CANDOUR_TRY(auto lines, NoteLines::open(text, kRevocationFormat, "revocation of a warrant",
                                          ErrorCode::note_malformed));
  WarrantRevocation r;
  CANDOUR_TRY(r.organisation, lines.identifier("organisation"));
  CANDOUR_TRY(r.warrant, lines.digest("warrant"));
  CANDOUR_TRY(r.reason, lines.line("reason", kReasonSizeMax));
  CANDOUR_TRY(r.issued, lines.time("issued"));
  CANDOUR_TRY(lines.end());
  return r;
}

Result<WarrantRevocation> WarrantRevocation::verify(std::string_view note,
                                                    const identity::Statement& statement) {
  CANDOUR_TRY(auto signed_note, identity::SignedNote::parse(note));
  CANDOUR_TRY(auto r, parse(signed_note.text));
  if (r.organisation != statement.id) return foreign("the revocation", r.organisation);
  const auto signers = identity::signers_of(signed_note, statement, "authoriser");
  if (!signers) {
    return error(ErrorCode::warrant_signature_invalid,
                 "the revocation of the warrant: " + signers.error().message);
  }
  if (signers.value().empty()) {
    return error(ErrorCode::warrant_signature_missing,
                 "the revocation of the warrant is not signed by an authoriser of the statement");
  }
  return r;
}

std::string ReleaseCertificate::print() const {
  std::string out = std::string(kReleaseFormat) + "\norganisation " + organisation + "\nwarrant " +
                    warrant.hex() + "\nrequest " + request.hex() + "\n";
  for (const std::string& custodian : custodians) out += "custodian " + custodian + "\n";
  return out + "keeper " + keeper + "\nopened " + std::to_string(opened) + "\nfailed " +
         std::to_string(failed) + "\nrecords-digest " + records_digest.hex() + "\nopened-digest " +
         opened_digest.hex() + "\nissued " + time_encode(issued.value) + "\n";
}

Result<ReleaseCertificate> ReleaseCertificate::parse(std::string_view text) {
  CANDOUR_TRY(auto lines, NoteLines::open(text, kReleaseFormat, "release certificate",
                                          ErrorCode::note_malformed));
  ReleaseCertificate c;
  CANDOUR_TRY(c.organisation, lines.identifier("organisation"));
  CANDOUR_TRY(c.warrant, lines.digest("warrant"));
  CANDOUR_TRY(c.request, lines.digest("request"));
  while (lines.next_is("custodian")) {
    CANDOUR_TRY(auto name, lines.key_name("custodian"));
    if (c.custodians.size() == kCustodiansMaxInRelease) return lines.wrong("too many custodians");
    c.custodians.push_back(std::move(name));
  }
  CANDOUR_TRY(c.keeper, lines.key_name("keeper"));
  CANDOUR_TRY(c.opened, lines.number("opened"));
  CANDOUR_TRY(c.failed, lines.number("failed"));
  if (c.opened > limits::kReleaseRecordsMax || c.failed > limits::kReleaseRecordsMax) {
    return lines.wrong("more records than one request can ask for");
  }
  CANDOUR_TRY(c.records_digest, lines.digest("records-digest"));
  CANDOUR_TRY(c.opened_digest, lines.digest("opened-digest"));
  CANDOUR_TRY(c.issued, lines.time("issued"));
  CANDOUR_TRY(lines.end());
  return c;
}

Result<ReleaseCertificate> ReleaseCertificate::verify(std::string_view note,
                                                      const identity::Statement& statement,
                                                      const Warrant& warrant,
                                                      const Request& request) {
  CANDOUR_TRY(auto signed_note, identity::SignedNote::parse(note));
  CANDOUR_TRY(auto c, parse(signed_note.text));
  if (c.organisation != statement.id) return foreign("the release certificate", c.organisation);
  if (c.warrant != warrant.digest() || c.request != request.digest() ||
      c.records_digest != request.records_digest || c.opened + c.failed != request.records) {
    return error(ErrorCode::warrant_invalid,
                 "the release certificate is not about this warrant, request and its records");
  }
  const identity::RoleKey* key = statement.role_key(warrant.requester.key_name);
  const auto signers =
      key == nullptr ? Result<std::vector<identity::NoteKey>>(std::vector<identity::NoteKey>{})
                     : signed_note.verify({key->key});
  if (!signers) {
    return error(ErrorCode::warrant_signature_invalid,
                 "the signature does not fit the release certificate's text");
  }
  if (signers.value().empty()) {
    return error(ErrorCode::warrant_signature_missing,
                 "the release certificate is not signed by the warrant's requester '" +
                     warrant.requester.key_name + "'");
  }
  return c;
}

}  // namespace candour::warrant
