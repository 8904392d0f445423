// check, stats, note, compile: verbs about a pack alone.
#include <algorithm>
#include <array>
#include <map>
#include <ostream>

#include "base/assert.h"
#include "base/files.h"
#include "ctl/json_line.h"
#include "ctl/policy/verbs.h"

namespace candour::ctl {
namespace {

using policy::Rule;

// What every rule should have (the pack's own tests): fewer is not wrong, but untested.
constexpr std::size_t kMatchesGoal = 3;
constexpr std::size_t kPassesGoal = 5;
// A relay gives out what is named so (transport/relay/web_files.h).
constexpr std::string_view kServedEnding = ".pack";

struct PackCount {
  std::size_t patterns = 0;
  std::size_t phrases = 0;
  std::size_t matches = 0;
  std::size_t passes = 0;
  std::size_t talks = 0;  // of both: conversations
  std::size_t alerts = 0;
  std::array<std::size_t, 3> severities{};  // by policy::Severity
  std::map<std::string, std::size_t> categories;
  std::vector<std::string> few_examples;
};

PackCount count(const std::vector<Rule>& rules) {
  PackCount out;
  for (const Rule& rule : rules) {
    out.patterns += rule.patterns.size();
    out.phrases += rule.phrases.size();
    const std::size_t matches = rule.matches.size() + rule.talk_matches.size();
    const std::size_t passes = rule.passes.size() + rule.talk_passes.size();
    out.matches += matches;
    out.passes += passes;
    out.talks += rule.talk_matches.size() + rule.talk_passes.size();
    out.alerts += rule.alert ? 1 : 0;
    ++out.severities[static_cast<std::size_t>(rule.severity)];
    ++out.categories[rule.category];
    if (matches < kMatchesGoal || passes < kPassesGoal) {
      out.few_examples.push_back(rule.id);
    }
  }
  return out;
}

bool is_compiled(const std::filesystem::path& pack) {
  std::error_code none;
  return std::filesystem::is_regular_file(pack, none);
}

Result<std::shared_ptr<const policy::Pack>> load_binary(const std::filesystem::path& file) {
  CANDOUR_TRY(const Bytes bytes, read_file(file, policy::kCompiledPackSizeMax));
  auto pack = policy::load_compiled(bytes);
  if (pack) return pack;
  return error(pack.error().code, file.string() + ": " + pack.error().message);
}

JsonLine as_json(const policy::Pack& pack, const PackCount& c) {
  JsonLine categories;
  for (const auto& [category, rules] : c.categories) categories.number(category, rules);
  JsonArray few;
  for (const std::string& rule : c.few_examples) few.add(rule);
  JsonLine severities;
  severities.number("notice", c.severities[0]);
  severities.number("warn", c.severities[1]).number("block", c.severities[2]);
  JsonLine line;
  line.number("rules", pack.engine->rules().size())
      .number("phrases", c.phrases)
      .number("patterns", c.patterns)
      .number("matches", c.matches)
      .number("passes", c.passes)
      .number("conversations", c.talks)
      .number("rules_that_alert", c.alerts)
      .raw("rules_by_severity", severities.str())
      .raw("rules_by_category", categories.str())
      .raw("few_examples", few.str());
  return line;
}

}  // namespace

Result<std::shared_ptr<const policy::Pack>> load_as_bot(const std::filesystem::path& pack) {
  return is_compiled(pack) ? load_binary(pack) : policy::load_pack(pack);
}

Result<std::shared_ptr<const policy::Pack>> load_as_author(const std::filesystem::path& pack) {
  return is_compiled(pack) ? load_binary(pack) : policy::load_draft(pack);
}

Result<int> policy_compile(const std::filesystem::path& folder, const std::filesystem::path& where,
                           const Terminal& terminal) {
  CANDOUR_TRY(const auto pack, policy::load_pack(folder));
  const Bytes bytes = policy::compile_pack(*pack);
  // What is handed on was read back.
  CANDOUR_TRY(const auto again, policy::load_compiled(bytes));
  CANDOUR_ASSERT(again->digest == pack->digest);
  const auto out = std::filesystem::is_directory(where)
                       ? where / (pack->digest.hex() + std::string(kServedEnding))
                       : where;
  CANDOUR_TRY(write_file(out, bytes));
  if (terminal.json) {
    JsonLine line;
    line.text("file", out.string()).number("size", bytes.size()).text("digest", pack->digest.hex());
    terminal.out << line.str() << "\n";
  } else {
    terminal.out << out.string() << ": " << pack->name << " " << pack->version << ", "
                 << bytes.size() << " bytes, digest " << pack->digest.hex() << "\n";
  }
  return 0;
}

Result<int> policy_check(const std::filesystem::path& folder, const Terminal& terminal) {
  CANDOUR_TRY(const auto pack, load_as_bot(folder));
  const std::size_t rules = pack->engine->rules().size();
  if (terminal.json) {
    JsonLine line;
    line.boolean("ok", true).text("name", pack->name).text("version", pack->version);
    line.number("rules", rules).text("digest", pack->digest.hex());
    terminal.out << line.str() << "\n";
  } else {
    terminal.out << "ok: " << pack->name << " " << pack->version << ", " << rules
                 << " rules, digest " << pack->digest.hex() << "\n";
  }
  return 0;
}

Result<int> policy_stats(const std::filesystem::path& folder, const Terminal& terminal) {
  CANDOUR_TRY(const auto pack, load_as_author(folder));
  const PackCount c = count(pack->engine->rules());
  std::ostream& out = terminal.out;
  if (terminal.json) {
    out << as_json(*pack, c).str() << "\n";
    return 0;
  }
  out << pack->engine->rules().size() << " rules (" << c.severities[0] << " notice, "
      << c.severities[1] << " warn, " << c.severities[2] << " block; " << c.alerts
      << " alert a supervisor)\n"
      << c.phrases << " phrases, " << c.patterns << " patterns\n"
      << c.matches << " examples that must be found, " << c.passes << " that must not; " << c.talks
      << " of them are conversations\n";
  for (const auto& [category, rules] : c.categories)
    out << "  " << category << " " << rules << "\n";
  if (!c.few_examples.empty()) {
    out << c.few_examples.size() << " rules have fewer than " << kMatchesGoal << " matches or "
        << kPassesGoal << " passes:\n";
    for (const std::string& rule : c.few_examples) out << "  " << rule << "\n";
  }
  return 0;
}

Result<int> policy_note(const std::filesystem::path& folder, const std::string& name,
                        const std::string& version, const Terminal& terminal) {
  CANDOUR_TRY(policy::write_pack_note(folder, name, version));
  return policy_check(folder, terminal);
}

}  // namespace candour::ctl
