// What the tests of sealing share: repeatable randomness, a full record, and a plain opening of a
// sealed record from custodians' shares, to hold the product's own (warrant/open/combine.h)
// against.
#pragma once

#include <gtest/gtest.h>

#include "base/random.h"
#include "crypto/aead.h"
#include "crypto/hash.h"
#include "tests/seal/dealing.h"
#include "warrant/seal/seal.h"

namespace candour::warrant::testing_only {

/// SHA-512 of seed and counter: the same stream on every run.
class SeededRandom : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : seed_(seed) {}
  void fill(MutableByteView out) override {
    for (std::size_t at = 0; at < out.size();) {
      Writer block;
      block.u64(seed_);
      block.u64(counter_++);
      const auto bytes = crypto::sha512({block.view()});
      const std::size_t n = std::min<std::size_t>(64, out.size() - at);
      std::copy_n(bytes.view().begin(), n, out.begin() + static_cast<std::ptrdiff_t>(at));
      at += n;
    }
  }

 private:
  std::uint64_t seed_;
  std::uint64_t counter_ = 0;
};

template <class IdType>
IdType filled(std::uint8_t byte) {
  IdType id;
  std::fill(id.mutable_view().begin(), id.mutable_view().end(), byte);
  return id;
}

inline constexpr std::uint64_t kNow = 1'772'000'000'000;  // in 2026
inline constexpr const char* kOrigin = "log.example.org/candour";

inline Record make_record() {
  Record r;
  r.kind = tlog::LeafKind::attempt;
  r.id = filled<RecordId>(1);
  r.group = filled<GroupId>(2);
  r.seq = Seq(3);
  r.submission = Submission(4);
  r.epoch = Epoch(5);
  r.message_id = filled<MessageId>(6);
  r.sender = filled<DeviceId>(7);
  r.certificate = filled<Digest>(8);
  r.evidence = SecretBytes::copy_of(as_bytes("signed content"));
  r.sender_time = TimeMs(kNow - 5);
  r.bot_time = TimeMs(kNow);
  r.findings = {{"rule-1", "misogyny", 3, 4, 9, "standard 1"}, {"rule-2", "data", 1, 0, 0, ""}};
  r.verdict = RecordVerdict::block;
  r.policy = filled<Digest>(9);
  r.remark.type = RemarkType::dispute;
  r.remark.warning = {1, 2, 3};
  r.remark.reported = filled<MessageId>(10);
  r.remark.reason = SecretText::copy_of("this warning is wrong");
  r.previous_of_group = {filled<RecordId>(11), filled<Digest>(12)};
  r.previous_of_sender = {filled<RecordId>(13), filled<Digest>(14)};
  return r;
}

/// "custodian-1" to "custodian-n".
inline std::vector<std::string> key_names(std::size_t count) {
  std::vector<std::string> names;
  for (std::size_t i = 1; i <= count; ++i) names.push_back("custodian-" + std::to_string(i));
  return names;
}

/// u to the power of the key, interpolated from the shares' parts u^x_i.
inline std::optional<crypto::Point> combine(const crypto::Point& u,
                                            const std::vector<const EscrowShare*>& shares) {
  std::vector<std::uint32_t> indices;
  for (const EscrowShare* share : shares) indices.push_back(share->index);
  std::optional<crypto::Point> sum;
  for (const EscrowShare* share : shares) {
    const auto part = u.times(share->value);
    if (!part) return std::nullopt;
    const auto term = part->times(lagrange_at_zero(indices, share->index));
    sum = sum ? sum->plus(*term) : term;
  }
  return sum;
}

inline Result<Record> open_with(const SealedRecord& sealed,
                                const std::vector<const EscrowShare*>& shares,
                                const RetentionKey& retention) {
  CANDOUR_TRY(verify_sealed(sealed));
  const auto shared = combine(sealed.u, shares);
  if (!shared) return error(ErrorCode::decryption_failed, "the shares do not combine");
  const Bytes label = sealed.label.encode();
  const RecordKeys keys =
      derive_record_keys(shared->encoded(), retention_part(retention, sealed.label.record),
                         shares[0]->public_key, sealed.u, label);
  if (!crypto::equal(keys.commitment.view(), sealed.key_commitment.view())) {
    return error(ErrorCode::decryption_failed, "the key commitment does not fit");
  }
  const std::array<std::uint8_t, crypto::kXAeadNonceSize> nonce{};
  CANDOUR_TRY(auto padded, crypto::xaead_open(keys.key.view(), nonce, label, sealed.body));
  Reader in(padded.view());
  const std::size_t size = in.u32();
  return Record::decode(in.raw(size));
}

}  // namespace candour::warrant::testing_only
