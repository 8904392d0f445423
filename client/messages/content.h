// What travels inside the encryption of a group: content and what surrounds it.
//
//   inner   = version u8 = 1, content vec, sender's counter u64, sender's time u64,
//             checkpoint origin vec, checkpoint size u64, checkpoint root 32, commitment key 32;
//             counter and size < 2^53, time in ms up to the end of the year 9999, origin UTF-8
//   content = version u8 = 1, type u8, then by type:
//     text      1: text vec, reply to vec (empty or 16), mentions u8 count, each person vec
//     reaction  2: message 16, emoji vec
//     edit      3: message 16, text vec
//     deletion  4: message 16
//     poll      5: question vec, options u8 count, each vec
//     vote      6: message 16, option u8
//     parcel    8: sealed vec (report_proof.h; for the bot, in a submission that reports; it is
//                  released to nobody)
//     (7 is reserved for attachments)
//
// The content commitment is HMAC-SHA-256(commitment key, content): it binds what was checked to
// what is delivered and logged (I5), and survives re-encryption in a later epoch.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/codec.h"
#include "base/secret.h"

namespace candour::messages {

enum class ContentType : std::uint8_t {
  text = 1,
  reaction = 2,
  edit = 3,
  deletion = 4,
  poll = 5,
  vote = 6,
  attachment_reserved = 7,
  parcel = 8,
};

// What every program can hold: numbers exactly in a double, times as a date of four-digit years.
inline constexpr std::uint64_t kNumberMax = (std::uint64_t{1} << 53) - 1;
inline constexpr TimeMs kTimeMax{253'402'300'799'999};  // the end of 9999-12-31, UTC

inline constexpr std::size_t kEmojiSizeMax = 64;
inline constexpr std::size_t kPersonIdSizeMax = 64;
inline constexpr std::size_t kPollOptionsMin = 2;
inline constexpr std::size_t kPollOptionsMax = 20;
inline constexpr std::size_t kPollOptionSizeMax = 512;
inline constexpr std::size_t kMentionsMax = 64;
inline constexpr std::size_t kOriginSizeMax = 255;
/// Of an encoded parcel, which alone may be longer than limits::kContentSizeMax.
inline constexpr std::size_t kParcelContentSizeMax = 18 * 1024;

struct Content {
  ContentType type = ContentType::text;
  SecretText text;                    // text, emoji, edited text or question
  std::optional<MessageId> about;     // reply to, or the message reacted to, edited, ...
  std::vector<std::string> mentions;  // person ids
  std::vector<SecretText> options;    // of a poll
  std::uint8_t option = 0;            // of a vote
  Bytes parcel;

  /// Writes what it is given; `about` must be there where the type needs it (asserted). A client
  /// that is about to send what a person typed asks `decode` of the result whether it is allowed.
  SecretBytes encode() const;
  /// input_invalid for anything malformed, empty, not UTF-8, over limits or of a reserved type, for
  /// an emoji or a poll option with control characters, and for two options that are alike.
  static Result<Content> decode(ByteView bytes);
  /// Everything a person wrote in it, for the policy engine: text, then poll options, separated by
  /// newlines. Spans found in it refer to this text.
  SecretText checkable() const;
};

using CommitmentKey = Secret<32>;

struct CheckpointSeen {
  std::string origin;
  std::uint64_t size = 0;  // 0 = none seen
  Digest root;
};

struct Inner {
  SecretBytes content;  // encoded Content, kept as bytes: the commitment is over exactly these
  std::uint64_t counter = 0;
  TimeMs time;
  CheckpointSeen checkpoint;
  CommitmentKey commitment_key;

  SecretBytes encode() const;
  static Result<Inner> decode(ByteView bytes);
  Digest commitment() const;
};

Digest content_commitment(const CommitmentKey& key, ByteView content);

}  // namespace candour::messages
