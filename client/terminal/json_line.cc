// One JSON object of a line, and the parts that several kinds of lines share.
#include "base/encoding.h"
#include "client/terminal/printer.h"
#include "client/terminal/text_io.h"

namespace candour::terminal {

JsonLine::~JsonLine() { out_ << '}'; }

std::ostream& JsonLine::value(std::string_view name) {
  if (!first_) out_ << ',';
  first_ = false;
  write_json_text(out_, name);
  out_ << ':';
  return out_;
}
JsonLine& JsonLine::text(std::string_view name, std::string_view text_value) {
  write_json_text(value(name), text_value);
  return *this;
}
JsonLine& JsonLine::number(std::string_view name, std::uint64_t number_value) {
  value(name) << number_value;
  return *this;
}
JsonLine& JsonLine::flag(std::string_view name, bool flag_value) {
  value(name) << (flag_value ? "true" : "false");
  return *this;
}
JsonLine& JsonLine::time(std::string_view name, TimeMs time_value) {
  return text(name, time_encode(time_value.value));
}

std::string_view name_of(messages::ContentType type) {
  switch (type) {
    case messages::ContentType::text:
      return "text";
    case messages::ContentType::reaction:
      return "reaction";
    case messages::ContentType::edit:
      return "edit";
    case messages::ContentType::deletion:
      return "deletion";
    case messages::ContentType::poll:
      return "poll";
    case messages::ContentType::vote:
      return "vote";
    case messages::ContentType::attachment_reserved:
      return "attachment";
    case messages::ContentType::parcel:
      return "parcel";
  }
  return "unknown";
}

void write_names(JsonLine& line, std::string_view field, const std::vector<std::string>& names) {
  std::ostream& out = line.value(field);
  out << '[';
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) out << ',';
    write_json_text(out, names[i]);
  }
  out << ']';
}

void write_content(JsonLine& line, const messages::Content& content) {
  line.text("type", name_of(content.type));
  line.text("text", content.text.expose());
  if (content.about) line.id("about", *content.about);
  if (content.type == messages::ContentType::vote) line.number("option", content.option);
  if (!content.mentions.empty()) write_names(line, "mentions", content.mentions);
  if (content.options.empty()) return;
  std::ostream& out = line.value("options");
  out << '[';
  for (std::size_t i = 0; i < content.options.size(); ++i) {
    if (i > 0) out << ',';
    write_json_text(out, content.options[i].expose());
  }
  out << ']';
}

void write_sender(JsonLine& line, const DeviceId& device, std::string_view person,
                  std::string_view name) {
  JsonLine sender(line.value("sender"));
  sender.id("device", device).text("person", person).text("name", name);
}

}  // namespace candour::terminal
