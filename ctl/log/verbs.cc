#include "ctl/verbs.h"

#include <CLI/CLI.hpp>

#include "base/files.h"
#include "ctl/log/alert_counts.h"
#include "ctl/log/audit.h"
#include "ctl/log/export.h"
#include "ctl/organisation/notes.h"
#include "tlog/proof_file.h"

namespace candour::ctl {
namespace {

struct Verify {
  std::string db;
  std::string root;
  std::string statement;
  std::vector<std::string> checkpoints;
  bool signatures = false;
};

JsonLine json_of(const AuditReport& report) {
  JsonLine line;
  line.boolean("ok", report.ok())
      .number("size", report.size)
      .text("root", report.root.hex())
      .number("records", report.records);
  if (report.fault && report.fault->index) {
    line.number("first_bad_index", *report.fault->index);
  } else {
    line.raw("first_bad_index", "null");
  }
  if (report.fault) {
    line.text("reason", report.fault->reason);
  } else {
    line.raw("reason", "null");
  }
  JsonLine kinds;
  for (const auto& [kind, count] : report.kinds) kinds.number(tlog::name_of(kind), count);
  return line.raw("kinds", kinds.str())
      .number("checkpoints", report.checkpoints)
      .number("cosigned_size", report.cosigned_size)
      .number("signatures", report.signatures);
}

std::string text_of(const AuditReport& report) {
  if (!report.ok()) {
    return "The log is NOT intact" +
           (report.fault->index ? " from index " + std::to_string(*report.fault->index)
                                : std::string()) +
           ": " + report.fault->reason;
  }
  return "The log is intact: " + std::to_string(report.size) + " entries, " +
         std::to_string(report.records) + " records, " + std::to_string(report.checkpoints) +
         " checkpoints (cosigned up to size " + std::to_string(report.cosigned_size) + "), " +
         std::to_string(report.signatures) + " signatures checked, root " + report.root.hex();
}

Result<int> verify(const Context& context, const Verify& o) {
  CANDOUR_TRY(auto file, relay_db_file(context.state, o.db));
  AuditOptions options;
  options.signatures = o.signatures;
  if (!o.statement.empty() && o.root.empty()) {
    return error(ErrorCode::usage, "--statement needs --root, which signed it");
  }
  if (!o.root.empty()) {
    CANDOUR_TRY(options.root, load_vkey(o.root));
  }
  if (!o.statement.empty()) {
    CANDOUR_TRY(auto statement, load_statement(o.statement, o.root));
    options.statements.push_back(std::move(statement));
  }
  for (const std::string& name : o.checkpoints) {
    CANDOUR_TRY(auto note, read_note_file(name));
    options.shown.push_back(std::move(note));
  }
  AuditReport report;
  auto db = LogDb::open(file);
  if (db) {
    CANDOUR_TRY(report, audit_log(*db.value(), options));
  } else if (db.error().code == ErrorCode::state_damaged) {
    // A file that cannot even be opened is an answer to the question asked.
    report.fault = Fault{std::nullopt, db.error().message};
  } else {
    return db.error();
  }
  context.print(json_of(report), text_of(report));
  return report.ok() ? 0 : 1;
}

struct Prove {
  std::string db;
  std::uint64_t index = 0;
  std::string out;
};

Result<tlog::ProofFile> prove_entry(LogDb& db, std::uint64_t index) {
  tlog::ProofFile proof;
  proof.index = index;
  CANDOUR_TRY(proof.checkpoint, best_checkpoint(db, index));
  CANDOUR_TRY(auto note, identity::SignedNote::parse(proof.checkpoint));
  CANDOUR_TRY(auto checkpoint, tlog::Checkpoint::parse(note.text));
  CANDOUR_TRY(proof.proof, tlog::prove_inclusion(index, checkpoint.size, db));
  if (const auto opening = db.opening(index)) proof.extra = opening->encode();
  return proof;
}

Result<int> prove(const Context& context, const Prove& o) {
  CANDOUR_TRY(auto file, relay_db_file(context.state, o.db));
  CANDOUR_TRY(auto db, LogDb::open(file));
  CANDOUR_TRY(auto proof, guarded([&] { return prove_entry(*db, o.index); }));
  const std::string text = proof.print();
  if (!o.out.empty()) {
    CANDOUR_TRY(write_file(o.out, as_bytes(text)));
  }
  JsonLine line;
  line.number("index", o.index);
  if (o.out.empty()) {
    line.text("proof", text);
  } else {
    line.text("file", o.out);
  }
  context.print(line, o.out.empty() ? text : o.out);
  return 0;
}

struct Export {
  std::string db;
  std::string out;
  std::uint64_t index = 0;
};

Result<int> export_files(const Context& context, const Export& o) {
  CANDOUR_TRY(auto file, relay_db_file(context.state, o.db));
  CANDOUR_TRY(auto db, LogDb::open(file));
  CANDOUR_TRY(const auto done, guarded([&] { return export_log(*db, o.index, o.out); }));
  JsonLine line;
  line.number("size", done.size)
      .number("older_size", done.older_size)
      .number("files", done.files)
      .text("folder", o.out);
  context.print(line, o.out + ": " + std::to_string(done.files) + " files of the log of " +
                          std::to_string(done.size) + " entries");
  return 0;
}

struct Report {
  std::string db;
};

Result<int> report_alerts(const Context& context, const Report& o) {
  CANDOUR_TRY(auto file, relay_db_file(context.state, o.db));
  CANDOUR_TRY(auto db, LogDb::open(file));
  CANDOUR_TRY(const auto counts, guarded([&] { return count_alerts(*db); }));
  std::string text = "Serious alerts closed as no action or false positive, from " +
                     std::to_string(counts.leaves) + " log entries:";
  JsonArray rows;
  for (const auto& [key, row] : counts.rows) {
    const auto& [month, unit] = key;
    rows.add(JsonLine()
                 .text("month", month)
                 .text("unit", unit)
                 .number("dismissed", row.dismissed)
                 .number("second_looks", row.second_looks)
                 .number("upheld", row.upheld));
    text += "\n" + month + "  " + unit + ": " + std::to_string(row.dismissed) + " by desks, " +
            std::to_string(row.second_looks) + " drawn for a second look, " +
            std::to_string(row.upheld) + " by professional standards";
  }
  if (counts.rows.empty()) text += " none";
  JsonLine line;
  line.number("leaves", counts.leaves).number("steps", counts.steps).raw("rows", rows.str());
  context.print(line, text);
  return 0;
}

}  // namespace

void add_log_verbs(CLI::App& program, Context& context) {
  CLI::App& family = add_family(program, "log", "The compliance log of a relay (--state DIR)");
  add_verb(family, context, "verify", "Recompute and check the whole log",
           [&](CLI::App& verb) -> Run {
             auto o = std::make_shared<Verify>();
             verb.add_option("--db", o->db, "relay.db, instead of --state");
             verb.add_option("--root", o->root, ".vkey file of the root: checks signatures");
             verb.add_option("--statement", o->statement, "A statement known from elsewhere");
             verb.add_option("--checkpoint", o->checkpoints,
                             "A checkpoint others hold (a witness'), repeated: the log must "
                             "contain it");
             verb.add_flag("--signatures", o->signatures,
                           "Also tokens, certificates and the proofs of sealed records");
             return [&context, o] { return verify(context, *o); };
           });
  add_verb(family, context, "export", "Write the log as tiles, for other verifiers",
           [&](CLI::App& verb) -> Run {
             auto o = std::make_shared<Export>();
             verb.add_option("--db", o->db, "relay.db, instead of --state");
             verb.add_option("--out", o->out, "Folder to write, empty or new")->required();
             verb.add_option("--index", o->index, "Entry whose hash stands in entry.hash");
             return [&context, o] { return export_files(context, *o); };
           });
  add_verb(family, context, "proof", "Print a .tlog-proof for one entry",
           [&](CLI::App& verb) -> Run {
             auto o = std::make_shared<Prove>();
             verb.add_option("--db", o->db, "relay.db, instead of --state");
             verb.add_option("--index", o->index, "Entry number, from 0")->required();
             verb.add_option("--out", o->out, "File to write");
             return [&context, o] { return prove(context, *o); };
           });
  add_succession_verbs(family, context);
  CLI::App& reports = add_family(program, "report", "Counts for auditors (--state DIR)");
  add_verb(reports, context, "alerts", "Serious alerts closed as nothing, by month and unit",
           [&](CLI::App& verb) -> Run {
             auto o = std::make_shared<Report>();
             verb.add_option("--db", o->db, "relay.db, instead of --state");
             return [&context, o] { return report_alerts(context, *o); };
           });
}

}  // namespace candour::ctl
