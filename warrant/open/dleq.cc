#include "warrant/open/dleq.h"

#include "base/assert.h"
#include "base/codec.h"
#include "crypto/hash.h"
#include "warrant/open/hash_to_scalar.h"

namespace candour::warrant {
namespace {

using crypto::Point;
using crypto::Scalar;

Bytes domain(std::string_view prefix, ByteView context) {
  Writer out;
  out.raw(as_bytes(prefix));
  out.raw(context);
  return out.take();
}

// A field of RFC 9497's transcripts: two bytes of length in front.
void field(Writer& out, ByteView bytes) {
  out.u16(static_cast<std::uint16_t>(bytes.size()));
  out.raw(bytes);
}

void add(std::optional<Point>& sum, const std::optional<Point>& term, bool& fits) {
  if (!term) {
    fits = false;
  } else {
    sum = sum ? sum->plus(*term) : term;
    fits = fits && sum;
  }
}

struct Composites {
  Point m;
  Point z;
};

// ComputeComposites of RFC 9497. With `k`, Z is k M (ComputeCompositesFast): one multiplication
// instead of one for each point. Nothing when a sum is the identity, which nobody can bring about
// but by guessing the coefficients.
std::optional<Composites> composites(ByteView context, const Point& public_key,
                                     std::span<const Point> inputs, std::span<const Point> outputs,
                                     const Scalar* k) {
  Writer seeded;
  field(seeded, public_key.encoded());
  field(seeded, domain("Seed-", context));
  const crypto::Sha512Digest seed = crypto::sha512({seeded.view()});
  const Bytes dst = domain("HashToScalar-", context);

  std::optional<Point> m;
  std::optional<Point> z;
  bool fits = true;
  Writer transcript;
  for (std::size_t i = 0; i < inputs.size() && fits; ++i) {
    transcript.buffer().clear();
    field(transcript, seed.view());
    transcript.u16(static_cast<std::uint16_t>(i));
    field(transcript, inputs[i].encoded());
    field(transcript, outputs[i].encoded());
    transcript.raw(as_bytes("Composite"));
    const Scalar d = hash_to_scalar({transcript.view()}, dst);
    add(m, inputs[i].times(d), fits);
    if (k == nullptr && fits) add(z, outputs[i].times(d), fits);
  }
  if (!fits || !m) return std::nullopt;
  if (k != nullptr) z = m->times(*k);
  if (!z) return std::nullopt;
  return Composites{*m, *z};
}

Scalar challenge(ByteView context, const Point& public_key, const Composites& points,
                 const Point& t2, const Point& t3) {
  Writer transcript;
  for (const Point* point : {&public_key, &points.m, &points.z, &t2, &t3}) {
    field(transcript, point->encoded());
  }
  transcript.raw(as_bytes("Challenge"));
  return hash_to_scalar({transcript.view()}, domain("HashToScalar-", context));
}

}  // namespace

Bytes DleqProof::encode() const {
  Writer out;
  out.id(c);
  out.id(s);
  return out.take();
}

Result<DleqProof> DleqProof::decode(ByteView bytes) {
  if (bytes.size() != kSize || !Scalar::decode(bytes.first(32)) ||
      !Scalar::decode(bytes.subspan(32))) {
    return error(ErrorCode::input_invalid,
                 "a proof of partial decryption is not 64 bytes of two canonical scalars");
  }
  return DleqProof{*PublicScalar::from(bytes.first(32)), *PublicScalar::from(bytes.subspan(32))};
}

DleqProof prove_dleq(ByteView context, const Scalar& k, const Point& public_key,
                     std::span<const Point> inputs, std::span<const Point> outputs,
                     Random& random) {
  CANDOUR_ASSERT(!inputs.empty() && inputs.size() <= kDleqBatchMax);
  CANDOUR_ASSERT(inputs.size() == outputs.size());
  const auto points = composites(context, public_key, inputs, outputs, &k);
  const Scalar r = Scalar::random(random);
  const auto t2 = r.times_base();
  CANDOUR_ASSERT(points && t2);  // a sum that is the identity has probability 2^-252
  const auto t3 = points->m.times(r);
  CANDOUR_ASSERT(t3.has_value());
  const Scalar c = challenge(context, public_key, *points, *t2, *t3);
  const Scalar s = r.minus(c.times(k));
  return {*PublicScalar::from(c.encoded()), *PublicScalar::from(s.encoded())};
}

Status verify_dleq(ByteView context, const Point& public_key, std::span<const Point> inputs,
                   std::span<const Point> outputs, const DleqProof& proof) {
  if (inputs.empty() || inputs.size() > kDleqBatchMax || inputs.size() != outputs.size()) {
    return error(ErrorCode::partial_proof_invalid, "the number of parts does not fit the proof");
  }
  const auto bad = error(ErrorCode::partial_proof_invalid,
                         "the parts were not made with the share of this verification key");
  const auto c = Scalar::decode(proof.c.view());
  const auto s = Scalar::decode(proof.s.view());
  if (!c || !s || c->is_zero() || s->is_zero()) return bad;
  const auto points = composites(context, public_key, inputs, outputs, nullptr);
  if (!points) return bad;
  bool fits = true;
  std::optional<Point> t2 = s->times_base();
  std::optional<Point> t3 = points->m.times(*s);
  if (!t2 || !t3) return bad;
  add(t2, public_key.times(*c), fits);
  if (fits) add(t3, points->z.times(*c), fits);
  if (!fits) return bad;
  const Scalar expected = challenge(context, public_key, *points, *t2, *t3);
  if (!crypto::equal(expected.encoded(), proof.c.view())) return bad;
  return ok();
}

}  // namespace candour::warrant
