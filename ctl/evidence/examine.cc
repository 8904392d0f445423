#include "ctl/evidence/examine.h"

#include <algorithm>

#include "crypto/hash.h"
#include "tlog/checkpoint.h"
#include "warrant/open/approval.h"
#include "warrant/open/oversight.h"

namespace candour::ctl {
namespace {

// The note's leaf is of this kind, over this note, and in the log.
Status check_logged(const NoteExhibit& exhibit, tlog::LeafKind kind,
                    const identity::Statement& statement) {
  CANDOUR_TRY(const auto opening, tlog::LeafOpening::decode(*exhibit.proof.extra));
  CANDOUR_TRY(warrant::check_note_opening(opening, kind, exhibit.note));
  CANDOUR_TRY(
      exhibit.proof.verify(tlog::leaf_hash(opening.entry(tlog::LeafClass::opening)), statement));
  return ok();
}

void add_check(Examination& out, std::string what, const Status& status, std::string detail) {
  out.checks.push_back(
      {std::move(what), status.has_value(), status ? std::move(detail) : status.error().message});
}

std::vector<warrant::RequestedLeaf> requested_leaves(const Exhibits& exhibits) {
  std::vector<warrant::RequestedLeaf> leaves;
  for (const std::uint64_t index : exhibits.requested) {
    const ByteView entry = exhibits.entry(index);
    leaves.push_back({index, entry.empty() ? Digest() : tlog::leaf_hash(entry)});
  }
  return leaves;
}

Status check_request(const Exhibits& exhibits, const Examination& out) {
  CANDOUR_TRY(const auto leaf, tlog::LeafOpening::decode(*exhibits.warrant.proof.extra));
  if (out.request.warrant_leaf != tlog::leaf_hash(leaf.entry(tlog::LeafClass::opening))) {
    return error(ErrorCode::bundle_invalid, "the request cites another leaf as the warrant's");
  }
  if (out.request.records != exhibits.requested.size() ||
      out.request.records_digest != warrant::records_digest(requested_leaves(exhibits))) {
    return error(ErrorCode::bundle_invalid,
                 "data/log/requested.txt is not the list of records the request is about");
  }
  return ok();
}

Status check_numbers(const Exhibits& exhibits, Examination& out) {
  const warrant::ReleaseCertificate& release = out.release;
  const bool more = exhibits.records.size() > release.opened;
  // Only the warrant's categories set records aside.
  if (more || (exhibits.records.size() != release.opened && out.warrant.categories.empty())) {
    return error(ErrorCode::evidence_incomplete, "the release certificate speaks of " +
                                                     std::to_string(release.opened) +
                                                     " records opened, the bundle holds " +
                                                     std::to_string(exhibits.records.size()));
  }
  out.set_aside = release.opened - exhibits.records.size();
  return ok();
}

std::string names_of(const warrant::ReleaseCertificate& release) {
  std::string names;
  for (const std::string& name : release.custodians) names += name + ", ";
  return names + "keeper " + release.keeper;
}

Status check_approvals(const Exhibits& exhibits, const Examination& out) {
  std::vector<std::string> helped;
  for (const ApprovalExhibit& exhibit : exhibits.approvals) {
    CANDOUR_TRY(const auto approval,
                warrant::verify_approval({exhibit.note, exhibit.sealed}, out.authority.statement(),
                                         out.request));
    helped.push_back(approval.custodian);
  }
  std::vector<std::string> named = out.release.custodians;
  named.push_back(out.release.keeper);
  std::sort(helped.begin(), helped.end());
  std::sort(named.begin(), named.end());
  if (helped == named) return ok();
  return error(ErrorCode::evidence_incomplete,
               "the approvals are not those of the people the release certificate names");
}

}  // namespace

std::string_view name_of(Link::To to) {
  switch (to) {
    case Link::To::none:
      return "none";
    case Link::To::restarted:
      return "restarted";
    case Link::To::shown:
      return "shown";
    case Link::To::set_aside:
      return "set_aside";
    case Link::To::opaque:
      return "opaque";
    case Link::To::before:
      return "before_range";
    case Link::To::missing:
      return "missing";
  }
  return "missing";
}

bool Examination::passed() const {
  return std::all_of(checks.begin(), checks.end(), [](const Check& c) { return c.passed; });
}

Digest opened_digest(const std::vector<const warrant::Record*>& records) {
  crypto::Sha256 hash;
  for (const warrant::Record* record : records) hash.update(record->encode().view());
  return hash.finish();
}

Status examination::authority(const Exhibits& exhibits, Examination& out) {
  const identity::Statement& statement = out.authority.statement();
  CANDOUR_TRY(out.warrant, warrant::Warrant::verify(exhibits.warrant.note, statement));
  CANDOUR_TRY(out.request, warrant::Request::verify(exhibits.request.note, statement, out.warrant));
  CANDOUR_TRY(out.release, warrant::ReleaseCertificate::verify(exhibits.release.note, statement,
                                                               out.warrant, out.request));
  add_check(out, "warrant", check_logged(exhibits.warrant, tlog::LeafKind::warrant, statement),
            "case " + out.warrant.case_name + ", signed by " + out.warrant.requester.key_name +
                " and " + out.warrant.authoriser.key_name + ", leaf " +
                std::to_string(exhibits.warrant.proof.index));
  Status request = check_logged(exhibits.request, tlog::LeafKind::request, statement);
  if (request) request = check_request(exhibits, out);
  if (request && exhibits.request.proof.index <= exhibits.warrant.proof.index) {
    request = error(ErrorCode::bundle_invalid, "the request was logged before the warrant");
  }
  add_check(out, "request", request,
            std::to_string(out.request.records) + " records asked for, leaf " +
                std::to_string(exhibits.request.proof.index));
  add_check(out, "approvals", check_approvals(exhibits, out), names_of(out.release));
  Status release = check_logged(exhibits.release, tlog::LeafKind::release, statement);
  if (release) release = check_numbers(exhibits, out);
  add_check(out, "release", release,
            std::to_string(out.release.opened) + " opened, " + std::to_string(out.set_aside) +
                " set aside, " + std::to_string(out.release.failed) + " failed, leaf " +
                std::to_string(exhibits.release.proof.index));
  return ok();
}

Status examination::range(const Exhibits& exhibits, Examination& out) {
  CANDOUR_TRY(const auto verified,
              tlog::verify_checkpoint(exhibits.range.checkpoint, out.authority.statement()));
  std::vector<Digest> leaves;
  leaves.reserve(exhibits.range.end - exhibits.range.first);
  for (std::uint64_t i = exhibits.range.first; i < exhibits.range.end; ++i) {
    leaves.push_back(tlog::leaf_hash(exhibits.entry(i)));
  }
  CANDOUR_TRY(auto tree, RangeTree::build(leaves, exhibits.range.first, verified.checkpoint.size,
                                          exhibits.range.proof));
  Status status = ok();
  if (tree.root() != verified.checkpoint.root) {
    status = error(ErrorCode::log_inconsistent,
                   "the entries of the range are not those of the log at this checkpoint");
  } else if (!verified.quorum) {
    status = error(ErrorCode::warrant_not_witnessed,
                   "the checkpoint of the range has no quorum of witnesses");
  }
  std::string witnesses;
  for (const tlog::Cosigner& cosigner : verified.cosigned_by) {
    witnesses += (witnesses.empty() ? "" : ", ") + cosigner.name;
  }
  add_check(out, "range", status,
            "leaves " + std::to_string(exhibits.range.first) + " to " +
                std::to_string(exhibits.range.end - 1) + " of " +
                std::to_string(verified.checkpoint.size) + ", cosigned by " + witnesses);
  out.tree = std::move(tree);
  return ok();
}

Result<Examination> examine(const Exhibits& exhibits, const PinnedKeys& keys,
                            const Progress& progress) {
  std::vector<Check> checks;
  CANDOUR_TRY(auto trusted, Authority::build(exhibits, keys, checks));
  Examination out(std::move(trusted));
  out.checks.push_back({"statement", true,
                        out.authority.statement().name + ", version " +
                            std::to_string(out.authority.statement().version) +
                            ", signed by the root key"});
  out.checks.insert(out.checks.end(), checks.begin(), checks.end());
  CANDOUR_TRY(examination::authority(exhibits, out));
  CANDOUR_TRY(examination::range(exhibits, out));
  examination::records(exhibits, out, progress);
  examination::chain(exhibits, out);
  examination::custody(exhibits, out);
  return out;
}

}  // namespace candour::ctl
