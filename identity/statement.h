// The organisation statement: what the offline root key says about the organisation. Versioned,
// logged, checked by every client against the root key pinned at enrolment. A signed note:
//
//   candour-organisation/v1
//   name Example Constabulary
//   id example-constabulary
//   version 1
//   issued 2026-01-31T08:00:00.000Z
//   example yes                            only in example organisations: loopback only
//   log <vkey>                             its name is the log origin
//   witness <vkey>                         type 04, one line each
//   quorum 2                               how many witnesses must have cosigned
//   bot <device id>                        one line each
//   custodians <k> <n> <suite> <key hex>   the public key records are sealed to
//   role <role> <person> <vkey>            registrar, authoriser, auditor, policy-author,
//                                          policy-approver, custodian, keeper, investigator
//   client <build id>                      approved client builds
#pragma once

#include <vector>

#include "identity/note.h"

namespace candour::identity {

struct RoleKey {
  std::string role;
  std::string person;
  NoteKey key;
  bool operator==(const RoleKey&) const = default;
};

struct Custodians {
  std::uint32_t threshold = 0;
  std::uint32_t count = 0;
  std::uint16_t suite = 1;  // warrant/seal's suite number
  Bytes public_key;         // ristretto255 point, 32 bytes
  bool operator==(const Custodians&) const = default;
};

struct Statement {
  std::string name;
  std::string id;
  std::uint64_t version = 1;
  TimeMs issued;
  bool example = false;
  NoteKey log;
  std::vector<NoteKey> witnesses;
  std::uint32_t quorum = 0;
  std::vector<DeviceId> bots;
  Custodians custodians;
  std::vector<RoleKey> roles;
  std::vector<std::string> client_builds;

  std::string print() const;
  static Result<Statement> parse(std::string_view text);
  /// Parses the note and checks the root's signature: wrong_root_key when it is not there.
  static Result<Statement> verify(std::string_view note, const NoteKey& root);

  std::vector<NoteKey> keys_of(std::string_view role) const;
  const RoleKey* role_key(std::string_view name) const;
  bool lists_bot(const DeviceId& device) const;
  bool lists_build(std::string_view build) const;
};

}  // namespace candour::identity
