#include "warrant/open/reshare.h"

#include <algorithm>
#include <set>

#include "base/codec.h"
#include "crypto/hash.h"

namespace candour::warrant {
namespace {

using crypto::Point;
using crypto::Scalar;

constexpr std::string_view kContextLabel = "candour reshare context v1";
constexpr std::string_view kTranscriptLabel = "candour reshare transcript v1";

std::vector<std::uint32_t> indices_of(const ReshareSession& session) {
  std::vector<std::uint32_t> indices;
  for (const ReshareDealer& dealer : session.dealers) indices.push_back(dealer.index);
  return indices;
}

// lambda_i X_i: what dealer i must commit to.
std::optional<Point> expected_commitment(const ReshareDealer& dealer,
                                         std::span<const std::uint32_t> indices) {
  return dealer.verification_key.times(lagrange_at_zero(indices, dealer.index));
}

// The receivers as a session of their own: their numbers and keys follow the same rules.
DkgSession as_session(const ReshareSession& session) {
  return {{}, session.threshold, session.receivers};
}

}  // namespace

Status ReshareSession::check() const {
  CANDOUR_TRY(as_session(*this).check());
  if (dealers.empty() || dealers.size() > kCustodiansMax) {
    return error(ErrorCode::input_invalid, "nobody, or too many, hand shares on");
  }
  std::set<std::uint32_t> seen;
  std::set<std::string> keys;
  for (const ReshareDealer& dealer : dealers) {
    if (dealer.index < 1 || dealer.index > kCustodiansMax || !seen.insert(dealer.index).second ||
        !keys.insert(hex_encode(dealer.participant.key.encoded())).second) {
      return error(ErrorCode::input_invalid, "custodian '" + dealer.participant.name +
                                                 "' hands its share on twice, or under an "
                                                 "impossible index");
    }
  }
  const auto indices = indices_of(*this);
  std::optional<Point> sum;
  for (const ReshareDealer& dealer : dealers) {
    auto term = expected_commitment(dealer, indices);
    if (term && sum) term = sum->plus(*term);
    if (!term) return error(ErrorCode::input_invalid, "the verification keys cancel each other");
    sum = term;
  }
  if (!(*sum == public_key)) {
    return error(ErrorCode::input_invalid,
                 "the verification keys of those who hand shares on do not make the public key: "
                 "they must be exactly as many as the group's threshold, of one group");
  }
  return ok();
}

Bytes ReshareSession::context() const {
  Writer out;
  out.raw(as_bytes(kContextLabel));
  out.u8(0);
  out.vec(session_id);
  out.raw(public_key.encoded());
  out.u32(static_cast<std::uint32_t>(dealers.size()));
  for (const ReshareDealer& dealer : dealers) {
    out.u32(dealer.index);
    out.raw(dealer.participant.key.encoded());
    out.raw(dealer.verification_key.encoded());
  }
  out.u32(threshold);
  out.u32(static_cast<std::uint32_t>(receivers.size()));
  for (const Participant& receiver : receivers) out.raw(receiver.key.encoded());
  return to_bytes(crypto::sha512({out.view()}).view());
}

Result<Dealing> reshare_deal(const ReshareSession& session, const StaticKey& mine,
                             const EscrowShare& share, Random& random) {
  CANDOUR_TRY(session.check());
  CANDOUR_TRY(share.check());
  const auto dealer =
      std::find_if(session.dealers.begin(), session.dealers.end(),
                   [&](const ReshareDealer& d) { return d.participant.key == mine.public_key; });
  if (dealer == session.dealers.end()) {
    return error(ErrorCode::not_found, "this custodian is not among those who hand shares on");
  }
  if (dealer->index != share.index || !(share.public_key == session.public_key) ||
      !(share.verification_keys[share.index - 1] == dealer->verification_key) ||
      session.dealers.size() != share.threshold) {
    return error(ErrorCode::share_invalid,
                 "the session is not about the share kept here: another group, index, threshold "
                 "or an earlier state of it");
  }
  Polynomial polynomial = random_polynomial(session.threshold - 1, random);
  polynomial[0] = lagrange_at_zero(indices_of(session), share.index).times(share.value);
  return make_dealing(session.terms(), mine, polynomial, {}, random);
}

Status reshare_check(const ReshareSession& session, std::span<const Dealing> dealings) {
  CANDOUR_TRY(session.check());
  if (dealings.size() != session.dealers.size()) {
    return error(ErrorCode::input_invalid,
                 std::to_string(session.dealers.size()) + " custodians hand shares on, " +
                     std::to_string(dealings.size()) + " dealings are there");
  }
  const DealingTerms terms = session.terms();
  const auto indices = indices_of(session);
  for (std::size_t i = 0; i < dealings.size(); ++i) {
    const ReshareDealer& dealer = session.dealers[i];
    CANDOUR_TRY(check_dealing(terms, dealer.participant.name, dealings[i]));
    if (!(dealings[i].commitments[0] == expected_commitment(dealer, indices))) {
      return misbehaved(dealer.participant.name, "hands on another secret than its share");
    }
  }
  return ok();
}

Result<DkgOutcome> reshare_finish(const ReshareSession& session, const StaticKey& mine,
                                  std::span<const Dealing> dealings) {
  CANDOUR_TRY(reshare_check(session, dealings));
  CANDOUR_TRY(const auto index, as_session(session).index_of(mine.public_key));
  const DealingTerms terms = session.terms();
  Scalar sum = Scalar::from_u64(0);
  for (std::size_t i = 0; i < dealings.size(); ++i) {
    CANDOUR_TRY(const auto received,
                receive_share(terms, session.dealers[i].participant, dealings[i], mine, index));
    sum = sum.plus(received.value);
  }
  return finish_dealings(dealings, index, session.receivers.size(), std::move(sum));
}

Bytes reshare_transcript(const ReshareSession& session, std::span<const Dealing> dealings,
                         ByteView extension) {
  Writer out;
  out.raw(as_bytes(kTranscriptLabel));
  out.u8(0);
  out.vec(session.context());
  out.u32(static_cast<std::uint32_t>(dealings.size()));
  for (const Dealing& dealing : dealings) out.vec(dealing.encode());
  out.vec(extension);
  return out.take();
}

}  // namespace candour::warrant
