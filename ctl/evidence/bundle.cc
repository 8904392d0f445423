#include "ctl/evidence/bundle.h"

#include <algorithm>

#include "crypto/hash.h"

namespace candour::ctl {
namespace {

constexpr const char* kTagManifest = "tagmanifest-sha256.txt";

RecordLine line_of(const RecordView& view) {
  RecordLine line;
  line.index = view.index();
  line.kind = tlog::name_of(view.record.kind);
  line.sender_time = view.record.sender_time;
  if (view.testimony.sender != nullptr) {
    line.person = view.testimony.sender->certificate.subject.person;
  }
  line.signed_by = name_of(view.testimony.signer);
  constexpr std::string_view kVerdicts[] = {"none", "release", "warn", "block"};
  line.verdict = kVerdicts[static_cast<std::size_t>(view.record.verdict)];
  line.problems = view.problems;
  line.problems.insert(line.problems.end(), view.testimony.problems.begin(),
                       view.testimony.problems.end());
  line.replay_of = view.replay_of;
  return line;
}

BundleReport report_of(const Examination& examined, const BagFiles& files) {
  BundleReport report;
  report.checks = examined.checks;
  for (const RecordView& view : examined.records) report.records.push_back(line_of(view));
  report.files = files.size();
  report.requested = examined.request.records;
  report.set_aside = examined.set_aside;
  report.failed = examined.release.failed;
  report.replays = examined.replays;
  report.open_links = examined.open_links;
  report.complete = examined.complete;
  report.case_name = examined.warrant.case_name;
  report.manifest = crypto::sha256(files.at(kTagManifest).view());
  return report;
}

Check compare(const BagFiles& files, const BagFiles& expected) {
  Check check{"views", true, "tables, reader and proofs are exactly what the exhibits give"};
  const auto fail = [&](const std::string& path, std::string_view what) {
    check.passed = false;
    check.detail = path + std::string(what);
  };
  for (const auto& [path, bytes] : files) {
    if (!expected.contains(path)) fail(path, ": no part of a bundle of this version");
  }
  for (const auto& [path, bytes] : expected) {
    const auto found = files.find(path);
    if (found == files.end()) {
      fail(path, ": missing");
    } else if (!same(found->second.view(), bytes.view())) {
      fail(path, ": is not what the exhibits give (or the bundle is of another version)");
    }
  }
  return check;
}

}  // namespace

bool BundleReport::passed() const {
  return std::all_of(checks.begin(), checks.end(), [](const Check& c) { return c.passed; });
}

Result<MadeBundle> make_bundle(const Exhibits& exhibits, const PinnedKeys& keys,
                               const Progress& progress) {
  CANDOUR_TRY(const auto examined, examine(exhibits, keys, progress));
  MadeBundle made;
  CANDOUR_TRY(made.files, bundle_files(exhibits, examined, progress));
  made.report = report_of(examined, made.files);
  return made;
}

Result<BundleReport> verify_bundle(const BagFiles& files, const PinnedKeys& keys,
                                   const Progress& progress) {
  CANDOUR_TRY(check_bag(files));
  CANDOUR_TRY(const Exhibits exhibits, Exhibits::from_files(files));
  CANDOUR_TRY(auto made, make_bundle(exhibits, keys, progress));
  made.report.checks.push_back(compare(files, made.files));
  made.report.files = files.size();
  return std::move(made.report);
}

}  // namespace candour::ctl
