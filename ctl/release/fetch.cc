#include "ctl/release/fetch.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <thread>

#include "base/limits.h"
#include "crypto/hash.h"
#include "ctl/warrant/opening_client.h"
#include "identity/certificate.h"
#include "identity/notice.h"
#include "tlog/directory_leaf.h"
#include "tlog/range.h"

namespace candour::ctl {
namespace {

using client::wire_bytes;

// The last millisecond RFC 3339 can say.
constexpr std::uint64_t kLastTimeMs = 253'402'300'799'999;
constexpr std::chrono::milliseconds kPause{300};

Error unexpected(std::string_view what) {
  return error(ErrorCode::frame_malformed,
               "the relay answered a question for " + std::string(what) + " with another frame");
}

v1::GetRecords question_for(const Wanted& wanted) {
  v1::GetRecords question;
  if (!wanted.leaves.empty()) {
    question.set_until_ms(kLastTimeMs);
    return question;
  }
  for (const warrant::ScopeGroup& group : wanted.warrant.groups) {
    question.add_groups(wire_bytes(group.group.view()));
  }
  for (const warrant::ScopeAuthor& author : wanted.warrant.authors) {
    question.add_senders(wire_bytes(author.device.view()));
  }
  question.set_from_ms(wanted.warrant.from.value);
  question.set_until_ms(wanted.warrant.until.value);
  return question;
}

Result<v1::Records> ask_records(RelaySession& session, const v1::GetRecords& question) {
  v1::ClientFrame frame;
  *frame.mutable_get_records() = question;
  CANDOUR_TRY(auto answer, session.request(std::move(frame)));
  if (!answer.has_records()) return unexpected("sealed records");
  return std::move(*answer.mutable_records());
}

Result<FetchedRecord> read_item(const v1::SealedRecordItem& item) {
  FetchedRecord record;
  record.index = item.leaf_index();
  record.sealed = client::from_wire(item.record());
  CANDOUR_TRY(record.opening, tlog::LeafOpening::decode(as_bytes(item.opening())));
  if (record.opening.object_hash != crypto::sha256(record.sealed)) {
    return error(ErrorCode::log_inconsistent, "leaf " + std::to_string(record.index) +
                                                  ": the relay's record is not the one its leaf "
                                                  "commits to");
  }
  return record;
}

Result<std::uint64_t> size_of(const std::string& checkpoint) {
  CANDOUR_TRY(const auto note, identity::SignedNote::parse(checkpoint));
  CANDOUR_TRY(const auto parsed, tlog::Checkpoint::parse(note.text));
  return parsed.size;
}

/// The range the relay named lies in the log as the witnesses know it: else a relay could name one
/// without end. What was logged a moment ago is witnessed a moment later.
Status check_witnessed(RelaySession& session, const std::vector<FetchedRecord>& records,
                       std::uint64_t first, std::uint64_t end) {
  const TimeMs begin = monotonic_clock().now();
  for (;;) {
    CANDOUR_TRY(const auto proof,
                prove_opening(session, records.back().opening, tlog::LeafClass::ordinary));
    CANDOUR_TRY(const std::uint64_t size, size_of(proof.checkpoint));
    const Status checked = check_range(first, end, size);
    if (checked || first > end || monotonic_clock().now().value - begin.value > kWitnessWaitMsMax) {
      return checked;
    }
    std::this_thread::sleep_for(kPause);
  }
}

/// Fetching page by page, each page durable before the next is asked for.
class RecordFetch {
 public:
  RecordFetch(RelaySession& session, const Station& station, const Wanted& wanted,
              const Progress& progress)
      : session_(session), station_(station), wanted_(wanted), progress_(progress) {}

  Result<std::vector<FetchedRecord>> run() {
    CANDOUR_TRY(records_, station_.records());
    if (!station_.range()) {
      if (wanted_.leaves.empty()) {
        CANDOUR_TRY(scope());
      } else {
        CANDOUR_TRY(leaves());
      }
    }
    if (records_.empty()) {
      return error(ErrorCode::not_found, "the log has no record in the warrant's scope");
    }
    return std::move(records_);
  }

 private:
  Status scope() {
    v1::GetRecords question = question_for(wanted_);
    question.set_first_index(records_.empty() ? 0 : records_.back().index + 1);
    for (;;) {
      CANDOUR_TRY(const v1::Records page, ask_records(session_, question));
      CANDOUR_TRY(take(page));
      progress_("fetching records", records_.size(), 0);
      if (page.next_index() == 0) {
        // Nothing yet is no result to keep: the period may still run.
        if (records_.empty()) return ok();
        CANDOUR_TRY(check_witnessed(session_, records_, page.range_first(), page.range_end()));
        return station_.put_range(page.range_first(), page.range_end());
      }
      if (page.next_index() <= question.first_index()) {
        return error(ErrorCode::log_inconsistent, "the relay's pages of records do not go on");
      }
      question.set_first_index(page.next_index());
    }
  }

  // There is no question for one leaf: the page that begins with it has it in front.
  Status leaves() {
    for (const std::uint64_t leaf : wanted_.leaves) {
      if (!records_.empty() && records_.back().index >= leaf) continue;
      v1::GetRecords question = question_for(wanted_);
      question.set_first_index(leaf);
      CANDOUR_TRY(v1::Records page, ask_records(session_, question));
      if (page.items().empty() || page.items(0).leaf_index() != leaf) {
        return error(ErrorCode::not_found,
                     "leaf " + std::to_string(leaf) + " of the log has no sealed record");
      }
      page.mutable_items()->DeleteSubrange(1, page.items_size() - 1);
      CANDOUR_TRY(take(page));
    }
    return station_.put_range(wanted_.leaves.front(), wanted_.leaves.back() + 1);
  }

  Status take(const v1::Records& page) {
    std::vector<FetchedRecord> fresh;
    for (const v1::SealedRecordItem& item : page.items()) {
      CANDOUR_TRY(FetchedRecord record, read_item(item));
      const std::uint64_t last = !fresh.empty()      ? fresh.back().index + 1
                                 : !records_.empty() ? records_.back().index + 1
                                                     : 0;
      if (record.index < last) {
        return error(ErrorCode::log_inconsistent, "the relay's records are not in leaf order");
      }
      if (wanted_.leaves.empty()) {
        CANDOUR_TRY(const auto label, tlog::label_of(record.sealed));
        CANDOUR_TRY(wanted_.warrant.covers(label));
      }
      fresh.push_back(std::move(record));
    }
    if (records_.size() + fresh.size() > limits::kReleaseRecordsMax) {
      return error(ErrorCode::input_invalid,
                   "more than " + std::to_string(limits::kReleaseRecordsMax) +
                       " records are in scope, more than one request may ask for; take a warrant "
                       "for a shorter period");
    }
    CANDOUR_TRY(station_.add_records(fresh));
    std::move(fresh.begin(), fresh.end(), std::back_inserter(records_));
    return ok();
  }

  RelaySession& session_;
  const Station& station_;
  const Wanted& wanted_;
  const Progress& progress_;
  std::vector<FetchedRecord> records_;
};

Result<v1::Proof> ask_proof(RelaySession& session, const v1::GetProof& question) {
  v1::ClientFrame frame;
  *frame.mutable_get_proof() = question;
  CANDOUR_TRY(auto answer, session.request(std::move(frame)));
  if (!answer.has_proof()) return unexpected("a proof");
  return std::move(*answer.mutable_proof());
}

Result<tlog::Proof> hashes_of(const v1::Proof& proof) {
  tlog::Proof hashes;
  for (const std::string& bytes : proof.hashes()) {
    const auto hash = Digest::from(as_bytes(bytes));
    if (!hash) return error(ErrorCode::log_inconsistent, "a hash of a proof is not 32 bytes");
    hashes.push_back(*hash);
  }
  return hashes;
}

/// Which objects of the directory matter.
class Selection {
 public:
  Selection(const std::vector<FetchedRecord>& records, const warrant::Warrant& warrant,
            const identity::Statement& statement)
      : statement_(statement) {
    for (const FetchedRecord& record : records) {
      const auto label = tlog::label_of(record.sealed);
      if (label) devices_.insert(label.value().sender);
    }
    for (const warrant::ScopeAuthor& author : warrant.authors) devices_.insert(author.device);
    devices_.insert(statement.bots.begin(), statement.bots.end());
  }

  bool wants(const client::DirectoryEntry& entry) const {
    switch (entry.kind) {
      case v1::STATEMENT:
      case v1::POLICY:
      case v1::NOTICE:
        return true;
      case v1::CERTIFICATE: {
        const auto note = identity::SignedNote::parse(as_text(entry.object));
        const auto certificate =
            note ? identity::Certificate::parse(note.value().text) : note.error();
        return certificate && devices_.contains(certificate.value().device());
      }
      case v1::REVOCATION: {
        const auto revocation = identity::Revocation::verify(as_text(entry.object), statement_);
        return revocation && devices_.contains(revocation.value().device);
      }
      case v1::NOTICE_ACK: {
        const auto device = identity::NoticeAck::device_of(entry.object);
        return device && devices_.contains(device.value());
      }
      default:
        return false;
    }
  }

 private:
  const identity::Statement& statement_;
  std::set<DeviceId> devices_;
};

}  // namespace

Status check_range(std::uint64_t first, std::uint64_t end, std::uint64_t witnessed_size) {
  if (first <= end && end <= witnessed_size) return ok();
  return error(ErrorCode::log_inconsistent,
               "the relay says that the records lie in leaves " + std::to_string(first) + " to " +
                   std::to_string(end) + "; its log has " + std::to_string(witnessed_size) +
                   " leaves by its newest witnessed checkpoint");
}

Result<std::vector<FetchedRecord>> fetch_records(RelaySession& session, const Station& station,
                                                 const Wanted& wanted, const Progress& progress) {
  return RecordFetch(session, station, wanted, progress).run();
}

Result<Bytes> fetch_entries(RelaySession& session, const Station& station,
                            const std::vector<FetchedRecord>& records, const Progress& progress) {
  const auto range = station.range();
  if (!range || range->first >= range->second) {
    return error(ErrorCode::state_damaged, "range.txt of the case folder is missing or malformed");
  }
  const auto [first, end] = *range;
  CANDOUR_TRY(Bytes entries, station.entries());
  if (!records.empty() && entries.size() / tlog::kEntrySize < end - first) {
    CANDOUR_TRY(check_witnessed(session, records, first, end));
  }
  for (std::uint64_t next; (next = first + entries.size() / tlog::kEntrySize) < end;) {
    v1::ClientFrame frame;
    frame.mutable_get_entries()->set_first(next);
    frame.mutable_get_entries()->set_end(end);
    CANDOUR_TRY(const auto answer, session.request(std::move(frame)));
    if (!answer.has_entries()) return unexpected("log entries");
    const std::string& bytes = answer.entries().entries();
    if (answer.entries().first() != next || bytes.empty() || bytes.size() % tlog::kEntrySize != 0 ||
        bytes.size() / tlog::kEntrySize > end - next) {
      return error(ErrorCode::log_inconsistent, "the relay's log entries do not go on");
    }
    CANDOUR_TRY(station.add_entries(as_bytes(bytes)));
    append(entries, as_bytes(bytes));
    progress("fetching log entries", entries.size() / tlog::kEntrySize, end - first);
  }
  for (const FetchedRecord& record : records) {
    const Bytes entry = record.opening.entry(tlog::LeafClass::ordinary);
    const std::size_t at = (record.index - first) * tlog::kEntrySize;
    if (record.index < first || record.index >= end ||
        !same(entry, ByteView(entries).subspan(at, tlog::kEntrySize))) {
      return error(ErrorCode::log_inconsistent, "the opening of leaf " +
                                                    std::to_string(record.index) +
                                                    " does not give the log's entry there");
    }
  }
  return entries;
}

Result<ProvenRange> fetch_range(RelaySession& session, const Station& station, ByteView entries,
                                const tlog::ProofFile& request,
                                const identity::Statement& statement) {
  CANDOUR_TRY(const auto verified, tlog::verify_checkpoint(request.checkpoint, statement));
  const auto range = station.range();
  if (!range) return error(ErrorCode::state_damaged, "range.txt of the case folder is missing");
  v1::GetProof question;
  question.set_range_first(range->first);
  question.set_range_end(range->second);
  question.set_tree_size(verified.checkpoint.size);
  CANDOUR_TRY(const v1::Proof answer, ask_proof(session, question));
  tlog::RangeFile file;
  file.first = range->first;
  file.end = range->second;
  file.checkpoint = request.checkpoint;
  CANDOUR_TRY(file.proof, hashes_of(answer));
  std::vector<Digest> leaves;
  leaves.reserve(entries.size() / tlog::kEntrySize);
  for (std::size_t at = 0; at < entries.size(); at += tlog::kEntrySize) {
    leaves.push_back(tlog::leaf_hash(entries.subspan(at, tlog::kEntrySize)));
  }
  CANDOUR_TRY(auto tree,
              RangeTree::build(leaves, file.first, verified.checkpoint.size, file.proof));
  if (tree.root() != verified.checkpoint.root) {
    return error(ErrorCode::log_inconsistent,
                 "the entries the relay gave are not those of its log at the request's checkpoint");
  }
  return ProvenRange{std::move(file), std::move(tree)};
}

Result<std::vector<DirectoryExhibit>> fetch_directory(RelaySession& session,
                                                      const std::vector<FetchedRecord>& records,
                                                      const warrant::Warrant& warrant,
                                                      const tlog::ProofFile& request,
                                                      const Progress& progress) {
  CANDOUR_TRY(const auto trust, session.directory());
  CANDOUR_TRY(const auto objects, session.objects());
  CANDOUR_TRY(const std::uint64_t size, size_of(request.checkpoint));
  const Selection selection(records, warrant, *trust->statement());
  std::vector<DirectoryExhibit> out;
  for (const client::DirectoryEntry& entry : objects) {
    const auto kind = tlog::directory_leaf_kind(static_cast<std::uint64_t>(entry.kind));
    if (!kind || !selection.wants(entry) || entry.leaf_index >= size) continue;
    CANDOUR_TRY(const auto opening, tlog::LeafOpening::decode(entry.opening));
    const Digest leaf = tlog::leaf_hash(opening.entry(tlog::LeafClass::directory));
    v1::GetProof question;
    question.set_leaf_hash(wire_bytes(leaf.view()));
    question.set_tree_size(size);
    CANDOUR_TRY(const v1::Proof answer, ask_proof(session, question));
    DirectoryExhibit exhibit{*kind, entry.object, {}};
    exhibit.proof.extra = entry.opening;
    exhibit.proof.index = answer.leaf_index();
    CANDOUR_TRY(exhibit.proof.proof, hashes_of(answer));
    exhibit.proof.checkpoint = request.checkpoint;
    CANDOUR_TRY(exhibit.proof.verify(leaf, *trust->statement()));
    out.push_back(std::move(exhibit));
    progress("fetching the directory", out.size(), 0);
  }
  std::sort(out.begin(), out.end(),
            [](const auto& a, const auto& b) { return a.proof.index < b.proof.index; });
  return out;
}

}  // namespace candour::ctl
