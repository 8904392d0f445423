// Polynomials over the scalars of ristretto255 whose value at zero is a secret (Shamir 1979), and
// commitments to their coefficients (Feldman 1987). Custodian i holds the value at i. Pure;
// thread-safe.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "crypto/ristretto.h"

namespace candour::warrant {

/// Coefficients from the constant one upwards; wiped when it dies.
using Polynomial = std::vector<crypto::Scalar>;

/// `degree + 1` uniform coefficients, none of them zero.
Polynomial random_polynomial(std::size_t degree, Random& random);
/// The value at `index`.
crypto::Scalar evaluate(const Polynomial& polynomial, std::uint32_t index);

/// Each coefficient (none of them zero, asserted) times the base point.
std::vector<crypto::Point> commit(const Polynomial& polynomial);
/// The value at `index` times the base point, from the commitments (at least one). Nothing when it
/// or a value on the way is the identity, which honest commitments do not bring about.
std::optional<crypto::Point> evaluate_commitments(std::span<const crypto::Point> commitments,
                                                  std::uint32_t index);

/// The Lagrange coefficient at zero of `index` among `indices` (distinct, not zero, `index` among
/// them; asserted): the sum of coefficient times value at each index is the value at zero.
crypto::Scalar lagrange_at_zero(std::span<const std::uint32_t> indices, std::uint32_t index);

}  // namespace candour::warrant
