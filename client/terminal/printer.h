// Events as lines: JSON objects for programs (`--json`), sentences for people. Text of people is
// written straight to the stream.
#pragma once

#include <ostream>

#include "client/conversation.h"
#include "client/event.h"

namespace candour::terminal {

/// One JSON object, written field by field and closed when it dies.
class JsonLine {
 public:
  explicit JsonLine(std::ostream& out) : out_(out) { out_ << '{'; }
  ~JsonLine();
  JsonLine(const JsonLine&) = delete;
  JsonLine& operator=(const JsonLine&) = delete;

  JsonLine& text(std::string_view name, std::string_view value);
  JsonLine& number(std::string_view name, std::uint64_t value);
  JsonLine& flag(std::string_view name, bool value);
  JsonLine& time(std::string_view name, TimeMs value);
  template <class Tag, std::size_t N>
  JsonLine& id(std::string_view name, const Id<Tag, N>& value) {
    return text(name, value.hex());
  }
  /// For what is nested: the caller writes the value.
  std::ostream& value(std::string_view name);

 private:
  std::ostream& out_;
  bool first_ = true;
};

std::string_view name_of(messages::ContentType type);
/// "notice", "warn" or "block".
std::string_view severity_name(std::uint8_t severity);

void print_json(std::ostream& out, const client::Event& event);
/// What a message says: type, text, options, what it is about, who is mentioned.
void write_content(JsonLine& line, const messages::Content& content);
void write_sender(JsonLine& line, const DeviceId& device, std::string_view person,
                  std::string_view name);
void write_names(JsonLine& line, std::string_view field, const std::vector<std::string>& names);
void print_alert_json(std::ostream& out, const client::AlertRecord& record, TimeMs now);

/// `group_name` is what the event's group is called.
void print_plain(std::ostream& out, const client::Event& event, std::string_view group_name);
void print_alert_plain(std::ostream& out, const client::AlertRecord& record);
/// What was found in a draft: the text with the words marked, then standard and advice of each.
void print_findings(std::ostream& out, const messages::Content& content,
                    const std::vector<messages::ReplyFinding>& findings);
/// "checked by the compliance bot since ..., its key is N days old".
std::string banner(const client::GroupSession& session, TimeMs now);

/// Prints every event, in one of the two forms.
class PrintingSink : public client::EventSink {
 public:
  PrintingSink(std::ostream& out, bool json) : out_(out), json_(json) {}
  /// Names groups in plain output; null until the client is open.
  void set_client(const client::Client* client) { client_ = client; }
  void on_event(const client::Event& event) override;

 private:
  std::ostream& out_;
  bool json_;
  const client::Client* client_ = nullptr;
};

}  // namespace candour::terminal
