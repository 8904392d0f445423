// `release request`, `release open`, `release show`: the investigator's station.
#include "ctl/verbs.h"

#include <CLI/CLI.hpp>

#include "ctl/json_list.h"
#include "ctl/release/certify.h"
#include "ctl/release/progress.h"
#include "ctl/release/request.h"

namespace candour::ctl {
namespace {

Result<int> request(const Context& context, const RequestOptions& o) {
  CANDOUR_TRY(const auto made, make_request(context, o, progress_on(context)));
  JsonLine line;
  line.text("package", made.package)
      .text("request", made.request.hex())
      .number("records", made.records)
      .number("leaf_index", made.leaf_index)
      .number("checkpoint_size", made.checkpoint_size);
  context.print(line, made.package + ": a request for " + std::to_string(made.records) +
                          " records, leaf " + std::to_string(made.leaf_index) +
                          " of the log, witnessed; give this file to custodians and keeper");
  return 0;
}

std::string json_of(const std::vector<RefusedApproval>& refused) {
  return json_array(refused, [](const RefusedApproval& one) {
    JsonLine line;
    line.text("who", one.who).text("why", one.why);
    return line.str();
  });
}

std::string failed_checks(const std::vector<Check>& checks) {
  std::string out;
  for (const Check& check : checks) {
    if (!check.passed) out += "\n  " + check.what + ": " + check.detail;
  }
  return out;
}

Result<int> open(const Context& context, const OpenOptions& o) {
  CANDOUR_TRY(const auto made, open_release(context, o, progress_on(context)));
  const std::string wrong = failed_checks(made.checks);
  JsonLine line;
  line.number("opened", made.opened)
      .number("shown", made.shown)
      .number("set_aside", made.set_aside)
      .number("failed", made.failed)
      .number("leaf_index", made.leaf_index)
      .raw("custodians", json_texts(made.custodians))
      .text("keeper", made.keeper)
      .raw("refused", json_of(made.refused))
      .boolean("ok", wrong.empty());
  std::string plain = std::to_string(made.opened) + " records opened, " +
                      std::to_string(made.set_aside) + " of them set aside, " +
                      std::to_string(made.failed) + " failed; the certificate is leaf " +
                      std::to_string(made.leaf_index) + " of the log";
  for (const RefusedApproval& one : made.refused) {
    plain += "\nNot used: " + one.who + ": " + one.why;
  }
  if (!wrong.empty()) plain += "\nThese checks do not hold:" + wrong;
  context.print(line, plain);
  return wrong.empty() ? 0 : 1;
}

Result<int> show(const Context& context, const std::string& dir) {
  CANDOUR_TRY(const auto folder, CaseFolder::open(dir));
  const Station station(folder);
  CANDOUR_TRY(const auto state, warrant_state(folder, context.clock.now()));
  CANDOUR_TRY(const auto records, station.records());
  std::uint64_t shown = 0;
  if (folder.has("opened.bin")) {
    CANDOUR_TRY(const auto opened, station.opened());
    for (const OpenedKey& key : opened) shown += key.state == OpenState::shown ? 1 : 0;
  }
  JsonLine line;
  line.text("stage", name_of(state.stage))
      .number("fetched", records.size())
      .boolean("requested", folder.has("request.package"))
      .boolean("keeper", state.keeper)
      .number("shown", shown);
  std::string plain = "Stage: " + std::string(name_of(state.stage)) +
                      "\nSealed records fetched: " + std::to_string(records.size()) +
                      "\nRequest: " + (folder.has("request.package") ? "made" : "not made") +
                      "\nKeeper: " + (state.keeper ? "answered" : "not answered");
  JsonLine groups;
  for (const GroupProgress& group : state.groups) {
    groups.number(group.group, group.approved);
    plain += "\nCustodians '" + group.group + "': " + std::to_string(group.approved) + " of " +
             std::to_string(group.threshold) + " needed";
  }
  line.raw("approvals", groups.str());
  plain += "\nRecords opened: " + std::to_string(shown);
  for (const std::string& note : state.notes) plain += "\nNote: " + note;
  context.print(line, plain);
  return 0;
}

}  // namespace

void add_release_verbs(CLI::App& program, Context& context) {
  CLI::App& family = add_family(program, "release", "Opening records under a warrant");
  add_verb(family, context, "request", "Fetch what the warrant covers and ask custodians for it",
           [&](CLI::App& verb) -> Run {
             auto o = std::make_shared<RequestOptions>();
             verb.add_option("--case", o->case_dir, "Case folder")->required();
             verb.add_option("--like", o->like,
                             "Another case folder: a further request under its warrant");
             verb.add_option("--leaf", o->leaves,
                             "Exactly this leaf, repeated, instead of the whole scope");
             verb.add_option("--purpose", o->purpose, "What this request is for");
             verb.add_flag("--renew", o->renew, "Prove the request again in a fresh checkpoint");
             add_relay_options(verb, o->relay);
             return [&context, o] {
               std::sort(o->leaves.begin(), o->leaves.end());
               return request(context, *o);
             };
           });
  add_verb(family, context, "open", "Open the records with the answers of custodians and keeper",
           [&](CLI::App& verb) -> Run {
             auto o = std::make_shared<OpenOptions>();
             verb.add_option("--case", o->case_dir, "Case folder")->required();
             verb.add_option("--approval", o->approvals, "An answer, repeated");
             add_relay_options(verb, o->relay);
             return [&context, o] { return open(context, *o); };
           });
  add_verb(family, context, "show", "How far a release is", [&](CLI::App& verb) -> Run {
    auto dir = std::make_shared<std::string>();
    verb.add_option("--case", *dir, "Case folder")->required();
    return [&context, dir] { return show(context, *dir); };
  });
}

}  // namespace candour::ctl
