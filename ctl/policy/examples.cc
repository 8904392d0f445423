// test: a pack against its own examples, and against messages whose labels say what should be
// found.
#include <algorithm>
#include <array>
#include <map>
#include <ostream>
#include <set>

#include "ctl/json_line.h"
#include "ctl/policy/verbs.h"

namespace candour::ctl {
namespace {

using policy::Engine;
using policy::Rule;

constexpr std::array kInnocentLabels = {"none", "non-hateful", "not sexist", "innocent", "benign"};

struct ExampleCount {
  std::size_t passed = 0;
  std::size_t total = 0;
};

ExampleCount run_examples(const Engine& engine, const Rule& rule, const Terminal& terminal) {
  ExampleCount count;
  const auto tell = [&](const std::string& what, const std::string& example) {
    if (!terminal.json) {
      terminal.err << rule.where << ": rule " << rule.id << ": " << what << ": \"" << example
                   << "\"\n";
    }
  };
  const auto take = [&](bool hit, bool wanted, const std::string& example) {
    ++count.total;
    count.passed += hit == wanted ? 1 : 0;
    if (hit != wanted) tell(wanted ? "gives no finding" : "gives a finding", example);
  };
  const auto run = [&](const std::vector<std::string>& examples, bool wanted) {
    for (const std::string& example : examples) take(engine.hits(rule, example), wanted, example);
  };
  const auto run_talks = [&](const std::vector<std::string>& talks, bool wanted) {
    for (const std::string& talk : talks) {
      const Result<bool> hit = engine.hits_talk(rule, talk);
      if (hit) {
        take(hit.value(), wanted, talk);
      } else {
        ++count.total;
        tell(hit.error().message, talk);
      }
    }
  };
  run(rule.matches, true);
  run(rule.passes, false);
  run_talks(rule.talk_matches, true);
  run_talks(rule.talk_passes, false);
  return count;
}

ExampleCount run_all_examples(const Engine& engine, const Terminal& terminal) {
  ExampleCount all;
  for (const Rule& rule : engine.rules()) {
    const ExampleCount count = run_examples(engine, rule, terminal);
    all.passed += count.passed;
    all.total += count.total;
    if (terminal.json) {
      JsonLine line;
      line.text("rule", rule.id).number("passed", count.passed).number("total", count.total);
      terminal.out << line.str() << "\n";
    } else {
      terminal.out << rule.id << " " << count.passed << "/" << count.total << "\n";
    }
  }
  if (terminal.json) {
    JsonLine line;
    line.number("rules", engine.rules().size());
    line.number("passed", all.passed).number("total", all.total);
    terminal.out << line.str() << "\n";
  } else {
    terminal.out << engine.rules().size() << " rules, " << all.passed << "/" << all.total
                 << " examples as expected\n";
  }
  return all;
}

// What a label says of its message. `named`: the label is a category of the pack. `open`: crude
// enough that a finding is neither right nor wrong.
enum class Truth { innocent, violating, named, open };

struct Score {
  std::size_t hits = 0;   // messages the rule found something in, but for open ones
  std::size_t right = 0;  // of those: violating, or named as the rule's own category
  std::size_t wrong = 0;  // of those: innocent
};

class Scores {
 public:
  Scores(const Engine& engine, const TestOptions& options)
      : engine_(engine),
        options_(options),
        innocent_(kInnocentLabels.begin(), kInnocentLabels.end()) {
    innocent_.insert(options.innocent.begin(), options.innocent.end());
    for (const Rule& rule : engine.rules()) categories_.insert(rule.category);
  }

  Status read(const std::string& file) {
    CANDOUR_TRY(const auto messages, MessageFile::open(file, options_.columns));
    if (messages->label_column().empty() && !options_.all_innocent) {
      return error(ErrorCode::usage,
                   file +
                       ": nothing in it says what should be found; name the column of labels "
                       "with --label, or say --all-innocent");
    }
    const bool warn_ok = messages->label_column() == "warn_ok";
    while (true) {
      CANDOUR_TRY(const auto message, messages->next());
      if (!message) return ok();
      add(*message, truth_of(message->label, warn_ok));
    }
  }

  const std::map<std::string, Score>& by_rule() const { return by_rule_; }
  std::size_t innocent() const { return innocent_count_; }
  std::size_t warned() const { return warned_; }
  /// Messages in which a rule of this category ought to find something.
  std::size_t expected(const std::string& category) const {
    const auto named = named_.find(category);
    return violating_ + (named == named_.end() ? 0 : named->second);
  }

 private:
  Truth truth_of(const std::string& label, bool warn_ok) const {
    if (options_.all_innocent) return Truth::innocent;
    if (warn_ok) return label == "0" ? Truth::innocent : Truth::open;
    if (innocent_.contains(label)) return Truth::innocent;
    return categories_.contains(label) ? Truth::named : Truth::violating;
  }

  void add(const Message& message, Truth truth) {
    const auto judgement = engine_.judge(message.text.expose(), {message.group_class});
    if (truth == Truth::innocent) {
      ++innocent_count_;
      if (judgement.verdict != policy::Verdict::release) ++warned_;
    }
    if (truth == Truth::violating) ++violating_;
    if (truth == Truth::named) ++named_[message.label];
    if (truth == Truth::open) return;
    std::set<std::string> seen;
    for (const policy::Finding& finding : judgement.findings) {
      if (!seen.insert(finding.rule).second) continue;
      Score& score = by_rule_[finding.rule];
      ++score.hits;
      if (truth == Truth::innocent) ++score.wrong;
      if (truth == Truth::violating ||
          (truth == Truth::named && message.label == finding.category)) {
        ++score.right;
      }
    }
  }

  const Engine& engine_;
  const TestOptions& options_;
  std::set<std::string> innocent_;
  std::set<std::string> categories_;
  std::map<std::string, Score> by_rule_;
  std::map<std::string, std::size_t> named_;
  std::size_t violating_ = 0;
  std::size_t innocent_count_ = 0;
  std::size_t warned_ = 0;
};

double share(std::size_t part, std::size_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

std::string percent(std::size_t part, std::size_t whole) {
  if (whole == 0) return "-";
  const std::size_t tenths = (part * 1000 + whole / 2) / whole;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " %";
}

// Rules that found nothing are listed too: a rule that never hits is either very special or dead.
void write_scores(const Engine& engine, const Scores& scores, const Terminal& terminal) {
  std::ostream& out = terminal.out;
  if (!terminal.json) out << "\nrule: messages hit, wrongly, precision, recall of its category\n";
  for (const Rule& rule : engine.rules()) {
    const auto found = scores.by_rule().find(rule.id);
    const Score score = found == scores.by_rule().end() ? Score() : found->second;
    const std::size_t expected = scores.expected(rule.category);
    if (terminal.json) {
      JsonLine line;
      line.text("rule", rule.id).text("category", rule.category).number("hits", score.hits);
      line.number("right", score.right).number("wrong", score.wrong).number("expected", expected);
      if (score.hits > 0) line.decimal("precision", share(score.hits - score.wrong, score.hits));
      if (expected > 0) line.decimal("recall", share(score.right, expected));
      out << line.str() << "\n";
    } else {
      out << rule.id << ": " << score.hits << ", " << score.wrong << ", "
          << percent(score.hits - score.wrong, score.hits) << ", " << percent(score.right, expected)
          << "\n";
    }
  }
  if (terminal.json) {
    JsonLine line;
    line.number("innocent", scores.innocent()).number("innocent_warned", scores.warned());
    out << line.str() << "\n";
  } else {
    out << scores.warned() << " of " << scores.innocent() << " innocent messages are warned of\n";
  }
}

}  // namespace

Result<int> policy_test(const std::filesystem::path& folder, const TestOptions& options,
                        const Terminal& terminal) {
  CANDOUR_TRY(const auto pack, load_as_author(folder));
  const Engine& engine = *pack->engine;
  const ExampleCount examples = run_all_examples(engine, terminal);
  if (!options.corpora.empty()) {
    Scores scores(engine, options);
    for (const std::string& file : options.corpora) {
      CANDOUR_TRY(scores.read(file));
    }
    write_scores(engine, scores, terminal);
  }
  return examples.passed == examples.total ? 0 : 1;
}

}  // namespace candour::ctl
