// The public half of sealing: labels, the sealed form and the check of its proof.
#include "base/assert.h"
#include "crypto/hash.h"
#include "warrant/seal/challenge.h"
#include "warrant/seal/seal.h"

namespace candour::warrant {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::string_view kGeneratorLabel = "candour tdh2 second generator v1";
constexpr std::string_view kChallengeLabel = "candour tdh2 challenge v1";

Error malformed(const std::string& what) {
  return error(ErrorCode::input_invalid, "the sealed record is malformed: " + what);
}

std::optional<PublicScalar> canonical(ByteView bytes) {
  if (!crypto::Scalar::decode(bytes)) return std::nullopt;
  return PublicScalar::from(bytes);
}

// w = left - e image, the point the prover started from when the proof is good; `left` is f times
// the generator.
std::optional<crypto::Point> commitment_of(const std::optional<crypto::Point>& left,
                                           const crypto::Point& image, const crypto::Scalar& e) {
  const auto right = image.times(e);
  if (!left || !right) return std::nullopt;
  return left->minus(*right);
}

}  // namespace

const crypto::Point& second_generator() {
  static const crypto::Point generator =
      crypto::Point::from_uniform(crypto::sha512({as_bytes(kGeneratorLabel)}).view());
  return generator;
}

crypto::Scalar proof_challenge(ByteView label, const Digest& key_commitment, ByteView body,
                               const ProofPoints& points) {
  Writer out;
  out.raw(as_bytes(kChallengeLabel));
  out.u8(0);
  out.vec(label);
  out.id(crypto::sha256({key_commitment.view(), body}));
  for (const crypto::Point* point : {&points.u, &points.ubar, &points.w, &points.wbar}) {
    out.raw(point->encoded());
  }
  return crypto::Scalar::reduce(crypto::sha512({out.view()}).view());
}

Bytes SealedRecord::encode() const {
  Writer out;
  out.u8(kVersion);
  out.u16(label.suite);
  out.vec(label.encode());
  out.raw(u.encoded());
  out.raw(ubar.encoded());
  out.id(e);
  out.id(f);
  out.id(key_commitment);
  out.vec(body);
  return out.take();
}

Result<SealedRecord> SealedRecord::decode(ByteView bytes) {
  if (bytes.size() > limits::kRecordSizeMax) {
    return malformed("larger than " + std::to_string(limits::kRecordSizeMax) + " bytes");
  }
  Reader in(bytes);
  const bool version_known = in.u8() == kVersion;
  const std::uint16_t suite = in.u16();
  const ByteView label = in.vec();
  const auto u = crypto::Point::decode(in.raw(32));
  const auto ubar = crypto::Point::decode(in.raw(32));
  const auto e = canonical(in.raw(32));
  const auto f = canonical(in.raw(32));
  SealedRecord record;
  record.key_commitment = in.id<Digest>();
  record.body = to_bytes(in.vec());
  if (!version_known || !in.finish()) return malformed("not version 1, or cut off");
  if (suite != kSealSuite) {
    return malformed("suite " + std::to_string(suite) + "; this program knows suite 1");
  }
  if (!u || !ubar) return malformed("u or ubar is not a canonical point, or is the identity");
  if (!e || !f) return malformed("e or f is not a canonical scalar");
  CANDOUR_TRY(record.label, tlog::RecordLabel::decode(label));
  record.u = *u;
  record.ubar = *ubar;
  record.e = *e;
  record.f = *f;
  return record;
}

Status verify_sealed(const SealedRecord& record) {
  const Error bad =
      error(ErrorCode::signature_invalid,
            "the proof of sealed record " + record.label.record.hex() + " does not hold");
  const auto e = crypto::Scalar::decode(record.e.view());
  const auto f = crypto::Scalar::decode(record.f.view());
  if (!e || !f) return bad;
  const auto w = commitment_of(f->times_base(), record.u, *e);
  const auto wbar = commitment_of(second_generator().times(*f), record.ubar, *e);
  if (!w || !wbar) return bad;
  const crypto::Scalar expected =
      proof_challenge(record.label.encode(), record.key_commitment, record.body,
                      ProofPoints{record.u, record.ubar, *w, *wbar});
  if (!same(expected.encoded(), record.e.view())) return bad;
  return ok();
}

Result<crypto::Point> escrow_key(const identity::Statement& statement) {
  std::optional<crypto::Point> sum;
  for (const identity::CustodianGroup& group : statement.custodians) {
    if (group.suite != kSealSuite) {
      return error(ErrorCode::statement_invalid,
                   "the key of custodians '" + group.name + "' is of suite " +
                       std::to_string(group.suite) + "; this program knows suite 1");
    }
    const auto point = crypto::Point::decode(group.public_key);
    if (!point) {
      return error(ErrorCode::statement_invalid, "the public key of custodians '" + group.name +
                                                     "' is not a canonical ristretto255 point");
    }
    sum = sum ? sum->plus(*point) : point;
    if (!sum) {
      return error(ErrorCode::statement_invalid, "the custodians' keys cancel each other");
    }
  }
  if (!sum) {
    return error(ErrorCode::statement_invalid,
                 "the statement names no custodians; records cannot be sealed to anybody");
  }
  return *sum;
}

}  // namespace candour::warrant
