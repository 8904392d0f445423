#include "warrant/open/dkg.h"

#include <algorithm>

#include "base/assert.h"
#include "base/codec.h"
#include "crypto/hash.h"
#include "warrant/open/dkg_signature.h"

namespace candour::warrant {
namespace {

using crypto::Point;
using crypto::Scalar;

constexpr std::string_view kSuite = "COCKTAIL(Ristretto255, SHA-512)";
constexpr std::string_view kContextLabel = "COCKTAIL-DKG-CONTEXT";
constexpr std::size_t kContextSizeMax = 4096;
constexpr std::size_t kExtensionSizeMax = 65'536;

void little_endian(Writer& out, std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out.u8(static_cast<std::uint8_t>(value >> (8 * i)));
}

std::uint64_t little_endian(Reader& in, int bytes) {
  std::uint64_t value = 0;
  for (int i = 0; i < bytes; ++i) value |= static_cast<std::uint64_t>(in.u8()) << (8 * i);
  return value;
}

Error unrecoverable(const std::string& what) {
  return error(ErrorCode::share_invalid, "the share cannot be recovered: " + what);
}

// What a transcript says, for recovery; the dealings lack their encrypted shares.
struct Transcript {
  DkgSession session;
  std::vector<Dealing> dealings;
};

Result<Point> read_point(Reader& in) {
  const auto point = Point::decode(in.raw(32));
  if (!point) return unrecoverable("the transcript is cut off or holds no canonical point");
  return *point;
}

Result<Transcript> parse_transcript(ByteView bytes) {
  Reader in(bytes);
  const auto field = [&](std::size_t size_max) {
    const std::uint64_t size = little_endian(in, 8);
    if (size > size_max) in.fail();
    return in.raw(size > size_max ? 0 : size);
  };
  const bool known_suite = as_text(field(kSuite.size())) == kSuite;
  if (!known_suite) return unrecoverable("the transcript is of another suite");
  Transcript out;
  out.session.context = to_bytes(field(kContextSizeMax));
  const auto count = static_cast<std::uint32_t>(little_endian(in, 4));
  out.session.threshold = static_cast<std::uint32_t>(little_endian(in, 4));
  if (!in.ok() || count < 1 || count > kCustodiansMax || out.session.threshold < 1 ||
      out.session.threshold > count) {
    return unrecoverable("the transcript's threshold and number of members do not fit");
  }
  for (std::uint32_t i = 1; i <= count; ++i) {
    CANDOUR_TRY(const auto key, read_point(in));
    out.session.members.push_back({std::to_string(i), key});
  }
  out.dealings.resize(count);
  for (Dealing& dealing : out.dealings) {
    for (std::uint32_t i = 0; i < out.session.threshold; ++i) {
      CANDOUR_TRY(const auto point, read_point(in));
      dealing.commitments.push_back(point);
    }
  }
  for (Dealing& dealing : out.dealings) dealing.proof = to_bytes(in.raw(kDkgSignatureSize));
  for (Dealing& dealing : out.dealings) {
    CANDOUR_TRY(dealing.ephemeral, read_point(in));
  }
  field(kExtensionSizeMax);
  if (!in.finish()) return unrecoverable("the transcript is cut off or goes on after its end");
  CANDOUR_TRY(out.session.check());
  return out;
}

}  // namespace

Bytes dkg_context(ByteView session_id, std::span<const Participant> members) {
  Writer out;
  out.raw(as_bytes(kContextLabel));
  out.u64(session_id.size());
  out.raw(session_id);
  out.u64(kSuite.size());
  out.raw(as_bytes(kSuite));
  little_endian(out, members.size(), 4);
  for (const Participant& member : members) out.raw(member.key.encoded());
  return to_bytes(crypto::sha512({out.view()}).view());
}

Status DkgSession::check() const {
  if (threshold < 1 || threshold > members.size() || members.size() > kCustodiansMax) {
    return error(ErrorCode::input_invalid,
                 "custodians must be k of n with 1 <= k <= n <= " + std::to_string(kCustodiansMax));
  }
  for (std::size_t i = 0; i < members.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (members[i].key == members[j].key) {
        return error(ErrorCode::input_invalid, "custodians '" + members[j].name + "' and '" +
                                                   members[i].name + "' have the same key");
      }
    }
  }
  return ok();
}

Result<std::uint32_t> DkgSession::index_of(const Point& key) const {
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (members[i].key == key) return static_cast<std::uint32_t>(i + 1);
  }
  return error(ErrorCode::not_found, "this custodian's key does not take part in the session");
}

Result<Dealing> dkg_deal(const DkgSession& session, const StaticKey& mine,
                         std::span<const Bytes> payloads, Random& random) {
  CANDOUR_TRY(session.check());
  CANDOUR_TRY(session.index_of(mine.public_key));
  const Polynomial polynomial = random_polynomial(session.threshold - 1, random);
  return make_dealing(session.terms(), mine, polynomial, payloads, random);
}

EscrowShare DkgOutcome::share(const std::string& group, std::uint32_t threshold) && {
  return {{group, threshold, static_cast<std::uint32_t>(verification_keys.size()), index,
           public_key, verification_keys},
          std::move(value)};
}

Result<DkgOutcome> finish_dealings(std::span<const Dealing> dealings, std::uint32_t index,
                                   std::size_t members, Scalar&& value) {
  CANDOUR_TRY(const auto sum, sum_commitments(dealings));
  DkgOutcome out{index, std::move(value), sum[0], {}, {}};
  for (std::uint32_t i = 1; i <= members; ++i) {
    const auto key = evaluate_commitments(sum, i);
    if (!key) return error(ErrorCode::share_invalid, "a verification key is the identity");
    out.verification_keys.push_back(*key);
  }
  const auto mine = out.value.times_base();
  if (!mine || !(*mine == out.verification_keys[index - 1])) {
    return error(ErrorCode::share_invalid, "the share does not fit its verification key");
  }
  return out;
}

Result<DkgOutcome> dkg_finish(const DkgSession& session, const StaticKey& mine,
                              std::span<const Dealing> dealings) {
  CANDOUR_TRY(session.check());
  CANDOUR_TRY(const auto index, session.index_of(mine.public_key));
  if (dealings.size() != session.members.size()) {
    return error(ErrorCode::input_invalid,
                 "the session has " + std::to_string(session.members.size()) + " members, " +
                     std::to_string(dealings.size()) + " dealings are there");
  }
  const DealingTerms terms = session.terms();
  Scalar sum = Scalar::from_u64(0);
  std::vector<SecretBytes> payloads;
  for (std::size_t i = 0; i < dealings.size(); ++i) {
    CANDOUR_TRY(auto received, receive_share(terms, session.members[i], dealings[i], mine, index));
    sum = sum.plus(received.value);
    payloads.push_back(std::move(received.payload));
  }
  CANDOUR_TRY(auto out, finish_dealings(dealings, index, session.members.size(), std::move(sum)));
  out.payloads = std::move(payloads);
  return out;
}

Bytes dkg_transcript(const DkgSession& session, std::span<const Dealing> dealings,
                     ByteView extension) {
  Writer out;
  little_endian(out, kSuite.size(), 8);
  out.raw(as_bytes(kSuite));
  little_endian(out, session.context.size(), 8);
  out.raw(session.context);
  little_endian(out, session.members.size(), 4);
  little_endian(out, session.threshold, 4);
  for (const Participant& member : session.members) out.raw(member.key.encoded());
  for (const Dealing& dealing : dealings) {
    for (const Point& commitment : dealing.commitments) out.raw(commitment.encoded());
  }
  for (const Dealing& dealing : dealings) out.raw(dealing.proof);
  for (const Dealing& dealing : dealings) out.raw(dealing.ephemeral.encoded());
  little_endian(out, extension.size(), 8);
  out.raw(extension);
  return out.take();
}

Status dkg_certify(std::span<const Participant> members, ByteView transcript,
                   std::span<const Bytes> signatures) {
  if (signatures.size() != members.size()) {
    return error(ErrorCode::input_invalid, "the session has " + std::to_string(members.size()) +
                                               " members, " + std::to_string(signatures.size()) +
                                               " signatures are there");
  }
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (!dkg_verify(members[i].key, transcript, signatures[i])) {
      return misbehaved(members[i].name,
                        "did not sign the transcript that stands here: it saw other messages, or "
                        "somebody between altered some");
    }
  }
  return ok();
}

Bytes dkg_bundle(std::span<const Dealing> dealings, std::uint32_t index) {
  Writer out;
  for (const Dealing& dealing : dealings) {
    CANDOUR_ASSERT(index >= 1 && index <= dealing.ciphertexts.size());
    out.u64(dealing.ciphertexts[index - 1].size());
    out.raw(dealing.ciphertexts[index - 1]);
  }
  return out.take();
}

Result<DkgOutcome> dkg_recover(const StaticKey& mine, ByteView transcript,
                               std::span<const Bytes> signatures, ByteView bundle) {
  CANDOUR_TRY(auto parsed, parse_transcript(transcript));
  const DkgSession& session = parsed.session;
  CANDOUR_TRY(dkg_certify(session.members, transcript, signatures));
  CANDOUR_TRY(const auto index, session.index_of(mine.public_key));
  Reader in(bundle);
  for (Dealing& dealing : parsed.dealings) {
    const std::uint64_t size = in.u64();
    if (!in.ok() || size < kShareCiphertextSizeMin || size > kShareCiphertextSizeMax ||
        size > in.left()) {
      return unrecoverable("the encrypted shares are cut off or of an impossible size");
    }
    // Only the own one is there.
    dealing.ciphertexts.resize(session.members.size());
    dealing.ciphertexts[index - 1] = to_bytes(in.raw(size));
  }
  if (!in.finish()) return unrecoverable("something follows the encrypted shares");
  return dkg_finish(session, mine, parsed.dealings);
}

}  // namespace candour::warrant
