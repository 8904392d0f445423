#include "warrant/open/dkg_signature.h"

#include "base/assert.h"
#include "base/codec.h"
#include "crypto/hash.h"

namespace candour::warrant {
namespace {

using crypto::Point;
using crypto::Scalar;

constexpr std::string_view kNonce = "COCKTAIL-DKG-Ristretto255-SHA512-NONCE";
constexpr std::string_view kChallenge = "COCKTAIL-DKG-Ristretto255-SHA512-H7";

Scalar hash(std::string_view prefix, ByteView a, ByteView b, ByteView message) {
  crypto::Sha512Digest wide = crypto::sha512({as_bytes(prefix), a, b, message});
  Scalar scalar = Scalar::reduce(wide.view());
  wipe(&wide, sizeof wide);  // a nonce gives the secret away
  return scalar;
}

}  // namespace

Bytes dkg_sign(const Scalar& secret, ByteView message) {
  const auto public_key = secret.times_base();
  const Scalar k = hash(kNonce, secret.encoded(), {}, message);
  const auto r = k.times_base();
  CANDOUR_ASSERT(public_key && r);  // a zero nonce has probability 2^-252
  const Scalar c = hash(kChallenge, r->encoded(), public_key->encoded(), message);
  Writer out;
  out.raw(r->encoded());
  out.raw(k.plus(c.times(secret)).encoded());
  return out.take();
}

bool dkg_verify(const Point& public_key, ByteView message, ByteView signature) {
  if (signature.size() != kDkgSignatureSize) return false;
  const auto r = Point::decode(signature.first(32));
  const auto z = Scalar::decode(signature.subspan(32));
  if (!r || !z) return false;
  const Scalar c = hash(kChallenge, r->encoded(), public_key.encoded(), message);
  const auto left = z->times_base();
  const auto right = public_key.times(c);
  // A zero challenge or response, or R = -cP, do not come from anybody who signs honestly.
  if (!left || !right) return false;
  const auto sum = r->plus(*right);
  return sum && *left == *sum;
}

}  // namespace candour::warrant
