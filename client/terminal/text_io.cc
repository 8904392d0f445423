#include "client/terminal/text_io.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "client/messages/utf8.h"

namespace candour::terminal {
namespace {

constexpr std::size_t kMessagesFileSizeMax = 256u * 1024 * 1024;
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

/// Length of the well-formed UTF-8 sequence at the start of `text`; 0 when there is none.
std::size_t sequence_length(std::string_view text) {
  std::string_view rest = text;
  return messages::take_code_point(rest) ? text.size() - rest.size() : 0;
}

struct CsvField {
  SecretBytes::Buffer bytes;
  bool quoted = false;
};

/// Reads one RFC 4180 field from the front of `text`. `last` is set at the end of the record.
Status read_field(std::string_view& text, std::size_t& line, CsvField& field, bool& last) {
  field = {};
  const auto bad = [&](const char* what) {
    return error(ErrorCode::input_invalid,
                 "line " + std::to_string(line) + " of the CSV file: " + what);
  };
  if (text.starts_with('"')) {
    field.quoted = true;
    text.remove_prefix(1);
    for (;;) {
      if (text.empty()) return bad("a quoted field does not end");
      const char c = text.front();
      text.remove_prefix(1);
      if (c == '\n') ++line;
      if (c == '"') {
        if (!text.starts_with('"')) break;
        text.remove_prefix(1);
      }
      field.bytes.push_back(static_cast<std::uint8_t>(c));
    }
  } else {
    while (!text.empty() && text.front() != ',' && text.front() != '\n' && text.front() != '\r') {
      if (text.front() == '"') return bad("a quote inside an unquoted field");
      field.bytes.push_back(static_cast<std::uint8_t>(text.front()));
      text.remove_prefix(1);
    }
  }
  last = true;
  if (text.starts_with(',')) {
    text.remove_prefix(1);
    last = false;
    return ok();
  }
  if (text.starts_with('\r')) text.remove_prefix(1);
  if (text.empty()) return ok();
  if (text.front() != '\n') return bad("something follows the closing quote of a field");
  text.remove_prefix(1);
  ++line;
  return ok();
}

Result<std::vector<CsvField>> read_record(std::string_view& text, std::size_t& line) {
  std::vector<CsvField> record;
  for (bool last = false; !last;) {
    CsvField field;
    CANDOUR_TRY(read_field(text, line, field, last));
    record.push_back(std::move(field));
  }
  return record;
}

void keep_message(std::vector<SecretText>& messages, std::string_view text) {
  if (!trimmed(text).empty()) messages.push_back(SecretText::copy_of(text));
}

}  // namespace

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

Result<SecretText> read_text(int descriptor, std::size_t size_max) {
  SecretBytes::Buffer text;
  std::array<std::uint8_t, 4096> chunk{};
  for (;;) {
    const ssize_t got = ::read(descriptor, chunk.data(), chunk.size());
    if (got < 0) return error(ErrorCode::input_invalid, "standard input cannot be read");
    if (got == 0) break;
    text.insert(text.end(), chunk.begin(), chunk.begin() + got);
    wipe(chunk.data(), chunk.size());
    if (text.size() > size_max) {
      return error(ErrorCode::input_invalid, "the text is longer than a message may be (" +
                                                 std::to_string(size_max) + " bytes)");
    }
  }
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return SecretText(SecretBytes(std::move(text)));
}

Result<std::vector<SecretText>> messages_of_lines(std::string_view text) {
  std::vector<SecretText> messages;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    keep_message(messages, line);
  }
  return messages;
}

Result<std::vector<SecretText>> messages_of_csv(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  std::size_t line = 1;
  CANDOUR_TRY(auto header, read_record(text, line));
  const auto column = std::find_if(header.begin(), header.end(), [](const CsvField& field) {
    return trimmed(as_text(ByteView(field.bytes.data(), field.bytes.size()))) == "text";
  });
  if (column == header.end()) {
    return error(ErrorCode::input_invalid,
                 "the first line of the CSV file names no column \"text\"");
  }
  const auto at = static_cast<std::size_t>(column - header.begin());
  std::vector<SecretText> messages;
  while (!text.empty()) {
    const std::size_t first_line = line;
    CANDOUR_TRY(auto record, read_record(text, line));
    if (record.size() == 1 && record[0].bytes.empty() && !record[0].quoted) continue;
    if (record.size() != header.size()) {
      return error(ErrorCode::input_invalid,
                   "line " + std::to_string(first_line) + " of the CSV file has " +
                       std::to_string(record.size()) + " fields, the header " +
                       std::to_string(header.size()));
    }
    keep_message(messages, as_text(ByteView(record[at].bytes.data(), record[at].bytes.size())));
  }
  return messages;
}

Result<std::vector<SecretText>> read_messages(const std::filesystem::path& path) {
  std::error_code failed;
  const auto size = std::filesystem::file_size(path, failed);
  if (failed || size > kMessagesFileSizeMax) {
    return error(failed ? ErrorCode::not_found : ErrorCode::input_invalid,
                 "the file " + path.string() + (failed ? " cannot be read" : " is too large"));
  }
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    return error(ErrorCode::not_found, "the file " + path.string() + " cannot be read");
  }
  auto text = read_text(descriptor, kMessagesFileSizeMax);
  ::close(descriptor);
  CANDOUR_TRY(SecretText whole, std::move(text));
  return path.extension() == ".csv" ? messages_of_csv(whole.expose())
                                    : messages_of_lines(whole.expose());
}

void write_json_text(std::ostream& out, std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  out << '"';
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    if (length == 0) {
      out << kReplacement;
      text.remove_prefix(1);
      continue;
    }
    const char c = text.front();
    std::string_view rest = text;
    const std::uint32_t code_point = *messages::take_code_point(rest);
    if (length > 1 && messages::is_steering(code_point)) {
      // The same text to a program, and nothing to a terminal that shows the line.
      out << "\\u";
      for (int shift = 12; shift >= 0; shift -= 4) out << kHex[(code_point >> shift) & 0xF];
    } else if (length > 1) {
      out << text.substr(0, length);
    } else if (c == '"' || c == '\\') {
      out << '\\' << c;
    } else if (c == '\n') {
      out << "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      out << "\\u00" << kHex[(c >> 4) & 0xF] << kHex[c & 0xF];
    } else {
      out << c;
    }
    text.remove_prefix(length);
  }
  out << '"';
}

std::vector<Span> marked_spans(const std::vector<messages::ReplyFinding>& findings,
                               std::size_t text_size) {
  std::vector<Span> spans;
  for (const messages::ReplyFinding& finding : findings) {
    const std::size_t end = std::min<std::size_t>(finding.end, text_size);
    if (finding.start < end) spans.push_back({finding.start, end});
  }
  std::sort(spans.begin(), spans.end(),
            [](const Span& a, const Span& b) { return a.start < b.start; });
  std::vector<Span> merged;
  for (const Span& span : spans) {
    if (!merged.empty() && span.start <= merged.back().end) {
      merged.back().end = std::max(merged.back().end, span.end);
    } else {
      merged.push_back(span);
    }
  }
  return merged;
}

void write_marked(std::ostream& out, std::string_view text, const std::vector<Span>& spans,
                  std::string_view open, std::string_view close) {
  auto span = spans.begin();
  bool inside = false;
  for (std::size_t at = 0; at < text.size();) {
    if (inside && at >= span->end) {
      out << close;
      inside = false;
      ++span;
    }
    if (!inside && span != spans.end() && at >= span->start) {
      out << open;
      inside = true;
    }
    const std::string_view rest = text.substr(at);
    const std::size_t length = sequence_length(rest);
    if (length == 0) {
      out << kReplacement;
    } else {
      std::string_view character = rest.substr(0, length);
      const std::string_view bytes = character;
      const std::uint32_t code_point = *messages::take_code_point(character);
      if (code_point == '\n' || !messages::is_steering(code_point)) out << bytes;
    }
    at += std::max<std::size_t>(length, 1);
  }
  if (inside) out << close;
}

void write_plain(std::ostream& out, std::string_view text) { write_marked(out, text, {}, {}, {}); }

}  // namespace candour::terminal
