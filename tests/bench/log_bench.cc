// What the log costs: append with group commit beside bare SQLite rows, disk for a message, the
// audit beside reading and hashing, start and proofs of a large log; sealing and opening
// (log_bench_warrant.cc). Prints a table and, where a JSON file is named, writes the same there.
// Floors are measured in the same run. Figures, no assertions.
#include <openssl/evp.h>

#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <random>

#include "base/codec.h"
#include "crypto/hash.h"
#include "ctl/log/audit.h"
#include "storage/relay_schema.h"
#include "storage/relay_store.h"
#include "storage/relay_writes.h"
#include "tests/bench/log_bench_rows.h"
#include "tlog/leaf.h"
#include "tlog/record_label.h"

namespace {

using namespace candour;
using bench::now_s;
using bench::number;
namespace fs = std::filesystem;

/// What a chat message of 300 bytes becomes (warrant/seal/seal.h); the same in any log of an origin
/// of so many characters.
constexpr std::size_t kSealedSize = 1'312;

class Bench {
 public:
  Bench(bench::Rows& rows, fs::path folder) : rows_(rows), folder_(std::move(folder)) {
    fs::create_directories(folder_);
  }

  /// The best of some runs of each, one after the other.
  void append(std::uint64_t count, std::size_t record_size) {
    double bare = 0;
    double rate = 0;
    for (int i = 0; i < 3; ++i) {
      bare = std::max(bare, bare_rows(folder_ / ("bare" + std::to_string(i)), count, record_size));
      // Nothing is deleted meanwhile: that would keep the disk busy.
      rate = std::max(
          rate, append_once(log_ = folder_ / ("log" + std::to_string(i)), count, record_size));
    }
    rows_.at_least(60, "append with group commit", 100 * rate / bare, "% of bare rows",
                   number(rate) + " records/s; bare SQLite " + number(bare) + " rows/s");
    const double size = static_cast<double>(fs::file_size(log_ / "relay.db"));
    rows_.at_most(1536, "disk of a message of 300 bytes, all in", size / static_cast<double>(count),
                  "bytes", "its sealed record has " + std::to_string(record_size));
  }

  /// `log verify` of the log that append made, beside reading that file and hashing it. The best
  /// of some runs of each, one after the other.
  void verify() {
    const fs::path file = log_ / "relay.db";
    double floor = 1e9;
    double audit = 1e9;
    for (int i = 0; i < 7; ++i) {
      double start = now_s();
      read_and_hash(file);
      floor = std::min(floor, now_s() - start);
      start = now_s();
      const auto db = ctl::LogDb::open(file);
      const auto report = ctl::audit_log(*db.value(), {});
      audit = std::min(audit, now_s() - start);
      if (!report.value().ok()) std::fprintf(stderr, "the log is not as it should be\n");
    }
    const double size = static_cast<double>(fs::file_size(file)) / 1e6;
    rows_.at_least(
        60, "log verify", 100 * floor / audit, "% of reading + SHA-256",
        number(size / audit) + " MB/s; reading + SHA-256 " + number(size / floor) + " MB/s");
  }

  void large(std::uint64_t leaves) {
    const fs::path state = folder_ / "large";
    fs::create_directories(state);
    {
      storage::RelayDb db(state / "relay.db", storage::RelayDb::Mode::write, 0);
      db.database().exec("PRAGMA synchronous=OFF");
      tlog::Frontier edge;
      for (std::uint64_t n = 0; n < leaves;) {
        SQLite::Transaction transaction(db.database());
        for (int i = 0; i < 50'000 && n < leaves; ++i, ++n) {
          storage::LogLeaf leaf{.index = n, .entry = Bytes(tlog::kEntrySize)};
          leaf.entry[0] = 1;
          leaf.entry[1] = 3;
          for (int k = 0; k < 8; ++k) {
            leaf.entry[static_cast<std::size_t>(2 + k)] = static_cast<std::uint8_t>(n >> (8 * k));
          }
          leaf.leaf_hash = tlog::leaf_hash(leaf.entry);
          leaf.hashes = edge.append(leaf.leaf_hash);
          storage::write_leaf(db, leaf);
        }
        transaction.commit();
      }
    }
    const double start = now_s();
    auto store = storage::RelayStore::open({.folder = state}, [](std::function<void()> task) {
                   task();
                 }).value();
    const auto snapshot = store->load();
    (void)store->inspect([&](const storage::RelayReader& reader) -> Status {
      CANDOUR_TRY(const auto edge, tlog::Frontier::load(snapshot.value().log_size, reader));
      rows_.at_most(2, "open of a log of " + std::to_string(leaves) + " leaves", now_s() - start,
                    "s");
      proofs(reader, edge.size());
      return ok();
    });
  }

 private:
  storage::AppendedRecord record(tlog::Frontier& edge, std::size_t size) {
    tlog::RecordLabel label;
    label.log_origin = "example.org/log";
    label.bot_time = TimeMs(1'769'846'400'000 + edge.size());
    for (int k = 0; k < 8; ++k) {
      label.record.mutable_view()[static_cast<std::size_t>(k)] =
          static_cast<std::uint8_t>(edge.size() >> (8 * k));
    }
    Writer sealed;
    sealed.u8(1);
    sealed.u16(1);
    sealed.vec(label.encode());
    Bytes body(size - sealed.size());
    for (auto& byte : body) byte = static_cast<std::uint8_t>(random_());
    sealed.raw(body);
    storage::AppendedRecord out;
    out.leaf.record = sealed.take();
    out.leaf.time = label.bot_time;
    tlog::LeafOpening opening;
    opening.salt.mutable_view()[0] = static_cast<std::uint8_t>(edge.size());
    opening.object_hash = crypto::sha256(out.leaf.record);
    out.leaf.entry = opening.entry(tlog::LeafClass::ordinary);
    out.leaf.opening = opening.encode();
    out.leaf.index = edge.size();
    out.leaf.leaf_hash = tlog::leaf_hash(out.leaf.entry);
    out.leaf.hashes = edge.append(out.leaf.leaf_hash);
    out.appended = {label.record, out.leaf.index, out.leaf.leaf_hash};
    // The relay remembers some of them only; here none, so that the log alone is measured.
    out.forgotten = {label.record};
    return out;
  }

  /// Records a second into a new log.
  double append_once(const fs::path& state, std::uint64_t count, std::size_t record_size) {
    fs::create_directories(state);
    std::vector<storage::AppendedRecord> records;
    tlog::Frontier edge;
    for (std::uint64_t n = 0; n < count; ++n) records.push_back(record(edge, record_size));
    std::mutex mutex;
    std::condition_variable changed;
    std::uint64_t done = 0;
    auto store = storage::RelayStore::open({.folder = state}, [](std::function<void()> task) {
                   task();
                 }).value();
    const double start = now_s();
    for (auto& one : records) {
      store->append(std::move(one), [&](Status status) {
        std::lock_guard guard(mutex);
        if (!status) std::fprintf(stderr, "append failed: %s\n", status.error().message.c_str());
        if (++done == count) changed.notify_all();
      });
    }
    {
      std::unique_lock lock(mutex);
      changed.wait(lock, [&] { return done == count; });
    }
    return static_cast<double>(count) / (now_s() - start);
  }

  /// Rows a second of as many bytes into one table, 512 a transaction, as durable.
  double bare_rows(const fs::path& file, std::uint64_t count, std::size_t size) {
    SQLite::Database db(file.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    db.exec("PRAGMA page_size=" + std::to_string(storage::kRelayPageSize));
    db.exec("PRAGMA journal_mode=WAL");
    db.exec("PRAGMA synchronous=FULL");
    db.exec("CREATE TABLE rows (idx INTEGER PRIMARY KEY, leaf BLOB, record BLOB)");
    const Bytes leaf(130, 1);
    Bytes body(size);
    SQLite::Statement insert(db, "INSERT INTO rows (leaf, record) VALUES (?, ?)");
    const double start = now_s();
    for (std::uint64_t n = 0; n < count;) {
      SQLite::Transaction transaction(db, SQLite::TransactionBehavior::IMMEDIATE);
      for (int i = 0; i < 512 && n < count; ++i, ++n) {
        insert.reset();
        body[n % size] = static_cast<std::uint8_t>(n);
        insert.bindNoCopy(1, leaf.data(), static_cast<int>(leaf.size()));
        insert.bindNoCopy(2, body.data(), static_cast<int>(body.size()));
        insert.exec();
      }
      transaction.commit();
    }
    return static_cast<double>(count) / (now_s() - start);
  }

  static void read_and_hash(const fs::path& file) {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    EVP_DigestInit_ex(context, EVP_sha256(), nullptr);
    std::ifstream in(file, std::ios::binary);
    std::vector<char> block(1 << 16);
    while (in.read(block.data(), static_cast<std::streamsize>(block.size())) || in.gcount() > 0) {
      EVP_DigestUpdate(context, block.data(), static_cast<std::size_t>(in.gcount()));
    }
    std::uint8_t digest[32];
    EVP_DigestFinal_ex(context, digest, nullptr);
    EVP_MD_CTX_free(context);
  }

  void proofs(const storage::RelayReader& reader, std::uint64_t size) {
    constexpr int kProofs = 500;
    double start = now_s();
    for (int i = 0; i < kProofs; ++i) (void)tlog::prove_inclusion(random_() % size, size, reader);
    rows_.at_most(1, "inclusion proof at " + std::to_string(size) + " leaves",
                  1e3 * (now_s() - start) / kProofs, "ms");
    start = now_s();
    for (int i = 0; i < kProofs; ++i) {
      (void)tlog::prove_consistency(1 + random_() % size, size, reader);
    }
    rows_.at_most(1, "consistency proof", 1e3 * (now_s() - start) / kProofs, "ms");
  }

  bench::Rows& rows_;
  fs::path folder_;
  fs::path log_;  // the last one appended to
  std::mt19937_64 random_{20260131};
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: log_bench FOLDER [LEAVES [JSON FILE]]\n");
    return 2;
  }
  bench::Rows rows;
  bench::measure_warrants(rows, 10'000);
  Bench log(rows, argv[1]);
  log.append(100'000, kSealedSize);
  log.verify();
  log.large(argc > 2 ? std::stoull(argv[2]) : 10'000'000);
  rows.print();
  if (argc > 3) rows.write_json(argv[3]);
  return 0;
}
