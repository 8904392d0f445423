// The witness protocol (C2SP tlog-witness, add-checkpoint): a witness remembers the newest
// checkpoint it cosigned for a log and cosigns only checkpoints that grew from it. The decision is a
// pure function; whoever calls it makes check and store one atomic, durable step.
//
//   old 20852014
//   <up to 63 proof hashes, base64, one a line>
//   <empty line>
//   <checkpoint, a signed note>
#pragma once

#include <optional>

#include "tlog/checkpoint.h"
#include "tlog/tree.h"

namespace candour::tlog {

/// What a log asks a witness.
struct AddCheckpoint {
  std::uint64_t old_size = 0;
  Proof proof;
  std::string checkpoint;  // signed note, verbatim

  std::string print() const;
  /// note_malformed with the line at fault.
  static Result<AddCheckpoint> parse(std::string_view body);
};

/// The newest checkpoint a witness cosigned for one log; size 0 and the empty root before the
/// first.
struct WitnessState {
  std::uint64_t size = 0;
  Digest root = empty_root();
  std::string note;  // with the log's signature and the witness' own; empty before the first

  /// Reads back what was stored as `note` and checks the log's signature: state_damaged.
  static Result<WitnessState> load(std::string_view note, const identity::NoteKey& log);
};

struct WitnessAnswer {
  unsigned status = 200;  // HTTP: 200, 400, 403, 404, 409, 422
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;       // 200: signature lines; 409: the stored size; otherwise one sentence
  /// For 200: what must be durable before the answer goes out.
  std::optional<WitnessState> new_state;
};

struct WitnessIdentity {
  std::string name;               // as in its type 04 verifier key
  const crypto::SigningKey& key;  // outlives the call
};

/// The log among `logs` whose name is the origin in the request; nothing when it is unknown (404)
/// or the request is malformed (400): `decide` then gives the answer.
const identity::NoteKey* log_of(const AddCheckpoint& request,
                                const std::vector<identity::NoteKey>& logs);

/// What the witness answers to a request for `log` (null = unknown origin) given what it has
/// stored for it. `time_s` is the time of the cosignature, seconds since 1970.
WitnessAnswer decide(const AddCheckpoint& request, const identity::NoteKey* log,
                     const WitnessState& stored, const WitnessIdentity& witness,
                     std::uint64_t time_s);

/// Lower-case hex SHA-256 of the origin, as in GET /<origin hash>/checkpoint.
std::string origin_hash(std::string_view origin);

}  // namespace candour::tlog
