// The part of the examination that opens each record and looks at what is in it.
#include <algorithm>
#include <map>
#include <set>

#include "crypto/hash.h"
#include "ctl/evidence/examine.h"
#include "warrant/open/approval.h"
#include "warrant/open/combine.h"
#include "warrant/open/partial.h"

namespace candour::ctl {
namespace {

constexpr std::size_t kProgressStep = 200;

class RecordCheck {
 public:
  RecordCheck(const Exhibits& exhibits, const Examination& examined)
      : exhibits_(exhibits), examined_(examined) {}

  Result<RecordView> run(const SealedExhibit& exhibit) const {
    CANDOUR_TRY(const auto sealed, warrant::SealedRecord::decode(exhibit.sealed));
    RecordView view;
    view.exhibit = &exhibit;
    view.label = sealed.label;
    const Bytes entry = exhibit.opening.entry(tlog::LeafClass::ordinary);
    view.leaf_hash = tlog::leaf_hash(entry);
    if (!same(entry, exhibits_.entry(exhibit.index))) {
      return error(ErrorCode::log_inconsistent, "its opening does not give the entry of its leaf");
    }
    if (exhibit.opening.object_hash != crypto::sha256(exhibit.sealed)) {
      return error(ErrorCode::log_inconsistent, "its leaf commits to another sealed record");
    }
    CANDOUR_TRY(examined_.warrant.covers(sealed.label));
    CANDOUR_TRY(warrant::verify_sealed(sealed));
    CANDOUR_TRY(const auto key,
                warrant::escrow_key(examined_.authority.statement_at(exhibit.index)));
    CANDOUR_TRY(view.record, warrant::open_record(sealed, exhibit.shared, exhibit.part, key));
    check_label(view);
    view.testimony = hear(view.record, exhibit.opening, exhibit.index, examined_.authority);
    return view;
  }

 private:
  static void check_label(RecordView& view) {
    const warrant::Record& record = view.record;
    if (view.label.record != record.id || view.label.group != record.group ||
        view.label.sender != record.sender || view.label.bot_time != record.bot_time) {
      view.problems.emplace_back("its label says another record, group, sender or time");
    }
  }

  const Exhibits& exhibits_;
  const Examination& examined_;
};

bool sets_aside(const Exhibits& exhibits) {
  return exhibits.records.size() != exhibits.requested.size();
}

// The parts of one approval against the records shown.
class CustodyCheck {
 public:
  CustodyCheck(const Exhibits& exhibits, const Examination& examined)
      : exhibits_(exhibits), examined_(examined) {}

  Status run(const ApprovalExhibit& exhibit) const {
    CANDOUR_TRY(const auto approval,
                warrant::verify_approval({exhibit.note, exhibit.sealed},
                                         examined_.authority.statement(), examined_.request));
    const Status checked =
        approval.by_keeper() ? keeper(exhibit.parts) : custodian(approval, exhibit.parts);
    if (checked) return ok();
    return error(checked.error().code, approval.custodian + ": " + checked.error().message);
  }

 private:
  Status keeper(ByteView parts) const {
    if (parts.size() != exhibits_.records.size() * 32) {
      return error(ErrorCode::bundle_invalid, "not one retention part for each record");
    }
    for (std::size_t i = 0; i < exhibits_.records.size(); ++i) {
      if (!crypto::equal(parts.subspan(i * 32, 32), exhibits_.records[i].part.view())) {
        return error(ErrorCode::bundle_invalid,
                     "a retention part is not the one in data/keys.jsonl");
      }
    }
    return ok();
  }

  Status custodian(const warrant::Approval& approval, ByteView bytes) const {
    CANDOUR_TRY(const auto parts,
                warrant::PartialDecryptions::decode(bytes, exhibits_.records.size()));
    const auto* group = examined_.authority.statement().custodian_group(approval.group);
    if (group == nullptr || approval.index < 1 || approval.index > group->members.size()) {
      return error(ErrorCode::bundle_invalid, "the statement has no such custodian");
    }
    const auto key = crypto::Point::decode(group->members[approval.index - 1].verification_key);
    if (!key) return error(ErrorCode::statement_invalid, "the verification key is no point");
    std::vector<crypto::Point> points;
    for (const SealedExhibit& record : exhibits_.records) {
      CANDOUR_TRY(const auto sealed, warrant::SealedRecord::decode(record.sealed));
      points.push_back(sealed.u);
    }
    return warrant::verify_partial(*key, points, parts);
  }

  const Exhibits& exhibits_;
  const Examination& examined_;
};

}  // namespace

void examination::records(const Exhibits& exhibits, Examination& out, const Progress& progress) {
  const RecordCheck check(exhibits, out);
  Check opened{"records", true, {}};
  Check authors{"authors", true, {}};
  std::size_t done = 0;
  for (const SealedExhibit& exhibit : exhibits.records) {
    auto view = check.run(exhibit);
    if (++done % kProgressStep == 0) progress("examining", done, exhibits.records.size());
    const std::string name = "record at leaf " + std::to_string(exhibit.index) + ": ";
    if (!std::binary_search(exhibits.requested.begin(), exhibits.requested.end(), exhibit.index)) {
      opened.passed = false;
      opened.detail = name + "it was not asked for";
    }
    if (!view) {
      opened.passed = false;
      opened.detail = name + view.error().message;
      continue;
    }
    out.records.push_back(std::move(view).value());
    const RecordView& added = out.records.back();
    if (added.sound()) continue;
    authors.passed = false;
    authors.detail =
        name + (added.problems.empty() ? added.testimony.problems.front() : added.problems.front());
  }
  std::vector<const warrant::Record*> plain;
  for (const RecordView& view : out.records) plain.push_back(&view.record);
  if (opened.passed && opened_digest(plain) != out.release.opened_digest) {
    opened.passed = false;
    opened.detail = "the records are not those the release certificate speaks of";
  }
  const std::string count = std::to_string(out.records.size());
  if (opened.passed) opened.detail = count + " in the log, in scope, and open to these contents";
  if (authors.passed) authors.detail = "each rests on a logged certificate and holds";
  out.checks.push_back(std::move(opened));
  out.checks.push_back(std::move(authors));
}

void examination::custody(const Exhibits& exhibits, Examination& out) {
  Check check{"custody", true, "every custodian's proof holds for every record"};
  if (sets_aside(exhibits)) {
    check.detail = "parts are not shown, because records were set aside";
  }
  const CustodyCheck parts(exhibits, out);
  for (const ApprovalExhibit& approval : exhibits.approvals) {
    if (sets_aside(exhibits) && approval.parts.empty()) continue;
    const Status status = parts.run(approval);
    if (status) continue;
    check.passed = false;
    check.detail = status.error().message;
  }
  out.checks.push_back(std::move(check));
}

}  // namespace candour::ctl
