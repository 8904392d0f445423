#include "identity/notice.h"

#include "base/codec.h"
#include "crypto/hash.h"
#include "identity/note_text.h"
#include "identity/signers.h"

namespace candour::identity {
namespace {

constexpr std::string_view kFormat = "candour-notice/v1";
constexpr std::string_view kAckLabel = "candour notice ack v1";
constexpr std::size_t kLineSizeMax = 1000;
constexpr std::size_t kLinesMax = 200;

Error malformed(std::string message) {
  return error(ErrorCode::note_malformed, "notice: " + std::move(message));
}

Bytes ack_body(const NoticeAck& ack) {
  Writer w;
  w.u8(1);
  w.id(ack.device);
  w.id(ack.notice);
  w.number(ack.time);
  return w.take();
}

struct SignedAck {
  NoticeAck ack;
  Signature signature;
};

Result<SignedAck> decode_ack(ByteView bytes) {
  Reader r(bytes);
  const std::uint8_t version = r.u8();
  SignedAck out;
  out.ack.device = r.id<DeviceId>();
  out.ack.notice = r.id<Digest>();
  out.ack.time = r.number<TimeMs>();
  out.signature = r.id<Signature>();
  if (!r.finish() || version != 1) {
    return error(
        ErrorCode::input_invalid,
        "the acknowledgement of the notice is not a version 1 acknowledgement of 137 bytes");
  }
  return out;
}

}  // namespace

std::string Notice::print() const {
  std::string out = std::string(kFormat) + "\norganisation " + organisation + "\nversion " +
                    std::to_string(version) + "\nissued " + time_encode(issued.value) + "\n";
  for (const std::string& text : lines) out += "line " + text + "\n";
  return out;
}

Result<Notice> Notice::verify(std::string_view note, const Statement& statement) {
  CANDOUR_TRY(auto signed_note, SignedNote::parse(note));
  CANDOUR_TRY(auto fields, NoteFields::parse(signed_note.text, kFormat,
                                             {"organisation", "version", "issued", "line"}));
  Notice notice;
  CANDOUR_TRY(notice.organisation, fields.one("organisation"));
  CANDOUR_TRY(auto version_text, fields.one("version"));
  const auto version = parse_decimal(version_text);
  if (!version || *version == 0) return malformed("'version' is not a number from 1");
  notice.version = *version;
  CANDOUR_TRY(auto issued, fields.one("issued"));
  const auto time_ms = time_decode(issued);
  if (!time_ms) return malformed("'issued' is not a time such as 2026-01-31T08:00:00.000Z");
  notice.issued = TimeMs(*time_ms);
  notice.lines = fields.all("line");
  if (notice.lines.empty()) return malformed("it has no text ('line')");
  if (notice.lines.size() > kLinesMax) return malformed("it has more than 200 lines");
  for (const std::string& text : notice.lines) {
    if (!text.empty() && !valid_line(text, kLineSizeMax)) {
      return malformed("a line is longer than 1000 bytes or holds characters that mislead readers");
    }
  }
  if (notice.organisation != statement.id) {
    return error(ErrorCode::foreign_certificate, "the notice is of organisation '" +
                                                     notice.organisation + "', not of '" +
                                                     statement.id + "'");
  }
  CANDOUR_TRY(signed_by_two_people(signed_note, statement, "policy-author", "policy-approver"));
  return notice;
}

Digest note_digest(const SignedNote& note) { return crypto::sha256(as_bytes(note.text)); }

Bytes NoticeAck::sign(const crypto::SigningKey& device_key) const {
  Bytes out = ack_body(*this);
  const Signature signature = device_key.sign_labelled(kAckLabel, out);
  append(out, signature.view());
  return out;
}

Result<NoticeAck> NoticeAck::verify(ByteView bytes, const SigningPublicKey& device_key) {
  CANDOUR_TRY(auto decoded, decode_ack(bytes));
  if (!crypto::verify_labelled(device_key, kAckLabel, ack_body(decoded.ack), decoded.signature)) {
    return error(ErrorCode::signature_invalid,
                 "the acknowledgement of the notice is not signed by the device it names");
  }
  return decoded.ack;
}

Result<DeviceId> NoticeAck::device_of(ByteView bytes) {
  CANDOUR_TRY(auto decoded, decode_ack(bytes));
  return decoded.ack.device;
}

}  // namespace candour::identity
