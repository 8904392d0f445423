#include "ctl/custody/answer.h"

#include <CLI/CLI.hpp>

#include "base/files.h"
#include "ctl/organisation/notes.h"
#include "warrant/open/notes.h"

namespace candour::ctl {
namespace {

namespace fs = std::filesystem;

void add_request(JsonLine& line, const warrant::RequestPackage& package) {
  const auto note = identity::SignedNote::parse(package.request.note);
  if (!note) return;
  const auto request = warrant::Request::parse(note.value().text);
  if (!request) return;
  line.text("request", request.value().digest().hex())
      .text("warrant", request.value().warrant.hex())
      .number("records", request.value().records);
}

}  // namespace

Result<int> review_package(const Context& context, const CustodyPlace& place,
                           const std::string& own_key, const std::string& file) {
  CANDOUR_TRY(auto state, CustodyState::open(place.dir, place.role, place.root, false));
  CANDOUR_TRY(auto package, read_package(file));
  const auto rules = state.context(own_key, context.clock.now());
  const auto checked = warrant::check_request(package, rules);
  JsonLine line;
  line.boolean("passed", checked.has_value());
  add_request(line, package);
  if (!checked) {
    line.text("refusal", code_name(checked.error().code)).text("message", checked.error().message);
  } else {
    line.boolean("repeated", checked.value().repeated);
  }
  context.print(line, describe_package(package, rules, checked ? nullptr : &checked.error()));
  return 0;
}

Result<int> answer_package(const Context& context, const CustodyPlace& place,
                           const std::string& own_key, const std::string& file,
                           const std::string& out, const Answer& answer) {
  if (fs::exists(out)) {
    return error(ErrorCode::already_exists, out + ": exists already; name another file");
  }
  CANDOUR_TRY(auto state, CustodyState::open(place.dir, place.role, place.root, true));
  CANDOUR_TRY(auto package, read_package(file));
  const TimeMs now = context.clock.now();
  CANDOUR_TRY(auto approved, warrant::check_request(package, state.context(own_key, now)));
  CANDOUR_TRY(auto approval, answer(approved));
  CANDOUR_TRY(state.keep_statement(package.statement));
  CANDOUR_TRY(state.remember_approval(approved, now));
  CANDOUR_TRY(write_secret_file(out, approval.encode()));
  JsonLine line;
  line.text("file", out);
  add_request(line, package);
  line.text("by", own_key).boolean("repeated", approved.repeated);
  context.print(line, out + ": " + std::to_string(approved.request.records) + " records of case " +
                          approved.warrant.case_name +
                          (approved.repeated ? ", approved again (counts once)" : ", approved") +
                          "; give the file to the investigator");
  return 0;
}

Result<int> hear_revocation(const Context& context, const CustodyPlace& place,
                            const std::string& note_file, const std::string& statement_file) {
  CANDOUR_TRY(auto state, CustodyState::open(place.dir, place.role, place.root, true));
  CANDOUR_TRY(auto note, read_note_file(note_file));
  auto statement = state.statement();
  if (!statement_file.empty()) {
    CANDOUR_TRY(auto text, read_note_file(statement_file));
    statement = identity::Statement::verify(text, state.root());
  }
  if (!statement) {
    return error(statement.error().code,
                 statement.error().message + "; give --statement to check the revocation by");
  }
  CANDOUR_TRY(auto revocation, warrant::WarrantRevocation::verify(note, statement.value()));
  CANDOUR_TRY(const bool fresh, state.remember_revocation(revocation, context.clock.now()));
  JsonLine line;
  line.text("warrant", revocation.warrant.hex()).boolean("duplicate", !fresh);
  context.print(line, "warrant " + revocation.warrant.hex() + " is revoked: " + revocation.reason);
  return 0;
}

void add_root_option(CLI::App& verb, CustodyPlace& place) {
  verb.add_option("--root", place.root,
                  "The organisation's root .vkey; pinned the first time it is given");
}

}  // namespace candour::ctl
