// The tables of a bundle: RFC 4180 with CRLF line ends, UTF-8 with a byte order mark, which common
// spreadsheets need to read it as such.
#include <algorithm>
#include <array>

#include "crypto/hash.h"
#include "ctl/evidence/views.h"
#include "warrant/seal/key_text.h"

namespace candour::ctl {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

using warrant::append_text;

// Spreadsheets take a cell for a formula when it begins so, some also in full-width forms and after
// white space.
bool looks_like_formula(std::string_view cell) {
  const auto at = cell.find_first_not_of(" \t\r\n\v\f");
  if (at == cell.npos) return !cell.empty();
  cell.remove_prefix(at);
  constexpr std::array<std::string_view, 9> kBeginnings = {
      "=", "+", "-", "@", "|", "\xEF\xBC\x9D", "\xEF\xBC\x8B", "\xEF\xBC\x8D", "\xEF\xBC\xA0"};
  return at > 0 || std::any_of(kBeginnings.begin(), kBeginnings.end(),
                               [&](std::string_view begin) { return cell.starts_with(begin); });
}

/// Rows of one table.
class Table {
 public:
  Table() { append_text(out_, kByteOrderMark); }
  Table& cell(std::string_view utf8) {
    if (!first_) append_text(out_, ",");
    first_ = false;
    append_csv_cell(out_, utf8);
    return *this;
  }
  Table& number(std::uint64_t value) { return cell(std::to_string(value)); }
  void end() {
    append_text(out_, "\r\n");
    first_ = true;
  }
  void header(std::initializer_list<std::string_view> names) {
    for (const std::string_view name : names) cell(name);
    end();
  }
  SecretBytes take() { return SecretBytes(std::move(out_)); }

 private:
  SecretBytes::Buffer out_;
  bool first_ = true;
};

/// What a record says in one cell.
SecretText words_of(const RecordView& view) {
  const Testimony& testimony = view.testimony;
  if (testimony.content) return testimony.content->checkable();
  if (testimony.step) return testimony.step->argument.clone();
  return testimony.note.clone();
}

std::string categories_of(const warrant::Record& record) {
  std::string out;
  for (const warrant::RecordFinding& finding : record.findings) {
    out += (out.empty() ? "" : "; ") + finding.category + " (" + finding.rule + ")";
  }
  return out;
}

std::string_view verdict_of(const warrant::Record& record) {
  constexpr std::string_view kNames[] = {"none", "release", "warn", "block"};
  return kNames[static_cast<std::size_t>(record.verdict)];
}

void add_row(Table& table, const RecordView& view) {
  const warrant::Record& record = view.record;
  const Certified* sender = view.testimony.sender;
  const SecretText words = words_of(view);
  const auto& content = view.testimony.content;
  table.number(view.index()).cell(tlog::name_of(record.kind));
  table.cell(time_encode(record.sender_time.value)).cell(time_encode(record.bot_time.value));
  table.cell(record.group.hex()).number(record.seq.value);
  table.cell(sender != nullptr ? sender->certificate.subject.person : "");
  table.cell(sender != nullptr ? sender->certificate.subject.name : "");
  table.cell(record.sender.hex()).cell(record.message_id.hex());
  table.cell(content && content->about ? content->about->hex() : "").cell(words.expose());
  table.cell(verdict_of(record)).cell(categories_of(record));
  table.cell(record.remark.reason.expose()).cell(name_of(view.testimony.signer));
  table.cell(view.sound() ? "yes" : "no").cell(view.leaf_hash.hex());
  table.end();
}

}  // namespace

void append_csv_cell(SecretBytes::Buffer& out, std::string_view utf8) {
  const bool formula = looks_like_formula(utf8);
  const bool quoted = formula || utf8.find_first_of(",\"\r\n") != utf8.npos;
  if (quoted) out.push_back('"');
  if (formula) out.push_back('\'');
  for (const char c : utf8) {
    if (c == '"') out.push_back('"');
    out.push_back(static_cast<std::uint8_t>(c));
  }
  if (quoted) out.push_back('"');
}

SecretBytes records_csv(const Examination& examined) {
  Table table;
  table.header({"leaf", "kind", "sender time", "bot time", "group", "seq", "person", "name",
                "device", "message id", "about", "text", "verdict", "findings", "reason given",
                "signed by", "checks hold", "leaf hash"});
  for (const RecordView& view : examined.records) add_row(table, view);
  return table.take();
}

SecretBytes continuity_csv(const std::vector<ContinuityStep>& steps) {
  Table table;
  table.header({"when", "who", "what"});
  for (const ContinuityStep& step : steps) {
    table.cell(time_encode(step.time.value)).cell(step.who).cell(step.what);
    table.end();
  }
  return table.take();
}

SecretBytes files_csv(const BagFiles& files) {
  Table table;
  table.header({"sha256", "bytes", "path"});
  for (const auto& [path, bytes] : files) {
    if (!path.starts_with("data/")) continue;
    table.cell(crypto::sha256(bytes.view()).hex()).number(bytes.size()).cell(path);
    table.end();
  }
  return table.take();
}

}  // namespace candour::ctl
