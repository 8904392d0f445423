#include "warrant/seal/seal.h"

#include <algorithm>
#include <bit>

#include "base/assert.h"
#include "base/stages.h"
#include "crypto/aead.h"
#include "crypto/hash.h"
#include "warrant/seal/challenge.h"

namespace candour::warrant {
namespace {

constexpr std::string_view kKeyLabel = "candour record key v1";
constexpr std::size_t kLengthSize = 4;
constexpr std::size_t kPaddedSizeMax = kLengthSize + kRecordPlaintextSizeMax;

SecretBytes pad(ByteView record) {
  SecretWriter out;
  out.buffer().reserve(padded_size(record.size()));
  out.u32(static_cast<std::uint32_t>(record.size()));
  out.raw(record);
  SecretBytes padded(out.take());
  padded.resize(padded_size(record.size()));
  return padded;
}

// Points hold public values and are not wiped; rY is the one point that is a secret.
Secret<32> secret_product(const crypto::Point& public_key, const crypto::Scalar& r) {
  auto product = public_key.times(r);
  CANDOUR_ASSERT(product.has_value());  // r is not zero and the key not the identity
  Secret<32> shared = Secret<32>::copy_of(product->encoded().first<32>());
  wipe(&*product, sizeof *product);
  return shared;
}

}  // namespace

std::size_t padded_size(std::size_t record_size) {
  const std::size_t size = kLengthSize + record_size;
  if (size <= kPaddedSizeMin) return kPaddedSizeMin;
  // Padmé: keep only as many leading bits as the exponent's own length needs.
  const int exponent = std::bit_width(size) - 1;
  const int kept = std::bit_width(static_cast<unsigned>(exponent));
  const std::size_t mask = (std::size_t{1} << (exponent - kept)) - 1;
  return std::min((size + mask) & ~mask, std::max(size, kPaddedSizeMax));
}

RecordKeys derive_record_keys(ByteView shared, const Secret<32>& part,
                              const crypto::Point& public_key, const crypto::Point& u,
                              ByteView label) {
  Writer info;
  info.raw(as_bytes(kKeyLabel));
  info.u8(0);
  info.raw(public_key.encoded());
  info.raw(u.encoded());
  info.vec(label);
  const Secret<32> prk = crypto::hkdf_extract(part.view(), shared);
  const SecretBytes keys = crypto::hkdf_expand(prk.view(), info.view(), 64);
  return {Secret<32>::copy_of(keys.view().first<32>()), *Digest::from(keys.view().subspan(32))};
}

Precomputed precompute(const crypto::Point& public_key, Random& random) {
  crypto::Scalar r = crypto::Scalar::random(random);
  crypto::Scalar s = crypto::Scalar::random(random);
  const auto u = r.times_base();
  const auto ubar = second_generator().times(r);
  const auto w = s.times_base();
  const auto wbar = second_generator().times(s);
  CANDOUR_ASSERT(u && ubar && w && wbar);  // neither scalar is zero
  Secret<32> shared = secret_product(public_key, r);
  return {std::move(r), std::move(s), *u, *ubar, *w, *wbar, std::move(shared)};
}

bool SealingPool::precompute_one(Random& random) {
  if (full()) return false;
  ready_.push_back(precompute(public_key_, random));
  return true;
}

Precomputed SealingPool::take(Random& random) {
  if (ready_.empty()) return precompute(public_key_, random);
  Precomputed first = std::move(ready_.front());
  ready_.pop_front();
  return first;
}

Result<Bytes> seal_record(const Record& record, std::string_view log_origin,
                          std::string_view retention_class, const RetentionKeys& keys,
                          SealingPool& pool, Random& random) {
  const StageScope stage(Stage::sealing);
  CANDOUR_TRY(const RetentionKey* retention, keys.find(retention_class, record.bot_time));
  const SecretBytes plaintext = record.encode();
  if (plaintext.size() > kRecordPlaintextSizeMax) {
    return error(ErrorCode::input_invalid,
                 "record " + record.id.hex() + " has " + std::to_string(plaintext.size()) +
                     " bytes; at most " + std::to_string(kRecordPlaintextSizeMax) +
                     " can be sealed");
  }
  if (log_origin.size() > tlog::kLogOriginSizeMax) {
    return error(ErrorCode::input_invalid, "the log origin is longer than " +
                                               std::to_string(tlog::kLogOriginSizeMax) + " bytes");
  }
  SealedRecord sealed;
  sealed.label = {
      kSealSuite,      std::string(log_origin),    record.id,        record.group, record.sender,
      record.bot_time, retention->retention_class, retention->period};
  const Bytes label = sealed.label.encode();

  const Precomputed ahead = pool.take(random);
  const RecordKeys derived =
      derive_record_keys(ahead.shared.view(), retention_part(*retention, record.id),
                         pool.public_key(), ahead.u, label);
  const std::array<std::uint8_t, crypto::kXAeadNonceSize> nonce{};
  sealed.u = ahead.u;
  sealed.ubar = ahead.ubar;
  sealed.key_commitment = derived.commitment;
  sealed.body = crypto::xaead_seal(derived.key.view(), nonce, label, pad(plaintext.view()).view());

  const crypto::Scalar e = proof_challenge(label, sealed.key_commitment, sealed.body,
                                           ProofPoints{ahead.u, ahead.ubar, ahead.w, ahead.wbar});
  sealed.e = *PublicScalar::from(e.encoded());
  sealed.f = *PublicScalar::from(ahead.s.plus(ahead.r.times(e)).encoded());
  return sealed.encode();
}

}  // namespace candour::warrant
