#include "ctl/release/request.h"

#include <algorithm>

#include "base/limits.h"
#include "ctl/custody/journal.h"
#include "ctl/organisation/notes.h"
#include "ctl/warrant/opening_client.h"
#include "warrant/open/oversight.h"

namespace candour::ctl {
namespace {

constexpr int kRangeAttempts = 3;

Status take_over(const CaseFolder& from, const CaseFolder& to) {
  for (const char* name :
       {"root.vkey", "statement.note", "warrant.note", "warrant.opening", "warrant.tlog-proof"}) {
    CANDOUR_TRY(const auto bytes, from.text(name));
    if (to.has(name)) {
      CANDOUR_TRY(const auto there, to.text(name));
      if (there == bytes) continue;
    }
    CANDOUR_TRY(to.put(name, as_bytes(bytes)));
  }
  return ok();
}

Result<CaseFolder> folder_for(const RequestOptions& o) {
  if (o.like.empty()) return CaseFolder::open(o.case_dir);
  CANDOUR_TRY(const auto from, CaseFolder::open(o.like));
  CANDOUR_TRY(auto folder, CaseFolder::create(o.case_dir));
  CANDOUR_TRY(take_over(from, folder));
  return folder;
}

std::vector<warrant::RequestedLeaf> leaves_of(const std::vector<FetchedRecord>& records) {
  std::vector<warrant::RequestedLeaf> leaves;
  for (const FetchedRecord& record : records) {
    leaves.push_back(
        {record.index, tlog::leaf_hash(record.opening.entry(tlog::LeafClass::ordinary))});
  }
  return leaves;
}

/// One run of the verb.
class RequestRun {
 public:
  RequestRun(const Context& context, const RequestOptions& options, const CaseFolder& folder,
             RelaySession& session, const Progress& progress)
      : context_(context),
        options_(options),
        folder_(folder),
        station_(folder_),
        session_(session),
        progress_(progress) {}

  Result<RequestMade> run() {
    CANDOUR_TRY(auto trust, session_.directory());
    statement_ = trust->statement();
    CANDOUR_TRY(warrant_note_, folder_.text("warrant.note"));
    CANDOUR_TRY(warrant_, warrant::Warrant::verify(warrant_note_, *statement_));
    if (session_.key().verifier.name != warrant_.requester.key_name) {
      return error(ErrorCode::not_permitted, "only the warrant's requester '" +
                                                 warrant_.requester.key_name +
                                                 "' asks for its records");
    }
    const Wanted wanted{warrant_, options_.leaves};
    CANDOUR_TRY(records_, fetch_records(session_, station_, wanted, progress_));
    CANDOUR_TRY(entries_, fetch_entries(session_, station_, records_, progress_));
    CANDOUR_TRY(write_request());
    CANDOUR_TRY(log_request());
    CANDOUR_TRY(const ProvenRange range, prove_range());
    CANDOUR_TRY(const auto directory,
                fetch_directory(session_, records_, warrant_, proof_, progress_));
    CANDOUR_TRY(station_.put_directory(directory));
    CANDOUR_TRY(folder_.put("range.tlog-range", as_bytes(range.file.print()), true));
    CANDOUR_TRY(write_package(range.tree, directory));
    return made(range.tree.size());
  }

 private:
  // The reply key and the opening are on disk before the note is, the note before it is logged.
  Status write_request() {
    if (!folder_.has("request.note")) {
      CANDOUR_TRY(station_.make_reply_key(context_.random));
      CANDOUR_TRY(const auto reply_key, station_.reply_key());
      warrant::Request request;
      request.organisation = statement_->id;
      request.warrant = warrant_.digest();
      CANDOUR_TRY(request.warrant_leaf, folder_.leaf_hash("warrant"));
      const auto leaves = leaves_of(records_);
      request.records = leaves.size();
      request.records_digest = warrant::records_digest(leaves);
      request.reply_key = reply_key.public_key();
      if (!options_.purpose.empty()) request.purpose = options_.purpose;
      request.issued = context_.clock.now();
      identity::SignedNote note{request.print(), {}};
      CANDOUR_TRY(add_signature(note, session_.key()));
      CANDOUR_TRY(warrant::Request::verify(note.print(), *statement_, warrant_));
      const std::string text = note.print();
      const auto opening =
          warrant::make_note_opening(tlog::LeafKind::request, text, context_.random);
      CANDOUR_TRY(folder_.put("request.opening", opening.encode(), true));
      CANDOUR_TRY(folder_.put("request.note", as_bytes(text)));
    }
    CANDOUR_TRY(note_, folder_.text("request.note"));
    CANDOUR_TRY(opening_, folder_.opening("request"));
    CANDOUR_TRY(request_, warrant::Request::verify(note_, *statement_, warrant_));
    if (request_.records_digest != warrant::records_digest(leaves_of(records_))) {
      return error(ErrorCode::state_damaged,
                   folder_.dir().string() + ": records.bin does not hold what request.note names");
    }
    return ok();
  }

  Status log_request() {
    if (folder_.has("request.tlog-proof") && !options_.renew) {
      CANDOUR_TRY(proof_, folder_.proof("request"));
      return ok();
    }
    progress_("logging the request", 0, 0);
    const bool first = !folder_.has("request.tlog-proof");
    CANDOUR_TRY(const auto warrant_leaf, folder_.leaf_hash("warrant"));
    const Opening leaf{
        identity::OpeningKind::request, note_, opening_, warrant_leaf, request_.records,
        warrant_.sealed_until};
    CANDOUR_TRY(proof_, log_opening(session_, context_, leaf));
    CANDOUR_TRY(folder_.put("request.tlog-proof", as_bytes(proof_.print()), true));
    if (!first) return ok();
    JsonLine about;
    about.text("by", session_.key().verifier.name)
        .number("records", request_.records)
        .text("request", request_.digest().hex())
        .number("leaf_index", proof_.index);
    return folder_.journal(context_, "request_logged", about);
  }

  // The relay keeps old checkpoints for a while only; a fresh one serves as well.
  Result<ProvenRange> prove_range() {
    for (int attempt = 1;; ++attempt) {
      auto range = fetch_range(session_, station_, entries_, proof_, *statement_);
      if (range || range.error().code != ErrorCode::not_found || attempt == kRangeAttempts) {
        return range;
      }
      CANDOUR_TRY(proof_, prove_opening(session_, opening_));
      CANDOUR_TRY(folder_.put("request.tlog-proof", as_bytes(proof_.print()), true));
    }
  }

  Status write_package(const RangeTree& tree, const std::vector<DirectoryExhibit>& directory) {
    warrant::RequestPackage package;
    CANDOUR_TRY(package.statement, session_.statement_note());
    CANDOUR_TRY(package.certificates, author_certificates(directory));
    CANDOUR_TRY(const auto proof, folder_.proof("warrant"));
    CANDOUR_TRY(const auto opening, folder_.opening("warrant"));
    package.warrant = {warrant_note_, opening, proof.index, proof.proof, proof.checkpoint};
    package.request = {note_, opening_, proof_.index, proof_.proof, proof_.checkpoint};
    for (FetchedRecord& record : records_) {
      package.records.push_back(
          {record.index, record.opening, tree.inclusion(record.index), std::move(record.sealed)});
    }
    const Bytes bytes = package.encode();
    if (bytes.size() > limits::kRequestSizeMax) {
      return error(ErrorCode::input_invalid, "the request would be larger than " +
                                                 std::to_string(limits::kRequestSizeMax) +
                                                 " bytes; take a warrant for a shorter period");
    }
    return folder_.put("request.package", bytes, true);
  }

  // One for each device the warrant names.
  Result<std::vector<std::string>> author_certificates(
      const std::vector<DirectoryExhibit>& directory) const {
    std::vector<std::string> out;
    for (const warrant::ScopeAuthor& author : warrant_.authors) {
      std::optional<std::string> newest;
      for (const DirectoryExhibit& exhibit : directory) {
        if (exhibit.kind != tlog::LeafKind::certificate) continue;
        const auto certificate =
            identity::Certificate::verify(as_text(exhibit.object), *statement_);
        if (certificate && certificate.value().device() == author.device) {
          newest = std::string(as_text(exhibit.object));
        }
      }
      if (!newest) {
        return error(
            ErrorCode::unknown_device,
            "the directory has no certificate of the warrant's device " + author.device.hex());
      }
      out.push_back(std::move(*newest));
    }
    return out;
  }

  RequestMade made(std::uint64_t checkpoint_size) const {
    return {folder_.file("request.package").string(), request_.records, proof_.index,
            checkpoint_size, request_.digest()};
  }

  const Context& context_;
  const RequestOptions& options_;
  const CaseFolder& folder_;
  Station station_;
  RelaySession& session_;
  const Progress& progress_;
  const identity::Statement* statement_ = nullptr;
  std::string warrant_note_;
  warrant::Warrant warrant_;
  std::vector<FetchedRecord> records_;
  Bytes entries_;
  std::string note_;
  tlog::LeafOpening opening_;
  warrant::Request request_;
  tlog::ProofFile proof_;
};

// What an earlier run made, from the folder alone.
Result<RequestMade> made_before(const CaseFolder& folder) {
  CANDOUR_TRY(const auto package, Station(folder).package());
  CANDOUR_TRY(const auto note, identity::SignedNote::parse(package.request.note));
  CANDOUR_TRY(const auto request, warrant::Request::parse(note.text));
  CANDOUR_TRY(const auto witnessed, identity::SignedNote::parse(package.request.checkpoint));
  CANDOUR_TRY(const auto checkpoint, tlog::Checkpoint::parse(witnessed.text));
  return RequestMade{folder.file("request.package").string(), request.records,
                     package.request.index, checkpoint.size, request.digest()};
}

}  // namespace

Result<RequestMade> make_request(const Context& context, const RequestOptions& options,
                                 const Progress& progress) {
  CANDOUR_TRY(const auto folder, folder_for(options));
  CANDOUR_TRY(const auto lock, FolderLock::take(folder.dir()));
  if (folder.has("opened.bin")) {
    return error(ErrorCode::already_exists,
                 folder.dir().string() +
                     ": its records were opened already; a further request under the same warrant "
                     "takes a case folder of its own (--like)");
  }
  if (folder.has("request.package") && !options.renew) return made_before(folder);
  CANDOUR_TRY(auto session, RelaySession::open(context, options.relay));
  return RequestRun(context, options, folder, *session, progress).run();
}

}  // namespace candour::ctl
