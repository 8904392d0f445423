#include "crypto/hash.h"
#include "tests/fault/subject.h"
#include "tests/storage/relay_store_fixture.h"
#include "tlog/tree.h"

namespace candour::testing {
namespace {

using storage::RelayReader;
using storage::RelayStore;

/// The life of one group: submissions, releases with their leaves, cursors, records, checkpoints.
/// Rows come from the fixture of the store's own tests.
class RelaySubject : public Subject, private storage::RelayStoreTest {
 public:
  Status open(const std::filesystem::path& folder) override {
    auto opened = RelayStore::open({.folder = folder}, [](std::function<void()> task) { task(); });
    if (!opened) return opened.error();
    store_ = std::move(opened.value());
    return ok();
  }
  void close() override { store_.reset(); }

  Status step(std::uint64_t n) override {
    switch (n % 6) {
      case 1:
      case 3:
        return accept(++accepted_);
      case 2:
      case 4: {
        auto judged = release(accepted_, accepted_);
        if (accepted_ == 1) {
          judged.roster = storage::RosterChange{.epoch = Epoch(1), .members = {amy_, ben_}};
        }
        return judge(std::move(judged));
      }
      case 5:
        return acknowledge();
      default:
        return n % 12 == 0 ? checkpoint() : append_record(n);
    }
  }

  Result<std::string> state() override {
    CANDOUR_TRY(const auto snapshot, load());
    Writer out;
    write(out, snapshot);
    const std::uint64_t size = snapshot.log_size;
    const auto held = read<Bytes>([this, size](const RelayReader& reader) -> Result<Bytes> {
      Writer bodies;
      CANDOUR_TRY(const Bytes entries, reader.entries(0, size));
      bodies.vec(entries);
      CANDOUR_TRY(const auto released, reader.messages(group_, Seq(0), 1 << 30));
      for (const auto& row : released) bodies.vec(row.ciphertext);
      CANDOUR_TRY(const auto waiting, reader.pending(0, 1 << 30));
      for (const auto& row : waiting) bodies.vec(row.ciphertext);
      CANDOUR_TRY(const auto mail, reader.mail(amy_, 0, 1 << 30));
      for (const auto& row : mail) bodies.vec(row.body);
      CANDOUR_TRY(const auto items, reader.log_items(0, size, 1 << 30));
      for (const auto& row : items) bodies.vec(row.record);
      if (size > 0) {
        CANDOUR_TRY(const Digest root, tlog::tree_hash(size, reader));
        bodies.id(root);
      }
      return bodies.take();
    });
    if (!held) return held.error();
    out.vec(held.value());
    return "log " + std::to_string(size) + ", accepted " +
           std::to_string(snapshot.submitted.size()) + ", judged " +
           std::to_string(snapshot.verdicts.size()) + ", " + crypto::sha256(out.take()).hex();
  }

 private:
  void TestBody() override {}

  Result<storage::RelaySnapshot> load() {
    return read<storage::RelaySnapshot>(
        [](const RelayReader& reader) { return reader.snapshot(); });
  }
  static void write(Writer& out, const storage::RelaySnapshot& snapshot) {
    for (const auto& row : snapshot.groups) {
      out.number(row.seq);
      out.number(row.submission);
      out.number(row.epoch);
      out.id(row.token_hash);
    }
    for (const auto& row : snapshot.members) out.number(row.cursor);
    for (const auto& row : snapshot.pending) out.id(row.message_id);
    for (const auto& row : snapshot.submitted) out.id(row.hash);
    for (const auto& row : snapshot.verdicts) out.id(row.hash);
    for (const auto& [device, last] : snapshot.mail_counters) out.u64(last);
    for (const auto& row : snapshot.appended) out.id(row.record_id);
    for (const auto& [size, cosignatures] : snapshot.checkpoints) out.u64(size);
  }
  Status acknowledge() {
    return wait([this](RelayStore::Done done) {
      store_->acknowledge(
          {.cursors = {{group_, amy_, Seq(accepted_)}, {group_, ben_, Seq(accepted_)}},
           .passed = {{group_, Seq(accepted_ - 1)}},
           .mail = {{amy_, accepted_ - 1}}},
          std::move(done));
    });
  }
  Status append_record(std::uint64_t n) {
    storage::AppendedRecord one;
    one.leaf = leaf();
    one.appended = {id<RecordId>(n), one.leaf.index, id<Digest>(n)};
    return wait([&](RelayStore::Done done) { store_->append(std::move(one), std::move(done)); });
  }
  Status checkpoint() {
    std::vector<std::uint64_t> dropped;
    if (checkpoint_ != 0) dropped.push_back(checkpoint_);
    checkpoint_ = frontier_.size();
    return wait([&](RelayStore::Done done) {
      store_->put_checkpoint(checkpoint_, "note", dropped, std::move(done));
    });
  }

  std::uint64_t accepted_ = 0;
  std::uint64_t checkpoint_ = 0;
};

}  // namespace

std::unique_ptr<Subject> make_relay_subject() { return std::make_unique<RelaySubject>(); }

}  // namespace candour::testing
