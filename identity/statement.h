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
//   custodians <group> <k> <n> <suite> <key hex>   one group, or an internal and an independent one
//                                          that are both needed; records are sealed to the sum of
//                                          the groups' keys
//   custodian <group> <index> <key name> <verification key hex>   index 1..n of each group; the
//                                          key name is that of a role key with role custodian
//   role <role> <person> <vkey> [<sealing key hex>]   registrar, authoriser, auditor,
//                                          policy-author, policy-approver, custodian, keeper,
//                                          investigator; with the sealing key (X25519) whatever
//                                          concerns the role can be sealed to it
//   client <build id>                      approved client builds
#pragma once

#include <vector>

#include "identity/note.h"

namespace candour::identity {

struct RoleKey {
  std::string role;
  std::string person;
  NoteKey key;
  std::optional<SealingPublicKey> sealing_key = std::nullopt;
  bool operator==(const RoleKey&) const = default;
};

/// One custodian of a group.
struct CustodianMember {
  std::uint32_t index = 0;  // 1..count
  std::string key_name;     // of the role key it signs with
  Bytes verification_key;   // ristretto255 point, 32 bytes: share times base point
  bool operator==(const CustodianMember&) const = default;
};

/// Custodians who hold shares of one key.
struct CustodianGroup {
  std::string name;
  std::uint32_t threshold = 0;
  std::uint32_t count = 0;
  std::uint16_t suite = 1;               // warrant/seal's suite number
  Bytes public_key;                      // ristretto255 point, 32 bytes
  std::vector<CustodianMember> members;  // index 1..count in order
  bool operator==(const CustodianGroup&) const = default;
};

/// An organisation asks for at most this many groups together.
inline constexpr std::size_t kCustodianGroupsMax = 2;

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
  std::vector<CustodianGroup> custodians;
  std::vector<RoleKey> roles;
  std::vector<std::string> client_builds;

  std::string print() const;
  static Result<Statement> parse(std::string_view text);
  /// Parses the note and checks the root's signature: wrong_root_key when it is not there.
  static Result<Statement> verify(std::string_view note, const NoteKey& root);

  std::vector<NoteKey> keys_of(std::string_view role) const;
  const RoleKey* role_key(std::string_view name) const;
  const CustodianGroup* custodian_group(std::string_view name) const;
  bool lists_bot(const DeviceId& device) const;
  bool lists_build(std::string_view build) const;
};

/// The lines of one group exactly as a statement holds them: `custodians` and its `custodian`s.
std::string print_custodians(const CustodianGroup& group);
/// The groups of such lines, in a file of their own; statement_invalid when they are malformed or a
/// group is not complete.
Result<std::vector<CustodianGroup>> parse_custodians(std::string_view lines);

}  // namespace candour::identity
