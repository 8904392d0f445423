// Text of people on its way between files, the terminal and memory that is wiped.
#pragma once

#include <filesystem>
#include <functional>
#include <ostream>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "client/messages/reply.h"

namespace candour::terminal {

/// Everything up to the end of `descriptor`, without the final line ending; input_invalid above
/// `size_max` bytes.
Result<SecretText> read_text(int descriptor, std::size_t size_max);

/// The messages of a file to send: one a line, or for a name that ends in ".csv" the column `text`
/// of RFC 4180 records under a header line. Empty ones are left out. input_invalid with the line
/// at fault.
Result<std::vector<SecretText>> read_messages(const std::filesystem::path& path);
/// The same from memory.
Result<std::vector<SecretText>> messages_of_lines(std::string_view text);
Result<std::vector<SecretText>> messages_of_csv(std::string_view text);

/// `text` as a JSON string literal, written straight to the stream. What is not UTF-8 is written
/// as U+FFFD.
void write_json_text(std::ostream& out, std::string_view text);

/// A stretch of text, in bytes.
struct Span {
  std::size_t start = 0;
  std::size_t end = 0;
  bool operator==(const Span&) const = default;
};
/// The findings' stretches of a text of `text_size` bytes, in order, those that touch merged, and
/// whatever lies outside the text left out.
std::vector<Span> marked_spans(const std::vector<messages::ReplyFinding>& findings,
                               std::size_t text_size);
/// Writes `text` for a person with each span between `open` and `close`; control characters other
/// than the line feed are left out, so that a message cannot steer the terminal.
void write_marked(std::ostream& out, std::string_view text, const std::vector<Span>& spans,
                  std::string_view open, std::string_view close);
void write_plain(std::ostream& out, std::string_view text);

/// Removes white space at both ends.
std::string_view trimmed(std::string_view text);

}  // namespace candour::terminal
