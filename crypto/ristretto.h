// ristretto255 (RFC 9496): the prime-order group of the sealing. libsodium 1.0.18 accepts the
// identity as a valid point, points with the top bit set and scalars above the order, so every
// value that comes from outside passes `Point::decode` or `Scalar::decode`, which accept exactly
// one encoding of each value and never the identity.
#pragma once

#include <optional>

#include "base/ids.h"
#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"

namespace candour::crypto {

class Scalar;

/// A group element other than the identity. Public value.
class Point {
 public:
  /// Nothing for a non-canonical encoding or the identity.
  static std::optional<Point> decode(ByteView bytes);
  /// Hash to group: RFC 9496 element derivation from 64 uniform bytes.
  static Point from_uniform(ByteView sixty_four_bytes);
  static const Point& base();

  ByteView encoded() const { return bytes_.view(); }
  bool operator==(const Point&) const = default;

  /// Nothing when the result would be the identity.
  std::optional<Point> plus(const Point& other) const;
  std::optional<Point> minus(const Point& other) const;
  std::optional<Point> times(const Scalar& scalar) const;

 private:
  friend class Scalar;
  Id<struct PointTag, 32> bytes_;
};

/// An integer modulo the group order. Secret unless its use says otherwise; wiped, not copied.
class Scalar {
 public:
  /// Nothing unless canonical (below the order).
  static std::optional<Scalar> decode(ByteView bytes);
  /// 64 bytes reduced modulo the order.
  static Scalar reduce(ByteView sixty_four_bytes);
  static Scalar from_u64(std::uint64_t value);
  /// Uniform and not zero.
  static Scalar random(Random& random);

  Scalar(Scalar&&) noexcept = default;
  Scalar& operator=(Scalar&&) noexcept = default;

  ByteView encoded() const { return bytes_.view(); }
  Scalar clone() const;
  bool is_zero() const;

  Scalar plus(const Scalar& other) const;
  Scalar minus(const Scalar& other) const;
  Scalar times(const Scalar& other) const;
  /// Must not be zero (asserted).
  Scalar inverse() const;
  /// This scalar times the base point; nothing for zero.
  std::optional<Point> times_base() const;

 private:
  Scalar() = default;
  Secret<32> bytes_;
};

}  // namespace candour::crypto
