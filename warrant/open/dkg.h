// Distributed key generation: n custodians make a key that any `threshold` of them can use and that
// nobody ever has, over a coordinator they need not trust. C2SP cocktail-dkg v0.2.1, suite
// COCKTAIL(Ristretto255, SHA-512); names as there.
//
//   round 1  each makes a dealing to all, itself included, and forgets what it was made from
//   round 2  each checks all dealings, adds up its shares, and signs the transcript
//   round 3  each checks that all signed the same transcript: only then the key may be used
//
// What the coordinator alters or shows differently to some is found in round 2 or 3 at the latest.
// The key and share can be recovered from the static key, the transcript with its signatures, and
// the encrypted shares ("recovery"). Pure but for `random`; thread-safe.
#pragma once

#include "warrant/open/dealing.h"
#include "warrant/open/share.h"

namespace candour::warrant {

/// The recommended context: binds the session, the suite and the ordered static keys.
/// `session_id` must not have been used before by any of them.
Bytes dkg_context(ByteView session_id, std::span<const Participant> members);

struct DkgSession {
  Bytes context;
  std::uint32_t threshold = 0;
  std::vector<Participant> members;  // index 1 to n in order

  /// input_invalid unless 1 <= threshold <= n <= kCustodiansMax and all static keys differ.
  Status check() const;
  /// Where `key` stands, 1 to n; not_found when it does not take part.
  Result<std::uint32_t> index_of(const crypto::Point& key) const;
  DealingTerms terms() const { return {context, threshold, members}; }
};

/// Round 1. As check() and index_of().
Result<Dealing> dkg_deal(const DkgSession& session, const StaticKey& mine,
                         std::span<const Bytes> payloads, Random& random);

/// What a custodian has after round 2. Not to be used before the transcript is certified.
struct DkgOutcome {
  std::uint32_t index = 0;
  crypto::Scalar value;  // the share
  crypto::Point public_key;
  std::vector<crypto::Point> verification_keys;  // of index 1 to n
  std::vector<SecretBytes> payloads;             // from member 1 to n

  /// As a share of `group`, of which `threshold` are needed. Takes the value away.
  EscrowShare share(const std::string& group, std::uint32_t threshold) &&;
};

/// Round 2: share_invalid names the custodian whose dealing is wrong; input_invalid when there are
/// not as many dealings as members.
Result<DkgOutcome> dkg_finish(const DkgSession& session, const StaticKey& mine,
                              std::span<const Dealing> dealings);

/// The end of dkg_finish and reshare_finish: the public results of checked dealings to `members`
/// receivers, and `value`, the sum of the shares of receiver `index`. share_invalid when they do
/// not fit.
Result<DkgOutcome> finish_dealings(std::span<const Dealing> dealings, std::uint32_t index,
                                   std::size_t members, crypto::Scalar&& value);

/// What all sign in round 2 with dkg_sign (dkg_signature.h). `extension` is anything else they are
/// to agree on.
Bytes dkg_transcript(const DkgSession& session, std::span<const Dealing> dealings,
                     ByteView extension);

/// Round 3: share_invalid names the first member that did not sign this transcript: it saw other
/// messages, or somebody between altered some. input_invalid for another number of signatures.
Status dkg_certify(std::span<const Participant> members, ByteView transcript,
                   std::span<const Bytes> signatures);

/// The encrypted shares for member `index` (1..n, asserted): size u64 and ciphertext of each.
Bytes dkg_bundle(std::span<const Dealing> dealings, std::uint32_t index);

/// Recovery, from what a member keeps. share_invalid when anything does not fit.
Result<DkgOutcome> dkg_recover(const StaticKey& mine, ByteView transcript,
                               std::span<const Bytes> signatures, ByteView bundle);

}  // namespace candour::warrant
