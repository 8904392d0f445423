#include "client/terminal/command_line.h"

#include <CLI/CLI.hpp>
#include <cstdlib>

namespace candour::terminal {
namespace {

constexpr const char* kVersion = "candour 0.1.0";

/// Arguments that hold text of people, until they are moved to the options.
struct Texts {
  std::string text;
  std::string reason;
};

SecretText moved(std::string& from) {
  SecretText text = SecretText::copy_of(from);
  wipe(from.data(), from.size());
  return text;
}

std::filesystem::path default_state() {
  if (const char* state = std::getenv("CANDOUR_STATE")) return state;
  const char* home = std::getenv("HOME");
  return std::filesystem::path(home == nullptr ? "." : home) / ".local/share/candour";
}

void add_enrol(CLI::App& app, Options& o) {
  CLI::App* verb = app.add_subcommand("enrol", "Make this device's keys and ask for a certificate");
  verb->add_option("--relay", o.relay, "HOST:PORT of the relay");
  verb->add_option("--tls-name", o.tls_name, "the name in the relay's TLS certificate");
  verb->add_option("--ca", o.ca_file, "PEM file of the certificates trusted for the relay");
  verb->add_option("--root", o.root_file, "file with the organisation's root key (vkey)");
  verb->add_option("--organisation", o.organisation, "id of the organisation");
  verb->add_option("--person", o.person, "id of the person");
  verb->add_option("--name", o.name, "the person's name");
  verb->add_option("--role", o.role, "officer, supervisor or investigator");
  verb->add_option("--unit", o.unit, "the person's unit");
  verb->add_option("--request", o.request_file, "where to write the request for the registrars");
  verb->add_option("--certificate", o.certificate_file, "finish with this certificate");
}

void add_messages(CLI::App& app, Options& o, Texts& texts) {
  CLI::App* send = app.add_subcommand("send", "Send one message, or many from a file");
  send->add_option("--group,-g", o.group, "id, beginning of the id, or name")->required();
  send->add_option("text", texts.text, "the text; - or nothing: standard input");
  send->add_option("--lines", o.lines_file, "a message a line, or the text column of a .csv");
  send->add_option("--on-warning", o.on_warning, "keep, withdraw or override")
      ->check(CLI::IsMember({"keep", "withdraw", "override"}));
  send->add_option("--reason", texts.reason, "the reason for --on-warning override");
  send->add_option("--window", o.window, "messages under way at a time")->check(CLI::Range(1, 512));
  send->add_option("--delay", o.delay_ms, "milliseconds between messages");
  send->add_option("--reply-to,--reply", o.reply_to, "message this answers");
  // One value each, so that the text may follow.
  send->add_option("--mention", o.mentions, "person id, repeated; @id in the text does the same")
      ->allow_extra_args(false);
  CLI::Option* react = send->add_option("--react", o.react, "send this emoji as a reaction");
  react->needs(send->add_option("--to", o.about, "the message reacted to"));
  send->add_option("--delete", o.remove, "delete this own message for everyone");
  send->add_flag("--no-wait", o.no_wait, "do not wait for the outcome");

  CLI::App* edit = app.add_subcommand("edit", "Change a warned draft or an own message");
  edit->add_option("id", o.id, "message id")->required();
  edit->add_option("text", texts.text, "the new text; - or nothing: standard input");
  app.add_subcommand("withdraw", "Drop a draft that was warned, blocked or rejected")
      ->add_option("id", o.id, "message id")
      ->required();
  struct Answer {
    const char* verb;
    const char* help;
  };
  for (const Answer& answer :
       {Answer{"override", "Send a warned draft anyway, with a reason on record"},
        Answer{"appeal", "Ask a supervisor to let a blocked draft through"},
        Answer{"report", "Report a message to professional standards"}}) {
    CLI::App* verb = app.add_subcommand(answer.verb, answer.help);
    verb->add_option("id", o.id, "message id")->required();
    verb->add_option("--reason", texts.reason, "10 to 500 characters")->required();
  }
  CLI::App* dispute = app.add_subcommand("dispute", "Tell the bot that its warning is wrong");
  dispute->add_option("id", o.id, "message id")->required();
  dispute->add_option("--reason", texts.reason, "10 to 500 characters, or none");
  app.add_subcommand("resubmit", "Send a blocked draft again that was approved")
      ->add_option("id", o.id, "message id")
      ->required();
}

void add_contents(CLI::App& app, Options& o, Texts& texts) {
  CLI::App* poll = app.add_subcommand("poll", "Ask a question with options to vote for");
  poll->add_option("--group,-g", o.group, "id, beginning of the id, or name")->required();
  poll->add_option("text", texts.text, "the question")->required();
  poll->add_option("--option", o.poll_options, "an option, repeated: 2 to 20")
      ->required()
      ->allow_extra_args(false);
  CLI::App* vote = app.add_subcommand("vote", "Vote in a poll; the last vote counts");
  vote->add_option("id", o.id, "message id of the poll")->required();
  vote->add_option("option", o.choice, "its number, from 1, or its text")->required();
  CLI::App* react = app.add_subcommand("react", "React to a message with an emoji");
  react->add_option("id", o.id, "message id")->required();
  react->add_option("emoji", o.emoji, "the emoji")->required();
  CLI::App* remove = app.add_subcommand("delete", "Delete an own message for everyone");
  remove->add_option("id", o.id, "message id")->required();
  for (CLI::App* verb : {poll, vote, react, remove}) {
    verb->add_flag("--no-wait", o.no_wait, "do not wait for the outcome");
  }
}

void add_people(CLI::App& app, Options& o) {
  CLI::App* group = app.add_subcommand("group", "Create or change a group, or leave it");
  group
      ->add_option("action", o.action,
                   "create, rename, class, add, remove, owners, reform or leave")
      ->required()
      ->check(CLI::IsMember(
          {"create", "rename", "class", "add", "remove", "owners", "reform", "leave"}));
  group->add_option("--group,-g", o.group, "the group; not for create");
  group->add_option("--name", o.title, "of create and rename");
  group->add_option("--class", o.group_class,
                    "ordinary, statement, training, privileged or sensitive");
  group->add_option("--member", o.people, "person id, repeated")->allow_extra_args(false);
  group->add_option("--owner", o.owners, "person id, repeated; of owners: all there shall be")
      ->allow_extra_args(false);
  CLI::App* read = app.add_subcommand("read", "Mark the messages of a group as read");
  read->add_option("--group,-g", o.group, "the group")->required();
  read->add_option("--until", o.until, "only up to this message");
}

void add_reading(CLI::App& app, Options& o) {
  CLI::App* watch = app.add_subcommand("watch", "Print what happens, as it happens");
  watch->add_option("--until-idle", o.until_idle_ms, "end after so many quiet milliseconds");
  watch->add_option("--seconds", o.seconds, "end after so many seconds");
  for (const char* verb : {"history", "drafts"}) {
    app.add_subcommand(verb, std::string(verb) == "history" ? "Messages shown on this device"
                                                            : "Own messages that are not sent")
        ->add_option("--group,-g", o.group, "only this group");
  }
  app.add_subcommand("groups", "The groups of this device");
  app.add_subcommand("roster", "Who is in a group")
      ->add_option("--group,-g", o.group, "the group")
      ->required();
  CLI::App* receipt =
      app.add_subcommand("receipt", "Whether own messages, or one message, are in the log");
  receipt->add_option("id", o.id, "message id; nothing: all own messages");
  receipt
      ->add_option_function<std::vector<std::string>>(
          "--proof",
          [&o](const std::vector<std::string>& given) {
            o.proof = true;
            if (!given.empty()) o.proof_file = given.front();
          },
          "ask for the proof; FILE: write it as a .tlog-proof file")
      ->type_name("[FILE]")
      ->expected(0, 1);
  app.add_subcommand("record", "What is on record about you")
      ->add_option("--export", o.out_file, "write all of it to this file");
  app.add_subcommand("alarms", "What this device raised the alarm about");
  app.add_subcommand("notice", "The monitoring notice")
      ->add_flag("--acknowledge", o.acknowledge, "acknowledge it");
}

void add_alerts(CLI::App& app, Options& o, Texts& texts) {
  CLI::App* alerts = app.add_subcommand("alerts", "Alerts for this desk");
  alerts->add_flag("--all", o.all, "closed ones too");
  alerts
      ->add_option("what", o.what,
                   "check: prove that a reported message is in the log (the relay learns which it "
                   "is); context: prepare a warrant for what was said around it")
      ->check(CLI::IsMember({"check", "context"}));
  alerts->add_option("id", o.id, "alert id, of check and context");
  alerts->add_option("--out", o.out_file, "context: the file for the draft");
  alerts->add_option("--minutes", o.minutes, "context: so many before and after the message")
      ->check(CLI::Range(1, 1440));
  alerts->add_flag("--everyone", o.everyone, "context: of the group, not of the author only");
  CLI::App* ack = app.add_subcommand("ack", "Acknowledge an alert");
  CLI::App* assign = app.add_subcommand("assign", "Assign an alert to a person");
  CLI::App* escalate = app.add_subcommand("escalate", "Escalate an alert");
  CLI::App* close = app.add_subcommand("close", "Close an alert");
  for (CLI::App* verb : {ack, assign, escalate, close}) {
    verb->add_option("id", o.id, "alert id")->required();
    verb->add_flag("--no-wait", o.no_wait, "do not wait for the bot's answer");
  }
  CLI::App* approve = app.add_subcommand("approve", "Let an appealed message through");
  approve->add_option("--reason", texts.reason, "for the sender, up to 500 characters");
  CLI::App* refuse = app.add_subcommand("refuse", "Refuse an appeal");
  refuse->add_option("--reason", texts.reason, "for the sender, 10 to 500 characters")->required();
  for (CLI::App* verb : {approve, refuse}) {
    verb->add_option("id", o.id, "alert id of the appeal")->required();
    verb->add_flag("--no-wait", o.no_wait, "do not wait for the bot's answer");
  }
  assign->add_option("--to", o.to_person, "person id")->required();
  escalate->add_option("--reason", texts.reason, "why");
  close
      ->add_option("--outcome", o.resolution,
                   "advice-given, training, referred, no-action or false-positive")
      ->required()
      ->check(
          CLI::IsMember({"advice-given", "training", "referred", "no-action", "false-positive"}));
  close->add_option("--note", texts.reason, "what was done, up to 500 characters");
}

}  // namespace

Result<CommandLine> read_command_line(int argc, char** argv) {
  CommandLine line;
  Options& o = line.options;
  o.state = default_state();
  Texts texts;
  CLI::App app(
      "Candour: group chat that is checked before it is delivered. Without a verb: the "
      "interactive chat.",
      "candour");
  app.set_version_flag("--version", kVersion);
  app.fallthrough();
  app.require_subcommand(0, 1);
  app.add_option("--state", o.state, "folder of this device's state (one process at a time)");
  app.add_option("--config", o.config, "profile.toml: another address of the relay");
  app.add_option("--passphrase-file", o.passphrase_file, "file with the passphrase of the state");
  app.add_option("--timeout", o.timeout_ms, "longest wait, in milliseconds");
  app.add_flag("--json", o.json, "JSON objects, one a line");
  app.add_flag("--offline", o.offline, "show what this device has, without connecting");
  add_enrol(app, o);
  add_messages(app, o, texts);
  add_contents(app, o, texts);
  add_people(app, o);
  add_reading(app, o);
  add_alerts(app, o, texts);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    line.answer = app.help();
  } catch (const CLI::CallForAllHelp&) {
    line.answer = app.help("", CLI::AppFormatMode::All);
  } catch (const CLI::CallForVersion&) {
    line.answer = std::string(kVersion) + "\n";
  } catch (const CLI::ParseError& bad) {
    return error(ErrorCode::usage, std::string(bad.what()) + "; see `candour --help`");
  }
  for (const CLI::App* verb : app.get_subcommands()) o.verb = verb->get_name();
  o.has_text = !texts.text.empty();
  o.text = moved(texts.text);
  o.reason = moved(texts.reason);
  return line;
}

}  // namespace candour::terminal
