#include "warrant/open/dealing.h"

#include "base/assert.h"
#include "base/codec.h"
#include "crypto/aead.h"
#include "crypto/hash.h"
#include "warrant/open/dkg_signature.h"

namespace candour::warrant {
namespace {

using crypto::Point;
using crypto::Scalar;

constexpr std::string_view kKeyLabel = "COCKTAIL-DKG-Ristretto255-SHA512-H6";

Bytes little_endian_u64(std::uint64_t value) {
  Bytes out(8);
  for (std::size_t i = 0; i < 8; ++i) out[i] = static_cast<std::uint8_t>(value >> (8 * i));
  return out;
}

struct ShareKey {
  Secret<32> key;
  std::array<std::uint8_t, crypto::kXAeadNonceSize> nonce;
};

// Sender and receiver come to the two products from their own sides.
ShareKey share_key(const std::optional<Point>& ephemeral_product,
                   const std::optional<Point>& static_product, const Point& ephemeral,
                   const Point& sender, const Point& receiver, ByteView context) {
  CANDOUR_ASSERT(ephemeral_product && static_product);  // no scalar is zero, no point the identity
  crypto::Sha512Digest bytes =
      crypto::sha512({as_bytes(kKeyLabel), ephemeral_product->encoded(), static_product->encoded(),
                      ephemeral.encoded(), sender.encoded(), receiver.encoded(),
                      little_endian_u64(context.size()), context});
  ShareKey out{Secret<32>::copy_of(bytes.view().first<32>()), {}};
  std::copy_n(bytes.view().begin() + 32, out.nonce.size(), out.nonce.begin());
  wipe(&bytes, sizeof bytes);
  return out;
}

// What the proof of possession signs.
Bytes possession_message(ByteView context, const Dealing& dealing) {
  Writer out;
  out.raw(context);
  for (const Point& commitment : dealing.commitments) out.raw(commitment.encoded());
  out.raw(dealing.ephemeral.encoded());
  return out.take();
}

}  // namespace

Error misbehaved(const std::string& name, const std::string& what) {
  return error(ErrorCode::share_invalid, "custodian '" + name + "': " + what);
}

StaticKey StaticKey::generate(Random& random) {
  return std::move(*from_secret(Scalar::random(random)));
}

std::optional<StaticKey> StaticKey::from_secret(Scalar&& secret) {
  const auto public_key = secret.times_base();
  if (!public_key) return std::nullopt;
  return StaticKey{std::move(secret), *public_key};
}

Bytes Dealing::encode() const {
  Writer out;
  for (const Point& commitment : commitments) out.raw(commitment.encoded());
  out.raw(proof);
  out.raw(ephemeral.encoded());
  for (const Bytes& ciphertext : ciphertexts) {
    out.u64(ciphertext.size());
    out.raw(ciphertext);
  }
  return out.take();
}

Result<Dealing> Dealing::decode(ByteView bytes, std::uint32_t threshold, std::size_t receivers,
                                const std::string& dealer) {
  Reader in(bytes);
  Dealing dealing;
  for (std::uint32_t i = 0; i < threshold; ++i) {
    const auto point = Point::decode(in.raw(32));
    if (!point) {
      return misbehaved(dealer, "commitment " + std::to_string(i + 1) +
                                    " is missing, not a canonical point, or the identity");
    }
    dealing.commitments.push_back(*point);
  }
  dealing.proof = to_bytes(in.raw(kDkgSignatureSize));
  const auto ephemeral = Point::decode(in.raw(32));
  if (!ephemeral) {
    return misbehaved(dealer,
                      "the ephemeral key is missing, not a canonical point, or the identity");
  }
  dealing.ephemeral = *ephemeral;
  for (std::size_t i = 0; i < receivers; ++i) {
    const std::uint64_t size = in.u64();
    if (!in.ok() || size < kShareCiphertextSizeMin || size > kShareCiphertextSizeMax ||
        size > in.left()) {
      return misbehaved(dealer, "the encrypted share for custodian " + std::to_string(i + 1) +
                                    " is missing, cut off or of an impossible size");
    }
    dealing.ciphertexts.push_back(to_bytes(in.raw(size)));
  }
  if (!in.finish()) {
    return misbehaved(dealer,
                      "the dealing goes on after its last share; it has another threshold "
                      "or other receivers than this session");
  }
  return dealing;
}

Dealing make_dealing(const DealingTerms& terms, const StaticKey& mine, const Polynomial& polynomial,
                     std::span<const Bytes> payloads, Random& random) {
  CANDOUR_ASSERT(polynomial.size() == terms.threshold);
  CANDOUR_ASSERT(payloads.empty() || payloads.size() == terms.receivers.size());
  const Scalar ephemeral = Scalar::random(random);
  Dealing dealing;
  dealing.commitments = commit(polynomial);
  dealing.ephemeral = *ephemeral.times_base();
  dealing.proof = dkg_sign(polynomial[0], possession_message(terms.context, dealing));
  for (std::size_t i = 0; i < terms.receivers.size(); ++i) {
    const Point& receiver = terms.receivers[i].key;
    const ShareKey key = share_key(receiver.times(ephemeral), receiver.times(mine.secret),
                                   dealing.ephemeral, mine.public_key, receiver, terms.context);
    SecretWriter plaintext;
    plaintext.raw(evaluate(polynomial, static_cast<std::uint32_t>(i + 1)).encoded());
    if (!payloads.empty()) plaintext.raw(payloads[i]);
    dealing.ciphertexts.push_back(
        crypto::xaead_seal(key.key.view(), key.nonce, {}, plaintext.view()));
  }
  return dealing;
}

Status check_dealing(const DealingTerms& terms, const std::string& dealer, const Dealing& dealing) {
  if (dealing.commitments.size() != terms.threshold) {
    return misbehaved(dealer, "commits to " + std::to_string(dealing.commitments.size()) +
                                  " coefficients where the threshold is " +
                                  std::to_string(terms.threshold));
  }
  if (!dkg_verify(dealing.commitments[0], possession_message(terms.context, dealing),
                  dealing.proof)) {
    return misbehaved(dealer, "the proof that it knows its own secret does not hold");
  }
  return ok();
}

Result<ReceivedShare> receive_share(const DealingTerms& terms, const Participant& from,
                                    const Dealing& dealing, const StaticKey& mine,
                                    std::uint32_t index) {
  CANDOUR_ASSERT(index >= 1 && index <= terms.receivers.size());
  CANDOUR_TRY(check_dealing(terms, from.name, dealing));
  if (dealing.ciphertexts.size() != terms.receivers.size()) {
    return misbehaved(from.name, "deals to another number of custodians than this session has");
  }
  const ShareKey key = share_key(dealing.ephemeral.times(mine.secret), from.key.times(mine.secret),
                                 dealing.ephemeral, from.key, mine.public_key, terms.context);
  const auto plaintext =
      crypto::xaead_open(key.key.view(), key.nonce, {}, dealing.ciphertexts[index - 1]);
  if (!plaintext) {
    return misbehaved(from.name,
                      "its encrypted share does not decrypt; it, or whoever passed it "
                      "on, altered it");
  }
  const ByteView bytes = plaintext.value().view();
  auto value = bytes.size() >= 32 ? Scalar::decode(bytes.first(32)) : std::nullopt;
  if (!value) return misbehaved(from.name, "its share is not a canonical scalar");
  const auto left = value->times_base();
  const auto right = evaluate_commitments(dealing.commitments, index);
  if (!left || !right || !(*left == *right)) {
    return misbehaved(from.name, "its share does not fit its commitments");
  }
  return ReceivedShare{std::move(*value), SecretBytes::copy_of(bytes.subspan(32))};
}

Result<std::vector<Point>> sum_commitments(std::span<const Dealing> dealings) {
  CANDOUR_ASSERT(!dealings.empty());
  std::vector<Point> sum = dealings[0].commitments;
  for (const Dealing& dealing : dealings.subspan(1)) {
    CANDOUR_ASSERT(dealing.commitments.size() == sum.size());
    for (std::size_t i = 0; i < sum.size(); ++i) {
      const auto next = sum[i].plus(dealing.commitments[i]);
      if (!next) {
        return error(ErrorCode::share_invalid,
                     "the custodians' commitments cancel each other; start a new session");
      }
      sum[i] = *next;
    }
  }
  return sum;
}

}  // namespace candour::warrant
