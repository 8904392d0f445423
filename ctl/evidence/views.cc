#include "ctl/evidence/views.h"

#include <algorithm>
#include <boost/json.hpp>

#include "warrant/open/approval.h"
#include "warrant/open/checks.h"

namespace candour::ctl {
namespace {

namespace json = boost::json;

Error bad_journal(std::size_t line) {
  return error(ErrorCode::bundle_invalid,
               "line " + std::to_string(line) +
                   " of the journal is not {\"time\":..,\"event\":..,\"about\":{..}}");
}

std::string text_of(const json::value& value) {
  if (value.is_string()) return {value.get_string().data(), value.get_string().size()};
  return json::serialize(value);
}

// {"time":..,"event":..,"about":{"by":..,..}}, as CaseFolder::journal writes it.
std::optional<ContinuityStep> parse_step(std::string_view line) {
  boost::system::error_code failed;
  const json::value value = json::parse(json::string_view(line.data(), line.size()), failed);
  if (failed || !value.is_object()) return std::nullopt;
  const json::object& fields = value.get_object();
  const json::value* time = fields.if_contains("time");
  const json::value* event = fields.if_contains("event");
  const json::value* about = fields.if_contains("about");
  if (time == nullptr || !time->is_string() || event == nullptr || !event->is_string() ||
      about == nullptr || !about->is_object() || fields.size() != 3) {
    return std::nullopt;
  }
  const auto at = time_decode(text_of(*time));
  if (!at) return std::nullopt;
  ContinuityStep step{TimeMs(*at), "station", text_of(*event)};
  std::string details;
  for (const auto& [name, detail] : about->get_object()) {
    if (name == "by") {
      step.who = text_of(detail);
    } else {
      details += (details.empty() ? "" : ", ") + std::string(name.data(), name.size()) + " " +
                 text_of(detail);
    }
  }
  if (!details.empty()) step.what += ": " + details;
  return step;
}

void add_signed_steps(const Exhibits& exhibits, const Examination& examined,
                      std::vector<ContinuityStep>& steps) {
  const warrant::Warrant& warrant = examined.warrant;
  const auto leaf = [](const NoteExhibit& exhibit) {
    return "leaf " + std::to_string(exhibit.proof.index);
  };
  steps.push_back({warrant.issued,
                   warrant.requester.key_name + " and " + warrant.authoriser.key_name,
                   "signed the warrant of case " + warrant.case_name});
  const auto witnessed = warrant::witnessed_checkpoint(exhibits.warrant.proof.checkpoint,
                                                       examined.authority.statement());
  if (witnessed) {
    steps.push_back({witnessed.value().first_seen, "witnesses of the log",
                     "had cosigned a checkpoint with the warrant, " + leaf(exhibits.warrant)});
  }
  steps.push_back({examined.request.issued, warrant.requester.key_name,
                   "asked for " + std::to_string(examined.request.records) + " records, " +
                       leaf(exhibits.request)});
  for (const ApprovalExhibit& exhibit : exhibits.approvals) {
    const auto approval = warrant::verify_approval(
        {exhibit.note, exhibit.sealed}, examined.authority.statement(), examined.request);
    if (!approval) continue;
    steps.push_back({approval.value().issued, approval.value().custodian,
                     "approved the request as " + approval.value().group +
                         (approval.value().by_keeper()
                              ? std::string()
                              : " custodian " + std::to_string(approval.value().index))});
  }
  steps.push_back({examined.release.issued, warrant.requester.key_name,
                   "certified the release of " + std::to_string(examined.release.opened) +
                       " records, " + leaf(exhibits.release)});
}

void add_proofs(const Exhibits& exhibits, const Examination& examined, BagFiles& files,
                const Progress& progress) {
  constexpr std::size_t kProgressStep = 500;
  std::size_t done = 0;
  for (const SealedExhibit& record : exhibits.records) {
    tlog::ProofFile proof;
    proof.extra = record.opening.encode();
    proof.index = record.index;
    proof.proof = examined.tree->inclusion(record.index);
    proof.checkpoint = exhibits.range.checkpoint;
    files["data/proofs/" + index_name(record.index) + ".tlog-proof"] =
        SecretBytes::copy_of(as_bytes(proof.print()));
    if (++done % kProgressStep == 0) progress("proofs", done, exhibits.records.size());
  }
}

std::vector<std::pair<std::string, std::string>> bag_info(const Examination& examined) {
  return {{"Source-Organization", examined.authority.statement().name},
          {"External-Description",
           "Records of the compliance log released in case " + examined.warrant.case_name},
          {"External-Identifier", examined.release.request.hex()},
          {"Bagging-Date", time_encode(examined.release.issued.value).substr(0, 10)},
          {"Candour-Bundle", "1"}};
}

}  // namespace

Result<std::vector<ContinuityStep>> continuity(const Exhibits& exhibits,
                                               const Examination& examined) {
  std::vector<ContinuityStep> steps;
  std::string_view rest = exhibits.journal;
  for (std::size_t line = 1; !rest.empty(); ++line) {
    const auto end = rest.find('\n');
    auto step = end == rest.npos ? std::nullopt : parse_step(rest.substr(0, end));
    if (!step) return bad_journal(line);
    steps.push_back(std::move(*step));
    rest.remove_prefix(end + 1);
  }
  add_signed_steps(exhibits, examined, steps);
  std::stable_sort(steps.begin(), steps.end(),
                   [](const auto& a, const auto& b) { return a.time < b.time; });
  return steps;
}

Result<BagFiles> bundle_files(const Exhibits& exhibits, const Examination& examined,
                              const Progress& progress) {
  // Without them a view would leave a record out and not say so.
  if (examined.records.size() != exhibits.records.size() || !examined.tree) {
    return error(ErrorCode::bundle_invalid, [&] {
      for (const Check& check : examined.checks) {
        if (!check.passed) return check.what + ": " + check.detail;
      }
      return std::string("not every record can be opened");
    }());
  }
  for (const SealedExhibit& record : exhibits.records) {
    if (exhibits.entry(record.index).empty()) {
      return error(ErrorCode::bundle_invalid, "a record lies outside the range of leaves");
    }
  }
  CANDOUR_TRY(const auto steps, continuity(exhibits, examined));
  BagFiles files = exhibits.files();
  add_proofs(exhibits, examined, files, progress);
  progress("rendering", 0, 0);
  files["data/records.jsonl"] = records_jsonl(examined);
  files["data/records.csv"] = records_csv(examined);
  files["data/continuity.csv"] = continuity_csv(steps);
  files["data/reader.html"] = reader_html(exhibits, examined, steps);
  files["data/VERIFY.md"] = SecretBytes::copy_of(as_bytes(verify_text(exhibits, examined)));
  files["data/files.csv"] = files_csv(files);
  add_tag_files(files, bag_info(examined));
  return files;
}

}  // namespace candour::ctl
