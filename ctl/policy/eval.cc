// eval: a pack as a filter for machines.
#include <istream>
#include <ostream>

#include "base/json_text.h"
#include "base/limits.h"
#include "ctl/policy/lines.h"
#include "ctl/policy/verbs.h"

namespace candour::ctl {
namespace {

void add_findings(const policy::Judgement& judgement, std::string& out) {
  out += ",\"findings\":[";
  bool first = true;
  for (const policy::Finding& f : judgement.findings) {
    if (!first) out += ',';
    first = false;
    out += "{\"rule\":" + json_quote(f.rule);
    out += ",\"category\":" + json_quote(f.category);
    out += ",\"severity\":" + json_quote(policy::severity_name(f.severity));
    out += ",\"start\":" + std::to_string(f.start) + ",\"end\":" + std::to_string(f.end);
    out += ",\"standard\":" + json_quote(f.standard) + "}";
  }
  out += "]}\n";
}

}  // namespace

Result<int> policy_eval(const std::filesystem::path& folder, const Terminal& terminal) {
  CANDOUR_TRY(const auto pack, load_as_bot(folder));
  bool all_good = true;
  LineReader lines(terminal.in, limits::kFrameSizeMax);
  std::string answer;
  while (std::optional<Line> line = lines.next()) {
    const MessageLine message = parse_message_line(*line, true);
    answer = "{\"id\":" + message.id_json;
    if (message.error) {
      all_good = false;
      answer += ",\"error\":" + json_quote(*message.error) + "}\n";
    } else {
      const policy::Judgement judgement =
          pack->engine->judge(message.text.expose(), {message.group_class});
      answer += ",\"verdict\":" + json_quote(policy::verdict_name(judgement.verdict));
      add_findings(judgement, answer);
    }
    terminal.out << answer;
    // Whoever waits for the answer to what they wrote so far gets it.
    if (terminal.in.rdbuf()->in_avail() <= 0) terminal.out.flush();
  }
  terminal.out.flush();
  return all_good && terminal.out ? 0 : 1;
}

}  // namespace candour::ctl
