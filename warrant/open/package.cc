#include "warrant/open/package.h"

#include "base/assert.h"
#include "base/codec.h"
#include "base/limits.h"
#include "identity/note.h"

namespace candour::warrant {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kCertificatesMax = 256;
constexpr std::size_t kHashesMax = 63;

void write_hashes(Writer& out, const tlog::Proof& hashes) {
  CANDOUR_ASSERT(hashes.size() <= kHashesMax);
  out.u8(static_cast<std::uint8_t>(hashes.size()));
  for (const Digest& hash : hashes) out.id(hash);
}

tlog::Proof read_hashes(Reader& in) {
  const std::size_t count = in.u8();
  if (count > kHashesMax) in.fail();
  tlog::Proof hashes;
  for (std::size_t i = 0; i < count && in.ok(); ++i) hashes.push_back(in.id<Digest>());
  return hashes;
}

tlog::LeafOpening read_opening(Reader& in) {
  const auto opening = tlog::LeafOpening::decode(in.raw(tlog::kOpeningSize));
  if (opening) return opening.value();
  in.fail();
  return {};
}

std::string read_note(Reader& in) {
  return std::string(as_text(in.vec(identity::kSignedNoteSizeMax)));
}

void write_logged(Writer& out, const LoggedNote& logged) {
  out.vec(logged.note);
  out.raw(logged.opening.encode());
  out.u64(logged.index);
  write_hashes(out, logged.hashes);
  out.vec(logged.checkpoint);
}

LoggedNote read_logged(Reader& in) {
  LoggedNote logged;
  logged.note = read_note(in);
  logged.opening = read_opening(in);
  logged.index = in.u64();
  logged.hashes = read_hashes(in);
  logged.checkpoint = read_note(in);
  return logged;
}

}  // namespace

Bytes RequestPackage::encode() const {
  CANDOUR_ASSERT(certificates.size() <= kCertificatesMax);
  Writer out;
  out.u8(kVersion);
  out.vec(statement);
  out.u16(static_cast<std::uint16_t>(certificates.size()));
  for (const std::string& certificate : certificates) out.vec(certificate);
  write_logged(out, warrant);
  write_logged(out, request);
  out.u32(static_cast<std::uint32_t>(records.size()));
  for (const RequestedRecord& record : records) {
    out.u64(record.index);
    out.raw(record.opening.encode());
    write_hashes(out, record.hashes);
    out.vec(record.sealed);
  }
  return out.take();
}

Result<RequestPackage> RequestPackage::decode(ByteView bytes) {
  const auto malformed = [](const std::string& why) {
    return error(ErrorCode::input_invalid,
                 "the request package " + why + "; fetch it from the investigator's station again");
  };
  if (bytes.size() > limits::kRequestSizeMax) return malformed("is larger than 64 MiB");
  Reader in(bytes);
  if (in.u8() != kVersion) return malformed("is not of version 1");
  RequestPackage out;
  out.statement = read_note(in);
  const std::size_t certificates = in.u16();
  if (certificates > kCertificatesMax) return malformed("has more than 256 certificates");
  for (std::size_t i = 0; i < certificates && in.ok(); ++i) {
    out.certificates.push_back(read_note(in));
  }
  out.warrant = read_logged(in);
  out.request = read_logged(in);
  const std::size_t records = in.u32();
  if (records > limits::kReleaseRecordsMax) return malformed("has more than 20,000 records");
  for (std::size_t i = 0; i < records && in.ok(); ++i) {
    RequestedRecord record;
    record.index = in.u64();
    record.opening = read_opening(in);
    record.hashes = read_hashes(in);
    record.sealed = to_bytes(in.vec(limits::kRecordSizeMax));
    out.records.push_back(std::move(record));
  }
  if (!in.finish()) return malformed("is cut short, too long or damaged");
  return out;
}

}  // namespace candour::warrant
