#include "warrant/open/check_records.h"

#include <unordered_set>

#include "crypto/hash.h"
#include "warrant/seal/seal.h"

namespace candour::warrant {
namespace {

bool ordinary(tlog::LeafKind kind) {
  switch (kind) {
    case tlog::LeafKind::message:
    case tlog::LeafKind::commit:
    case tlog::LeafKind::attempt:
    case tlog::LeafKind::alert_step:
    case tlog::LeafKind::group_change:
    case tlog::LeafKind::alert_dismissal:
      return true;
    default:
      return false;
  }
}

Digest leaf_of(const RequestedRecord& record) {
  return tlog::leaf_hash(record.opening.entry(tlog::LeafClass::ordinary));
}

/// That the package holds exactly the records the request names, each once.
Status check_list(const RequestPackage& package, const Request& request) {
  std::vector<RequestedLeaf> leaves;
  leaves.reserve(package.records.size());
  for (const RequestedRecord& record : package.records) {
    if (!leaves.empty() && record.index <= leaves.back().index) {
      return error(ErrorCode::input_invalid,
                   "record " + std::to_string(leaves.size()) + " (leaf " +
                       std::to_string(record.index) +
                       ") is there twice or out of order; a record is opened once");
    }
    leaves.push_back({record.index, leaf_of(record)});
  }
  if (leaves.size() == request.records && records_digest(leaves) == request.records_digest) {
    return ok();
  }
  return error(ErrorCode::out_of_scope,
               "the package holds " + std::to_string(leaves.size()) + " records that are not the " +
                   std::to_string(request.records) +
                   " named in the request that was logged; ask for the right package");
}

Status check_leaf(const RequestedRecord& record, const KnownCheckpoint& tree) {
  const auto inconsistent = [](const std::string& why) {
    return error(ErrorCode::log_inconsistent, why);
  };
  if (!ordinary(record.opening.kind)) {
    return inconsistent("its leaf is of kind " + std::string(tlog::name_of(record.opening.kind)) +
                        ", which is no record");
  }
  if (record.opening.object_hash != crypto::sha256(record.sealed)) {
    return inconsistent("it is not the sealed record its leaf commits to");
  }
  if (!tlog::verify_inclusion(leaf_of(record), record.index, tree.size, record.hashes, tree.root)) {
    return inconsistent("its leaf is not in the log at that place");
  }
  return ok();
}

}  // namespace

Status check_records(const RequestPackage& package, Approved& approved) {
  CANDOUR_TRY(check_list(package, approved.request));
  std::unordered_set<RecordId> ids;
  const auto judge = [&](const RequestedRecord& record) -> Status {
    CANDOUR_TRY(auto one, SealedRecord::decode(record.sealed));
    CANDOUR_TRY(approved.warrant.covers(one.label));
    CANDOUR_TRY(check_leaf(record, approved.checkpoint));
    if (!ids.insert(one.label.record).second) {
      return error(ErrorCode::input_invalid,
                   "its record id " + one.label.record.hex() + " is there twice");
    }
    // Last, because it is by far the most work.
    CANDOUR_TRY(verify_sealed(one));
    approved.points.push_back(one.u);
    approved.labels.push_back(std::move(one.label));
    return ok();
  };
  for (std::size_t i = 0; i < package.records.size(); ++i) {
    const Status status = judge(package.records[i]);
    if (!status) {
      return error(status.error().code, "record " + std::to_string(i) + " (leaf " +
                                            std::to_string(package.records[i].index) +
                                            "): " + status.error().message +
                                            "; nothing of the request is answered");
    }
  }
  return ok();
}

}  // namespace candour::warrant
