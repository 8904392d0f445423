// simulate: what a pack would do before it is enabled.
#include <array>
#include <map>
#include <ostream>
#include <set>

#include "ctl/json_line.h"
#include "ctl/policy/marked.h"
#include "ctl/policy/verbs.h"

namespace candour::ctl {
namespace {

using policy::Finding;
using policy::Judgement;

constexpr std::array kSeverities = {policy::Severity::notice, policy::Severity::warn,
                                    policy::Severity::block};

struct RuleTally {
  policy::Severity severity = policy::Severity::notice;
  std::string category;
  std::size_t messages = 0;
  std::size_t findings = 0;
};

struct Tally {
  std::size_t messages = 0;
  std::array<std::size_t, 3> verdicts{};  // by policy::Verdict
  std::size_t alerts = 0;
  std::array<std::size_t, 3> severities{};  // messages with a finding of this severity
  std::map<std::string, std::size_t> categories;
  std::map<std::string, RuleTally> rules;

  void add(const Judgement& judgement) {
    ++messages;
    ++verdicts[static_cast<std::size_t>(judgement.verdict)];
    alerts += judgement.alert ? 1 : 0;
    std::set<std::string> seen;
    std::set<std::string> seen_categories;
    std::set<policy::Severity> seen_severities;
    for (const Finding& f : judgement.findings) {
      RuleTally& rule = rules[f.rule];
      rule.severity = f.severity;
      rule.category = f.category;
      ++rule.findings;
      if (seen.insert(f.rule).second) ++rule.messages;
      if (seen_categories.insert(f.category).second) ++categories[f.category];
      if (seen_severities.insert(f.severity).second) {
        ++severities[static_cast<std::size_t>(f.severity)];
      }
    }
  }
};

std::size_t warned(const Tally& tally) { return tally.verdicts[1] + tally.verdicts[2]; }

double per_thousand(std::size_t part, std::size_t whole) {
  return whole == 0 ? 0 : 1000.0 * static_cast<double>(part) / static_cast<double>(whole);
}

void write_json(const Tally& t, std::ostream& out) {
  JsonLine verdicts;
  verdicts.number("release", t.verdicts[0]).number("warn", t.verdicts[1]);
  verdicts.number("block", t.verdicts[2]);
  JsonLine severities;
  for (const auto severity : kSeverities) {
    severities.number(policy::severity_name(severity),
                      t.severities[static_cast<std::size_t>(severity)]);
  }
  JsonLine categories;
  for (const auto& [category, messages] : t.categories) categories.number(category, messages);
  JsonArray rules;
  for (const auto& [id, rule] : t.rules) {
    JsonLine one;
    one.text("rule", id).text("category", rule.category);
    one.text("severity", policy::severity_name(rule.severity));
    one.number("messages", rule.messages).number("findings", rule.findings);
    rules.add(one);
  }
  JsonLine line;
  line.number("messages", t.messages).raw("verdicts", verdicts.str()).number("alerts", t.alerts);
  line.decimal("warned_per_thousand", per_thousand(warned(t), t.messages));
  line.raw("severities", severities.str()).raw("categories", categories.str());
  line.raw("rules", rules.str());
  out << line.str() << "\n";
}

void write_plain(const Tally& t, std::ostream& out) {
  out << t.messages << " messages: " << t.verdicts[0] << " released, " << t.verdicts[1]
      << " warned, " << t.verdicts[2] << " blocked; " << t.alerts << " alerts; "
      << per_thousand(warned(t), t.messages) << " in 1,000 held up\n";
  out << "messages with a finding, by severity:\n";
  for (const auto severity : kSeverities) {
    out << "  " << policy::severity_name(severity) << " "
        << t.severities[static_cast<std::size_t>(severity)] << "\n";
  }
  if (!t.categories.empty()) out << "by category:\n";
  for (const auto& [category, messages] : t.categories)
    out << "  " << category << " " << messages << "\n";
  if (!t.rules.empty()) out << "by rule (messages, findings):\n";
  for (const auto& [id, rule] : t.rules) {
    out << "  " << id << " (" << policy::severity_name(rule.severity) << ") " << rule.messages
        << ", " << rule.findings << "\n";
  }
}

// Samples go out as they are met, so that no text is kept.
class Samples {
 public:
  Samples(std::size_t each, const Terminal& terminal) : each_(each), terminal_(terminal) {}

  void offer(const Message& message, const Judgement& judgement) {
    std::set<std::string> seen;
    for (const Finding& f : judgement.findings) {
      if (!seen.insert(f.rule).second || shown_[f.rule] >= each_) continue;
      ++shown_[f.rule];
      if (terminal_.json) {
        JsonLine line;
        line.text("sample", f.rule).text("id", message.id).text("text", message.text.expose());
        line.number("start", f.start).number("end", f.end);
        terminal_.out << line.str() << "\n";
      } else {
        terminal_.out << f.rule << ", " << message.id << ":\n";
        write_marked(message.text.expose(), f, terminal_.out);
      }
    }
  }

 private:
  std::size_t each_;
  const Terminal& terminal_;
  std::map<std::string, std::size_t> shown_;
};

}  // namespace

Result<int> policy_simulate(const std::filesystem::path& folder, const SimulateOptions& options,
                            const Terminal& terminal) {
  CANDOUR_TRY(const auto pack, load_as_author(folder));
  CANDOUR_TRY(const auto messages, MessageFile::open(options.file, options.columns));
  Tally tally;
  Samples samples(options.show, terminal);
  while (true) {
    CANDOUR_TRY(const auto message, messages->next());
    if (!message) break;
    const std::string& group_class =
        message->group_class.empty() ? options.group_class : message->group_class;
    const Judgement judgement = pack->engine->judge(message->text.expose(), {group_class});
    tally.add(judgement);
    if (options.show > 0) samples.offer(*message, judgement);
  }
  if (terminal.json) {
    write_json(tally, terminal.out);
  } else {
    write_plain(tally, terminal.out);
  }
  return 0;
}

}  // namespace candour::ctl
