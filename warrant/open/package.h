// The request package: all a custodian or keeper needs to judge a request, in one file, without a
// network. Everything in it is public to those who may see the warrant; nothing in it is believed
// before checks.h has looked at it.
//
//   package = version u8 = 1, statement vec, certificates u16 count, each vec,
//             warrant logged, request logged, records u32 count, each:
//             leaf index u64, opening 130, hashes, sealed record vec
//   logged  = note vec, opening 130, leaf index u64, hashes, checkpoint vec
//   hashes  = u8 count, each 32
//
// Values; functions are pure and thread-safe.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"
#include "tlog/leaf.h"
#include "tlog/tree.h"

namespace candour::warrant {

/// A note whose commitment is a leaf of the log.
struct LoggedNote {
  std::string note;  // verbatim, with its signatures
  tlog::LeafOpening opening;
  std::uint64_t index = 0;
  tlog::Proof hashes;      // inclusion in the checkpoint's tree
  std::string checkpoint;  // signed note, verbatim
};

struct RequestedRecord {
  std::uint64_t index = 0;
  tlog::LeafOpening opening;
  tlog::Proof hashes;  // inclusion in the tree of the request's checkpoint
  Bytes sealed;        // SealedRecord::encode
};

struct RequestPackage {
  std::string statement;                  // signed note
  std::vector<std::string> certificates;  // of every author device of the warrant
  LoggedNote warrant;  // in the first witnessed checkpoint: it dates the cooling-off
  LoggedNote request;  // in a fresh checkpoint
  std::vector<RequestedRecord> records;  // ascending by leaf index

  /// At most limits::kRequestSizeMax bytes when the records are as many as one request may ask for.
  Bytes encode() const;
  /// input_invalid for anything `encode` would not have written, or over the limits.
  static Result<RequestPackage> decode(ByteView bytes);
};

}  // namespace candour::warrant
