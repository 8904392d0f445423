#include "warrant/open/oversight.h"

#include "base/codec.h"
#include "crypto/hash.h"
#include "identity/note.h"

namespace candour::warrant {
namespace {

constexpr std::string_view kLabel = "candour oversight copy v1";
constexpr std::uint8_t kVersion = 1;

Bytes copy_info(ByteView entry) {
  Bytes info = to_bytes(kLabel);
  info.push_back(0);
  append(info, entry);
  return info;
}

}  // namespace

Result<Bytes> seal_oversight_copy(const OversightCopy& copy, const SealingPublicKey& auditor,
                                  Random& random) {
  Writer plain;
  plain.u8(kVersion);
  plain.raw(copy.opening.encode());
  plain.vec(copy.object);
  const Bytes entry = copy.opening.entry(tlog::LeafClass::opening);
  auto sealed = crypto::sealed_box(auditor, copy_info(entry), {}, plain.view(), random);
  if (!sealed) {
    return error(ErrorCode::input_invalid,
                 "nothing can be sealed to the auditor's sealing key: it is of low order");
  }
  return sealed;
}

Result<OversightCopy> open_oversight_copy(ByteView sealed, ByteView entry,
                                          const crypto::SealingKey& auditor) {
  const auto plain = crypto::open_sealed_box(auditor, copy_info(entry), {}, sealed);
  if (!plain) {
    return error(ErrorCode::decryption_failed,
                 "the oversight copy is not sealed to this key and log entry");
  }
  Reader in(plain.value().view());
  const std::uint8_t version = in.u8();
  const auto opening = tlog::LeafOpening::decode(in.raw(tlog::kOpeningSize));
  OversightCopy copy{std::string(as_text(in.vec(identity::kSignedNoteSizeMax))), {}};
  if (version != kVersion || !opening || !in.finish()) {
    return error(ErrorCode::log_inconsistent, "the oversight copy is malformed inside its seal");
  }
  copy.opening = opening.value();
  if (!same(copy.opening.entry(tlog::LeafClass::opening), entry) ||
      copy.opening.object_hash != crypto::sha256(as_bytes(copy.object))) {
    return error(ErrorCode::log_inconsistent,
                 "the oversight copy holds another object than the one that was logged");
  }
  return copy;
}

tlog::LeafOpening make_note_opening(tlog::LeafKind kind, std::string_view note, Random& random) {
  tlog::LeafOpening opening;
  opening.kind = kind;
  opening.salt = random.id<Digest>();
  opening.object_hash = crypto::sha256(as_bytes(note));
  return opening;
}

Status check_note_opening(const tlog::LeafOpening& opening, tlog::LeafKind kind,
                          std::string_view note) {
  if (opening.kind == kind && opening.object_hash == crypto::sha256(as_bytes(note)) &&
      opening.ciphertext_hash.is_zero() && opening.content_commitment.is_zero()) {
    return ok();
  }
  return error(ErrorCode::log_inconsistent, "the log entry of the " +
                                                std::string(tlog::name_of(kind)) +
                                                " is over another note, or of another kind");
}

}  // namespace candour::warrant
