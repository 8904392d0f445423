#include <optional>

#include "base/codec.h"
#include "crypto/hash.h"
#include "storage/bot_store.h"
#include "tests/fault/subject.h"

namespace candour::testing {
namespace {

using storage::BotStore;

/// Bytes that look random and are the same in every run.
class Counting : public Random {
 public:
  void fill(MutableByteView out) override {
    for (auto& byte : out)
      byte = static_cast<std::uint8_t>(
          (state_ = state_ * 6364136223846793005u + 1442695040888963407u) >> 56);
  }

 private:
  std::uint64_t state_ = 11;
};

/// Turns of a bot: a verdict promised, heard back, a mark undone, the MLS state moved on.
class BotSubject : public Subject {
 public:
  Status open(const std::filesystem::path& folder) override {
    auto opened = BotStore::open(folder / "bot.db", key_.clone(), random_);
    if (!opened) return opened.error();
    store_ = std::move(opened).value();
    return ok();
  }
  void close() override { store_.reset(); }

  Status step(std::uint64_t n) override {
    CANDOUR_TRY(store_->begin());
    if (n == 1) {
      storage::BotGroup group{.group = group_,
                              .about = SecretBytes::copy_of(Bytes(40, 1)),
                              .mls_state = SecretBytes::copy_of(Bytes(3'000, 1))};
      CANDOUR_TRY(store_->add_group(group));
    }
    CANDOUR_TRY(judge(n));
    if (n % 3 == 0) {
      CANDOUR_TRY(const auto rows, store_->outbox());
      CANDOUR_TRY(store_->drop_outbox(rows.front().number));
    }
    if (n % 4 == 0) {
      CANDOUR_TRY(store_->put_mls_state(group_, Bytes(3'000, static_cast<std::uint8_t>(n))));
    }
    return store_->commit();
  }

  Result<std::string> state() override {
    Writer out;
    CANDOUR_TRY(const auto groups, store_->groups());
    for (const auto& group : groups) {
      out.number(group.seq);
      out.vec(group.mls_state.view());
      CANDOUR_TRY(const auto ratchets, store_->ratchets(group.group));
      for (const auto& ratchet : ratchets) out.vec(ratchet.blob.view());
    }
    CANDOUR_TRY(const auto rows, store_->outbox());
    for (const auto& row : rows) out.vec(row.frame);
    CANDOUR_TRY(const std::uint64_t judged, store_->number("judged"));
    for (std::uint64_t n = 1; n <= judged; ++n) {
      CANDOUR_TRY(const auto seen, store_->seen(group_, message(n)));
      out.u64(seen ? seen->submission.value : 0);
    }
    return "judged " + std::to_string(judged) + ", promised " + std::to_string(rows.size()) + ", " +
           crypto::sha256(out.take()).hex();
  }

 private:
  static MessageId message(std::uint64_t n) {
    MessageId id;
    id.mutable_view()[0] = static_cast<std::uint8_t>(n);
    id.mutable_view()[1] = static_cast<std::uint8_t>(n >> 8);
    return id;
  }
  Status judge(std::uint64_t n) {
    const MessageId id = message(n);
    CANDOUR_TRY(store_->put_seen(group_, id, {.submission = Submission(n), .sender = device_}));
    CANDOUR_TRY(store_->put_ratchet(
        group_, {.epoch = Epoch(1),
                 .leaf = 1,
                 .blob = SecretBytes::copy_of(Bytes(64, static_cast<std::uint8_t>(n)))}));
    CANDOUR_TRY(store_->put_chain(group_, Seq(n), Digest()));
    CANDOUR_TRY(store_->mark());
    CANDOUR_TRY(store_->put_number("undone", n));
    CANDOUR_TRY(store_->undo());
    storage::OutboxRow row;
    row.group = group_;
    row.message_id = id;
    row.frame = Bytes(2'000, static_cast<std::uint8_t>(n));
    CANDOUR_TRY(store_->put_outbox(row));
    return store_->put_number("judged", n);
  }

  Counting random_;
  crypto::AeadKey key_ = random_.secret<32>();
  const GroupId group_ = random_.id<GroupId>();
  const DeviceId device_ = random_.id<DeviceId>();
  std::unique_ptr<BotStore> store_;
};

}  // namespace

std::unique_ptr<Subject> make_bot_subject() { return std::make_unique<BotSubject>(); }

}  // namespace candour::testing
