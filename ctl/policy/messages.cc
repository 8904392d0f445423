#include "ctl/policy/messages.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/limits.h"
#include "ctl/policy/lines.h"

namespace candour::ctl {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kFieldSizeMax = limits::kFrameSizeMax;
constexpr std::size_t kLabelSizeMax = 100;
constexpr std::array kTextColumns = {"text", "test_case", "message"};
constexpr std::array kIdColumns = {"id", "case_id"};
constexpr std::array kLabelColumns = {"expect", "label_gold", "label_sexist", "label", "warn_ok"};

Error at_line(const fs::path& file, std::uint64_t line, const std::string& what) {
  return error(ErrorCode::input_invalid, file.string() + ":" + std::to_string(line) + ": " + what);
}

class LinesFile final : public MessageFile {
 public:
  LinesFile(fs::path file, std::ifstream in)
      : file_(std::move(file)), in_(std::move(in)), lines_(in_, kFieldSizeMax) {}

  Result<std::optional<Message>> next() override {
    while (std::optional<Line> line = lines_.next()) {
      ++number_;
      if (line->too_long) return at_line(file_, number_, "the line is too long");
      const std::string_view text = line->text.expose();
      if (text.empty() || text.front() == '#') continue;
      Message message;
      message.id = "line " + std::to_string(number_);
      message.text = std::move(line->text);
      return std::optional<Message>(std::move(message));
    }
    return std::optional<Message>();
  }
  const std::string& label_column() const override { return none_; }

 private:
  fs::path file_;
  std::ifstream in_;
  LineReader lines_;
  std::uint64_t number_ = 0;
  std::string none_;
};

class JsonFile final : public MessageFile {
 public:
  JsonFile(fs::path file, std::ifstream in, std::string label)
      : file_(std::move(file)),
        in_(std::move(in)),
        lines_(in_, kFieldSizeMax),
        label_(std::move(label)) {}

  Result<std::optional<Message>> next() override {
    std::optional<Line> line = lines_.next();
    if (!line) return std::optional<Message>();
    ++number_;
    MessageLine parsed = parse_message_line(*line, false, label_);
    if (parsed.error) return at_line(file_, number_, *parsed.error);
    Message message;
    message.id = parsed.id.empty() ? "line " + std::to_string(number_) : std::move(parsed.id);
    message.text = std::move(parsed.text);
    message.group_class = std::move(parsed.group_class);
    message.label = std::move(parsed.label);
    return std::optional<Message>(std::move(message));
  }
  const std::string& label_column() const override { return label_; }

 private:
  fs::path file_;
  std::ifstream in_;
  LineReader lines_;
  std::string label_;
  std::uint64_t number_ = 0;
};

using Fields = std::vector<SecretBytes::Buffer>;

class CsvFile final : public MessageFile {
 public:
  CsvFile(fs::path file, std::ifstream in) : file_(std::move(file)), in_(std::move(in)) {}

  Status start(const MessageColumns& columns) {
    CANDOUR_TRY(const auto names, record());
    if (!names) return at_line(file_, 1, "there is no line of column names");
    for (const auto& name : *names) names_.emplace_back(as_text(ByteView(name)));
    if (names_[0].starts_with("\xEF\xBB\xBF")) names_[0].erase(0, 3);
    CANDOUR_TRY(text_, column(columns.text, kTextColumns));
    if (text_ == kNone) {
      return at_line(file_, 1,
                     "there is no column 'text', 'test_case' or 'message'; name it "
                     "with --text");
    }
    CANDOUR_TRY(id_, column("", kIdColumns));
    CANDOUR_TRY(label_, column(columns.label, kLabelColumns));
    CANDOUR_TRY(group_class_, column("", std::array{"group_class"}));
    if (label_ != kNone) label_column_ = names_[label_];
    return ok();
  }

  Result<std::optional<Message>> next() override {
    CANDOUR_TRY(auto fields, record());
    if (!fields) return std::optional<Message>();
    if (fields->size() != names_.size()) {
      return at_line(file_, record_line_,
                     "there are " + std::to_string(fields->size()) + " fields, and " +
                         std::to_string(names_.size()) + " column names");
    }
    Message message;
    message.id = id_ == kNone ? "line " + std::to_string(record_line_) : plain(*fields, id_);
    if (label_ != kNone) message.label = plain(*fields, label_);
    if (group_class_ != kNone) message.group_class = plain(*fields, group_class_);
    message.text = SecretText(SecretBytes(std::move((*fields)[text_])));
    return std::optional<Message>(std::move(message));
  }
  const std::string& label_column() const override { return label_column_; }

 private:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  template <std::size_t N>
  Result<std::size_t> column(const std::string& asked,
                             const std::array<const char*, N>& usual) const {
    const auto find = [&](const std::string& name) {
      const auto at = std::find(names_.begin(), names_.end(), name);
      return at == names_.end() ? kNone : static_cast<std::size_t>(at - names_.begin());
    };
    if (!asked.empty()) {
      const std::size_t at = find(asked);
      if (at == kNone) return at_line(file_, 1, "there is no column '" + asked + "'");
      return at;
    }
    for (const char* name : usual) {
      if (const std::size_t at = find(name); at != kNone) return at;
    }
    return kNone;
  }

  static std::string plain(const Fields& fields, std::size_t at) {
    const std::string_view whole = as_text(ByteView(fields[at]));
    return std::string(whole.substr(0, kLabelSizeMax));
  }

  /// The next record, or nothing at the end. A quoted field may hold line ends.
  Result<std::optional<Fields>> record() {
    Fields fields(1);
    record_line_ = line_;
    std::streambuf* source = in_.rdbuf();
    using Traits = std::istream::traits_type;
    bool quoted = false;
    bool any = false;
    for (auto c = source->sbumpc(); !Traits::eq_int_type(c, Traits::eof()); c = source->sbumpc()) {
      const char byte = Traits::to_char_type(c);
      any = true;
      if (byte == '\n') ++line_;
      if (fields.back().size() > kFieldSizeMax) {
        return at_line(file_, record_line_, "a field is too long, or its quote is not closed");
      }
      if (byte == '"') {
        const bool doubled = quoted && Traits::eq_int_type(source->sgetc(), '"');
        if (doubled) fields.back().push_back(static_cast<std::uint8_t>(source->sbumpc()));
        if (!doubled) quoted = !quoted;
      } else if (quoted || (byte != ',' && byte != '\n' && byte != '\r')) {
        fields.back().push_back(static_cast<std::uint8_t>(byte));
      } else if (byte == ',') {
        fields.emplace_back();
      } else if (byte == '\n') {
        if (fields.size() > 1 || !fields[0].empty())
          return std::optional<Fields>(std::move(fields));
        record_line_ = line_;  // an empty line
      }
    }
    if (quoted) return at_line(file_, record_line_, "a quote is not closed");
    if (!any || (fields.size() == 1 && fields[0].empty())) return std::optional<Fields>();
    return std::optional<Fields>(std::move(fields));
  }

  fs::path file_;
  std::ifstream in_;
  std::vector<std::string> names_;
  std::size_t text_ = kNone;
  std::size_t id_ = kNone;
  std::size_t label_ = kNone;
  std::size_t group_class_ = kNone;
  std::string label_column_;
  std::uint64_t line_ = 1;
  std::uint64_t record_line_ = 1;
};

}  // namespace

Result<std::unique_ptr<MessageFile>> MessageFile::open(const fs::path& file,
                                                       const MessageColumns& columns) {
  std::ifstream in(file, std::ios::binary);
  std::error_code none;
  if (!in || fs::is_directory(file, none)) {
    return error(ErrorCode::not_found, file.string() + ": there is no such file of messages");
  }
  const std::string extension = file.extension().string();
  if (extension == ".csv") {
    auto csv = std::make_unique<CsvFile>(file, std::move(in));
    CANDOUR_TRY(csv->start(columns));
    return std::unique_ptr<MessageFile>(std::move(csv));
  }
  if (extension == ".jsonl" || extension == ".ndjson") {
    const std::string label = columns.label.empty() ? "label" : columns.label;
    return std::unique_ptr<MessageFile>(std::make_unique<JsonFile>(file, std::move(in), label));
  }
  if (!columns.label.empty() || !columns.text.empty()) {
    return error(ErrorCode::usage,
                 file.string() + ": --text and --label name columns of .csv or .jsonl files");
  }
  return std::unique_ptr<MessageFile>(std::make_unique<LinesFile>(file, std::move(in)));
}

}  // namespace candour::ctl
