// A custodian's share of the key of its group, and the file it is kept in. The file (mode 0600) is
// text; all but the share itself can be read without the passphrase:
//
//   candour-custodian-share/v1
//   suite 1
//   group internal
//   threshold 2
//   count 3
//   index 1
//   public-key <64 hex>                   of the group
//   verification-key <index> <64 hex>     share times base point, of each index in order
//   salt <32 hex>
//   share <144 hex>                       crypto::box_seal under Argon2id(passphrase, salt), with
//                                         all lines before this one as context
//
// Values that move but do not copy. Pure but for `random`; thread-safe.
#pragma once

#include <string>
#include <vector>

#include "crypto/ristretto.h"
#include "identity/statement.h"

namespace candour::warrant {

inline constexpr std::uint32_t kCustodiansMax = 64;  // of one group

/// What everybody may know of a share, and needs to check what others did with theirs.
struct ShareHeader {
  std::string group;
  std::uint32_t threshold = 0;
  std::uint32_t count = 0;
  std::uint32_t index = 0;  // 1..count
  crypto::Point public_key;
  std::vector<crypto::Point> verification_keys;  // of index 1..count

  /// share_invalid unless the numbers fit and all verification keys lie on one polynomial of
  /// degree threshold - 1 through the public key.
  Status check() const;
};

struct EscrowShare : ShareHeader {
  crypto::Scalar value;  // the secret

  /// As ShareHeader::check, and the value must fit its verification key.
  Status check() const;
};

/// The group as a statement lists it; `key_names` are the role keys of custodian 1 to n (asserted:
/// one for each).
identity::CustodianGroup custodian_group(const ShareHeader& share,
                                         const std::vector<std::string>& key_names);

/// The text of the share file. storage_failed without the memory Argon2id takes.
Result<std::string> seal_share(const EscrowShare& share, const SecretText& passphrase,
                               Random& random);
/// share_invalid (with the line) for anything malformed; the passphrase is not needed.
Result<ShareHeader> read_share_header(std::string_view text);
/// share_invalid, decryption_failed for a wrong passphrase or an altered file.
Result<EscrowShare> open_share(std::string_view text, const SecretText& passphrase);

}  // namespace candour::warrant
