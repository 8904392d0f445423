#include "crypto/ristretto.h"

#include <sodium.h>

#include "base/assert.h"

namespace candour::crypto {
namespace {

// The group order, little-endian: 2^252 + 27742317777372353535851937790883648493.
constexpr std::uint8_t kOrder[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,
                                     0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
                                     0,    0,    0,    0,    0,    0,    0,    0,
                                     0,    0,    0,    0,    0,    0,    0,    0x10};

// Borrow of (value - order), in constant time: 1 when value is below the order.
bool below_order(ByteView value) {
  int borrow = 0;
  for (int i = 0; i < 32; ++i) {
    const int difference = value[static_cast<std::size_t>(i)] - kOrder[i] - borrow;
    borrow = (difference >> 8) & 1;
  }
  return borrow == 1;
}

bool is_identity(ByteView encoded) { return sodium_is_zero(encoded.data(), 32) == 1; }

}  // namespace

std::optional<Point> Point::decode(ByteView bytes) {
  // libsodium 1.0.18 ignores the top bit, which RFC 9496 demands to be zero.
  if (bytes.size() != 32 || is_identity(bytes) || (bytes[31] & 0x80) != 0 ||
      crypto_core_ristretto255_is_valid_point(bytes.data()) != 1) {
    return std::nullopt;
  }
  Point p;
  p.bytes_ = *decltype(p.bytes_)::from(bytes);
  return p;
}

Point Point::from_uniform(ByteView sixty_four_bytes) {
  CANDOUR_ASSERT(sixty_four_bytes.size() == 64);
  Point p;
  crypto_core_ristretto255_from_hash(p.bytes_.mutable_view().data(), sixty_four_bytes.data());
  CANDOUR_ASSERT(!is_identity(p.encoded()));
  return p;
}

const Point& Point::base() {
  static const Point g = *Scalar::from_u64(1).times_base();
  return g;
}

std::optional<Point> Point::plus(const Point& other) const {
  Point p;
  if (crypto_core_ristretto255_add(p.bytes_.mutable_view().data(), bytes_.view().data(),
                                   other.bytes_.view().data()) != 0 ||
      is_identity(p.encoded())) {
    return std::nullopt;
  }
  return p;
}

std::optional<Point> Point::minus(const Point& other) const {
  Point p;
  if (crypto_core_ristretto255_sub(p.bytes_.mutable_view().data(), bytes_.view().data(),
                                   other.bytes_.view().data()) != 0 ||
      is_identity(p.encoded())) {
    return std::nullopt;
  }
  return p;
}

std::optional<Point> Point::times(const Scalar& scalar) const {
  Point p;
  if (crypto_scalarmult_ristretto255(p.bytes_.mutable_view().data(), scalar.encoded().data(),
                                     bytes_.view().data()) != 0) {
    return std::nullopt;
  }
  return p;
}

std::optional<Scalar> Scalar::decode(ByteView bytes) {
  if (bytes.size() != 32 || !below_order(bytes)) return std::nullopt;
  Scalar s;
  s.bytes_ = Secret<32>::copy_of(bytes.first<32>());
  return s;
}

Scalar Scalar::reduce(ByteView sixty_four_bytes) {
  CANDOUR_ASSERT(sixty_four_bytes.size() == 64);
  Scalar s;
  crypto_core_ristretto255_scalar_reduce(s.bytes_.mutable_view().data(), sixty_four_bytes.data());
  return s;
}

Scalar Scalar::from_u64(std::uint64_t value) {
  Scalar s;
  for (std::size_t i = 0; i < 8; ++i) {
    s.bytes_.mutable_view()[i] = static_cast<std::uint8_t>(value >> (8 * i));
  }
  return s;
}

Scalar Scalar::random(Random& random) {
  for (;;) {
    const Secret<64> wide = random.secret<64>();
    Scalar s = reduce(wide.view());
    if (!s.is_zero()) return s;
  }
}

Scalar Scalar::clone() const {
  Scalar s;
  s.bytes_ = bytes_.clone();
  return s;
}

bool Scalar::is_zero() const { return sodium_is_zero(bytes_.view().data(), 32) == 1; }

Scalar Scalar::plus(const Scalar& other) const {
  Scalar s;
  crypto_core_ristretto255_scalar_add(s.bytes_.mutable_view().data(), bytes_.view().data(),
                                      other.bytes_.view().data());
  return s;
}

Scalar Scalar::minus(const Scalar& other) const {
  Scalar s;
  crypto_core_ristretto255_scalar_sub(s.bytes_.mutable_view().data(), bytes_.view().data(),
                                      other.bytes_.view().data());
  return s;
}

Scalar Scalar::times(const Scalar& other) const {
  Scalar s;
  crypto_core_ristretto255_scalar_mul(s.bytes_.mutable_view().data(), bytes_.view().data(),
                                      other.bytes_.view().data());
  return s;
}

Scalar Scalar::inverse() const {
  Scalar s;
  CANDOUR_ASSERT(crypto_core_ristretto255_scalar_invert(s.bytes_.mutable_view().data(),
                                                        bytes_.view().data()) == 0);
  return s;
}

std::optional<Point> Scalar::times_base() const {
  Point p;
  if (crypto_scalarmult_ristretto255_base(p.bytes_.mutable_view().data(), bytes_.view().data()) !=
      0) {
    return std::nullopt;
  }
  return p;
}

}  // namespace candour::crypto
