#include "ctl/custody/state.h"

#include <boost/json.hpp>

#include "base/encoding.h"
#include "base/files.h"
#include "base/limits.h"
#include "config/section.h"
#include "ctl/keys.h"
#include "ctl/organisation/notes.h"
#include "warrant/open/notes.h"
#include "warrant/open/summary.h"

namespace candour::ctl {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr const char* kJournal = "journal.jsonl";
constexpr std::uint64_t kYearMs = 366ull * 86'400'000;

/// Rules are what the custodian wrote down, not what a shell was told.
class NoEnvironment : public config::Environment {
 public:
  const char* get(const std::string&) const override { return nullptr; }
};

std::optional<std::string> text_of(const json::object& line, const char* name) {
  const json::value* value = line.if_contains(name);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return std::string(value->as_string());
}

std::optional<std::uint64_t> number_of(const json::object& line, const char* name) {
  const json::value* value = line.if_contains(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_uint64()) return value->as_uint64();
  if (value->is_int64() && value->as_int64() >= 0) {
    return static_cast<std::uint64_t>(value->as_int64());
  }
  return std::nullopt;
}

std::optional<Digest> digest_of(const json::object& line, const char* name) {
  const auto text = text_of(line, name);
  return text ? Digest::from_hex(*text) : std::nullopt;
}

}  // namespace

Result<CustodyState> CustodyState::open(const fs::path& dir, warrant::CustodyRole role,
                                        const std::string& root_file, bool for_writing) {
  if (!fs::is_directory(dir)) {
    return error(ErrorCode::not_found, dir.string() + ": there is no such folder");
  }
  CustodyState state(dir, role);
  if (for_writing) {
    CANDOUR_TRY(auto lock, FolderLock::take(dir));
    state.lock_.emplace(std::move(lock));
  }
  CANDOUR_TRY(state.read_rules());
  CANDOUR_TRY(state.pin_root(root_file));
  CANDOUR_TRY(state.read_memory());
  return state;
}

Status CustodyState::read_rules() {
  const fs::path path = dir_ / (std::string(warrant::role_name(role_)) + ".toml");
  if (!fs::exists(path)) return ok();
  const NoEnvironment none;
  CANDOUR_TRY(auto file, config::File::open(path, none));
  config::Section rules = file.root().table("rules");
  constexpr auto kOptional = config::Section::Presence::optional;
  rules.number("cooling_off_ms", rules_.cooling_off_ms, 0, kYearMs, kOptional);
  rules.number("records_per_day", rules_.records_per_day, 1, 1'000'000'000, kOptional);
  rules.number("checkpoint_age_ms_max", rules_.checkpoint_age_ms_max, 60'000, kYearMs, kOptional);
  return file.finish();
}

Status CustodyState::pin_root(const std::string& root_file) {
  const fs::path pinned = dir_ / "root.vkey";
  if (fs::exists(pinned)) {
    CANDOUR_TRY(root_, load_vkey(pinned));
    if (root_file.empty()) return ok();
    CANDOUR_TRY(auto given, load_vkey(root_file));
    if (given == root_) return ok();
    return error(ErrorCode::wrong_root_key,
                 root_file + ": is another root than the one pinned in " + pinned.string());
  }
  if (root_file.empty()) {
    return error(ErrorCode::usage, "no root is pinned in " + dir_.string() +
                                       " yet: give --root FILE once, with the organisation's root "
                                       "key as you know it from a meeting, not from the package");
  }
  CANDOUR_TRY(root_, load_vkey(root_file));
  return write_file(pinned, as_bytes(root_.vkey() + "\n"));
}

Status CustodyState::read_memory() {
  CANDOUR_TRY(auto lines, read_journal(dir_ / kJournal));
  for (std::size_t i = 0; i < lines.size(); ++i) {
    CANDOUR_TRY(read_line(lines[i], i + 1));
  }
  return ok();
}

Status CustodyState::read_line(const std::string& text, std::size_t number) {
  const auto damaged = [&] {
    return error(ErrorCode::state_damaged, (dir_ / kJournal).string() + ", line " +
                                               std::to_string(number) +
                                               ": is not as it was written");
  };
  boost::system::error_code failed;
  const json::value value = json::parse(text, failed);
  if (failed || !value.is_object()) return damaged();
  const json::object& line = value.as_object();
  const auto event = text_of(line, "event");
  if (event == "revoked") {
    const auto warrant = digest_of(line, "warrant");
    if (!warrant) return damaged();
    revoked_.insert(*warrant);
    return ok();
  }
  if (event != "approved") return ok();  // what key ceremonies note down
  const auto time_text = text_of(line, "time");
  const auto time = time_text ? time_decode(*time_text) : std::nullopt;
  const auto request = digest_of(line, "request");
  const auto records = number_of(line, "records");
  const auto size = number_of(line, "checkpoint_size");
  const auto root = digest_of(line, "checkpoint_root");
  const auto version = number_of(line, "statement_version");
  const auto statement = digest_of(line, "statement");
  if (!time || !request || !records || !size || !root || !version || !statement) return damaged();
  approvals_.push_back({TimeMs(*time), *request, *records});
  checkpoint_ = warrant::KnownCheckpoint{*size, *root};
  statement_ = {*version, *statement};
  return ok();
}

warrant::CheckContext CustodyState::context(const std::string& own_key, TimeMs now) const {
  warrant::CheckContext out;
  out.root = root_;
  out.role = role_;
  out.own_key = own_key;
  out.now = now;
  out.rules = rules_;
  out.approvals = approvals_;
  out.checkpoint = checkpoint_;
  out.statement = statement_;
  out.revoked = revoked_;
  return out;
}

Status CustodyState::remember_approval(const warrant::Approved& approved, TimeMs now) {
  JsonLine line;
  line.text("time", time_encode(now.value))
      .text("event", "approved")
      .text("case", approved.warrant.case_name)
      .text("warrant", approved.request.warrant.hex())
      .text("request", approved.request_digest.hex())
      .number("records", approved.request.records)
      .boolean("repeated", approved.repeated)
      .number("checkpoint_size", approved.checkpoint.size)
      .text("checkpoint_root", approved.checkpoint.root.hex())
      .number("statement_version", approved.statement_known.version)
      .text("statement", approved.statement_known.digest.hex());
  CANDOUR_TRY(append_journal(dir_ / kJournal, line));
  return read_line(line.str(), 0);
}

Status CustodyState::keep_statement(const std::string& note) {
  return write_file(dir_ / "statement.note", as_bytes(note));
}

Result<identity::Statement> CustodyState::statement() const {
  CANDOUR_TRY(auto note, read_note_file(dir_ / "statement.note"));
  return identity::Statement::verify(note, root_);
}

Result<bool> CustodyState::remember_revocation(const warrant::WarrantRevocation& revocation,
                                               TimeMs now) {
  if (revoked_.contains(revocation.warrant)) return false;
  JsonLine line;
  line.text("time", time_encode(now.value))
      .text("event", "revoked")
      .text("warrant", revocation.warrant.hex())
      .text("reason", revocation.reason);
  CANDOUR_TRY(append_journal(dir_ / kJournal, line));
  revoked_.insert(revocation.warrant);
  return true;
}

Result<warrant::RequestPackage> read_package(const std::string& file) {
  CANDOUR_TRY(auto bytes, read_file(file, limits::kRequestSizeMax));
  auto package = warrant::RequestPackage::decode(bytes);
  if (!package) return error(package.error().code, file + ": " + package.error().message);
  return package;
}

std::string describe_package(const warrant::RequestPackage& package,
                             const warrant::CheckContext& context, const Error* verdict) {
  std::string out;
  const auto statement = identity::Statement::verify(package.statement, context.root);
  const auto note = identity::SignedNote::parse(package.warrant.note);
  if (statement && note) {
    const auto w = warrant::Warrant::parse(note.value().text);
    if (w) out += warrant::describe(w.value(), note.value(), statement.value(), context.now);
  }
  const auto request_note = identity::SignedNote::parse(package.request.note);
  if (request_note) {
    const auto request = warrant::Request::parse(request_note.value().text);
    if (request) out += warrant::describe(request.value());
  }
  out += "The package holds " + std::to_string(package.records.size()) + " sealed records\n";
  if (verdict == nullptr) {
    return out +
           "EVERY CHECK PASSED: signatures, scope of every record, log, witnesses, "
           "cooling-off, daily cap\n";
  }
  return out + "REFUSED (" + std::string(code_name(verdict->code)) + "): " + verdict->message +
         "\n";
}

}  // namespace candour::ctl
