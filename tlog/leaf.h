// Log entries: fixed-size salted commitments, so that the public tree tells nothing about what
// was logged; the openings lie beside the tree.
//
//   entry (34 bytes) = version u8 = 1, class u8, commitment 32
//   commitment = SHA-256("candour leaf v1" 00, salt 32, kind u8, object hash 32,
//                        ciphertext hash 32, content commitment 32)
//   opening (130 bytes) = version u8 = 1, kind u8, salt 32, object hash 32, ciphertext hash 32,
//                         content commitment 32
//
// Object hash: SHA-256 of the sealed record (ordinary) or of the directory object. Fields that do
// not apply are zero.
#pragma once

#include "base/ids.h"
#include "base/random.h"
#include "base/result.h"

namespace candour::tlog {

/// Who may see the opening: the parties of the record; every enrolled device; nobody until due.
enum class LeafClass : std::uint8_t { ordinary = 1, directory = 2, opening = 3 };

enum class LeafKind : std::uint8_t {
  message = 1,
  commit = 2,
  attempt = 3,  // warned or blocked, not released
  alert_step = 4,
  group_change = 5,
  alert_dismissal = 6,  // the step that closed a serious alert as if there had been nothing to it
  statement = 16,
  certificate = 17,
  revocation = 18,
  policy = 19,
  notice = 20,
  notice_ack = 21,
  succession = 22,  // the first leaf of a log that follows a lost one
  web_bundle = 23,
  warrant = 32,
  release = 33,
  disposal = 34,
  request = 35,
  warrant_revocation = 36,
};

/// "message", "commit", "attempt", ...: the kind as reports name it.
std::string_view name_of(LeafKind kind);

inline constexpr std::size_t kEntrySize = 34;
inline constexpr std::size_t kOpeningSize = 130;

struct LeafOpening {
  LeafKind kind = LeafKind::message;
  Digest salt;
  Digest object_hash;
  Digest ciphertext_hash;
  Digest content_commitment;

  Bytes encode() const;
  static Result<LeafOpening> decode(ByteView bytes);
  /// The 34 bytes that are the log entry.
  Bytes entry(LeafClass leaf_class) const;
};

/// RFC 6962 leaf hash of an entry: SHA-256(00 || entry).
Digest leaf_hash(ByteView entry);

}  // namespace candour::tlog
