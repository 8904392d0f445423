#include "warrant/open/combine.h"

#include <algorithm>
#include <map>

#include "base/assert.h"
#include "base/codec.h"
#include "crypto/aead.h"
#include "crypto/hash.h"
#include "warrant/open/polynomial.h"

namespace candour::warrant {
namespace {

using crypto::Point;

Result<const identity::CustodianMember*> member_of(const identity::Statement& statement,
                                                   const Contribution& contribution) {
  const identity::CustodianGroup* group = statement.custodian_group(contribution.group);
  if (group == nullptr || contribution.index < 1 || contribution.index > group->members.size()) {
    return error(ErrorCode::not_found, "the statement lists no custodian " +
                                           std::to_string(contribution.index) + " of '" +
                                           contribution.group + "'");
  }
  return &group->members[contribution.index - 1];
}

}  // namespace

Status verify_contribution(const identity::Statement& statement, std::span<const Point> us,
                           const Contribution& contribution) {
  CANDOUR_TRY(const auto* member, member_of(statement, contribution));
  const auto key = Point::decode(member->verification_key);
  if (!key) {
    return error(ErrorCode::statement_invalid,
                 "the verification key of '" + member->key_name + "' is not a canonical point");
  }
  const Status checked = verify_partial(*key, us, *contribution.parts);
  if (checked) return ok();
  return error(checked.error().code,
               "custodian '" + member->key_name + "': " + checked.error().message);
}

Result<Combiner> Combiner::create(const identity::Statement& statement,
                                  std::vector<Contribution> contributions, std::size_t records) {
  std::map<std::string, std::map<std::uint32_t, Contribution>> by_group;
  for (Contribution& contribution : contributions) {
    CANDOUR_TRY(const auto* member, member_of(statement, contribution));
    if (contribution.parts == nullptr || contribution.parts->parts.size() != records) {
      return error(ErrorCode::input_invalid,
                   "custodian '" + member->key_name + "' helped with another number of records");
    }
    auto& group = by_group[contribution.group];
    if (!group.emplace(contribution.index, contribution).second) {
      return error(ErrorCode::input_invalid,
                   "custodian '" + member->key_name + "' contributes twice");
    }
  }
  if (statement.custodians.empty()) {
    return error(ErrorCode::statement_invalid, "the statement names no custodians");
  }
  Combiner out;
  for (const identity::CustodianGroup& group : statement.custodians) {
    const auto& given = by_group[group.name];
    if (given.size() < group.threshold || group.threshold == 0) {
      return error(ErrorCode::custodians_too_few,
                   std::to_string(given.size()) + " of the " + std::to_string(group.threshold) +
                       " custodians needed of '" + group.name + "' have helped");
    }
    std::vector<std::uint32_t> indices;
    for (const auto& [index, contribution] : given) {
      if (indices.size() == group.threshold) break;
      indices.push_back(index);
      out.used_.push_back(contribution);
    }
    for (const std::uint32_t index : indices) {
      out.coefficients_.push_back(lagrange_at_zero(indices, index));
    }
  }
  return out;
}

Result<Secret<32>> Combiner::shared(std::size_t record) const {
  std::optional<Point> sum;
  for (std::size_t i = 0; i < used_.size(); ++i) {
    CANDOUR_ASSERT(record < used_[i].parts->parts.size());
    auto term = used_[i].parts->parts[record].times(coefficients_[i]);
    if (term && sum) term = sum->plus(*term);
    if (!term) {
      return error(ErrorCode::decryption_failed,
                   "the custodians' parts of record " + std::to_string(record + 1) +
                       " cancel each other; at least one of them is false");
    }
    sum = term;
  }
  Secret<32> shared = Secret<32>::copy_of(sum->encoded().first<32>());
  wipe(&*sum, sizeof *sum);
  return shared;
}

Result<Record> open_record(const SealedRecord& sealed, const Secret<32>& shared,
                           const Secret<32>& retention_part, const Point& escrow_public_key) {
  const Bytes label = sealed.label.encode();
  const RecordKeys keys =
      derive_record_keys(shared.view(), retention_part, escrow_public_key, sealed.u, label);
  if (!crypto::equal(keys.commitment.view(), sealed.key_commitment.view())) {
    return error(ErrorCode::decryption_failed,
                 "record " + sealed.label.record.hex() +
                     ": the key commitment does not fit; a custodian's part or the retention part "
                     "is false, or was made for another record");
  }
  const std::array<std::uint8_t, crypto::kXAeadNonceSize> nonce{};
  CANDOUR_TRY(const auto padded, crypto::xaead_open(keys.key.view(), nonce, label, sealed.body));
  Reader in(padded.view());
  const std::size_t size = in.u32();
  const ByteView record = in.raw(size);
  const ByteView padding = in.rest();
  if (!in.ok() ||
      std::any_of(padding.begin(), padding.end(), [](std::uint8_t b) { return b != 0; })) {
    return error(ErrorCode::input_invalid,
                 "record " + sealed.label.record.hex() + " is not padded with zeros");
  }
  return Record::decode(record);
}

}  // namespace candour::warrant
