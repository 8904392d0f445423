#include "ctl/release/certify.h"

#include <algorithm>

#include "ctl/custody/journal.h"
#include "ctl/organisation/notes.h"
#include "ctl/warrant/opening_client.h"
#include "warrant/open/oversight.h"

namespace candour::ctl {
namespace {

/// One run of the verb.
class ReleaseRun {
 public:
  ReleaseRun(const Context& context, const OpenOptions& options, const CaseFolder& folder,
             const Progress& progress)
      : context_(context),
        options_(options),
        folder_(folder),
        station_(folder_),
        progress_(progress) {}

  Result<ReleaseMade> run() {
    CANDOUR_TRY(package_, station_.package());
    CANDOUR_TRY(root_, station_.root());
    CANDOUR_TRY(statement_, identity::Statement::verify(package_.statement, root_));
    CANDOUR_TRY(warrant_, warrant::Warrant::verify(package_.warrant.note, statement_));
    CANDOUR_TRY(request_, warrant::Request::verify(package_.request.note, statement_, warrant_));
    CANDOUR_TRY(take_in(folder_, options_.approvals));
    // The certificate first: who is not the requester shall find out before anything is opened.
    CANDOUR_TRY(auto session, RelaySession::open(context_, options_.relay));
    if (session->key().verifier.name != warrant_.requester.key_name) {
      return error(
          ErrorCode::not_permitted,
          "only the warrant's requester '" + warrant_.requester.key_name + "' opens its records");
    }
    if (!folder_.has("release.note")) {
      CANDOUR_TRY(open_records(*session));
    }
    CANDOUR_TRY(log_certificate(*session));
    return report();
  }

 private:
  Status open_records(RelaySession& session) {
    std::vector<crypto::Point> points;
    for (const warrant::RequestedRecord& record : package_.records) {
      CANDOUR_TRY(const auto sealed, warrant::SealedRecord::decode(record.sealed));
      points.push_back(sealed.u);
    }
    progress_("checking approvals", 0, 0);
    CANDOUR_TRY(const Answers answers, read_answers(station_, statement_, request_, points));
    refused_ = answers.refused;
    // So that each custodian whose parts are false is named even when the release fails.
    for (const RefusedApproval& refused : refused_) {
      JsonLine about;
      about.text("by", refused.who).text("reason", refused.why);
      CANDOUR_TRY(folder_.journal(context_, "approval_refused", about));
    }
    CANDOUR_TRY(const Exhibits base, case_authority(folder_));
    std::vector<Check> checks;
    CANDOUR_TRY(const auto authority, Authority::build(base, {root_, std::nullopt}, checks));
    auto opened = open_all(package_, answers, authority, warrant_, progress_);
    if (!opened) return with_refusals(opened.error());
    CANDOUR_TRY(station_.put_opened(opened.value().keys));
    return write_certificate(session, opened.value());
  }

  Error with_refusals(Error failure) const {
    for (const RefusedApproval& refused : refused_) {
      failure.message += "; the answer of " + refused.who + " did not count: " + refused.why;
    }
    return failure;
  }

  Status write_certificate(RelaySession& session, const OpenedRecords& opened) {
    warrant::ReleaseCertificate certificate;
    certificate.organisation = statement_.id;
    certificate.warrant = warrant_.digest();
    certificate.request = request_.digest();
    certificate.custodians = opened.custodians;
    certificate.keeper = opened.keeper;
    certificate.opened = opened.shown + opened.set_aside;
    certificate.failed = opened.failed;
    certificate.records_digest = request_.records_digest;
    certificate.opened_digest = opened.digest;
    certificate.issued = context_.clock.now();
    identity::SignedNote note{certificate.print(), {}};
    CANDOUR_TRY(add_signature(note, session.key()));
    const std::string text = note.print();
    CANDOUR_TRY(warrant::ReleaseCertificate::verify(text, statement_, warrant_, request_));
    const auto opening = warrant::make_note_opening(tlog::LeafKind::release, text, context_.random);
    CANDOUR_TRY(folder_.put("release.opening", opening.encode(), true));
    return folder_.put("release.note", as_bytes(text));
  }

  Status log_certificate(RelaySession& session) {
    CANDOUR_TRY(note_, folder_.text("release.note"));
    CANDOUR_TRY(certificate_,
                warrant::ReleaseCertificate::verify(note_, statement_, warrant_, request_));
    if (folder_.has("release.tlog-proof")) return ok();
    progress_("logging the release", 0, 0);
    CANDOUR_TRY(const auto opening, folder_.opening("release"));
    CANDOUR_TRY(const auto warrant_leaf, folder_.leaf_hash("warrant"));
    const Opening leaf{
        identity::OpeningKind::release, note_, opening, warrant_leaf, certificate_.opened,
        warrant_.sealed_until};
    CANDOUR_TRY(const auto proof, log_opening(session, context_, leaf));
    JsonLine about;
    about.text("by", session.key().verifier.name)
        .number("opened", certificate_.opened)
        .number("failed", certificate_.failed)
        .number("leaf_index", proof.index);
    // The journal's line first: a bundle shows the journal up to it.
    CANDOUR_TRY(folder_.journal(context_, "release_certified", about));
    return folder_.put("release.tlog-proof", as_bytes(proof.print()));
  }

  Result<ReleaseMade> report() {
    progress_("examining", 0, 0);
    CANDOUR_TRY(const Exhibits exhibits, case_exhibits(folder_));
    CANDOUR_TRY(const auto examined, examine(exhibits, {root_, std::nullopt}, progress_));
    ReleaseMade made;
    made.opened = certificate_.opened;
    made.failed = certificate_.failed;
    made.shown = exhibits.records.size();
    made.set_aside = made.opened - std::min(made.opened, made.shown);
    made.leaf_index = exhibits.release.proof.index;
    made.custodians = certificate_.custodians;
    made.keeper = certificate_.keeper;
    made.refused = std::move(refused_);
    made.checks = examined.checks;
    return made;
  }

  const Context& context_;
  const OpenOptions& options_;
  const CaseFolder& folder_;
  Station station_;
  const Progress& progress_;
  warrant::RequestPackage package_;
  identity::NoteKey root_;
  identity::Statement statement_;
  warrant::Warrant warrant_;
  warrant::Request request_;
  warrant::ReleaseCertificate certificate_;
  std::string note_;
  std::vector<RefusedApproval> refused_;
};

}  // namespace

Result<ReleaseMade> open_release(const Context& context, const OpenOptions& options,
                                 const Progress& progress) {
  CANDOUR_TRY(const auto folder, CaseFolder::open(options.case_dir));
  CANDOUR_TRY(const auto lock, FolderLock::take(folder.dir()));
  return ReleaseRun(context, options, folder, progress).run();
}

}  // namespace candour::ctl
