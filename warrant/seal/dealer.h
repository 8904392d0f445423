// A dealer makes the custodians' key in one place and hands out shares (Shamir 1979 over the
// scalars of ristretto255). It has seen the whole key, so it serves example organisations only;
// custodians of a real one generate their key together.
//
// Share file (mode 0600), text:
//
//   candour-custodian-share/v1
//   suite 1
//   threshold 2
//   count 3
//   index 1
//   public-key <64 hex>                   Y
//   verification-key <index> <64 hex>     x_i G of each share, indices 1..count in order
//   share <64 hex>                        x_i
//
// Pure but for `random`; thread-safe.
#pragma once

#include <span>
#include <vector>

#include "crypto/ristretto.h"
#include "identity/statement.h"

namespace candour::warrant {

inline constexpr std::uint32_t kCustodiansMax = 64;

/// One custodian's share, with what is needed to check every other's work.
struct EscrowShare {
  std::uint32_t threshold = 0;
  std::uint32_t count = 0;
  std::uint32_t index = 0;  // 1..count
  crypto::Point public_key;
  std::vector<crypto::Point> verification_keys;  // of index 1..count
  crypto::Scalar value;

  SecretBytes print() const;
  /// state_damaged (with the line) unless well-formed, `value` fits its verification key, and all
  /// verification keys lie on one polynomial of degree threshold - 1 through the public key.
  static Result<EscrowShare> parse(ByteView text);
};

struct DealtKey {
  identity::CustodianGroup custodians;  // for the statement
  std::vector<EscrowShare> shares;
};

/// Makes a key that any `threshold` of the custodians of `group` can use; `key_names` are the role
/// keys of custodian 1 to n. not_permitted unless `example` (the organisation's statement says
/// "example yes"); input_invalid unless 2 <= threshold <= n <= kCustodiansMax.
Result<DealtKey> deal(bool example, std::uint32_t threshold, const std::string& group,
                      std::span<const std::string> key_names, Random& random);

/// The Lagrange coefficient at zero of share `index` among `indices` (distinct, not zero, `index`
/// among them; asserted): sum of coefficient times share is the key.
crypto::Scalar lagrange_at_zero(std::span<const std::uint32_t> indices, std::uint32_t index);

}  // namespace candour::warrant
