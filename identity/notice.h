// The monitoring notice and its acknowledgement. Nobody sends before having acknowledged the
// current one.
//
//   candour-notice/v1             signed note, signed by policy-author and policy-approver
//   organisation example-constabulary
//   version 1
//   issued <time>
//   line <text>                   one line of the text, repeated
//
//   acknowledgement = version u8 = 1, device 32, notice digest 32, time u64,
//                     Ed25519 signature 64 over "candour notice ack v1" 00 (all before)
#pragma once

#include "identity/statement.h"

namespace candour::identity {

struct Notice {
  std::string organisation;
  std::uint64_t version = 1;
  TimeMs issued;
  std::vector<std::string> lines;

  std::string print() const;
  static Result<Notice> verify(std::string_view note, const Statement& statement);
};

/// SHA-256 of the note's text (not its signatures).
Digest note_digest(const SignedNote& note);

struct NoticeAck {
  DeviceId device;
  Digest notice;
  TimeMs time;

  Bytes sign(const crypto::SigningKey& device_key) const;
  static Result<NoticeAck> verify(ByteView bytes, const SigningPublicKey& device_key);
  /// The device it names, before its key is known.
  static Result<DeviceId> device_of(ByteView bytes);
};

}  // namespace candour::identity
