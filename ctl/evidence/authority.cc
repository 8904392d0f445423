#include "ctl/evidence/authority.h"

#include "crypto/hash.h"
#include "identity/notice.h"
#include "identity/pack_note.h"

namespace candour::ctl {
namespace {

using tlog::LeafKind;

std::string name_of(const DirectoryExhibit& exhibit) {
  return std::string(tlog::name_of(exhibit.kind)) + " at leaf " +
         std::to_string(exhibit.proof.index);
}

// The opening in the proof is of this object, and the proof holds.
Status check_logged(const DirectoryExhibit& exhibit, const identity::Statement& statement) {
  CANDOUR_TRY(const auto opening, tlog::LeafOpening::decode(*exhibit.proof.extra));
  if (opening.kind != exhibit.kind || opening.object_hash != crypto::sha256(exhibit.object)) {
    return error(ErrorCode::log_inconsistent, "the leaf's opening is of another object");
  }
  CANDOUR_TRY(
      exhibit.proof.verify(tlog::leaf_hash(opening.entry(tlog::LeafClass::directory)), statement));
  return ok();
}

}  // namespace

Result<Authority> Authority::build(const Exhibits& exhibits, const PinnedKeys& keys,
                                   std::vector<Check>& checks) {
  Authority out;
  CANDOUR_TRY(out.statement_, identity::Statement::verify(exhibits.statement, keys.root));
  if (keys.log && !(*keys.log == out.statement_.log)) {
    return error(ErrorCode::log_inconsistent, "the bundle is about log '" +
                                                  out.statement_.log.name +
                                                  "', whose key is not the one given with --log");
  }
  Check check{"directory", true, {}};
  for (const DirectoryExhibit& exhibit : exhibits.directory) {
    Status taken = check_logged(exhibit, out.statement_);
    if (taken) taken = out.take(exhibit, keys.root);
    if (taken) continue;
    check.passed = false;
    check.detail = name_of(exhibit) + ": " + taken.error().message;
  }
  if (check.passed) {
    check.detail = std::to_string(exhibits.directory.size()) +
                   " statements, certificates, policy versions and notices, each in the log";
  }
  checks.push_back(std::move(check));
  return out;
}

Status Authority::take(const DirectoryExhibit& exhibit, const identity::NoteKey& root) {
  switch (exhibit.kind) {
    case LeafKind::statement: {
      CANDOUR_TRY(auto statement, identity::Statement::verify(as_text(exhibit.object), root));
      statements_.emplace(exhibit.proof.index, std::move(statement));
      return ok();
    }
    case LeafKind::certificate:
      return take_certificate(exhibit);
    case LeafKind::revocation:
      return take_revocation(exhibit);
    case LeafKind::policy:
      return take_policy(exhibit);
    case LeafKind::notice: {
      CANDOUR_TRY(
          identity::Notice::verify(as_text(exhibit.object), statement_at(exhibit.proof.index)));
      return ok();
    }
    case LeafKind::notice_ack:
      return take_acknowledgement(exhibit);
    default:
      return error(ErrorCode::bundle_invalid, "no object of the directory");
  }
}

Status Authority::take_certificate(const DirectoryExhibit& exhibit) {
  CANDOUR_TRY(auto certificate, identity::Certificate::verify(as_text(exhibit.object),
                                                              statement_at(exhibit.proof.index)));
  Certified certified;
  certified.certificate = std::move(certificate);
  certified.note_hash = crypto::sha256(exhibit.object);
  certified.index = exhibit.proof.index;
  certificates_.push_back(std::move(certified));
  return ok();
}

Status Authority::take_revocation(const DirectoryExhibit& exhibit) {
  CANDOUR_TRY(
      const auto revocation,
      identity::Revocation::verify(as_text(exhibit.object), statement_at(exhibit.proof.index)));
  for (Certified& certified : certificates_) {
    if (certified.certificate.device() == revocation.device && !certified.revoked_at) {
      certified.revoked_at = exhibit.proof.index;
    }
  }
  return ok();
}

Status Authority::take_policy(const DirectoryExhibit& exhibit) {
  CANDOUR_TRY(const auto pack, identity::PackNote::verify(as_text(exhibit.object),
                                                          statement_at(exhibit.proof.index)));
  policies_.emplace(pack.digest, exhibit.proof.index);
  return ok();
}

Status Authority::take_acknowledgement(const DirectoryExhibit& exhibit) {
  CANDOUR_TRY(const DeviceId device, identity::NoticeAck::device_of(exhibit.object));
  for (Certified& certified : certificates_) {
    if (certified.certificate.device() != device) continue;
    CANDOUR_TRY(const auto ack, identity::NoticeAck::verify(
                                    exhibit.object, certified.certificate.subject.signing_key));
    certified.acknowledgements.emplace_back(exhibit.proof.index, ack.time);
    return ok();
  }
  return error(ErrorCode::unknown_device, "the bundle has no certificate of its device");
}

const identity::Statement& Authority::statement_at(std::uint64_t leaf_index) const {
  const auto after = statements_.upper_bound(leaf_index);
  return after == statements_.begin() ? statement_ : std::prev(after)->second;
}

const Certified* Authority::certificate(const Digest& note_hash) const {
  for (const Certified& certified : certificates_) {
    if (certified.note_hash == note_hash) return &certified;
  }
  return nullptr;
}

std::optional<std::uint64_t> Authority::policy(const Digest& digest) const {
  const auto found = policies_.find(digest);
  if (found == policies_.end()) return std::nullopt;
  return found->second;
}

}  // namespace candour::ctl
