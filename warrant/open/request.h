// The request: exactly which records custodians shall help to open under a warrant. It is logged
// before custodians help, so that no opening stays hidden. A signed note by the warrant's
// requester:
//
//   candour-request/v1
//   organisation example-constabulary
//   warrant <64 hex>                       digest of the warrant's text
//   warrant-leaf <64 hex>                  leaf hash of the warrant in the log
//   records 120
//   records-digest <64 hex>                SHA-256 over (leaf index u64, leaf hash 32) ascending
//   reply-key <64 hex>                     X25519 key made for this request: parts are sealed to it
//   purpose <text>                         if any
//   issued <time>
//
// Values; functions are pure and thread-safe.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "warrant/open/warrant.h"

namespace candour::warrant {

struct Request {
  std::string organisation;
  Digest warrant;
  Digest warrant_leaf;
  std::uint64_t records = 0;  // 1 to limits::kReleaseRecordsMax
  Digest records_digest;
  SealingPublicKey reply_key;
  std::optional<std::string> purpose;
  TimeMs issued;
  bool operator==(const Request&) const = default;

  std::string print() const;
  /// note_malformed with the line at fault.
  static Result<Request> parse(std::string_view text);
  /// Of this warrant and signed by its requester: warrant_invalid when it cites another warrant,
  /// warrant_signature_missing, warrant_signature_invalid.
  static Result<Request> verify(std::string_view note, const identity::Statement& statement,
                                const Warrant& warrant);
  /// SHA-256 of the text.
  Digest digest() const;
};

/// One record as the digest counts it.
struct RequestedLeaf {
  std::uint64_t index = 0;
  Digest leaf_hash;
};

/// `leaves` ascending by index.
Digest records_digest(std::span<const RequestedLeaf> leaves);

}  // namespace candour::warrant
