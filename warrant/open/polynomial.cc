#include "warrant/open/polynomial.h"

#include <algorithm>

#include "base/assert.h"

namespace candour::warrant {

using crypto::Point;
using crypto::Scalar;

Polynomial random_polynomial(std::size_t degree, Random& random) {
  Polynomial polynomial;
  for (std::size_t i = 0; i <= degree; ++i) polynomial.push_back(Scalar::random(random));
  return polynomial;
}

Scalar evaluate(const Polynomial& polynomial, std::uint32_t index) {
  CANDOUR_ASSERT(!polynomial.empty());
  const Scalar x = Scalar::from_u64(index);
  Scalar value = polynomial.back().clone();
  for (std::size_t i = polynomial.size() - 1; i-- > 0;) {
    value = value.times(x).plus(polynomial[i]);
  }
  return value;
}

std::vector<Point> commit(const Polynomial& polynomial) {
  std::vector<Point> commitments;
  for (const Scalar& coefficient : polynomial) {
    const auto point = coefficient.times_base();
    CANDOUR_ASSERT(point.has_value());
    commitments.push_back(*point);
  }
  return commitments;
}

std::optional<Point> evaluate_commitments(std::span<const Point> commitments, std::uint32_t index) {
  CANDOUR_ASSERT(!commitments.empty());
  const Scalar x = Scalar::from_u64(index);
  std::optional<Point> value = commitments.back();
  for (std::size_t i = commitments.size() - 1; value && i-- > 0;) {
    value = value->times(x);
    if (value) value = value->plus(commitments[i]);
  }
  return value;
}

Scalar lagrange_at_zero(std::span<const std::uint32_t> indices, std::uint32_t index) {
  CANDOUR_ASSERT(std::count(indices.begin(), indices.end(), index) == 1);
  Scalar numerator = Scalar::from_u64(1);
  Scalar denominator = Scalar::from_u64(1);
  const Scalar mine = Scalar::from_u64(index);
  for (const std::uint32_t other : indices) {
    CANDOUR_ASSERT(other != 0);
    if (other == index) continue;
    const Scalar theirs = Scalar::from_u64(other);
    numerator = numerator.times(theirs);
    denominator = denominator.times(theirs.minus(mine));
  }
  return numerator.times(denominator.inverse());
}

}  // namespace candour::warrant
