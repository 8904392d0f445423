// diff: what changes for people between two packs.
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

using RuleSeverities = std::map<std::string, policy::Severity>;

RuleSeverities rules_of(const Judgement& judgement) {
  RuleSeverities out;
  for (const Finding& f : judgement.findings) out.emplace(f.rule, f.severity);
  return out;
}

struct Change {
  policy::Verdict before = policy::Verdict::release;
  policy::Verdict after = policy::Verdict::release;
  std::vector<std::string> gained;
  std::vector<std::string> lost;
  std::vector<std::string> moved;  // the same rule with another severity

  bool verdict_changed() const { return before != after; }
  bool any() const {
    return verdict_changed() || !gained.empty() || !lost.empty() || !moved.empty();
  }
};

Change compare(const Judgement& before, const Judgement& after) {
  Change change;
  change.before = before.verdict;
  change.after = after.verdict;
  const RuleSeverities old_rules = rules_of(before);
  const RuleSeverities new_rules = rules_of(after);
  for (const auto& [rule, severity] : new_rules) {
    const auto had = old_rules.find(rule);
    if (had == old_rules.end()) {
      change.gained.push_back(rule);
    } else if (had->second != severity) {
      change.moved.push_back(rule);
    }
  }
  for (const auto& [rule, severity] : old_rules) {
    if (!new_rules.contains(rule)) change.lost.push_back(rule);
  }
  return change;
}

std::string array_of(const std::vector<std::string>& texts) {
  JsonArray out;
  for (const std::string& text : texts) out.add(text);
  return out.str();
}

void write_change(const Message& message, const Change& change, const Terminal& terminal) {
  if (terminal.json) {
    JsonLine line;
    line.text("id", message.id).text("before", policy::verdict_name(change.before));
    line.text("after", policy::verdict_name(change.after));
    line.raw("gained", array_of(change.gained)).raw("lost", array_of(change.lost));
    line.raw("severity_changed", array_of(change.moved));
    terminal.out << line.str() << "\n";
    return;
  }
  terminal.out << message.id << ": " << policy::verdict_name(change.before);
  if (change.verdict_changed()) terminal.out << " -> " << policy::verdict_name(change.after);
  for (const std::string& rule : change.gained) terminal.out << " +" << rule;
  for (const std::string& rule : change.lost) terminal.out << " -" << rule;
  for (const std::string& rule : change.moved) terminal.out << " ~" << rule;
  terminal.out << "\n";
}

// The words of the first finding on whichever side has one.
void write_sample(const Message& message, const Judgement& before, const Judgement& after,
                  const Terminal& terminal) {
  const auto& findings = after.findings.empty() ? before.findings : after.findings;
  if (terminal.json) {
    JsonLine line;
    line.text("sample", message.id).text("text", message.text.expose());
    terminal.out << line.str() << "\n";
  } else if (!findings.empty()) {
    write_marked(message.text.expose(), findings.front(), terminal.out);
  }
}

struct Totals {
  std::size_t messages = 0;
  std::size_t changed = 0;
  std::map<std::pair<policy::Verdict, policy::Verdict>, std::size_t> verdicts;
  std::map<std::string, std::pair<std::size_t, std::size_t>> rules;  // gained, lost

  void add(const Change& change) {
    ++changed;
    if (change.verdict_changed()) ++verdicts[{change.before, change.after}];
    for (const std::string& rule : change.gained) ++rules[rule].first;
    for (const std::string& rule : change.lost) ++rules[rule].second;
  }
};

void write_totals(const Totals& totals, const Terminal& terminal) {
  std::ostream& out = terminal.out;
  if (terminal.json) {
    JsonLine verdicts;
    for (const auto& [pair, count] : totals.verdicts) {
      verdicts.number(std::string(policy::verdict_name(pair.first)) + " to " +
                          std::string(policy::verdict_name(pair.second)),
                      count);
    }
    JsonArray rules;
    for (const auto& [rule, count] : totals.rules) {
      JsonLine one;
      one.text("rule", rule).number("gained", count.first).number("lost", count.second);
      rules.add(one);
    }
    JsonLine line;
    line.number("messages", totals.messages).number("changed", totals.changed);
    line.raw("verdicts", verdicts.str()).raw("rules", rules.str());
    out << line.str() << "\n";
    return;
  }
  out << totals.changed << " of " << totals.messages << " messages are judged otherwise\n";
  for (const auto& [pair, count] : totals.verdicts) {
    out << "  " << policy::verdict_name(pair.first) << " -> " << policy::verdict_name(pair.second)
        << " " << count << "\n";
  }
  if (!totals.rules.empty()) out << "by rule (messages gained, lost):\n";
  for (const auto& [rule, count] : totals.rules) {
    out << "  " << rule << " +" << count.first << " -" << count.second << "\n";
  }
}

}  // namespace

Result<int> policy_diff(const std::filesystem::path& before, const std::filesystem::path& after,
                        const SimulateOptions& options, const Terminal& terminal) {
  CANDOUR_TRY(const auto old_pack, load_as_author(before));
  CANDOUR_TRY(const auto new_pack, load_as_author(after));
  CANDOUR_TRY(const auto messages, MessageFile::open(options.file, options.columns));
  Totals totals;
  while (true) {
    CANDOUR_TRY(const auto message, messages->next());
    if (!message) break;
    ++totals.messages;
    const std::string& group_class =
        message->group_class.empty() ? options.group_class : message->group_class;
    const Judgement was = old_pack->engine->judge(message->text.expose(), {group_class});
    const Judgement is = new_pack->engine->judge(message->text.expose(), {group_class});
    const Change change = compare(was, is);
    if (!change.any()) continue;
    totals.add(change);
    write_change(*message, change, terminal);
    if (totals.changed <= options.show) write_sample(*message, was, is, terminal);
  }
  write_totals(totals, terminal);
  return 0;
}

}  // namespace candour::ctl
