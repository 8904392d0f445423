// Device certificates and revocations: signed notes of the registrars.
//
//   candour-device/v1                      signed by two different registrars (two people)
//   organisation example-constabulary
//   device <64 hex>                        SHA-256 of the signing key
//   signing-key <64 hex>                   Ed25519: login, MLS leaf, every other use with a label
//   sealing-key <64 hex>                   X25519: HPKE
//   person p-1042
//   name PC Amy Shaw
//   role officer                           officer | supervisor | investigator | bot
//   unit team-a
//   not-before <time>
//   not-after <time>
//
//   candour-enrolment/v1                   the request: same fields but no validity, signed by the
//                                          device's own key under the name "device"
//
//   candour-revocation/v1                  signed by one registrar
//   organisation, device, reason <text>, issued <time>
#pragma once

#include "identity/statement.h"

namespace candour::identity {

struct Enrolment {
  std::string organisation;
  SigningPublicKey signing_key;
  SealingPublicKey sealing_key;
  std::string person;
  std::string name;
  std::string role;
  std::string unit;

  DeviceId device() const;
  std::string print() const;
  /// Parses and checks the device's own signature. certificate_invalid when nothing can be sealed
  /// to the sealing key (low order).
  static Result<Enrolment> verify(std::string_view note);
};

/// The signed request note for a new device.
std::string make_enrolment(const Enrolment& enrolment, const crypto::SigningKey& device_key);

struct Certificate {
  Enrolment subject;
  TimeMs not_before;
  TimeMs not_after;

  DeviceId device() const { return subject.device(); }
  std::string print() const;
  static Result<Certificate> parse(std::string_view text);
  /// Signatures of two registrars who are different people, organisation, consistency of the
  /// device id. foreign_certificate when the organisation differs, certificate_invalid otherwise.
  /// Validity in time is a separate question: `valid_at`.
  static Result<Certificate> verify(std::string_view note, const Statement& statement);
  /// certificate_expired outside the validity.
  Status valid_at(TimeMs now) const;
};

/// SHA-256 of SigningPublicKey bytes.
DeviceId device_id(const SigningPublicKey& key);

struct Revocation {
  std::string organisation;
  DeviceId device;
  std::string reason;
  TimeMs issued;

  std::string print() const;
  static Result<Revocation> verify(std::string_view note, const Statement& statement);
};

}  // namespace candour::identity
