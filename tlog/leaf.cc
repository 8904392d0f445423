#include "tlog/leaf.h"

#include "base/codec.h"
#include "crypto/hash.h"

namespace candour::tlog {
namespace {

constexpr std::string_view kLabel = "candour leaf v1";

bool known(std::uint8_t kind) {
  switch (static_cast<LeafKind>(kind)) {
    case LeafKind::message:
    case LeafKind::commit:
    case LeafKind::attempt:
    case LeafKind::alert_step:
    case LeafKind::group_change:
    case LeafKind::alert_dismissal:
    case LeafKind::statement:
    case LeafKind::certificate:
    case LeafKind::revocation:
    case LeafKind::policy:
    case LeafKind::notice:
    case LeafKind::notice_ack:
    case LeafKind::succession:
    case LeafKind::web_bundle:
    case LeafKind::warrant:
    case LeafKind::release:
    case LeafKind::disposal:
    case LeafKind::request:
    case LeafKind::warrant_revocation:
      return true;
  }
  return false;
}

}  // namespace

Bytes LeafOpening::encode() const {
  Writer w;
  w.u8(1);
  w.u8(static_cast<std::uint8_t>(kind));
  w.id(salt);
  w.id(object_hash);
  w.id(ciphertext_hash);
  w.id(content_commitment);
  return w.take();
}

Result<LeafOpening> LeafOpening::decode(ByteView bytes) {
  Reader r(bytes);
  const std::uint8_t version = r.u8();
  const std::uint8_t kind = r.u8();
  LeafOpening out;
  out.salt = r.id<Digest>();
  out.object_hash = r.id<Digest>();
  out.ciphertext_hash = r.id<Digest>();
  out.content_commitment = r.id<Digest>();
  if (!r.finish() || version != 1) {
    return error(ErrorCode::input_invalid,
                 "the opening of a log entry is not a version 1 opening of 130 bytes");
  }
  if (!known(kind)) {
    return error(ErrorCode::input_invalid,
                 "the opening of a log entry names the unknown kind " + std::to_string(kind));
  }
  out.kind = static_cast<LeafKind>(kind);
  return out;
}

Bytes LeafOpening::entry(LeafClass leaf_class) const {
  Bytes committed = to_bytes(kLabel);
  committed.push_back(0);
  append(committed, salt.view());
  committed.push_back(static_cast<std::uint8_t>(kind));
  append(committed, object_hash.view());
  append(committed, ciphertext_hash.view());
  append(committed, content_commitment.view());
  Writer w;
  w.u8(1);
  w.u8(static_cast<std::uint8_t>(leaf_class));
  w.id(crypto::sha256(committed));
  return w.take();
}

std::string_view name_of(LeafKind kind) {
  switch (kind) {
    case LeafKind::message:
      return "message";
    case LeafKind::commit:
      return "commit";
    case LeafKind::attempt:
      return "attempt";
    case LeafKind::alert_step:
      return "alert_step";
    case LeafKind::group_change:
      return "group_change";
    case LeafKind::alert_dismissal:
      return "alert_dismissal";
    case LeafKind::statement:
      return "statement";
    case LeafKind::certificate:
      return "certificate";
    case LeafKind::revocation:
      return "revocation";
    case LeafKind::policy:
      return "policy";
    case LeafKind::notice:
      return "notice";
    case LeafKind::notice_ack:
      return "notice_ack";
    case LeafKind::succession:
      return "succession";
    case LeafKind::web_bundle:
      return "web_bundle";
    case LeafKind::warrant:
      return "warrant";
    case LeafKind::release:
      return "release";
    case LeafKind::disposal:
      return "disposal";
    case LeafKind::request:
      return "request";
    case LeafKind::warrant_revocation:
      return "warrant_revocation";
  }
  return "unknown";
}

Digest leaf_hash(ByteView entry) {
  const std::uint8_t prefix[] = {0};
  return crypto::sha256({ByteView(prefix), entry});
}

}  // namespace candour::tlog
