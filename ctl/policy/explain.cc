// explain: a verdict, or a rule, for a reader.
#include <ostream>
#include <sstream>

#include "ctl/json_line.h"
#include "ctl/policy/marked.h"
#include "ctl/policy/verbs.h"

namespace candour::ctl {
namespace {

using policy::Finding;
using policy::Judgement;

// A pattern is as long as its lists; --json has all of it.
constexpr std::size_t kSourceShownMax = 160;

std::string array_of(const std::vector<std::string>& texts) {
  JsonArray out;
  for (const std::string& text : texts) out.add(text);
  return out.str();
}

std::string as_json(const policy::Trace& trace) {
  JsonArray words;
  for (const policy::TracedWord& word : trace.words) {
    JsonLine one;
    one.number("start", word.start).number("end", word.end).raw("tags", array_of(word.tags));
    words.add(one);
  }
  JsonArray matches;
  for (const policy::TracedMatch& match : trace.matches) {
    JsonLine one;
    one.text("rule", match.rule).text("source", match.source);
    one.number("start", match.start).number("end", match.end);
    one.text("outcome", policy::outcome_name(match.outcome)).text("detail", match.detail);
    matches.add(one);
  }
  return JsonLine().raw("words", words.str()).raw("matches", matches.str()).str();
}

void write_json(const Judgement& judgement, const policy::Trace& trace, std::ostream& out) {
  JsonArray findings;
  for (const Finding& f : judgement.findings) {
    JsonLine one;
    one.text("rule", f.rule).text("category", f.category);
    one.text("severity", policy::severity_name(f.severity));
    one.number("start", f.start).number("end", f.end);
    one.text("standard", f.standard).raw("also", array_of(f.secondary_standards));
    one.text("message", f.message).text("advice", f.advice).boolean("alert", f.alert);
    findings.add(one);
  }
  JsonLine line;
  line.text("verdict", policy::verdict_name(judgement.verdict)).boolean("alert", judgement.alert);
  line.raw("findings", findings.str()).raw("trace", as_json(trace));
  out << line.str() << "\n";
}

// What was tagged, and what became of every match: why a rule spoke, or kept quiet.
void write_trace(std::string_view text, const policy::Trace& trace, std::ostream& out) {
  if (!trace.words.empty()) out << "\nwords and their tags:\n";
  for (const policy::TracedWord& word : trace.words) {
    out << "  " << text.substr(word.start, word.end - word.start) << ":";
    for (const std::string& tag : word.tags) out << " " << tag;
    out << "\n";
  }
  if (!trace.matches.empty()) out << "\nwhat matched, and what became of it:\n";
  for (const policy::TracedMatch& match : trace.matches) {
    out << "  " << match.rule << " [[" << text.substr(match.start, match.end - match.start)
        << "]]: " << policy::outcome_name(match.outcome);
    if (!match.detail.empty()) out << " (" << match.detail << ")";
    out << "\n    by " << match.source.substr(0, kSourceShownMax)
        << (match.source.size() > kSourceShownMax ? "..." : "") << "\n";
  }
}

void write_plain(std::string_view text, const Judgement& judgement, std::ostream& out) {
  out << "verdict: " << policy::verdict_name(judgement.verdict)
      << (judgement.alert ? " (alerts a supervisor)" : "") << "\n";
  if (judgement.findings.empty()) out << "no rule has anything to say about this text\n";
  for (const Finding& f : judgement.findings) {
    out << "\n"
        << policy::severity_name(f.severity) << ": " << f.rule << ", " << f.category << " (bytes "
        << f.start << " to " << f.end << ")\n";
    write_marked(text, f, out);
    out << "  " << f.message << "\n";
    write_standards(f.standard, f.secondary_standards, out);
    out << "  advice: " << f.advice << "\n";
  }
}

std::string indented(const std::string& talk) {
  std::istringstream lines(talk);
  std::string out;
  for (std::string line; std::getline(lines, line);) out += "    " + line + "\n";
  return out;
}

void write_rule_json(const policy::Rule& rule, std::ostream& out) {
  JsonLine line;
  line.text("rule", rule.id).text("where", rule.where).text("category", rule.category);
  line.text("severity", policy::severity_name(rule.severity)).boolean("alert", rule.alert);
  line.text("alert_level", rule.alert_level).text("message", rule.message);
  line.text("standard", rule.standard).raw("also", array_of(rule.secondary_standards));
  line.text("advice", rule.advice).raw("excepted_by", array_of(rule.frames));
  line.raw("group_classes", array_of(rule.group_classes));
  line.raw("phrases", array_of(rule.phrases)).raw("patterns", array_of(rule.patterns));
  line.raw("matches", array_of(rule.matches)).raw("passes", array_of(rule.passes));
  line.raw("talk_matches", array_of(rule.talk_matches));
  line.raw("talk_passes", array_of(rule.talk_passes));
  out << line.str() << "\n";
}

void write_rule(const policy::Rule& rule, std::ostream& out) {
  out << rule.id << " (" << rule.where << ")\n";
  out << "  category: " << rule.category << "\n";
  out << "  severity: " << policy::severity_name(rule.severity);
  if (rule.alert) out << ", alerts a supervisor (" << rule.alert_level << ")";
  out << "\n  " << rule.message << "\n";
  write_standards(rule.standard, rule.secondary_standards, out);
  out << "  advice: " << rule.advice << "\n";
  for (const std::string& frame : rule.frames) out << "  excepted by: " << frame << "\n";
  for (const std::string& only : rule.group_classes) out << "  only in groups of: " << only << "\n";
  for (const std::string& phrase : rule.phrases) out << "  phrase: " << phrase << "\n";
  for (const std::string& pattern : rule.patterns) out << "  pattern: " << pattern << "\n";
  for (const std::string& example : rule.matches) out << "  finds: " << example << "\n";
  for (const std::string& example : rule.passes) out << "  leaves alone: " << example << "\n";
  for (const std::string& talk : rule.talk_matches) out << "  finds in:\n" << indented(talk);
  for (const std::string& talk : rule.talk_passes) out << "  leaves alone in:\n" << indented(talk);
}

}  // namespace

Result<int> policy_explain(const std::filesystem::path& folder, const std::string& group_class,
                           const SecretText& text, const Terminal& terminal) {
  CANDOUR_TRY(const auto pack, load_as_author(folder));
  const Judgement judgement = pack->engine->judge(text.expose(), {group_class});
  const policy::Trace trace = pack->engine->trace(text.expose(), {group_class});
  if (terminal.json) {
    write_json(judgement, trace, terminal.out);
  } else {
    write_plain(text.expose(), judgement, terminal.out);
    write_trace(text.expose(), trace, terminal.out);
  }
  return 0;
}

Result<int> policy_explain_rule(const std::filesystem::path& folder, const std::string& rule_id,
                                const Terminal& terminal) {
  CANDOUR_TRY(const auto pack, load_as_author(folder));
  const policy::Rule* rule = pack->engine->find_rule(rule_id);
  if (rule == nullptr) {
    return error(ErrorCode::usage, "there is no rule '" + rule_id +
                                       "' in this pack; candourctl policy test lists them");
  }
  if (terminal.json) {
    write_rule_json(*rule, terminal.out);
  } else {
    write_rule(*rule, terminal.out);
  }
  return 0;
}

}  // namespace candour::ctl
