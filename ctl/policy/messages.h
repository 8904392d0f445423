// Messages read from a file, one at a time: what packs are tried on. The text lives in wiped
// memory and is dropped with the message.
//
//   .csv         RFC 4180 with a first line of names; the text is the column text, test_case or
//                message, the id the column id or case_id
//   .jsonl       one object a line: {"text", "id"?, "group_class"?, and other strings or numbers}
//   otherwise    one message a line; a line that begins with # is a comment
//
// Where a file has no ids a message is called by its line: "line 12".
#pragma once

#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/secret.h"

namespace candour::ctl {

struct Message {
  std::string id;
  SecretText text;
  std::string group_class;
  std::string label;  // the value of the label column; empty where there is none
};

/// Which columns to read; an empty name stands for the usual ones.
struct MessageColumns {
  std::string text;
  std::string label;
};

class MessageFile {
 public:
  virtual ~MessageFile() = default;

  /// not_found; input_invalid when the file has no such columns.
  static Result<std::unique_ptr<MessageFile>> open(const std::filesystem::path& file,
                                                   const MessageColumns& columns);
  /// Nothing at the end. input_invalid ("FILE:LINE: ...") for what is not of the format.
  virtual Result<std::optional<Message>> next() = 0;
  /// The name of the column `label` is read from; empty when the file has none.
  virtual const std::string& label_column() const = 0;
};

}  // namespace candour::ctl
