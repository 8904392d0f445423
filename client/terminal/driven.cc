#include "client/terminal/driven.h"

#include "client/terminal/command_line.h"
#include "client/terminal/line_input.h"
#include "client/terminal/verbs.h"

namespace candour::terminal {
namespace {

constexpr std::uint64_t kPumpMs = 20;

Error not_taken(std::string_view verb) {
  return error(ErrorCode::usage,
               "\"" + std::string(verb) + "\" cannot be run here; start candour for it");
}

/// What a line says, under the same state, passphrase and address as the whole run.
Result<Options> read_line(std::string_view line, const Options& base) {
  const std::vector<SecretText> words = words_of(line);
  std::vector<std::string> kept = {"candour", "--json"};
  for (const SecretText& word : words) kept.emplace_back(word.expose());
  std::vector<char*> argv;
  for (std::string& word : kept) argv.push_back(word.data());
  auto read = read_command_line(static_cast<int>(argv.size()), argv.data());
  for (std::string& word : kept) wipe(word.data(), word.size());
  CANDOUR_TRY(CommandLine command, std::move(read));
  Options options = std::move(command.options);
  const std::string_view verb = options.verb;
  if (command.answer) return error(ErrorCode::usage, "--help and --version are not verbs");
  if (verb.empty() || verb == "watch" || verb == "enrol") return not_taken(verb);
  // Standard input is where the verbs come from.
  if (options.text.expose() == "-") return error(ErrorCode::usage, "give the text as a word");
  options.has_text = true;
  options.state = base.state;
  options.config = base.config;
  options.passphrase_file = base.passphrase_file;
  return options;
}

void answer(std::ostream& out, std::uint64_t line, const Status& done) {
  {
    JsonLine answer(out);
    answer.text("event", "answer").number("line", line);
    if (!done) {
      answer.text("error", code_name(done.error().code));
      answer.number("status", static_cast<std::uint64_t>(exit_status(done.error().code)));
      answer.text("message", done.error().message);
    }
  }
  out << '\n' << std::flush;
}

bool ends_the_run(const Status& done) {
  return !done && (done.error().code == ErrorCode::storage_failed ||
                   done.error().code == ErrorCode::state_damaged);
}

}  // namespace

std::vector<SecretText> words_of(std::string_view line) {
  std::vector<SecretText> words;
  SecretBytes::Buffer word;
  for (std::size_t i = 0; i <= line.size(); ++i) {
    if (i == line.size() || line[i] == '\t') {
      words.emplace_back(SecretBytes(std::move(word)));
      word = {};
      continue;
    }
    char c = line[i];
    if (c == '\\' && i + 1 < line.size()) {
      c = line[++i];
      if (c == 't') c = '\t';
      if (c == 'n') c = '\n';
    }
    word.push_back(static_cast<std::uint8_t>(c));
  }
  return words;
}

Status driven(const Options& options, const World& world, const RunVerb& run) {
  PrintingSink sink(world.out, true);
  CANDOUR_TRY(auto session, Session::open(options, world, sink));
  CANDOUR_TRY(session->start());
  print_ready(*session, true);
  std::ostream out(world.out.rdbuf());
  const World shared{world.clock, world.random, out, world.stop, session.get()};
  LineInput input;
  std::uint64_t number = 0;
  Status ended = ok();
  bool open = true;
  const auto take_lines = [&] {
    if (!open || !ended) return false;
    open = input.read_some();
    while (auto line = input.take_line()) {
      auto command = read_line(line->expose(), options);
      const Status done = command ? run(command.value(), shared) : Status(command.error());
      answer(world.out, ++number, done);
      if (ends_the_run(done)) ended = done;
      if (!ended) return false;
    }
    return open;
  };
  // Verbs are answered also while the relay is away.
  session->while_away(take_lines);
  while (open && ended && !session->stopped()) {
    CANDOUR_TRY(session->pump(kPumpMs, 0));
    (void)take_lines();
  }
  return ended;
}

}  // namespace candour::terminal
