// `candourctl policy ...`: what policy authors and machines ask of a pack.
//
// Every verb takes its streams, so that tests can run it, and returns the exit status of the
// process: 0 done, 1 a check failed, 2 wrong usage. With `json` each writes JSON lines. Text of
// people lives in wiped memory; only `explain`, and a number of samples that was asked for
// (`show`), put it out.
//
// A PACK is a folder, or a file in the binary form of `compile`. `check` and `eval` load it as the
// bot does; the other verbs take the rules of a folder as they lie there, with or without a
// pack.note, so that they serve while rules are being written.
#pragma once

#include <filesystem>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "ctl/policy/messages.h"
#include "policy/pack.h"

namespace candour::ctl {

struct Terminal {
  bool json = false;
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
};

/// The pack as the bot loads it: note, hashes, examples. policy_invalid.
Result<std::shared_ptr<const policy::Pack>> load_as_bot(const std::filesystem::path& pack);
/// The rules as they are, unchecked against note and examples. policy_invalid.
Result<std::shared_ptr<const policy::Pack>> load_as_author(const std::filesystem::path& pack);

/// Name, version, number of rules and digest of a pack that holds.
Result<int> policy_check(const std::filesystem::path& pack, const Terminal& terminal);
/// What the pack is made of: rules by category and severity, phrases, patterns, examples, and how
/// many rules have fewer examples than they should.
Result<int> policy_stats(const std::filesystem::path& pack, const Terminal& terminal);
/// Writes the folder's pack.note anew, without signatures, and prints the digest.
Result<int> policy_note(const std::filesystem::path& pack, const std::string& name,
                        const std::string& version, const Terminal& terminal);

/// Writes the binary form of a pack that holds, for programs that read neither TOML nor folders.
Result<int> policy_compile(const std::filesystem::path& pack, const std::filesystem::path& out,
                           const Terminal& terminal);

struct TestOptions {
  std::vector<std::string> corpora;
  MessageColumns columns;
  /// Labels of messages that nothing should be found in, besides the usual ones.
  std::vector<std::string> innocent;
  bool all_innocent = false;  // every message, whatever its label
};
/// Runs every rule's examples, without stopping at the first that fails; then, where corpora are
/// given, precision and recall of each rule on them. 1 when an example failed.
Result<int> policy_test(const std::filesystem::path& pack, const TestOptions& options,
                        const Terminal& terminal);

/// Judges one JSON object a line: {"id","text","group_class"?} to {"id","verdict","findings"}, in
/// order. A bad line gives {"id","error"} (id null when it could not be read) and status 1 at the
/// end; the run goes on.
Result<int> policy_eval(const std::filesystem::path& pack, const Terminal& terminal);

struct SimulateOptions {
  std::string file;
  MessageColumns columns;
  std::string group_class;  // of messages that name none
  std::size_t show = 0;     // samples of each rule to print
};
/// What the pack would do to the messages of a file: verdicts, then hits by severity, category and
/// rule. Judges each message for itself: what a conversation adds is not in the file.
Result<int> policy_simulate(const std::filesystem::path& pack, const SimulateOptions& options,
                            const Terminal& terminal);
/// What changes between two packs: verdicts, rules, and each message that is judged otherwise.
Result<int> policy_diff(const std::filesystem::path& before, const std::filesystem::path& after,
                        const SimulateOptions& options, const Terminal& terminal);

/// Judges a text for a reader: verdict, each finding with its words marked, standard and advice;
/// then the words with their tags, and what became of every match, also of those excepted.
Result<int> policy_explain(const std::filesystem::path& pack, const std::string& group_class,
                           const SecretText& text, const Terminal& terminal);
/// What there is to know of one rule.
Result<int> policy_explain_rule(const std::filesystem::path& pack, const std::string& rule_id,
                                const Terminal& terminal);

}  // namespace candour::ctl
