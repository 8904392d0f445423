#include "identity/certificate.h"

#include <algorithm>

#include "base/limits.h"
#include "crypto/hash.h"
#include "crypto/hpke.h"
#include "identity/note_text.h"
#include "identity/signers.h"

namespace candour::identity {
namespace {

constexpr std::string_view kEnrolmentFormat = "candour-enrolment/v1";
constexpr std::string_view kCertificateFormat = "candour-device/v1";
constexpr std::string_view kRevocationFormat = "candour-revocation/v1";
constexpr std::string_view kDeviceKeyName = "device";
constexpr std::string_view kDeviceRoles[] = {"officer", "supervisor", "investigator", "bot"};
constexpr std::size_t kReasonSizeMax = 500;

Error malformed(std::string message) {
  return error(ErrorCode::note_malformed, std::move(message));
}

std::string subject_lines(const Enrolment& e) {
  return "organisation " + e.organisation + "\ndevice " + e.device().hex() + "\nsigning-key " +
         e.signing_key.hex() + "\nsealing-key " + e.sealing_key.hex() + "\nperson " + e.person +
         "\nname " + e.name + "\nrole " + e.role + "\nunit " + e.unit + "\n";
}

Result<Enrolment> parse_subject(const NoteFields& fields) {
  Enrolment e;
  CANDOUR_TRY(e.organisation, fields.one("organisation"));
  CANDOUR_TRY(auto device, fields.one("device"));
  CANDOUR_TRY(auto signing_key, fields.one("signing-key"));
  CANDOUR_TRY(auto sealing_key, fields.one("sealing-key"));
  CANDOUR_TRY(e.person, fields.one("person"));
  CANDOUR_TRY(e.name, fields.one("name"));
  CANDOUR_TRY(e.role, fields.one("role"));
  CANDOUR_TRY(e.unit, fields.one("unit"));
  if (!valid_identifier(e.organisation) || !valid_identifier(e.person) ||
      !valid_identifier(e.unit)) {
    return malformed("organisation, person and unit are 1 to 128 characters of A-Z a-z 0-9 -_./@:");
  }
  if (!valid_line(e.name, limits::kGroupNameSizeMax)) {
    return malformed("'name' is empty, too long or holds characters that mislead readers");
  }
  if (std::find(std::begin(kDeviceRoles), std::end(kDeviceRoles), e.role) ==
      std::end(kDeviceRoles)) {
    return malformed("'" + e.role.substr(0, 80) +
                     "' is not the role of a device (officer, supervisor, investigator, bot)");
  }
  const auto signing = SigningPublicKey::from_hex(signing_key);
  const auto sealing = SealingPublicKey::from_hex(sealing_key);
  if (!signing || !sealing) {
    return malformed("'signing-key' and 'sealing-key' are 64 hex digits each");
  }
  e.signing_key = *signing;
  e.sealing_key = *sealing;
  if (crypto::of_low_order(e.sealing_key)) {
    return error(ErrorCode::certificate_invalid,
                 "'sealing-key' is an X25519 point of low order, nothing can be sealed to it; the "
                 "device must be enrolled with another key");
  }
  if (device != e.device().hex()) {
    return malformed("'device' is not the SHA-256 of the signing key in lower-case hex");
  }
  return e;
}

Result<TimeMs> time_of(const NoteFields& fields, std::string_view key) {
  CANDOUR_TRY(auto text, fields.one(key));
  const auto time_ms = time_decode(text);
  if (!time_ms) {
    return malformed("'" + std::string(key) + "' is not a time such as 2026-01-31T08:00:00.000Z");
  }
  return TimeMs(*time_ms);
}

Error certificate_invalid(const Error& cause) {
  return error(ErrorCode::certificate_invalid, "certificate: " + cause.message);
}

}  // namespace

DeviceId device_id(const SigningPublicKey& key) {
  return *DeviceId::from(crypto::sha256(key.view()).view());
}

DeviceId Enrolment::device() const { return device_id(signing_key); }

std::string Enrolment::print() const {
  return std::string(kEnrolmentFormat) + "\n" + subject_lines(*this);
}

Result<Enrolment> Enrolment::verify(std::string_view note) {
  CANDOUR_TRY(auto signed_note, SignedNote::parse(note));
  CANDOUR_TRY(auto fields, NoteFields::parse(signed_note.text, kEnrolmentFormat,
                                             {"organisation", "device", "signing-key",
                                              "sealing-key", "person", "name", "role", "unit"}));
  CANDOUR_TRY(auto enrolment, parse_subject(fields));
  const NoteKey key{std::string(kDeviceKeyName), NoteKeyType::ed25519, enrolment.signing_key};
  if (!signed_note.signed_by(key)) {
    return error(ErrorCode::signature_invalid,
                 "the enrolment request is not signed by the device's own key");
  }
  return enrolment;
}

std::string make_enrolment(const Enrolment& enrolment, const crypto::SigningKey& device_key) {
  SignedNote note{enrolment.print(), {}};
  sign_note(note, kDeviceKeyName, device_key);
  return note.print();
}

std::string Certificate::print() const {
  return std::string(kCertificateFormat) + "\n" + subject_lines(subject) + "not-before " +
         time_encode(not_before.value) + "\nnot-after " + time_encode(not_after.value) + "\n";
}

Result<Certificate> Certificate::parse(std::string_view text) {
  CANDOUR_TRY(auto fields,
              NoteFields::parse(text, kCertificateFormat,
                                {"organisation", "device", "signing-key", "sealing-key", "person",
                                 "name", "role", "unit", "not-before", "not-after"}));
  Certificate c;
  CANDOUR_TRY(c.subject, parse_subject(fields));
  CANDOUR_TRY(c.not_before, time_of(fields, "not-before"));
  CANDOUR_TRY(c.not_after, time_of(fields, "not-after"));
  if (c.not_after <= c.not_before) return malformed("'not-after' is not later than 'not-before'");
  return c;
}

Result<Certificate> Certificate::verify(std::string_view note, const Statement& statement) {
  auto signed_note = SignedNote::parse(note);
  if (!signed_note) return certificate_invalid(signed_note.error());
  auto certificate = parse(signed_note.value().text);
  if (!certificate) return certificate_invalid(certificate.error());
  const std::string& organisation = certificate.value().subject.organisation;
  if (organisation != statement.id) {
    return error(ErrorCode::foreign_certificate, "the certificate belongs to organisation '" +
                                                     organisation + "', not to '" + statement.id +
                                                     "'");
  }
  const Status two = signed_by_two_people(signed_note.value(), statement, "registrar", "registrar");
  if (!two) return certificate_invalid(two.error());
  return certificate;
}

Status Certificate::valid_at(TimeMs now) const {
  if (now >= not_before && now <= not_after) return ok();
  return error(ErrorCode::certificate_expired,
               "the certificate of device " + device().hex() + " is valid from " +
                   time_encode(not_before.value) + " to " + time_encode(not_after.value) +
                   "; it is now " + time_encode(now.value));
}

std::string Revocation::print() const {
  return std::string(kRevocationFormat) + "\norganisation " + organisation + "\ndevice " +
         device.hex() + "\nreason " + reason + "\nissued " + time_encode(issued.value) + "\n";
}

Result<Revocation> Revocation::verify(std::string_view note, const Statement& statement) {
  CANDOUR_TRY(auto signed_note, SignedNote::parse(note));
  CANDOUR_TRY(auto fields, NoteFields::parse(signed_note.text, kRevocationFormat,
                                             {"organisation", "device", "reason", "issued"}));
  Revocation r;
  CANDOUR_TRY(r.organisation, fields.one("organisation"));
  CANDOUR_TRY(auto device, fields.one("device"));
  const auto id = DeviceId::from_hex(device);
  if (!id) return malformed("'device' is not 64 hex digits");
  r.device = *id;
  CANDOUR_TRY(r.reason, fields.one("reason"));
  if (!valid_line(r.reason, kReasonSizeMax)) {
    return malformed("'reason' is empty, longer than 500 bytes or holds unsuitable characters");
  }
  CANDOUR_TRY(r.issued, time_of(fields, "issued"));
  if (r.organisation != statement.id) {
    return error(ErrorCode::foreign_certificate, "the revocation is of organisation '" +
                                                     r.organisation + "', not of '" + statement.id +
                                                     "'");
  }
  CANDOUR_TRY(auto registrars, signers_of(signed_note, statement, "registrar"));
  if (registrars.empty()) {
    return error(ErrorCode::signature_invalid,
                 "the revocation is not signed by a registrar of this organisation");
  }
  return r;
}

}  // namespace candour::identity
