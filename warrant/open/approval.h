// What a custodian or keeper answers to a request it approved: a signed note, and the parts sealed
// to the key of the request, so that nobody on the way learns them.
//
//   candour-approval/v1                    signed by the custodian's or keeper's role key
//   organisation example-constabulary
//   request <64 hex>                       digest of the request's text
//   custodian <key name>
//   group <group of custodians>            "keeper" for a keeper
//   index 2                                in its group; 0 for a keeper
//   records 120
//   sealed <64 hex>                        SHA-256 of the sealed parts
//   issued <time>
//
//   file   = version u8 = 1, note vec, sealed vec
//   sealed = HPKE (crypto/hpke.h) to the request's reply key, info "candour approval v1" 00
//            request digest 32 key name, of:
//            custodian: PartialDecryptions of warrant/open/partial.h
//            keeper: a part of 32 bytes for each record (warrant/seal/retention.h)
//
// Values; functions are pure but for `random`, and thread-safe.
#pragma once

#include "crypto/hpke.h"
#include "warrant/open/request.h"

namespace candour::warrant {

/// The group an approval by a keeper names.
inline constexpr std::string_view kKeeperGroup = "keeper";

struct Approval {
  std::string organisation;
  Digest request;
  std::string custodian;
  std::string group;
  std::uint32_t index = 0;
  std::uint64_t records = 0;
  Digest sealed;
  TimeMs issued;
  bool operator==(const Approval&) const = default;

  bool by_keeper() const { return index == 0; }
  std::string print() const;
  static Result<Approval> parse(std::string_view text);
};

struct ApprovalFile {
  std::string note;  // verbatim
  Bytes sealed;

  Bytes encode() const;
  /// input_invalid.
  static Result<ApprovalFile> decode(ByteView bytes);
};

/// Seals `parts`, fills `approval.sealed` and signs as `approval.custodian`. Fails only when the
/// reply key is of low order (input_invalid).
Result<ApprovalFile> seal_approval(Approval approval, const SealingPublicKey& reply_key,
                                   ByteView parts, const crypto::SigningKey& key, Random& random);

/// Of this organisation and request, by a key of the statement that has the place it claims, over
/// these sealed bytes: note_malformed, input_invalid, signature_invalid.
Result<Approval> verify_approval(const ApprovalFile& file, const identity::Statement& statement,
                                 const Request& request);

/// The parts of a verified approval; decryption_failed when they are not sealed to this key and
/// request.
Result<SecretBytes> open_approval(const ApprovalFile& file, const Approval& approval,
                                  const crypto::SealingKey& reply_key);

}  // namespace candour::warrant
