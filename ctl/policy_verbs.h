// `candourctl policy ...`: what policy authors and machines ask of a pack.
//
// Every function takes its streams, so that tests can run it, and returns the exit status of the
// process: 0 done, 1 a check failed, 2 wrong usage. Text of people read from `in` lives in wiped
// memory; `out` gets it only where the verb is there to show it (explain).
#pragma once

#include <filesystem>
#include <iosfwd>
#include <string>

namespace candour::ctl {

/// Loads the pack in `folder` as the bot would. Prints name, version, number of rules and digest,
/// or the error; as one JSON object with `json`.
int policy_check(const std::filesystem::path& folder, bool json, std::ostream& out,
                 std::ostream& err);

/// Runs every rule's examples without stopping at the first failure and without asking pack.note,
/// so that it serves while rules are being written. A line for each rule, then the totals; 1 when
/// an example failed.
int policy_test(const std::filesystem::path& folder, bool json, std::ostream& out,
                std::ostream& err);

/// Judges one JSON object a line: {"id","text","group_class"?} to {"id","verdict","findings"}, in
/// order. A bad line gives {"id","error"} (id null when it could not be read) and status 1 at the
/// end; the run goes on.
int policy_eval_jsonl(const std::filesystem::path& folder, std::istream& in, std::ostream& out,
                      std::ostream& err);

/// Judges the text on `in` for a reader: verdict, then each finding with its words marked.
int policy_explain_text(const std::filesystem::path& folder, const std::string& group_class,
                        std::istream& in, std::ostream& out, std::ostream& err);
/// Prints what there is to know of one rule.
int policy_explain_rule(const std::filesystem::path& folder, const std::string& rule_id,
                        std::ostream& out, std::ostream& err);

/// Writes the folder's pack.note anew, without signatures, and prints the digest.
int policy_note(const std::filesystem::path& folder, const std::string& name,
                const std::string& version, std::ostream& out, std::ostream& err);

}  // namespace candour::ctl
