#include "warrant/open/approval.h"

#include "base/codec.h"
#include "base/encoding.h"
#include "base/limits.h"
#include "crypto/hash.h"
#include "warrant/open/note_lines.h"

namespace candour::warrant {
namespace {

constexpr std::string_view kFormat = "candour-approval/v1";
constexpr std::string_view kSealLabel = "candour approval v1";
constexpr std::uint8_t kVersion = 1;

Bytes seal_info(const Digest& request, std::string_view key_name) {
  Bytes info = to_bytes(kSealLabel);
  info.push_back(0);
  append(info, request.view());
  append(info, as_bytes(key_name));
  return info;
}

Error refused(const std::string& why) {
  return error(ErrorCode::input_invalid, "the approval " + why);
}

/// The role key of the place the approval claims.
Result<const identity::RoleKey*> key_of(const Approval& approval,
                                        const identity::Statement& statement) {
  const identity::RoleKey* key = statement.role_key(approval.custodian);
  const auto unknown = [&] {
    return refused("is by '" + approval.custodian + "' as number " +
                   std::to_string(approval.index) + " of '" + approval.group +
                   "', a place the statement does not give to that key");
  };
  if (approval.by_keeper()) {
    if (key == nullptr || key->role != "keeper" || approval.group != kKeeperGroup) return unknown();
    return key;
  }
  const identity::CustodianGroup* group = statement.custodian_group(approval.group);
  if (key == nullptr || key->role != "custodian" || group == nullptr ||
      approval.index > group->members.size() ||
      group->members[approval.index - 1].key_name != approval.custodian) {
    return unknown();
  }
  return key;
}

}  // namespace

std::string Approval::print() const {
  return std::string(kFormat) + "\norganisation " + organisation + "\nrequest " + request.hex() +
         "\ncustodian " + custodian + "\ngroup " + group + "\nindex " + std::to_string(index) +
         "\nrecords " + std::to_string(records) + "\nsealed " + sealed.hex() + "\nissued " +
         time_encode(issued.value) + "\n";
}

Result<Approval> Approval::parse(std::string_view text) {
  CANDOUR_TRY(auto lines, NoteLines::open(text, kFormat, "approval", ErrorCode::note_malformed));
  Approval a;
  CANDOUR_TRY(a.organisation, lines.identifier("organisation"));
  CANDOUR_TRY(a.request, lines.digest("request"));
  CANDOUR_TRY(a.custodian, lines.key_name("custodian"));
  CANDOUR_TRY(a.group, lines.identifier("group"));
  CANDOUR_TRY(auto index, lines.number("index"));
  if (index > 255) return lines.wrong("'index' is more than 255");
  a.index = static_cast<std::uint32_t>(index);
  CANDOUR_TRY(a.records, lines.number("records"));
  CANDOUR_TRY(a.sealed, lines.digest("sealed"));
  CANDOUR_TRY(a.issued, lines.time("issued"));
  CANDOUR_TRY(lines.end());
  return a;
}

Bytes ApprovalFile::encode() const {
  Writer out;
  out.u8(kVersion);
  out.vec(note);
  out.vec(sealed);
  return out.take();
}

Result<ApprovalFile> ApprovalFile::decode(ByteView bytes) {
  Reader in(bytes);
  ApprovalFile out;
  const std::uint8_t version = in.u8();
  out.note = std::string(as_text(in.vec(identity::kSignedNoteSizeMax)));
  out.sealed = to_bytes(in.vec(limits::kRequestSizeMax));
  if (!in.finish() || version != kVersion) return refused("file is damaged or not of version 1");
  return out;
}

Result<ApprovalFile> seal_approval(Approval approval, const SealingPublicKey& reply_key,
                                   ByteView parts, const crypto::SigningKey& key, Random& random) {
  auto box = crypto::sealed_box(reply_key, seal_info(approval.request, approval.custodian), {},
                                parts, random);
  if (!box) return refused("cannot be sealed: the request's reply key is of low order");
  approval.sealed = crypto::sha256(box.value());
  identity::SignedNote note{approval.print(), {}};
  identity::sign_note(note, approval.custodian, key);
  return ApprovalFile{note.print(), std::move(box.value())};
}

Result<Approval> verify_approval(const ApprovalFile& file, const identity::Statement& statement,
                                 const Request& request) {
  CANDOUR_TRY(auto note, identity::SignedNote::parse(file.note));
  CANDOUR_TRY(auto approval, Approval::parse(note.text));
  if (approval.organisation != statement.id || approval.request != request.digest() ||
      approval.records != request.records) {
    return refused("answers another request than " + request.digest().hex());
  }
  CANDOUR_TRY(auto key, key_of(approval, statement));
  if (!note.signed_by(key->key)) {
    return error(ErrorCode::signature_invalid,
                 "the approval is not signed by '" + approval.custodian + "'");
  }
  if (crypto::sha256(file.sealed) != approval.sealed) {
    return refused("of '" + approval.custodian + "' comes with other sealed parts than it signed");
  }
  return approval;
}

Result<SecretBytes> open_approval(const ApprovalFile& file, const Approval& approval,
                                  const crypto::SealingKey& reply_key) {
  auto parts = crypto::open_sealed_box(reply_key, seal_info(approval.request, approval.custodian),
                                       {}, file.sealed);
  if (!parts) {
    return error(ErrorCode::decryption_failed, "the parts of '" + approval.custodian +
                                                   "' are not sealed to the key of this request");
  }
  return parts;
}

}  // namespace candour::warrant
