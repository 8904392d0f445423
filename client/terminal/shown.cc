#include "client/terminal/shown.h"

#include "base/encoding.h"
#include "client/terminal/printer.h"
#include "client/terminal/text_io.h"

namespace candour::terminal {
namespace {

constexpr std::size_t kShortId = 8;

/// The message itself was deleted, or it is an edit of one that was.
bool is_gone(const Shown& shown, const client::MessageState& state) {
  if (state.target.deleted) return true;
  if (shown.content.type != messages::ContentType::edit || !shown.content.about) return false;
  const client::MessageState* edited = shown.timeline.find(*shown.content.about);
  return edited != nullptr && edited->target.deleted;
}

/// What is left to read of it.
messages::Content as_it_stands(const Shown& shown, const client::MessageState& state) {
  messages::Content content;
  content.type = shown.content.type;
  content.about = shown.content.about;
  content.option = shown.content.option;
  if (is_gone(shown, state)) return content;
  content.mentions = shown.content.mentions;
  content.text = state.edited ? state.text.clone() : shown.content.text.clone();
  for (const SecretText& option : shown.content.options) content.options.push_back(option.clone());
  return content;
}

void write_reactions(JsonLine& line, const client::MessageState& state) {
  std::ostream& out = line.value("reactions");
  out << '[';
  bool first = true;
  for (const client::Reaction& reaction : state.reactions) {
    if (reaction.people.empty()) continue;
    if (!first) out << ',';
    first = false;
    JsonLine one(out);
    one.text("emoji", reaction.emoji).number("count", reaction.people.size());
    write_names(one, "people", reaction.people);
  }
  out << ']';
}

void write_votes(JsonLine& line, const client::MessageState& state) {
  std::ostream& out = line.value("votes");
  out << '[';
  for (std::size_t i = 0; i < state.votes.size(); ++i) {
    if (i > 0) out << ',';
    out << state.votes[i].size();
  }
  out << ']';
}

void print_json(std::ostream& out, const Shown& shown, const client::MessageState& state) {
  const client::HistoryRow& row = shown.row;
  const messages::Content content = as_it_stands(shown, state);
  {
    JsonLine line(out);
    line.id("message_id", row.id).id("group", row.group).number("seq", row.seq.value);
    line.number("submission", row.submission.value).time("time", row.time);
    write_sender(line, row.sender, row.person, row.name);
    line.flag("own", row.own);
    if (row.overridden) line.flag("overridden", true);
    if (state.edited && !state.target.deleted) line.flag("edited", true);
    if (state.target.deleted) line.flag("deleted", true);
    write_content(line, content);
    if (!state.reactions.empty()) write_reactions(line, state);
    if (!content.options.empty()) write_votes(line, state);
    if (state.ignored) {
      line.text("ignored", code_name(state.ignored->code)).text("message", state.ignored->message);
    }
  }
  out << '\n';
}

void print_plain(std::ostream& out, const Shown& shown, const client::MessageState& state) {
  const client::HistoryRow& row = shown.row;
  const messages::Content content = as_it_stands(shown, state);
  const bool change = client::changes_another(content.type);
  if (change && !state.ignored) return;
  out << time_encode(row.time.value) << " [" << shown.group_name << " #" << row.seq.value << "] ";
  write_plain(out, row.name);
  out << ' ' << row.id.hex().substr(0, kShortId) << ' ';
  if (content.type != messages::ContentType::text) out << '(' << name_of(content.type) << ") ";
  if (content.type == messages::ContentType::text && content.about) {
    out << "(reply to " << content.about->hex().substr(0, kShortId) << ") ";
  }
  if (state.target.deleted) out << "(deleted)";
  write_plain(out, content.text.expose());
  if (state.edited && !state.target.deleted) out << " (edited)";
  if (row.overridden) out << " (sent past a warning)";
  if (state.ignored) out << " (no effect: " << state.ignored->message << ')';
  for (const client::Reaction& reaction : state.reactions) {
    if (reaction.people.empty() || state.target.deleted) continue;
    out << "  ";
    write_plain(out, reaction.emoji);
    out << ' ' << reaction.people.size();
  }
  for (std::size_t i = 0; i < content.options.size(); ++i) {
    out << "\n    " << i + 1 << ". ";
    write_plain(out, content.options[i].expose());
    out << ": " << state.votes.at(i).size();
  }
  out << '\n';
}

}  // namespace

void print_shown(std::ostream& out, const Shown& shown, bool json) {
  const client::MessageState* state = shown.timeline.find(shown.row.id);
  if (state == nullptr) return;  // came while the history was read
  if (json) {
    print_json(out, shown, *state);
  } else {
    print_plain(out, shown, *state);
  }
}

}  // namespace candour::terminal
