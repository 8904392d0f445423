#include "ctl/evidence/exhibits.h"

#include <algorithm>

#include "ctl/evidence/canonical_json.h"
#include "identity/note_text.h"

namespace candour::ctl {
namespace {

constexpr std::string_view kAuthority = "data/authority/";
constexpr std::string_view kApprovals = "data/authority/approvals/";
constexpr std::string_view kDirectory = "data/directory/";
constexpr std::string_view kSealed = "data/sealed/";
constexpr std::string_view kProofSuffix = ".tlog-proof";

Error invalid(std::string_view path, const std::string& what) {
  return error(ErrorCode::bundle_invalid, std::string(path) + ": " + what);
}

void put(BagFiles& files, std::string path, ByteView bytes) {
  files[std::move(path)] = SecretBytes::copy_of(bytes);
}
void put(BagFiles& files, std::string path, std::string_view text) {
  put(files, std::move(path), as_bytes(text));
}

void put_note(BagFiles& files, std::string_view name, const NoteExhibit& exhibit) {
  const std::string stem = std::string(kAuthority) + std::string(name);
  put(files, stem + ".note", exhibit.note);
  put(files, stem + std::string(kProofSuffix), exhibit.proof.print());
}

bool is_text(tlog::LeafKind kind) { return kind != tlog::LeafKind::notice_ack; }

void put_keys(BagFiles& files, const std::vector<SealedExhibit>& records) {
  CanonicalJson json;
  for (const SealedExhibit& record : records) {
    json.object([&] {
      json.key("index").number(record.index);
      json.key("part").text(hex_encode(record.part.view()));
      json.key("shared").text(hex_encode(record.shared.view()));
    });
    json.end_line();
  }
  files["data/keys.jsonl"] = json.take();
}

/// Files of a bundle, each of which must be there.
class Source {
 public:
  explicit Source(const BagFiles& files) : files_(files) {}

  Result<ByteView> bytes(const std::string& path) const {
    const auto found = files_.find(path);
    if (found == files_.end()) return invalid(path, "missing");
    return found->second.view();
  }
  /// Notes, proofs and other public text.
  Result<std::string> text(const std::string& path) const {
    CANDOUR_TRY(const ByteView view, bytes(path));
    return std::string(as_text(view));
  }
  Result<tlog::ProofFile> proof(const std::string& path) const {
    CANDOUR_TRY(const ByteView view, bytes(path));
    auto parsed = tlog::ProofFile::parse(as_text(view));
    if (!parsed) return invalid(path, parsed.error().message);
    if (!parsed.value().extra) return invalid(path, "it does not carry the leaf's opening");
    return std::move(parsed).value();
  }
  Result<NoteExhibit> note(std::string_view name) const {
    const std::string stem = std::string(kAuthority) + std::string(name);
    NoteExhibit exhibit;
    CANDOUR_TRY(exhibit.note, text(stem + ".note"));
    CANDOUR_TRY(exhibit.proof, proof(stem + std::string(kProofSuffix)));
    return exhibit;
  }
  /// Calls `take(path, stem)` for each file below `folder` that ends in `suffix`.
  template <class Take>
  Status each(std::string_view folder, std::string_view suffix, Take&& take) const {
    for (auto it = files_.lower_bound(std::string(folder));
         it != files_.end() && it->first.starts_with(folder); ++it) {
      if (!it->first.ends_with(suffix)) continue;
      const std::string stem =
          it->first.substr(folder.size(), it->first.size() - folder.size() - suffix.size());
      CANDOUR_TRY(take(it->first, stem));
    }
    return ok();
  }

 private:
  const BagFiles& files_;
};

Status read_approvals(const Source& source, std::vector<ApprovalExhibit>& out) {
  return source.each(
      kApprovals, ".note", [&](const std::string& path, const std::string& stem) -> Status {
        ApprovalExhibit approval;
        approval.name = stem;
        CANDOUR_TRY(approval.note, source.text(path));
        CANDOUR_TRY(const ByteView parts, source.bytes(std::string(kApprovals) + stem + ".parts"));
        approval.parts = to_bytes(parts);
        CANDOUR_TRY(const ByteView sealed,
                    source.bytes(std::string(kApprovals) + stem + ".sealed"));
        approval.sealed = to_bytes(sealed);
        out.push_back(std::move(approval));
        return ok();
      });
}

Status read_directory(const Source& source, std::vector<DirectoryExhibit>& out) {
  return source.each(
      kDirectory, kProofSuffix, [&](const std::string& path, const std::string& stem) -> Status {
        DirectoryExhibit exhibit;
        CANDOUR_TRY(exhibit.proof, source.proof(path));
        const std::string prefix = index_name(exhibit.proof.index) + "-";
        const auto kind =
            stem.starts_with(prefix) ? directory_kind(stem.substr(prefix.size())) : std::nullopt;
        if (!kind) return invalid(path, "its name does not say its leaf and kind");
        exhibit.kind = *kind;
        const std::string object =
            path.substr(0, path.size() - kProofSuffix.size()) + (is_text(*kind) ? ".note" : ".bin");
        CANDOUR_TRY(const ByteView bytes, source.bytes(object));
        exhibit.object = to_bytes(bytes);
        out.push_back(std::move(exhibit));
        return ok();
      });
}

Result<std::vector<std::uint64_t>> read_requested(const Source& source) {
  const std::string path = "data/log/requested.txt";
  CANDOUR_TRY(const std::string text, source.text(path));
  std::vector<std::uint64_t> out;
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    const auto index = identity::parse_decimal(rest.substr(0, end));
    if (end == rest.npos || !index || (!out.empty() && *index <= out.back())) {
      return invalid(path, "not one ascending leaf index a line");
    }
    out.push_back(*index);
    rest.remove_prefix(end + 1);
  }
  return out;
}

// Takes `prefix` and what follows up to `suffix` off the line.
std::optional<std::string_view> between(std::string_view& line, std::string_view prefix,
                                        std::string_view suffix) {
  if (!line.starts_with(prefix)) return std::nullopt;
  const auto end = line.find(suffix, prefix.size());
  if (end == line.npos) return std::nullopt;
  const auto value = line.substr(prefix.size(), end - prefix.size());
  line.remove_prefix(end);
  return value;
}

std::optional<Secret<32>> key_of(std::optional<std::string_view> hex) {
  const auto bytes = hex ? hex_decode(*hex) : std::nullopt;
  if (!bytes || bytes->size() != 32) return std::nullopt;
  return Secret<32>::copy_of(std::span(*bytes).first<32>());
}

Result<SealedExhibit> read_record(const Source& source, std::string_view line) {
  const std::string keys = "data/keys.jsonl";
  SealedExhibit record;
  const auto number = between(line, "{\"index\":", ",");
  const auto index = number ? identity::parse_decimal(*number) : std::nullopt;
  auto part = key_of(between(line, ",\"part\":\"", "\""));
  auto shared = key_of(between(line, "\",\"shared\":\"", "\""));
  if (!index || !part || !shared || line != "\"}") {
    return invalid(keys, "a line is not {\"index\":..,\"part\":\"..\",\"shared\":\"..\"}");
  }
  record.index = *index;
  record.part = std::move(*part);
  record.shared = std::move(*shared);
  const std::string stem = std::string(kSealed) + index_name(*index);
  CANDOUR_TRY(const ByteView sealed, source.bytes(stem + ".sealed"));
  record.sealed = to_bytes(sealed);
  CANDOUR_TRY(const ByteView opening, source.bytes(stem + ".opening"));
  auto decoded = tlog::LeafOpening::decode(opening);
  if (!decoded) return invalid(stem + ".opening", decoded.error().message);
  record.opening = decoded.value();
  return record;
}

Status read_records(const Source& source, std::vector<SealedExhibit>& out) {
  CANDOUR_TRY(const ByteView keys, source.bytes("data/keys.jsonl"));
  std::string_view rest = as_text(keys);
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    if (end == rest.npos) return invalid("data/keys.jsonl", "the last line is cut off");
    CANDOUR_TRY(SealedExhibit record, read_record(source, rest.substr(0, end)));
    if (!out.empty() && record.index <= out.back().index) {
      return invalid("data/keys.jsonl", "its lines are not in the order of the leaves");
    }
    out.push_back(std::move(record));
    rest.remove_prefix(end + 1);
  }
  return ok();
}

}  // namespace

std::optional<tlog::LeafKind> directory_kind(std::string_view name) {
  using tlog::LeafKind;
  for (const LeafKind kind : {LeafKind::statement, LeafKind::certificate, LeafKind::revocation,
                              LeafKind::policy, LeafKind::notice, LeafKind::notice_ack}) {
    if (tlog::name_of(kind) == name) return kind;
  }
  return std::nullopt;
}

std::string index_name(std::uint64_t index) {
  constexpr std::size_t kDigits = 12;
  const std::string digits = std::to_string(index);
  return std::string(kDigits - std::min(kDigits, digits.size()), '0') + digits;
}

ByteView Exhibits::entry(std::uint64_t index) const {
  if (index < range.first || index >= range.end) return {};
  const std::size_t at = (index - range.first) * tlog::kEntrySize;
  if (at + tlog::kEntrySize > entries.size()) return {};
  return ByteView(entries).subspan(at, tlog::kEntrySize);
}

BagFiles Exhibits::files() const {
  BagFiles out;
  put(out, std::string(kAuthority) + "statement.note", statement);
  put_note(out, "warrant", warrant);
  put_note(out, "request", request);
  put_note(out, "release", release);
  for (const ApprovalExhibit& approval : approvals) {
    const std::string stem = std::string(kApprovals) + approval.name;
    put(out, stem + ".note", approval.note);
    put(out, stem + ".parts", approval.parts);
    put(out, stem + ".sealed", approval.sealed);
  }
  for (const DirectoryExhibit& exhibit : directory) {
    const std::string stem = std::string(kDirectory) + index_name(exhibit.proof.index) + "-" +
                             std::string(tlog::name_of(exhibit.kind));
    put(out, stem + (is_text(exhibit.kind) ? ".note" : ".bin"), exhibit.object);
    put(out, stem + std::string(kProofSuffix), exhibit.proof.print());
  }
  put(out, "data/log/range.tlog-range", range.print());
  put(out, "data/log/entries.bin", entries);
  std::string lines;
  for (const std::uint64_t index : requested) lines += std::to_string(index) + "\n";
  put(out, "data/log/requested.txt", lines);
  for (const SealedExhibit& record : records) {
    const std::string stem = std::string(kSealed) + index_name(record.index);
    put(out, stem + ".sealed", record.sealed);
    put(out, stem + ".opening", record.opening.encode());
  }
  put_keys(out, records);
  put(out, "data/continuity.jsonl", journal);
  return out;
}

Result<Exhibits> Exhibits::from_files(const BagFiles& files) {
  const Source source(files);
  Exhibits out;
  CANDOUR_TRY(out.statement, source.text(std::string(kAuthority) + "statement.note"));
  CANDOUR_TRY(out.warrant, source.note("warrant"));
  CANDOUR_TRY(out.request, source.note("request"));
  CANDOUR_TRY(out.release, source.note("release"));
  CANDOUR_TRY(read_approvals(source, out.approvals));
  CANDOUR_TRY(read_directory(source, out.directory));
  const std::string range_path = "data/log/range.tlog-range";
  CANDOUR_TRY(const std::string range, source.text(range_path));
  auto parsed = tlog::RangeFile::parse(range);
  if (!parsed) return invalid(range_path, parsed.error().message);
  out.range = std::move(parsed).value();
  CANDOUR_TRY(const ByteView entries, source.bytes("data/log/entries.bin"));
  out.entries = to_bytes(entries);
  // Divided, not multiplied: a range of 2^63 leaves too many must not come out as the right size.
  if (out.entries.size() % tlog::kEntrySize != 0 ||
      out.entries.size() / tlog::kEntrySize != out.range.end - out.range.first) {
    return invalid("data/log/entries.bin", "it has not 34 bytes for each leaf of the range");
  }
  CANDOUR_TRY(out.requested, read_requested(source));
  CANDOUR_TRY(read_records(source, out.records));
  CANDOUR_TRY(out.journal, source.text("data/continuity.jsonl"));
  return out;
}

}  // namespace candour::ctl
