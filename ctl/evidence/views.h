// What people and programs read of a release, made from an examination and nothing else:
//
//   data/records.jsonl     a record a line, RFC 8785 JSON
//   data/records.csv       the same in short, RFC 4180; cells that a spreadsheet could take for a
//                          formula begin with an apostrophe
//   data/continuity.csv    who did what when, from the journal and the signed notes
//   data/proofs/<leaf index>.tlog-proof
//   data/reader.html       for reading; needs nothing else and fetches nothing
//   data/VERIFY.md         how to check all of it, with us and without us
//   data/files.csv         SHA-256, size and path of every other file below data
//
// Pure; thread-safe.
#pragma once

#include "ctl/evidence/canonical_json.h"
#include "ctl/evidence/examine.h"

namespace candour::ctl {

/// One record as a JSON object, in records.jsonl and inside the reader.
void write_record(CanonicalJson& json, const RecordView& view, const Examination& examined);

/// One step of the continuity table.
struct ContinuityStep {
  TimeMs time;
  std::string who;
  std::string what;
};
/// The journal's lines and the times of the signed notes, in order of time. bundle_invalid when the
/// journal is not of the form release and warrant verbs write.
Result<std::vector<ContinuityStep>> continuity(const Exhibits& exhibits,
                                               const Examination& examined);

SecretBytes records_jsonl(const Examination& examined);
SecretBytes records_csv(const Examination& examined);
SecretBytes continuity_csv(const std::vector<ContinuityStep>& steps);
/// Of what is below data/ in `files`.
SecretBytes files_csv(const BagFiles& files);
SecretBytes reader_html(const Exhibits& exhibits, const Examination& examined,
                        const std::vector<ContinuityStep>& steps);
std::string verify_text(const Exhibits& exhibits, const Examination& examined);

/// The whole bundle: exhibits, views and tag files.
Result<BagFiles> bundle_files(const Exhibits& exhibits, const Examination& examined,
                              const Progress& progress);

/// One cell of a CSV row, quoted where RFC 4180 asks for it and made harmless to spreadsheets.
void append_csv_cell(SecretBytes::Buffer& out, std::string_view utf8);

}  // namespace candour::ctl
