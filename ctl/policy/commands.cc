// `candourctl policy ...` on the command line; the verbs themselves are in ctl/policy/verbs.h.
#include "ctl/policy/commands.h"

#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>

#include "base/limits.h"
#include "ctl/policy/lines.h"
#include "ctl/policy/verbs.h"
#include "ctl/verbs.h"

namespace candour::ctl {
namespace {

namespace fs = std::filesystem;

/// The default pack as it lies in a source tree (beside build/bin) or where a package puts it.
fs::path default_pack() {
  std::error_code none;
  const fs::path here = fs::read_symlink("/proc/self/exe", none).parent_path();
  for (const fs::path& candidate :
       {here / "../../config/policy/default", here / "../share/candour/policy/default"}) {
    if (fs::exists(candidate / "pack.note", none)) return candidate.lexically_normal();
  }
  return "config/policy/default";
}

Terminal terminal(const Context& context) {
  return {context.json, context.in, context.out, context.err};
}

struct Options {
  std::string pack;
  std::string before;
  std::string group_class;
  std::string rule;
  std::string name;
  std::string version;
  std::string text;
  std::string file;
  bool jsonl = false;
  TestOptions test;
  SimulateOptions simulate;

  fs::path path() const { return pack.empty() ? default_pack() : fs::path(pack); }
};

using Verb = std::function<Result<int>(const Options&, const Terminal&)>;

Run run_of(Context& context, std::shared_ptr<Options> o, Verb verb) {
  return [&context, o, verb] { return verb(*o, terminal(context)); };
}

std::shared_ptr<Options> with_pack(CLI::App& verb) {
  auto o = std::make_shared<Options>();
  verb.add_option("PACK,--pack", o->pack, "The pack (default: the one shipped)");
  return o;
}

void add_columns(CLI::App& verb, MessageColumns& columns) {
  verb.add_option("--text", columns.text, "Column of the text (default text, test_case, message)");
  verb.add_option("--label", columns.label,
                  "Column of the label (default expect, label_gold, label_sexist, label, warn_ok)");
}

void add_simulation(CLI::App& verb, SimulateOptions& o) {
  verb.add_option("FILE", o.file, "Messages: lines of text, .csv or .jsonl")->required();
  verb.add_option("--text", o.columns.text,
                  "Column of the text (default text, test_case, message)");
  verb.add_option("--class", o.group_class, "Class of the group, where the file names none");
  verb.add_option("--show", o.show, "Also print the text of so many messages (of each rule)");
}

void add_pack_verbs(CLI::App& family, Context& context) {
  add_verb(family, context, "check", "Load a pack as the bot would", [&](CLI::App& verb) {
    return run_of(context, with_pack(verb),
                  [](const Options& o, const Terminal& t) { return policy_check(o.path(), t); });
  });
  add_verb(family, context, "stats", "What a pack is made of", [&](CLI::App& verb) {
    return run_of(context, with_pack(verb),
                  [](const Options& o, const Terminal& t) { return policy_stats(o.path(), t); });
  });
  add_verb(family, context, "compile", "Write the binary form of a pack", [&](CLI::App& verb) {
    auto o = with_pack(verb);
    verb.add_option("-o,--out", o->file, "File to write, or a folder: DIGEST.pack in it")
        ->required();
    return run_of(context, o, [](const Options& p, const Terminal& t) {
      return policy_compile(p.path(), p.file, t);
    });
  });
  add_verb(family, context, "note", "Write pack.note anew, to be signed by two people",
           [&](CLI::App& verb) {
             auto o = with_pack(verb);
             verb.add_option("--name", o->name, "Name of the pack")->required();
             verb.add_option("--version", o->version, "Version of the pack")->required();
             return run_of(context, o, [](const Options& p, const Terminal& t) {
               return policy_note(p.path(), p.name, p.version, t);
             });
           });
}

void add_trial_verbs(CLI::App& family, Context& context) {
  add_verb(family, context, "test", "Run every rule's examples, and score rules on corpora",
           [&](CLI::App& verb) {
             auto o = with_pack(verb);
             verb.add_option("--corpus", o->test.corpora, "Labelled messages, repeated");
             add_columns(verb, o->test.columns);
             verb.add_option("--innocent", o->test.innocent,
                             "A label of messages that nothing should be found in, repeated");
             verb.add_flag("--all-innocent", o->test.all_innocent, "Every message is innocent");
             return run_of(context, o, [](const Options& p, const Terminal& t) {
               return policy_test(p.path(), p.test, t);
             });
           });
  add_verb(family, context, "simulate", "What a pack would do to a file of messages",
           [&](CLI::App& verb) {
             auto o = std::make_shared<Options>();
             verb.add_option("PACK", o->pack, "The pack")->required();
             add_simulation(verb, o->simulate);
             return run_of(context, o, [](const Options& p, const Terminal& t) {
               return policy_simulate(p.pack, p.simulate, t);
             });
           });
  add_verb(family, context, "diff", "What changes between two packs on a file of messages",
           [&](CLI::App& verb) {
             auto o = std::make_shared<Options>();
             verb.add_option("OLD", o->before, "The pack in use")->required();
             verb.add_option("NEW", o->pack, "The pack to come")->required();
             add_simulation(verb, o->simulate);
             return run_of(context, o, [](const Options& p, const Terminal& t) {
               return policy_diff(p.before, p.pack, p.simulate, t);
             });
           });
}

Result<SecretText> text_to_explain(const Options& o, std::istream& in) {
  if (!o.text.empty() && !o.file.empty()) {
    return error(ErrorCode::usage, "give a text or --file, not both");
  }
  if (!o.text.empty()) return SecretText::copy_of(o.text);
  std::ifstream file;
  if (!o.file.empty()) {
    file.open(o.file, std::ios::binary);
    if (!file) return error(ErrorCode::not_found, o.file + ": cannot be read");
  }
  auto text = read_text(o.file.empty() ? in : file, limits::kFrameSizeMax);
  if (text) return std::move(*text);
  return error(ErrorCode::input_invalid, (o.file.empty() ? "the text on standard input" : o.file) +
                                             " is longer than " +
                                             std::to_string(limits::kFrameSizeMax) + " bytes");
}

Result<int> explain(const Options& o, const Terminal& t) {
  if (!o.rule.empty()) return policy_explain_rule(o.path(), o.rule, t);
  CANDOUR_TRY(const SecretText text, text_to_explain(o, t.in));
  return policy_explain(o.path(), o.group_class.empty() ? "ordinary" : o.group_class, text, t);
}

void add_judging_verbs(CLI::App& family, Context& context) {
  add_verb(family, context, "eval", "Judge JSON lines from standard input", [&](CLI::App& verb) {
    auto o = with_pack(verb);
    verb.add_flag("--jsonl", o->jsonl, "One object a line, in and out")->required();
    return run_of(context, o, [](const Options& p, const Terminal& t) {
      // Line by line through C's streams costs more than judging.
      std::ios::sync_with_stdio(false);
      return policy_eval(p.path(), t);
    });
  });
  add_verb(family, context, "explain", "Explain the verdict on a text, or a rule",
           [&](CLI::App& verb) {
             auto o = std::make_shared<Options>();
             verb.add_option("TEXT", o->text,
                             "The text; others on this machine may see it, so rather --file or "
                             "standard input");
             verb.add_option("--file", o->file, "Read the text from this file");
             verb.add_option("--pack", o->pack, "The pack (default: the one shipped)");
             verb.add_option("--class", o->group_class, "Class of the group (default ordinary)");
             verb.add_option("--rule", o->rule, "Explain this rule instead of a text");
             return run_of(context, o, explain);
           });
}

}  // namespace

void add_policy_verbs(CLI::App& program, Context& context) {
  CLI::App& family = add_family(program, "policy", "Policy packs");
  add_pack_verbs(family, context);
  add_trial_verbs(family, context);
  add_judging_verbs(family, context);
  add_policy_publishing(family, context);
}

}  // namespace candour::ctl
