// `candourctl policy ...` on the command line; the verbs themselves are in ctl/policy_verbs.h.
#include <CLI/CLI.hpp>

#include "ctl/policy_verbs.h"
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

struct Options {
  std::string pack;
  std::string group_class;
  std::string rule;
  std::string name;
  std::string version;
  bool jsonl = false;

  fs::path folder() const { return pack.empty() ? default_pack() : fs::path(pack); }
};

std::shared_ptr<Options> with_pack(CLI::App& verb) {
  auto o = std::make_shared<Options>();
  verb.add_option("PACK,--pack", o->pack, "Folder of the pack (default: the one shipped)");
  return o;
}

void add_readers(CLI::App& family, Context& context) {
  add_verb(family, context, "check", "Load a pack as the bot would", [&](CLI::App& verb) -> Run {
    auto o = with_pack(verb);
    return [&context, o]() -> Result<int> {
      return policy_check(o->folder(), context.json, context.out, context.err);
    };
  });
  add_verb(family, context, "test", "Run every rule's examples", [&](CLI::App& verb) -> Run {
    auto o = with_pack(verb);
    return [&context, o]() -> Result<int> {
      return policy_test(o->folder(), context.json, context.out, context.err);
    };
  });
  add_verb(family, context, "eval", "Judge JSON lines from standard input",
           [&](CLI::App& verb) -> Run {
             auto o = with_pack(verb);
             verb.add_flag("--jsonl", o->jsonl, "One object a line, in and out")->required();
             return [&context, o]() -> Result<int> {
               return policy_eval_jsonl(o->folder(), context.in, context.out, context.err);
             };
           });
  add_verb(family, context, "explain", "Explain the verdict on a text, or a rule",
           [&](CLI::App& verb) -> Run {
             auto o = with_pack(verb);
             verb.add_option("--class", o->group_class, "Class of the group (default standard)");
             verb.add_option("--rule", o->rule, "Print this rule instead of reading a text");
             return [&context, o]() -> Result<int> {
               if (!o->rule.empty()) {
                 return policy_explain_rule(o->folder(), o->rule, context.out, context.err);
               }
               return policy_explain_text(o->folder(),
                                          o->group_class.empty() ? "standard" : o->group_class,
                                          context.in, context.out, context.err);
             };
           });
}

}  // namespace

void add_policy_verbs(CLI::App& program, Context& context) {
  CLI::App& family = add_family(program, "policy", "Policy packs");
  add_readers(family, context);
  add_verb(family, context, "note", "Write pack.note anew, to be signed by two people",
           [&](CLI::App& verb) -> Run {
             auto o = with_pack(verb);
             verb.add_option("--name", o->name, "Name of the pack")->required();
             verb.add_option("--version", o->version, "Version of the pack")->required();
             return [&context, o]() -> Result<int> {
               return policy_note(o->folder(), o->name, o->version, context.out, context.err);
             };
           });
}

}  // namespace candour::ctl
