// A dealing: one party shares a secret of its own among receivers, so that each can check its share
// (Feldman 1987) and nobody else sees it. Key generation (dkg.h) is everybody dealing to everybody;
// resharing (reshare.h) is custodians dealing their shares on. The form is msg1 of C2SP
// cocktail-dkg v0.2.1, suite COCKTAIL(Ristretto255, SHA-512):
//
//   dealing    = commitments 32 each (exactly `threshold`), proof of possession 64, ephemeral key
//   32,
//                for each receiver: size u64, ciphertext
//   ciphertext = XChaCha20-Poly1305(key, nonce, share 32 || payload)
//   key, nonce = SHA-512("COCKTAIL-DKG-Ristretto255-SHA512-H6", ephemeral-static secret,
//                static-static secret, ephemeral key, sender's key, receiver's key,
//                size of context u64 little-endian, context), first 32 and next 24 bytes
//
// Errors name the dealer. Pure but for `random`; thread-safe.
#pragma once

#include <span>
#include <string>

#include "base/result.h"
#include "warrant/open/polynomial.h"

namespace candour::warrant {

/// Largest ciphertext of one share with its payload (MAX_CIPHERTEXT_SIZE).
inline constexpr std::size_t kShareCiphertextSizeMax = 65'536;
inline constexpr std::size_t kShareCiphertextSizeMin = 32 + 16;

/// A long-term key of a custodian for these protocols.
struct StaticKey {
  crypto::Scalar secret;  // not zero
  crypto::Point public_key;

  static StaticKey generate(Random& random);
  /// Nothing for zero.
  static std::optional<StaticKey> from_secret(crypto::Scalar&& secret);
};

/// One who takes part; the name is for messages to people.
struct Participant {
  std::string name;
  crypto::Point key;
  bool operator==(const Participant&) const = default;
};

struct Dealing {
  std::vector<crypto::Point> commitments;
  Bytes proof;
  crypto::Point ephemeral;
  std::vector<Bytes> ciphertexts;  // of receiver 1 to n

  Bytes encode() const;
  /// share_invalid (naming the dealer) unless it has this threshold and number of receivers
  /// exactly, canonical points that are not the identity, and ciphertexts of possible size.
  static Result<Dealing> decode(ByteView bytes, std::uint32_t threshold, std::size_t receivers,
                                const std::string& dealer);
  bool operator==(const Dealing&) const = default;
};

/// What all dealings of a session have in common.
struct DealingTerms {
  Bytes context;  // unique to the session; binds who takes part, and what for
  std::uint32_t threshold = 0;
  std::vector<Participant> receivers;  // index 1 to n in order
};

/// Deals the value of `polynomial` (`threshold` coefficients, none zero; asserted) at each
/// receiver's index. `payloads` are none or one for each receiver (asserted) and travel with the
/// shares.
Dealing make_dealing(const DealingTerms& terms, const StaticKey& mine, const Polynomial& polynomial,
                     std::span<const Bytes> payloads, Random& random);

struct ReceivedShare {
  crypto::Scalar value;
  SecretBytes payload;
};

/// The public half of the check: exactly `threshold` commitments, and the dealer knows its secret.
Status check_dealing(const DealingTerms& terms, const std::string& dealer, const Dealing& dealing);

/// Decrypts and checks the share of receiver `index` (1..n, asserted), whose key is `mine`:
/// share_invalid names `from` when anything is wrong.
Result<ReceivedShare> receive_share(const DealingTerms& terms, const Participant& from,
                                    const Dealing& dealing, const StaticKey& mine,
                                    std::uint32_t index);

/// The sum of commitments of the same coefficient over all dealings (at least one; all of
/// `threshold` commitments): commits to the sum of the polynomials. share_invalid when a sum is the
/// identity.
Result<std::vector<crypto::Point>> sum_commitments(std::span<const Dealing> dealings);

/// Errors of these protocols that name who misbehaved.
Error misbehaved(const std::string& name, const std::string& what);

}  // namespace candour::warrant
