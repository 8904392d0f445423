// `bundle write` and `bundle verify`: evidence to hand over, and its check without us.
#include <CLI/CLI.hpp>
#include <sstream>

#include "ctl/evidence/bundle.h"
#include "ctl/json_list.h"
#include "ctl/keys.h"
#include "ctl/release/progress.h"
#include "ctl/release/station.h"
#include "ctl/verbs.h"

namespace candour::ctl {
namespace {

std::string json_of(const std::vector<Check>& checks) {
  return json_array(checks, [](const Check& check) {
    JsonLine line;
    line.text("what", check.what).boolean("passed", check.passed).text("detail", check.detail);
    return line.str();
  });
}

std::string json_of(const std::vector<RecordLine>& records) {
  std::string out;
  for (const RecordLine& record : records) {
    if (record.problems.empty() && !record.replay_of) continue;
    JsonLine line;
    line.number("index", record.index)
        .text("problem", record.problems.empty() ? "" : record.problems.front());
    if (record.replay_of) line.number("replay_of", *record.replay_of);
    out += (out.empty() ? "" : ",") + line.str();
  }
  return "[" + out + "]";
}

JsonLine json_of(const BundleReport& report) {
  JsonLine line;
  line.boolean("ok", report.passed())
      .text("case", report.case_name)
      .number("records", report.records.size())
      .number("requested", report.requested)
      .number("set_aside", report.set_aside)
      .number("failed", report.failed)
      .boolean("complete", report.complete)
      .number("open_links", report.open_links)
      .number("replays", report.replays)
      .number("files", report.files)
      .text("manifest", report.manifest.hex())
      .raw("checks", json_of(report.checks))
      .raw("remarkable", json_of(report.records));
  return line;
}

std::string padded(std::string text, std::size_t width) {
  text.resize(std::max(width, text.size()), ' ');
  return text + "  ";
}

void add_records(std::ostringstream& out, const std::vector<RecordLine>& records) {
  out << "\n"
      << padded("leaf", 10) << padded("time", 24) << padded("kind", 12) << padded("verdict", 7)
      << padded("signed by", 9) << padded("person", 12) << "checks\n";
  for (const RecordLine& record : records) {
    out << padded(std::to_string(record.index), 10)
        << padded(time_encode(record.sender_time.value), 24) << padded(record.kind, 12)
        << padded(record.verdict, 7) << padded(record.signed_by, 9) << padded(record.person, 12)
        << (record.problems.empty() ? "hold" : "FAIL: " + record.problems.front());
    if (record.replay_of) out << "; the message of leaf " << *record.replay_of << " again";
    out << "\n";
  }
}

std::string text_of(const BundleReport& report, bool with_records) {
  std::ostringstream out;
  for (const Check& check : report.checks) {
    out << padded(check.passed ? "holds" : "FAILS", 5) << padded(check.what, 12) << check.detail
        << "\n";
  }
  if (with_records) add_records(out, report.records);
  out << "\nCase " << report.case_name << ": " << report.records.size() << " records, "
      << report.files << " files; "
      << (report.passed() ? "everything holds" : "NOT everything holds")
      << ". SHA-256 of tagmanifest-sha256.txt: " << report.manifest.hex();
  return out.str();
}

struct Write {
  std::string case_dir;
  std::string out;
};

Result<int> write(const Context& context, const Write& o) {
  const Progress progress = progress_on(context);
  CANDOUR_TRY(const auto folder, CaseFolder::open(o.case_dir));
  CANDOUR_TRY(const auto root, Station(folder).root());
  CANDOUR_TRY(const Exhibits exhibits, case_exhibits(folder));
  CANDOUR_TRY(const auto made, make_bundle(exhibits, {root, std::nullopt}, progress));
  CANDOUR_TRY(write_bag(o.out, made.files, progress));
  JsonLine line = json_of(made.report);
  line.text("bundle", o.out);
  context.print(line, text_of(made.report, false) + "\n" + o.out + " is written; note this hash " +
                          "where the bundle is handed over");
  return made.report.passed() ? 0 : 1;
}

struct Verify {
  std::string bundle;
  std::string root;
  std::string log;
};

Result<int> verify(const Context& context, const Verify& o) {
  PinnedKeys keys;
  CANDOUR_TRY(keys.root, load_vkey(o.root));
  if (!o.log.empty()) {
    CANDOUR_TRY(keys.log, load_vkey(o.log));
  }
  CANDOUR_TRY(const auto files, read_bag(o.bundle));
  CANDOUR_TRY(const auto report, verify_bundle(files, keys, progress_on(context)));
  context.print(json_of(report), text_of(report, true));
  return report.passed() ? 0 : 1;
}

}  // namespace

void add_bundle_verbs(CLI::App& program, Context& context) {
  CLI::App& family = add_family(program, "bundle", "Evidence bundles");
  add_verb(family, context, "write", "Write the evidence of an opened case",
           [&](CLI::App& verb) -> Run {
             auto o = std::make_shared<Write>();
             verb.add_option("--case", o->case_dir, "Case folder")->required();
             verb.add_option("--out", o->out, "Folder to make")->required();
             return [&context, o] { return write(context, *o); };
           });
  add_verb(
      family, context, "verify", "Check a bundle with nothing but itself and the root key",
      [&](CLI::App& verb) -> Run {
        auto o = std::make_shared<Verify>();
        verb.add_option("bundle", o->bundle, "The bundle's folder")->required();
        verb.add_option("--root", o->root, ".vkey file of the organisation's root")->required();
        verb.add_option("--log", o->log, ".vkey file of the log, to be pinned too");
        return [&context, o] { return verify(context, *o); };
      });
}

}  // namespace candour::ctl
