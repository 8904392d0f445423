// The plaintext of one record of the compliance log. It exists only inside the bot, between the
// verdict and the sealing, and is wiped after it.
//
//   record   = version u8 = 1, kind u8 (tlog::LeafKind), record id 16, group 16, seq u64,
//              submission u64, epoch u64, message id 16, sender device 32, certificate hash 32,
//              evidence vec, sender time u64, bot time u64,
//              findings u16 count, each: rule vec, category vec, severity u8 (1 notice, 2 warn,
//              3 block), start u32, end u32, standard vec,
//              verdict u8 (0 none, 1 release, 2 warn, 3 block), policy digest 32,
//              remark u8 (0 none, 1 override, 2 dispute, 3 report, 4 approval), warning vec,
//              reported 16, reason vec, previous of group: record id 16, leaf hash 32, previous of
//              sender: record id 16, leaf hash 32
//
// Fields that do not apply are zero or empty. Integers and vectors as in base/codec.h.
//
// `evidence` is what the sender signed, by kind:
//   message, attempt  the MLS content with its signature and the group context it covers, so that
//                     the record rests on the officer's own signature and not on the bot's word
//   commit            the commit's signed public part, or its SHA-256 where it is too large
//   alert_step, alert_dismissal
//                     the signed step (client/messages/alert.h)
//   group_change      the signed request note (client/messages/group_request.h)
//
// Values; functions are pure and thread-safe.
#pragma once

#include <string>
#include <vector>

#include "base/codec.h"
#include "tlog/leaf.h"

namespace candour::warrant {

/// One rule that matched, with the bytes of the checkable text it marked (UTF-8, end exclusive).
struct RecordFinding {
  std::string rule;
  std::string category;
  std::uint8_t severity = 2;  // 1 notice, 2 warn, 3 block
  std::uint32_t start = 0;
  std::uint32_t end = 0;
  std::string standard;
};

enum class RecordVerdict : std::uint8_t { none = 0, release = 1, warn = 2, block = 3 };

/// What the sender told the bot beside the message.
enum class RemarkType : std::uint8_t {
  none = 0,
  override_warning = 1,
  dispute = 2,
  report = 3,
  approval = 4
};

struct Remark {
  RemarkType type = RemarkType::none;
  Bytes warning;       // the signed warning overridden or disputed; the approval cited
  MessageId reported;  // the message reported
  SecretText reason;   // justification, or reason of the dispute or report
};

/// The record before this one in the same group or by the same sender: a gap shows. Zero when
/// there is none.
struct PreviousRecord {
  RecordId record;
  Digest leaf_hash;
  bool operator==(const PreviousRecord&) const = default;
};

struct Record {
  tlog::LeafKind kind = tlog::LeafKind::message;
  RecordId id;
  GroupId group;
  Seq seq;
  Submission submission;
  Epoch epoch;
  MessageId message_id;
  DeviceId sender;
  Digest certificate;  // SHA-256 of the sender's certificate note
  SecretBytes evidence;
  TimeMs sender_time;
  TimeMs bot_time;
  std::vector<RecordFinding> findings;
  RecordVerdict verdict = RecordVerdict::none;
  Digest policy;
  Remark remark;
  PreviousRecord previous_of_group;
  PreviousRecord previous_of_sender;

  /// At most 65,535 findings (asserted).
  SecretBytes encode() const;
  /// input_invalid for anything `encode` would not have written.
  static Result<Record> decode(ByteView bytes);
};

}  // namespace candour::warrant
