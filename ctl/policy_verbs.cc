#include "ctl/policy_verbs.h"

#include <algorithm>
#include <istream>
#include <memory>
#include <optional>
#include <ostream>
#include <string_view>

#include "base/json_text.h"
#include "base/limits.h"
#include "ctl/policy_lines.h"
#include "policy/engine.h"
#include "policy/pack.h"

namespace candour::ctl {
namespace {

using policy::Engine;
using policy::Finding;
using policy::Judgement;
using policy::Rule;

constexpr std::size_t kLineSizeMax = limits::kFrameSizeMax;

int fail(const Error& e, bool json, std::ostream& err) {
  if (json) {
    err << "{\"error\":" << json_quote(code_name(e.code))
        << ",\"message\":" << json_quote(e.message) << ",\"detail\":{}}\n";
  } else {
    err << e.message << "\n";
  }
  // A pack that does not hold is what these verbs are there to find: a failed check.
  return e.code == ErrorCode::policy_invalid ? 1 : exit_status(e.code);
}

void write_findings(const Judgement& judgement, std::ostream& out) {
  out << "[";
  bool first = true;
  for (const Finding& f : judgement.findings) {
    out << (first ? "" : ",") << "{\"rule\":" << json_quote(f.rule)
        << ",\"category\":" << json_quote(f.category)
        << ",\"severity\":" << json_quote(policy::severity_name(f.severity))
        << ",\"start\":" << f.start << ",\"end\":" << f.end
        << ",\"standard\":" << json_quote(f.standard) << "}";
    first = false;
  }
  out << "]";
}

struct ExampleCount {
  std::size_t passed = 0;
  std::size_t total = 0;
};

ExampleCount run_examples(const Engine& engine, const Rule& rule, bool json, std::ostream& err) {
  ExampleCount count;
  const auto run = [&](const std::vector<std::string>& examples, bool wanted) {
    for (const std::string& example : examples) {
      ++count.total;
      if (engine.hits(rule, example) == wanted) {
        ++count.passed;
      } else if (!json) {
        err << rule.where << ": rule " << rule.id << ": "
            << (wanted ? "gives no finding: \"" : "gives a finding: \"") << example << "\"\n";
      }
    }
  };
  run(rule.matches, true);
  run(rule.passes, false);
  return count;
}

// The sentence with the finding's words between markers; a long text is cut around them.
void write_marked(std::string_view text, const Finding& f, std::ostream& out) {
  constexpr std::size_t kAround = 60;
  std::size_t from = f.start - std::min(f.start, kAround);
  std::size_t to = std::min(text.size(), f.end + kAround);
  const auto continues = [&](std::size_t i) {
    return i < text.size() && (static_cast<unsigned char>(text[i]) & 0xC0) == 0x80;
  };
  while (from > 0 && continues(from)) --from;
  while (continues(to)) ++to;
  out << "  " << (from > 0 ? "..." : "") << text.substr(from, f.start - from) << "[["
      << text.substr(f.start, f.end - f.start) << "]]" << text.substr(f.end, to - f.end)
      << (to < text.size() ? "..." : "") << "\n";
}

void write_standards(const std::string& primary, const std::vector<std::string>& secondary,
                     std::ostream& out) {
  out << "  standard: " << primary;
  for (const std::string& also : secondary) out << "; also " << also;
  out << "\n";
}

void write_explanation(std::string_view text, const Judgement& judgement, std::ostream& out) {
  out << "verdict: " << policy::verdict_name(judgement.verdict)
      << (judgement.alert ? " (alerts a supervisor)" : "") << "\n";
  if (judgement.findings.empty()) out << "no rule has anything to say about this text\n";
  for (const Finding& f : judgement.findings) {
    out << "\n"
        << policy::severity_name(f.severity) << ": " << f.rule << " (bytes " << f.start << " to "
        << f.end << ")\n";
    write_marked(text, f, out);
    out << "  " << f.message << "\n";
    write_standards(f.standard, f.secondary_standards, out);
    out << "  advice: " << f.advice << "\n";
  }
}

}  // namespace

int policy_check(const std::filesystem::path& folder, bool json, std::ostream& out,
                 std::ostream& err) {
  const auto pack = policy::load_pack(folder);
  if (!pack) return fail(pack.error(), json, err);
  const policy::Pack& p = *pack.value();
  if (json) {
    out << "{\"ok\":true,\"name\":" << json_quote(p.name)
        << ",\"version\":" << json_quote(p.version) << ",\"rules\":" << p.engine->rules().size()
        << ",\"digest\":" << json_quote(p.digest.hex()) << "}\n";
  } else {
    out << "ok: " << p.name << " " << p.version << ", " << p.engine->rules().size()
        << " rules, digest " << p.digest.hex() << "\n";
  }
  return 0;
}

int policy_test(const std::filesystem::path& folder, bool json, std::ostream& out,
                std::ostream& err) {
  const auto pack = policy::load_draft(folder);
  if (!pack) return fail(pack.error(), json, err);
  const Engine& engine = *pack.value()->engine;
  ExampleCount all;
  for (const Rule& rule : engine.rules()) {
    const ExampleCount count = run_examples(engine, rule, json, err);
    all.passed += count.passed;
    all.total += count.total;
    if (json) {
      out << "{\"rule\":" << json_quote(rule.id) << ",\"passed\":" << count.passed
          << ",\"total\":" << count.total << "}\n";
    } else {
      out << rule.id << " " << count.passed << "/" << count.total << "\n";
    }
  }
  if (json) {
    out << "{\"rules\":" << engine.rules().size() << ",\"passed\":" << all.passed
        << ",\"total\":" << all.total << "}\n";
  } else {
    out << engine.rules().size() << " rules, " << all.passed << "/" << all.total
        << " examples as expected\n";
  }
  return all.passed == all.total ? 0 : 1;
}

int policy_eval_jsonl(const std::filesystem::path& folder, std::istream& in, std::ostream& out,
                      std::ostream& err) {
  const auto pack = policy::load_pack(folder);
  if (!pack) return fail(pack.error(), true, err);
  bool all_good = true;
  LineReader lines(in, kLineSizeMax);
  while (std::optional<Line> line = lines.next()) {
    EvalRequest request = parse_eval_line(*line);
    out << "{\"id\":" << request.id_json;
    if (request.error) {
      all_good = false;
      out << ",\"error\":" << json_quote(*request.error) << "}\n";
      continue;
    }
    const Judgement judgement =
        pack.value()->engine->judge(request.text.expose(), {request.group_class});
    out << ",\"verdict\":" << json_quote(policy::verdict_name(judgement.verdict))
        << ",\"findings\":";
    write_findings(judgement, out);
    out << "}\n";
  }
  out.flush();
  return all_good && out ? 0 : 1;
}

int policy_explain_text(const std::filesystem::path& folder, const std::string& group_class,
                        std::istream& in, std::ostream& out, std::ostream& err) {
  const auto pack = policy::load_pack(folder);
  if (!pack) return fail(pack.error(), false, err);
  const std::optional<SecretText> text = read_text(in, limits::kFrameSizeMax);
  if (!text) {
    err << "the text on standard input is longer than " << limits::kFrameSizeMax << " bytes\n";
    return 2;
  }
  write_explanation(text->expose(), pack.value()->engine->judge(text->expose(), {group_class}),
                    out);
  return 0;
}

int policy_explain_rule(const std::filesystem::path& folder, const std::string& rule_id,
                        std::ostream& out, std::ostream& err) {
  const auto pack = policy::load_pack(folder);
  if (!pack) return fail(pack.error(), false, err);
  const Rule* rule = pack.value()->engine->find_rule(rule_id);
  if (rule == nullptr) {
    err << "there is no rule '" << rule_id << "' in this pack; candourctl policy test lists them\n";
    return 2;
  }
  out << rule->id << " (" << rule->where << ")\n";
  out << "  category: " << rule->category << "\n";
  out << "  severity: " << policy::severity_name(rule->severity);
  if (rule->alert) out << ", alerts a supervisor (" << rule->alert_level << ")";
  out << "\n  " << rule->message << "\n";
  write_standards(rule->standard, rule->secondary_standards, out);
  out << "  advice: " << rule->advice << "\n";
  for (const std::string& frame : rule->frames) out << "  excepted by: " << frame << "\n";
  for (const std::string& example : rule->matches) out << "  finds: " << example << "\n";
  for (const std::string& example : rule->passes) out << "  leaves alone: " << example << "\n";
  return 0;
}

int policy_note(const std::filesystem::path& folder, const std::string& name,
                const std::string& version, std::ostream& out, std::ostream& err) {
  const auto written = policy::write_pack_note(folder, name, version);
  if (!written) return fail(written.error(), false, err);
  return policy_check(folder, false, out, err);
}

}  // namespace candour::ctl
