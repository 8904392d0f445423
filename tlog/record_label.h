// The label of a sealed record: what a record says about itself in public, what its proof binds and
// what custodians judge scope by. It stands at the front of every sealed record:
//
//   label         = version u8 = 1, suite u16, log origin vec, record id 16, group 16, sender 32,
//                   bot time u64, class vec, period vec
//   sealed record = version u8 = 1, suite u16, label vec, then what warrant/seal/seal.h says
//
// The relay reads it to find records by group, sender and time; it cannot check more of it than
// that it is well-formed. Values; functions are pure and thread-safe.
#pragma once

#include <string>

#include "base/codec.h"
#include "base/ids.h"
#include "base/result.h"

namespace candour::tlog {

inline constexpr std::uint16_t kSealSuite = 1;
inline constexpr std::size_t kLogOriginSizeMax = 255;

struct RecordLabel {
  std::uint16_t suite = kSealSuite;
  std::string log_origin;
  RecordId record;
  GroupId group;
  DeviceId sender;
  TimeMs bot_time;
  std::string retention_class;
  std::string period;

  Bytes encode() const;
  /// input_invalid unless well-formed and of a known suite.
  static Result<RecordLabel> decode(ByteView bytes);
  bool operator==(const RecordLabel&) const = default;
};

/// The label of a sealed record, for those who only sort them; nothing else is checked.
/// input_invalid as RecordLabel::decode.
Result<RecordLabel> label_of(ByteView sealed_record);

}  // namespace candour::tlog
