// What the relay's log costs: append with group commit beside bare SQLite rows, disk for a message,
// start and proofs of a large log. Prints a table and, with --json FILE, the same as JSON. Floors
// are measured in the same run. Figures, no assertions.
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <random>

#include "base/codec.h"
#include "crypto/hash.h"
#include "storage/relay_schema.h"
#include "storage/relay_store.h"
#include "storage/relay_writes.h"
#include "tlog/leaf.h"
#include "tlog/record_label.h"

namespace {

using namespace candour;
namespace fs = std::filesystem;

double now_s() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

struct Row {
  std::string name;
  double value;
  std::string unit;
  std::string floor;
};

class Bench {
 public:
  explicit Bench(fs::path folder) : folder_(std::move(folder)) { fs::create_directories(folder_); }

  void append(std::uint64_t count, std::size_t record_size) {
    const double bare = bare_rows(count, record_size);
    std::vector<storage::AppendedRecord> records;
    tlog::Frontier edge;
    for (std::uint64_t n = 0; n < count; ++n) records.push_back(record(edge, record_size));
    std::mutex mutex;
    std::condition_variable changed;
    std::uint64_t done = 0;
    fs::create_directories(folder_ / "append");
    auto store =
        storage::RelayStore::open({.folder = folder_ / "append"}, [](std::function<void()> task) {
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
    const double rate = static_cast<double>(count) / (now_s() - start);
    store.reset();
    add("append with group commit", rate, "records/s",
        "bare SQLite " + number(bare) + " rows/s, " + number(100 * rate / bare) + " %");
    const double size = static_cast<double>(fs::file_size(folder_ / "append" / "relay.db"));
    add("disk of the log for a record of " + std::to_string(record_size) + " bytes",
        size / static_cast<double>(count), "bytes", "the record itself");
  }

  void large(std::uint64_t leaves) {
    const fs::path state = folder_ / "large";
    fs::create_directories(state);
    {
      storage::RelayDb db(state / "relay.db", storage::RelayDb::Mode::write, 0);
      db.database().exec("PRAGMA synchronous=OFF");
      storage::Bundles bundles(db);
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
          storage::write_leaf(db, bundles, leaf);
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
      add("open of a log of " + std::to_string(leaves) + " leaves", now_s() - start, "s", "goal 2");
      proofs(reader, edge.size());
      return ok();
    });
  }

  void print(const char* json) const {
    std::printf("%-56s %14s %-10s %s\n", "figure", "value", "unit", "floor of this run, or goal");
    for (const Row& row : rows_) {
      std::printf("%-56s %14s %-10s %s\n", row.name.c_str(), number(row.value).c_str(),
                  row.unit.c_str(), row.floor.c_str());
    }
    if (json == nullptr) return;
    std::ofstream out(json);
    out << "[";
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      out << (i == 0 ? "" : ",") << "{\"figure\":\"" << rows_[i].name
          << "\",\"value\":" << rows_[i].value << ",\"unit\":\"" << rows_[i].unit
          << "\",\"floor\":\"" << rows_[i].floor << "\"}";
    }
    out << "]\n";
  }

 private:
  static std::string number(double value) {
    char text[32];
    std::snprintf(text, sizeof text, value < 10 ? "%.3f" : "%.0f", value);
    return text;
  }
  void add(std::string name, double value, std::string unit, std::string floor) {
    rows_.push_back({std::move(name), value, std::move(unit), std::move(floor)});
  }

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

  /// Rows a second of as many bytes into one table, 512 a transaction, as durable.
  double bare_rows(std::uint64_t count, std::size_t size) {
    SQLite::Database db((folder_ / "bare.db").string(),
                        SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    db.exec("PRAGMA page_size=" + std::to_string(storage::kRelayPageSize));
    db.exec("PRAGMA journal_mode=WAL");
    db.exec("PRAGMA synchronous=FULL");
    db.exec("CREATE TABLE rows (idx INTEGER PRIMARY KEY, leaf BLOB, record BLOB)");
    const Bytes leaf(98, 1);
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

  void proofs(const storage::RelayReader& reader, std::uint64_t size) {
    constexpr int kProofs = 500;
    double start = now_s();
    for (int i = 0; i < kProofs; ++i) (void)tlog::prove_inclusion(random_() % size, size, reader);
    add("inclusion proof at " + std::to_string(size) + " leaves", 1e3 * (now_s() - start) / kProofs,
        "ms", "goal 1");
    start = now_s();
    for (int i = 0; i < kProofs; ++i) {
      (void)tlog::prove_consistency(1 + random_() % size, size, reader);
    }
    add("consistency proof", 1e3 * (now_s() - start) / kProofs, "ms", "goal 1");
  }

  fs::path folder_;
  std::mt19937_64 random_{20260131};
  std::vector<Row> rows_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: log_bench FOLDER [LEAVES [JSON FILE]]\n");
    return 2;
  }
  Bench bench(argv[1]);
  bench.append(100'000, 1'345);
  bench.large(argc > 2 ? std::stoull(argv[2]) : 10'000'000);
  bench.print(argc > 3 ? argv[3] : nullptr);
  return 0;
}
