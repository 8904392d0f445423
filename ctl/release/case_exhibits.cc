// From the case folder to exhibits: reads, opens the answers with the reply key, decides nothing.
#include <algorithm>
#include <set>

#include "base/files.h"
#include "base/limits.h"
#include "ctl/custody/journal.h"
#include "ctl/release/station.h"
#include "warrant/open/approval.h"

namespace candour::ctl {
namespace {

namespace fs = std::filesystem;

NoteExhibit exhibit_of(const warrant::LoggedNote& logged) {
  NoteExhibit exhibit;
  exhibit.note = logged.note;
  exhibit.proof = {logged.opening.encode(), logged.index, logged.hashes, logged.checkpoint};
  return exhibit;
}

// "example-constabulary/custodian-1" as a file name.
std::string file_name_of(std::string_view key_name) {
  std::string out;
  for (const char c : key_name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    out += plain ? c : '-';
  }
  return out.empty() || out.front() == '-' ? "x" + out : out;
}

class ApprovalReader {
 public:
  ApprovalReader(const Station& station, const identity::Statement& statement,
                 const warrant::Request& request, const warrant::ReleaseCertificate& release,
                 bool with_parts)
      : station_(station), statement_(statement), request_(request), with_parts_(with_parts) {
    names_.insert(release.custodians.begin(), release.custodians.end());
    names_.insert(release.keeper);
  }

  Result<std::vector<ApprovalExhibit>> run() {
    std::vector<ApprovalExhibit> out;
    std::error_code none;
    std::set<fs::path> files;
    for (const auto& entry : fs::directory_iterator(station_.folder().file("approvals"), none)) {
      files.insert(entry.path());
    }
    for (const fs::path& file : files) {
      CANDOUR_TRY(auto exhibit, read(file));
      if (exhibit) out.push_back(std::move(*exhibit));
    }
    std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    return out;
  }

 private:
  // Nothing for an answer that was not used.
  Result<std::optional<ApprovalExhibit>> read(const fs::path& path) {
    CANDOUR_TRY(const auto bytes, read_secret_file(path, limits::kRequestSizeMax));
    CANDOUR_TRY(auto file, warrant::ApprovalFile::decode(bytes.view()));
    const auto approval = warrant::verify_approval(file, statement_, request_);
    if (!approval || names_.erase(approval.value().custodian) == 0) {
      return std::optional<ApprovalExhibit>();
    }
    ApprovalExhibit exhibit;
    exhibit.name = file_name_of(approval.value().custodian);
    if (with_parts_) {
      CANDOUR_TRY(const auto reply_key, station_.reply_key());
      CANDOUR_TRY(const auto parts, warrant::open_approval(file, approval.value(), reply_key));
      exhibit.parts = to_bytes(parts.view());
    }
    exhibit.note = std::move(file.note);
    exhibit.sealed = std::move(file.sealed);
    return std::optional<ApprovalExhibit>(std::move(exhibit));
  }

  const Station& station_;
  const identity::Statement& statement_;
  const warrant::Request& request_;
  bool with_parts_;
  std::set<std::string> names_;
};

Status add_records(const Station& station, warrant::RequestPackage& package, Exhibits& out) {
  CANDOUR_TRY(auto opened, station.opened());
  if (opened.size() != package.records.size()) {
    return error(ErrorCode::state_damaged,
                 station.folder().file("opened.bin").string() + ": not of this request");
  }
  for (std::size_t i = 0; i < opened.size(); ++i) {
    out.requested.push_back(package.records[i].index);
    if (opened[i].state != OpenState::shown) continue;
    SealedExhibit record;
    record.index = package.records[i].index;
    record.opening = package.records[i].opening;
    record.sealed = std::move(package.records[i].sealed);
    record.shared = std::move(opened[i].shared);
    record.part = std::move(opened[i].part);
    out.records.push_back(std::move(record));
  }
  return ok();
}

Status add_release(const CaseFolder& folder, Exhibits& out) {
  if (!folder.has("release.tlog-proof")) {
    return error(ErrorCode::not_found,
                 folder.dir().string() + ": the release is not certified yet; see release open");
  }
  CANDOUR_TRY(out.release.note, folder.text("release.note"));
  CANDOUR_TRY(out.release.proof, folder.proof("release"));
  return ok();
}

}  // namespace

Result<Exhibits> case_authority(const CaseFolder& folder) {
  const Station station(folder);
  CANDOUR_TRY(const auto package, station.package());
  Exhibits out;
  out.statement = package.statement;
  CANDOUR_TRY(out.directory, station.directory());
  return out;
}

Result<Exhibits> case_exhibits(const CaseFolder& folder) {
  const Station station(folder);
  CANDOUR_TRY(auto package, station.package());
  CANDOUR_TRY(Exhibits out, case_authority(folder));
  out.warrant = exhibit_of(package.warrant);
  out.request = exhibit_of(package.request);
  CANDOUR_TRY(add_records(station, package, out));
  CANDOUR_TRY(add_release(folder, out));
  CANDOUR_TRY(const auto range, folder.text("range.tlog-range"));
  CANDOUR_TRY(out.range, tlog::RangeFile::parse(range));
  CANDOUR_TRY(out.entries, station.entries());

  CANDOUR_TRY(const auto root, station.root());
  CANDOUR_TRY(const auto statement, identity::Statement::verify(out.statement, root));
  CANDOUR_TRY(const auto warrant, warrant::Warrant::verify(out.warrant.note, statement));
  CANDOUR_TRY(const auto request, warrant::Request::verify(out.request.note, statement, warrant));
  CANDOUR_TRY(const auto release,
              warrant::ReleaseCertificate::verify(out.release.note, statement, warrant, request));
  const bool all_shown = out.records.size() == out.requested.size();
  CANDOUR_TRY(out.approvals, ApprovalReader(station, statement, request, release, all_shown).run());
  CANDOUR_TRY(const auto lines, read_journal(folder.file("journal.jsonl")));
  // Up to the certificate: what is done later, a second bundle included, changes nothing in it.
  for (const std::string& line : lines) {
    out.journal += line + "\n";
    if (line.find("\"event\":\"release_certified\"") != line.npos) break;
  }
  return out;
}

}  // namespace candour::ctl
