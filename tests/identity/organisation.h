// An organisation for tests: root, log, witnesses, two registrars, a policy author and approver,
// with fixed keys, so that every run is the same.
#pragma once

#include <gtest/gtest.h>

#include "crypto/hpke.h"
#include "identity/certificate.h"
#include "identity/statement.h"

namespace candour::tests {

/// A key from a number; different numbers, different keys.
inline crypto::SigningKey test_key(std::uint8_t number) {
  crypto::SigningSeed seed;
  seed.mutable_view()[0] = number;
  seed.mutable_view()[31] = 0x5A;
  return crypto::SigningKey::from_seed(seed);
}

inline identity::NoteKey note_key(const std::string& name, std::uint8_t number,
                                  identity::NoteKeyType type = identity::NoteKeyType::ed25519) {
  return {name, type, test_key(number).public_key()};
}

enum KeyNumber : std::uint8_t {
  kRoot = 1,
  kLog,
  kWitness1,
  kWitness2,
  kRegistrar1,
  kRegistrar2,
  kRegistrar1Spare,  // a second key of registrar 1's person
  kAuthor,
  kApprover,
  kApproverOfAuthor,  // an approver key held by the author
  kAuditor,
  kBot,
  kDevice,
  kStranger,
  kCustodian1,
  kCustodian2,
  kCustodian3,
};

inline crypto::SealingKey test_sealing_key(std::uint8_t number) {
  const std::array<std::uint8_t, 32> seed{number};
  return crypto::SealingKey::derive(seed);
}

inline identity::Statement test_statement() {
  identity::Statement s;
  s.name = "Example Constabulary";
  s.id = "example-constabulary";
  s.version = 1;
  s.issued = TimeMs(1'769'846'400'000);
  s.example = true;
  s.log = note_key("example.org/log", kLog);
  s.witnesses = {note_key("witness.example/one", kWitness1, identity::NoteKeyType::cosignature),
                 note_key("witness.example/two", kWitness2, identity::NoteKeyType::cosignature)};
  s.quorum = 2;
  s.bots = {identity::device_id(test_key(kBot).public_key())};
  s.custodians = {{"internal",
                   2,
                   3,
                   1,
                   Bytes(32, 0x11),
                   {{1, "custodian-1", Bytes(32, 0x21)},
                    {2, "custodian-2", Bytes(32, 0x22)},
                    {3, "custodian-3", Bytes(32, 0x23)}}}};
  s.roles = {{"registrar", "p-1", note_key("registrar-1", kRegistrar1)},
             {"registrar", "p-2", note_key("registrar-2", kRegistrar2)},
             {"registrar", "p-1", note_key("registrar-1-spare", kRegistrar1Spare)},
             {"policy-author", "p-3", note_key("author", kAuthor)},
             {"policy-approver", "p-4", note_key("approver", kApprover)},
             {"policy-approver", "p-3", note_key("approver-author", kApproverOfAuthor)},
             {"auditor", "p-5", note_key("auditor", kAuditor)},
             {"custodian", "p-6", note_key("custodian-1", kCustodian1)},
             {"custodian", "p-7", note_key("custodian-2", kCustodian2)},
             {"custodian", "p-8", note_key("custodian-3", kCustodian3)}};
  s.roles[6].sealing_key = test_sealing_key(kAuditor).public_key();
  s.client_builds = {"candour/0.1.0", "candour-bot/0.1.0", "candourctl/0.1.0"};
  return s;
}

/// `text` signed by the named keys.
inline std::string signed_text(const std::string& text,
                               std::initializer_list<std::pair<const char*, KeyNumber>> signers) {
  identity::SignedNote note{text, {}};
  for (const auto& [name, number] : signers) identity::sign_note(note, name, test_key(number));
  return note.print();
}

inline identity::Enrolment test_enrolment() {
  identity::Enrolment e;
  e.organisation = "example-constabulary";
  e.signing_key = test_key(kDevice).public_key();
  e.sealing_key.mutable_view()[3] = 9;
  e.person = "p-1042";
  e.name = "PC Amy Shaw";
  e.role = "officer";
  e.unit = "team-a";
  return e;
}

/// The error code of a failed result; `internal` (with a test failure) when it did not fail.
template <class R>
ErrorCode code_of(const R& result) {
  EXPECT_FALSE(result.has_value()) << "expected a failure";
  return result.has_value() ? ErrorCode::internal : result.error().code;
}

inline std::string replaced(std::string text, std::string_view what, std::string_view with) {
  const auto at = text.find(what);
  EXPECT_NE(at, std::string::npos) << "'" << what << "' is not in the text";
  if (at != std::string::npos) text.replace(at, what.size(), with);
  return text;
}

}  // namespace candour::tests
