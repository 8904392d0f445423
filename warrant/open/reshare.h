// Resharing (Desmedt and Jajodia 1997, with Feldman's commitments): k custodians hand the key of
// their group on to a set of receivers, without anybody having it meanwhile. One protocol serves to
// refresh shares (the same people receive) and to replace custodians or change k and n. The public
// key stays, and with it everything sealed to it; the verification keys change, so the statement
// must list the new ones.
//
//   round 1  each dealer i deals lambda_i x_i, its share times its Lagrange coefficient among the
//            dealers, with a polynomial of the new threshold (dealing.h)
//   round 2  each receiver checks that commitment 0 of dealer i is lambda_i X_i, checks and adds up
//            its shares, and signs the transcript
//   round 3  each receiver checks that all receivers signed the same transcript
//
// Shares from before and after do not combine. An old share is worthless only when more than n - k
// of the old custodians have really erased theirs: until then k old shares still make the key.
//
// Pure but for `random`; thread-safe.
#pragma once

#include "warrant/open/dkg.h"

namespace candour::warrant {

struct ReshareDealer {
  Participant participant;
  std::uint32_t index = 0;         // in the old group
  crypto::Point verification_key;  // in the old group
};

struct ReshareSession {
  Bytes session_id;  // never used before
  crypto::Point public_key;
  std::vector<ReshareDealer> dealers;  // as many as the old threshold
  std::uint32_t threshold = 0;         // the new one
  std::vector<Participant> receivers;  // index 1 to n of the new group

  /// input_invalid unless numbers and keys are possible, dealers differ, and their verification
  /// keys make the public key: then they are k custodians of that group.
  Status check() const;
  Bytes context() const;
  DealingTerms terms() const { return {context(), threshold, receivers}; }
};

/// Round 1, by a dealer. input_invalid, not_found when `mine` is no dealer, share_invalid when
/// `share` is not the one the session takes it for.
Result<Dealing> reshare_deal(const ReshareSession& session, const StaticKey& mine,
                             const EscrowShare& share, Random& random);

/// That each dealing is by a dealer who knows its share of the old key and hands on just that. It
/// takes no secret: also who only gives a share up checks it, before erasing it. share_invalid
/// names the dealer; input_invalid for another number of dealings.
Status reshare_check(const ReshareSession& session, std::span<const Dealing> dealings);

/// Round 2, by a receiver: as dkg_finish; `dealings` in the order of the dealers.
Result<DkgOutcome> reshare_finish(const ReshareSession& session, const StaticKey& mine,
                                  std::span<const Dealing> dealings);

/// What the receivers sign with dkg_sign and check with dkg_certify.
Bytes reshare_transcript(const ReshareSession& session, std::span<const Dealing> dealings,
                         ByteView extension);

}  // namespace candour::warrant
