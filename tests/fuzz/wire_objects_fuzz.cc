// What the relay reads beside frames: rows of its database, answers of witnesses and requests to
// them, tile paths, and the signed objects inside frames. Whatever the bytes, reading ends, and
// what is accepted is written again the same.
#include "identity/login.h"
#include "identity/notice.h"
#include "identity/opening_notice.h"
#include "identity/roster.h"
#include "identity/token.h"
#include "storage/relay_leaves.h"
#include "tests/fuzz/fuzz_target.h"
#include "tlog/checkpoint.h"
#include "tlog/record_label.h"
#include "tlog/tile.h"
#include "tlog/witness.h"

namespace candour {
namespace {

/// A row of log_entries: the first two bytes say how long `leaf` is.
void stored_leaf(ByteView bytes) {
  if (bytes.size() < 2) return;
  const std::size_t size = std::min<std::size_t>(bytes.size() - 2, bytes[0] + 256u * bytes[1]);
  const ByteView leaf = bytes.subspan(2, size);
  const ByteView record = bytes.subspan(2 + size);
  try {
    storage::check_leaf(0, leaf, record);
    (void)storage::entry_of(leaf);
    (void)storage::opening_of(leaf, record);
  } catch (const SQLite::Exception&) {
    // Damage is told so.
  }
}

void opening(ByteView bytes) {
  const auto value = tlog::LeafOpening::decode(bytes);
  if (value) fuzz::require(same(value.value().encode(), bytes), "opening differs");
}

void label(ByteView bytes) {
  (void)tlog::label_of(bytes);
  const auto value = tlog::RecordLabel::decode(bytes);
  if (value) fuzz::require(same(value.value().encode(), bytes), "label differs");
}

void checkpoint(ByteView bytes) {
  const auto value = tlog::Checkpoint::parse(as_text(bytes));
  if (value) fuzz::require(value.value().print() == as_text(bytes), "checkpoint differs");
}

void witness_question(ByteView bytes) {
  const auto value = tlog::AddCheckpoint::parse(as_text(bytes));
  if (value) fuzz::require(value.value().print() == as_text(bytes), "question differs");
}

void witness_answer(ByteView bytes) {
  const auto line = identity::parse_signature(as_text(bytes));
  if (!line) return;
  const auto again = identity::parse_signature(identity::print_signature(line.value()));
  fuzz::require(again && again.value().signature == line.value().signature, "line differs");
}

void note(ByteView bytes) {
  const auto value = identity::SignedNote::parse(as_text(bytes));
  if (value) fuzz::require(value.value().print() == as_text(bytes), "note differs");
  (void)identity::OpeningNotice::parse(as_text(bytes));
  (void)identity::Statement::parse(as_text(bytes));
  (void)identity::NoteKey::parse(as_text(bytes));
}

void tile(ByteView bytes) {
  const auto value = tlog::Tile::parse(as_text(bytes));
  if (value) fuzz::require(value.value().path() == as_text(bytes), "path differs");
  (void)tlog::parse_entry_bundle(bytes);
}

void signed_objects(ByteView bytes) {
  (void)identity::ReleaseToken::decode(bytes);
  (void)identity::ReleaseToken::verify(bytes, SigningPublicKey());
  (void)identity::Roster::verify(bytes, SigningPublicKey());
  (void)identity::NoticeAck::device_of(bytes);
  (void)identity::NoticeAck::verify(bytes, SigningPublicKey());
}

}  // namespace

static void read_any(ByteView input) {
  if (input.empty()) return;
  constexpr void (*kReaders[])(ByteView) = {stored_leaf,      opening,        label, checkpoint,
                                            witness_question, witness_answer, note,  tile,
                                            signed_objects};
  kReaders[input[0] % std::size(kReaders)](input.subspan(1));
}

}  // namespace candour

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  candour::read_any({data, size});
  return 0;
}
