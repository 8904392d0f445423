// Sealing of records to the custodians: once sealed, no process of ours can open a record (I6).
//
// Suite 1 is TDH2 (Shoup and Gennaro 1998) over ristretto255, used as a key encapsulation:
//
//   G, Gbar   base point; second generator = hash to group (RFC 9496 element derivation) of
//             SHA-512("candour tdh2 second generator v1")
//   Y         the custodians' public key, x known to nobody
//   r, s      fresh for each record, erased when it is sealed
//   u = rG    ubar = r Gbar    w = sG    wbar = s Gbar
//   part      = HMAC-SHA-256(retention key, "candour retention part v1" 00 record id)
//   K, C      = HKDF-SHA-256(salt part, ikm rY, info "candour record key v1" 00, Y, u, label vec),
//               two times 32 bytes
//   body      = XChaCha20-Poly1305(K, nonce 0, aad label, padded record)
//   e         = SHA-512("candour tdh2 challenge v1" 00, label vec, SHA-256(C, body), u, w, ubar,
//               wbar) reduced
//   f         = s + r e
//
//   label     = tlog/record_label.h
//   sealed    = version u8 = 1, suite u16, label vec, u 32, ubar 32, e 32, f 32, C 32, body vec
//   padded    = record size u32, record, zeros; how many is the sealer's choice (padded_size()),
//               no rule of the format: whoever opens takes any number
//
// Why each part is there. The proof (e, f) binds label and body to r: a custodian who checks it
// before helping cannot be used to decrypt a record under another label (the ciphertext of plain
// ElGamal can be altered, this cannot), and anybody can check it without a key. C commits to the
// key: XChaCha20-Poly1305 alone has ciphertexts that open under two keys, and C also tells a bad
// share from a damaged record. K is the key of exactly one body, because r is fresh and the label
// with its record id goes into K; so the nonce may be constant. The retention part makes disposal
// final, and helps against whoever breaks the group one day. Padding hides the length.
//
// Cost: four multiplications for r and s and one for rY can be done ahead (SealingPool); what is
// left on a message's way is hashing and two scalar operations.
#pragma once

#include <deque>
#include <string>

#include "base/limits.h"
#include "crypto/ristretto.h"
#include "identity/statement.h"
#include "tlog/record_label.h"
#include "warrant/seal/record.h"
#include "warrant/seal/retention.h"

namespace candour::warrant {

using tlog::kSealSuite;
/// The largest encoded record that still fits limits::kRecordSizeMax when padded and sealed.
inline constexpr std::size_t kRecordPlaintextSizeMax = limits::kRecordSizeMax - 1024;
/// Ordinary chat messages all end up in this first size: the record of one with 300 bytes of text
/// and without findings has about 925 bytes, as its signed MLS content comes with the group
/// context.
inline constexpr std::size_t kPaddedSizeMin = 1024;

/// A canonical scalar that is public: challenge or response of a proof.
using PublicScalar = Id<struct PublicScalarTag, 32>;

/// A sealed record as it lies in the log store. Its SHA-256 is the object hash of the leaf.
struct SealedRecord {
  tlog::RecordLabel label;
  crypto::Point u;
  crypto::Point ubar;
  PublicScalar e;
  PublicScalar f;
  Digest key_commitment;
  Bytes body;

  Bytes encode() const;
  /// input_invalid for anything malformed, of an unknown suite, over limits, or with a point or
  /// scalar that is not the one canonical encoding or is the identity. Does not check the proof.
  static Result<SealedRecord> decode(ByteView bytes);
};

/// The public check of the proof: signature_invalid when it does not hold. Nothing secret needed.
Status verify_sealed(const SealedRecord& record);

/// The key records are sealed to: the sum of the keys of all groups of custodians of a statement,
/// so that it takes each group's share. statement_invalid when there is none, or unless suites and
/// points are ours.
Result<crypto::Point> escrow_key(const identity::Statement& statement);

/// What of a sealing does not depend on the record. Serves one record; moves, does not copy, and
/// is wiped when it dies.
struct Precomputed {
  crypto::Scalar r;
  crypto::Scalar s;
  crypto::Point u;
  crypto::Point ubar;
  crypto::Point w;
  crypto::Point wbar;
  Secret<32> shared;  // rY, encoded
};

Precomputed precompute(const crypto::Point& public_key, Random& random);

/// Precomputed values made in idle moments. A thief of the bot's memory learns from them nothing
/// about records already sealed. Not thread-safe: one owner.
class SealingPool {
 public:
  SealingPool(const crypto::Point& public_key, std::size_t size_max)
      : public_key_(public_key), size_max_(size_max) {}

  /// Does the work for one record ahead (five multiplications); false when the pool is full.
  bool precompute_one(Random& random);
  /// One from the pool, or made now when it is empty.
  Precomputed take(Random& random);
  std::size_t size() const { return ready_.size(); }
  std::size_t size_max() const { return size_max_; }
  bool full() const { return ready_.size() >= size_max_; }
  const crypto::Point& public_key() const { return public_key_; }

 private:
  crypto::Point public_key_;
  std::size_t size_max_;
  std::deque<Precomputed> ready_;
};

/// Seals `record` (its bytes in SealedRecord::encode form) under the label made of the record
/// itself, `log_origin` and the retention key of the group's class at the record's bot time; the
/// class comes from the group, never from the verdict. Takes from `pool`, whose public key it
/// seals to. not_found when there is no retention key; input_invalid when the record is larger
/// than kRecordPlaintextSizeMax or the origin than kLogOriginSizeMax.
Result<Bytes> seal_record(const Record& record, std::string_view log_origin,
                          std::string_view retention_class, const RetentionKeys& keys,
                          SealingPool& pool, Random& random);

/// How large a padded record is: at least kPaddedSizeMin, above it Padmé's sizes (at most 12 %
/// more, and few enough of them to tell little), never more than fits.
std::size_t padded_size(std::size_t record_size);

/// The two keys of a record, on both sides: sealing has rY and r, opening assembles rY from the
/// custodians' parts.
struct RecordKeys {
  Secret<32> key;
  Digest commitment;
};
RecordKeys derive_record_keys(ByteView shared, const Secret<32>& part,
                              const crypto::Point& public_key, const crypto::Point& u,
                              ByteView label);

/// The second generator Gbar.
const crypto::Point& second_generator();

}  // namespace candour::warrant
