#include "warrant/open/request.h"

#include "base/codec.h"
#include "base/encoding.h"
#include "base/limits.h"
#include "crypto/hash.h"
#include "warrant/open/note_lines.h"

namespace candour::warrant {
namespace {

constexpr std::string_view kFormat = "candour-request/v1";
constexpr std::size_t kPurposeSizeMax = 512;

}  // namespace

std::string Request::print() const {
  std::string out = std::string(kFormat) + "\norganisation " + organisation + "\nwarrant " +
                    warrant.hex() + "\nwarrant-leaf " + warrant_leaf.hex() + "\nrecords " +
                    std::to_string(records) + "\nrecords-digest " + records_digest.hex() +
                    "\nreply-key " + reply_key.hex() + "\n";
  if (purpose) out += "purpose " + *purpose + "\n";
  return out + "issued " + time_encode(issued.value) + "\n";
}

Result<Request> Request::parse(std::string_view text) {
  CANDOUR_TRY(auto lines, NoteLines::open(text, kFormat, "request", ErrorCode::note_malformed));
  Request r;
  CANDOUR_TRY(r.organisation, lines.identifier("organisation"));
  CANDOUR_TRY(r.warrant, lines.digest("warrant"));
  CANDOUR_TRY(r.warrant_leaf, lines.digest("warrant-leaf"));
  CANDOUR_TRY(r.records, lines.number("records"));
  if (r.records == 0 || r.records > limits::kReleaseRecordsMax) {
    return lines.wrong("'records' is not 1 to " + std::to_string(limits::kReleaseRecordsMax));
  }
  CANDOUR_TRY(r.records_digest, lines.digest("records-digest"));
  CANDOUR_TRY(auto key, lines.digest("reply-key"));
  r.reply_key = *SealingPublicKey::from(key.view());
  if (lines.next_is("purpose")) {
    CANDOUR_TRY(r.purpose, lines.line("purpose", kPurposeSizeMax));
  }
  CANDOUR_TRY(r.issued, lines.time("issued"));
  CANDOUR_TRY(lines.end());
  return r;
}

Result<Request> Request::verify(std::string_view note, const identity::Statement& statement,
                                const Warrant& warrant) {
  CANDOUR_TRY(auto signed_note, identity::SignedNote::parse(note));
  CANDOUR_TRY(auto r, parse(signed_note.text));
  if (r.organisation != statement.id) {
    return error(ErrorCode::warrant_invalid, "the request is of organisation '" + r.organisation +
                                                 "', not of '" + statement.id + "'");
  }
  if (r.warrant != warrant.digest()) {
    return error(ErrorCode::warrant_invalid, "the request cites warrant " + r.warrant.hex() +
                                                 ", not " + warrant.digest().hex());
  }
  const identity::RoleKey* key = statement.role_key(warrant.requester.key_name);
  if (key == nullptr) {
    return error(ErrorCode::warrant_invalid,
                 "the statement has no key '" + warrant.requester.key_name + "'");
  }
  const auto signers = signed_note.verify({key->key});
  if (!signers) {
    return error(ErrorCode::warrant_signature_invalid,
                 "the signature of '" + key->key.name + "' does not fit the request's text");
  }
  if (signers.value().empty()) {
    return error(ErrorCode::warrant_signature_missing,
                 "the request is not signed by '" + key->key.name +
                     "', who holds the warrant; nobody else can use it");
  }
  return r;
}

Digest Request::digest() const { return crypto::sha256(as_bytes(print())); }

Digest records_digest(std::span<const RequestedLeaf> leaves) {
  crypto::Sha256 hash;
  for (const RequestedLeaf& leaf : leaves) {
    Writer one;
    one.u64(leaf.index);
    one.id(leaf.leaf_hash);
    hash.update(one.view());
  }
  return hash.finish();
}

}  // namespace candour::warrant
