#include "storage/relay_store.h"

#include <pthread.h>
#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "base/limits.h"
#include "storage/relay_db.h"
#include "storage/relay_folder.h"
#include "storage/relay_schema.h"
#include "storage/relay_writes.h"

namespace candour::storage {

namespace {

constexpr std::size_t kBatchOperationsMax = 512;
/// Pages in the write-ahead log from which on they go into the database in the background (16 MB),
/// and from which on the writer waits for that (256 MB).
constexpr std::uint64_t kCheckpointPages = 1000;
constexpr std::uint64_t kCheckpointPagesMax = 16'000;
/// Passes of the background thread over a log that grows meanwhile.
constexpr int kCheckpointPassesMax = 4;
/// What has to be free under the bound before a full database is tried again: more than one
/// transaction takes.
constexpr std::uint64_t kFreePagesMin = 64;
/// With less than this free on the disk the log goes into the database from this many pages (1 MB)
/// on: once a log has filled the disk, the database may have no room to take it.
constexpr std::uint64_t kLowRoom = 2 * kProbeSize;
constexpr std::uint64_t kCheckpointPagesLowRoom = 64;

/// A disk that fails is not a damaged file: restoring a backup then would lose what is there.
Error not_opened(const std::filesystem::path& file, const std::exception& why) {
  const auto* sqlite = dynamic_cast<const SQLite::Exception*>(&why);
  switch (sqlite == nullptr ? SQLITE_ERROR : sqlite->getErrorCode() & 0xff) {
    case SQLITE_IOERR:
    case SQLITE_FULL:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_NOMEM:
    case SQLITE_BUSY:
    case SQLITE_PROTOCOL:
      return error(ErrorCode::storage_failed, file.string() + " cannot be read or written: " +
                                                  why.what() + "; see to the disk and start again");
    default:
      return error(ErrorCode::state_damaged, file.string() + " cannot be opened: " + why.what() +
                                                 "; restore it from a backup");
  }
}

struct Operation {
  std::function<void(RelayDb&)> write;  // empty: only waits for its turn
  RelayStore::Done done;
  bool probe = false;
};

/// Moves the write-ahead log into the database; how many of its pages are left to move.
std::uint64_t checkpoint(RelayDb& db, int mode) {
  int in_log = 0;
  int moved = 0;
  const int result =
      sqlite3_wal_checkpoint_v2(db.database().getHandle(), nullptr, mode, &in_log, &moved);
  // A busy or full one is tried again after the next commit.
  return result == SQLITE_OK && in_log > moved ? static_cast<std::uint64_t>(in_log - moved) : 0;
}

std::uint64_t pragma(RelayDb& db, const char* sql) {
  auto q = db.query(sql);
  return q.step() ? q.number(0) : 0;
}

}  // namespace

struct RelayStore::Impl : std::enable_shared_from_this<Impl> {
  FolderLock lock;
  Post post;
  Post at_end_of_turn;
  std::filesystem::path folder;
  std::uint64_t pages_max = 0;
  std::unique_ptr<RelayDb> writer;
  std::unique_ptr<RelayDb> reader_db;
  std::unique_ptr<RelayDb> checkpointer;

  std::mutex mutex;
  // One for each thread: a write wakes the writer and nobody else.
  std::condition_variable write_due;
  std::condition_variable read_due;
  std::condition_variable checkpoint_wanted;
  std::deque<Operation> operations;
  std::size_t due = 0;     // how many of them the writer may take
  bool turn_ends = false;  // `release` will be called
  std::deque<std::function<void(const RelayReader*)>> reads;
  bool stopping = false;
  bool checkpoint_due = false;

  std::atomic<bool> failed{false};
  std::atomic<bool> full{false};
  std::atomic<std::uint64_t> transactions{0};
  std::atomic<std::uint64_t> operations_done{0};
  std::atomic<std::uint64_t> operations_waiting{0};
  std::atomic<std::uint64_t> checkpoints{0};
  std::atomic<std::uint64_t> wal_pages{0};
  std::atomic<std::uint64_t> pages{0};
  std::thread write_thread;
  std::thread read_thread;
  std::thread checkpoint_thread;

  void write(std::function<void(RelayDb&)> operation, Done done) {
    queue({std::move(operation), std::move(done)});
  }
  void queue(Operation operation);
  void release();

  Status open(const RelayStoreOptions& options);
  void start_threads();
  void write_loop();
  void read_loop();
  void checkpoint_loop();
  void run_waiting(std::unique_lock<std::mutex>& guard, std::size_t operations_max);
  void run_read(std::unique_lock<std::mutex>& guard, const RelayReader& reader);
  Status run(const std::vector<Operation>& batch);
  Status try_again();
  void committed();
};

void RelayStore::Impl::queue(Operation operation) {
  std::lock_guard guard(mutex);
  operations.push_back(std::move(operation));
  ++operations_waiting;
  if (!at_end_of_turn) {
    due = operations.size();
    write_due.notify_one();
  } else if (!turn_ends) {
    turn_ends = true;
    at_end_of_turn([weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->release();
    });
  }
}

void RelayStore::Impl::release() {
  std::lock_guard guard(mutex);
  turn_ends = false;
  due = operations.size();
  write_due.notify_one();
}

Status RelayStore::Impl::run(const std::vector<Operation>& batch) {
  if (failed) {
    return error(ErrorCode::storage_failed,
                 "an earlier write to relay.db failed; nothing is stored until the relay has read "
                 "it again");
  }
  bool writes = false;
  for (const auto& operation : batch) writes = writes || operation.write;
  if (!writes) return ok();
  try {
    RelayDb::Transaction transaction(*writer);
    for (const auto& operation : batch) {
      if (operation.write) operation.write(*writer);
    }
    transaction.commit();
  } catch (const std::exception& e) {
    const auto* of_sqlite = dynamic_cast<const SQLite::Exception*>(&e);
    full = of_sqlite != nullptr && of_sqlite->getErrorCode() == SQLITE_FULL;
    failed = true;
    return error(ErrorCode::storage_failed, std::string("relay.db cannot be written: ") + e.what());
  }
  ++transactions;
  operations_done += batch.size();
  committed();
  return ok();
}

void RelayStore::Impl::committed() {
  try {
    pages = pragma(*writer, "PRAGMA page_count") - pragma(*writer, "PRAGMA freelist_count");
  } catch (const std::exception&) {
    // The next write finds out what is wrong.
  }
  std::error_code ignored;  // of unknown room there is enough (-1)
  if (wal_pages >= kCheckpointPagesLowRoom &&
      std::filesystem::space(folder, ignored).available < kLowRoom) {
    checkpoint(*writer, SQLITE_CHECKPOINT_TRUNCATE);
    ++checkpoints;
    return;
  }
  if (wal_pages < kCheckpointPages) return;
  if (!checkpoint_thread.joinable() || wal_pages >= kCheckpointPagesMax) {
    checkpoint(*writer, SQLITE_CHECKPOINT_RESTART);
    ++checkpoints;
    return;
  }
  std::lock_guard guard(mutex);
  checkpoint_due = true;
  checkpoint_wanted.notify_one();
}

Status RelayStore::Impl::try_again() {
  try {
    if (pages_max != 0 && pages + kFreePagesMin > pages_max) {
      return error(ErrorCode::storage_full, "relay.db is as large as limits.database_bytes allows");
    }
    // What fills the disk may be the write-ahead log: it shrinks by what the database already has
    // room for, and nobody else would move it while no write goes through.
    checkpoint(*writer, SQLITE_CHECKPOINT_TRUNCATE);
    if (!has_room(folder)) return error(ErrorCode::storage_full, "the disk has no room");
    RelayDb::Transaction transaction(*writer);
    writer->run("UPDATE meta SET value = value WHERE name = 'schema'");
    transaction.commit();
    return ok();
  } catch (const std::exception& e) {
    return error(ErrorCode::storage_failed, std::string("relay.db cannot be written: ") + e.what());
  }
}

void RelayStore::Impl::run_waiting(std::unique_lock<std::mutex>& guard,
                                   std::size_t operations_max) {
  auto batch = std::make_shared<std::vector<Operation>>();
  for (; due > 0 && batch->size() < operations_max; --due) {
    batch->push_back(std::move(operations.front()));
    operations.pop_front();
  }
  operations_waiting = operations.size();
  guard.unlock();
  const Status result = run(*batch);
  const bool probes = std::any_of(batch->begin(), batch->end(),
                                  [](const Operation& operation) { return operation.probe; });
  const Status probed = probes ? try_again() : ok();
  post([batch, result, probed] {
    for (auto& operation : *batch) {
      if (operation.done) operation.done(operation.probe ? probed : result);
    }
  });
  guard.lock();
}

void RelayStore::Impl::run_read(std::unique_lock<std::mutex>& guard, const RelayReader& reader) {
  auto task = std::move(reads.front());
  reads.pop_front();
  const bool closing = stopping;
  guard.unlock();
  task(closing ? nullptr : &reader);
  guard.lock();
}

void RelayStore::Impl::write_loop() {
  std::unique_lock guard(mutex);
  for (;;) {
    write_due.wait(guard, [this] { return stopping || due > 0; });
    if (due == 0) return;
    run_waiting(guard, kBatchOperationsMax);
  }
}

void RelayStore::Impl::read_loop() {
  const RelayReader reader(*reader_db);
  std::unique_lock guard(mutex);
  for (;;) {
    read_due.wait(guard, [this] { return stopping || !reads.empty(); });
    if (reads.empty()) return;
    run_read(guard, reader);
  }
}

void RelayStore::Impl::checkpoint_loop() {
  std::unique_lock guard(mutex);
  for (;;) {
    checkpoint_wanted.wait(guard, [this] { return stopping || checkpoint_due; });
    if (stopping) return;
    checkpoint_due = false;
    guard.unlock();
    for (int pass = 0; pass < kCheckpointPassesMax; ++pass) {
      const bool done = checkpoint(*checkpointer, SQLITE_CHECKPOINT_PASSIVE) == 0;
      ++checkpoints;
      if (done) break;
    }
    guard.lock();
  }
}

void RelayStore::Impl::start_threads() {
  checkpoint_thread = std::thread([this] { checkpoint_loop(); });  // the writer looks at it
  pthread_setname_np(checkpoint_thread.native_handle(), "checkpoint");
  write_thread = std::thread([this] { write_loop(); });
  pthread_setname_np(write_thread.native_handle(), "store-write");
  read_thread = std::thread([this] { read_loop(); });
  pthread_setname_np(read_thread.native_handle(), "store-read");
}

Status RelayStore::Impl::open(const RelayStoreOptions& options) {
  CANDOUR_TRY(lock.take(options.folder));
  const auto file = options.folder / "relay.db";
  folder = options.folder;
  pages_max = options.pages_max;
  try {
    writer = std::make_unique<RelayDb>(file, RelayDb::Mode::write, options.pages_max);
    reader_db = std::make_unique<RelayDb>(file, RelayDb::Mode::read, 0);
    checkpointer = std::make_unique<RelayDb>(file, RelayDb::Mode::read, 0);
  } catch (const std::exception& e) {
    return not_opened(file, e);
  }
  sqlite3_wal_hook(
      writer->database().getHandle(),
      [](void* self, sqlite3*, const char*, int in_log) {
        static_cast<Impl*>(self)->wal_pages = static_cast<std::uint64_t>(in_log);
        return SQLITE_OK;
      },
      this);
  return ok();
}

RelayStore::RelayStore(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<RelayStore>> RelayStore::open(const RelayStoreOptions& options, Post post) {
  auto impl = std::make_shared<Impl>();
  impl->post = std::move(post);
  impl->at_end_of_turn = options.at_end_of_turn;
  CANDOUR_TRY(impl->open(options));
  if (options.threads) impl->start_threads();
  return std::unique_ptr<RelayStore>(new RelayStore(std::move(impl)));
}

RelayStore::~RelayStore() {
  {
    std::lock_guard guard(impl_->mutex);
    impl_->stopping = true;
    impl_->due = impl_->operations.size();
    impl_->write_due.notify_one();
    impl_->read_due.notify_one();
    impl_->checkpoint_wanted.notify_one();
  }
  for (std::thread* thread :
       {&impl_->write_thread, &impl_->read_thread, &impl_->checkpoint_thread}) {
    if (thread->joinable()) thread->join();
  }
}

bool RelayStore::step_writes(std::size_t operations_max) {
  std::unique_lock guard(impl_->mutex);
  if (impl_->due == 0) return false;
  impl_->run_waiting(guard, operations_max);
  return true;
}

bool RelayStore::step_read() {
  std::unique_lock guard(impl_->mutex);
  if (impl_->reads.empty()) return false;
  impl_->run_read(guard, RelayReader(*impl_->reader_db));
  return true;
}

Result<RelaySnapshot> RelayStore::load() { return RelayReader(*impl_->writer).snapshot(); }

Status RelayStore::inspect(const std::function<Status(const RelayReader&)>& check) {
  return check(RelayReader(*impl_->writer));
}

void RelayStore::publish(PublishedObject object, Done done) {
  impl_->write([object = std::move(object)](RelayDb& db) { write_published(db, object); },
               std::move(done));
}

void RelayStore::accept(AcceptedSubmission submission, Done done) {
  impl_->write(
      [submission = std::move(submission)](RelayDb& db) { write_accepted(db, submission); },
      std::move(done));
}

void RelayStore::judge(JudgedSubmission judged, Done done) {
  impl_->write([judged = std::move(judged)](RelayDb& db) { write_judged(db, judged); },
               std::move(done));
}

void RelayStore::append(AppendedRecord record, Done done) {
  impl_->write([record = std::move(record)](RelayDb& db) { write_appended(db, record); },
               std::move(done));
}

void RelayStore::log_opening(LoggedOpening opening, Done done) {
  impl_->write([opening = std::move(opening)](RelayDb& db) { write_opening(db, opening); },
               std::move(done));
}

void RelayStore::unseal(UnsealedOpening unsealed, Done done) {
  impl_->write([unsealed = std::move(unsealed)](RelayDb& db) { write_unsealed(db, unsealed); },
               std::move(done));
}

void RelayStore::stop_group(const GroupId& group, Done done) {
  impl_->write(
      [group](RelayDb& db) { db.run("UPDATE groups SET stopped = 1 WHERE group_id = ?", group); },
      std::move(done));
}

void RelayStore::put_key_packages(StoredKeyPackages stored, Done done) {
  impl_->write([stored = std::move(stored)](RelayDb& db) { write_key_packages(db, stored); },
               std::move(done));
}

void RelayStore::take_key_packages(std::vector<DeviceId> devices,
                                   std::function<void(Result<KeyPackages>)> done) {
  auto taken = std::make_shared<KeyPackages>();
  impl_->write(
      [devices = std::move(devices), taken](RelayDb& db) {
        for (const auto& device : devices) take_key_package(db, device, *taken);
      },
      [taken, done = std::move(done)](Status status) {
        if (!status) return done(status.as_failure());
        done(std::move(*taken));
      });
}

void RelayStore::put_bot_mail(BotMailId id, MailRow mail, Done done) {
  impl_->write(
      [id = std::move(id), mail = std::move(mail)](RelayDb& db) { write_bot_mail(db, id, mail); },
      std::move(done));
}

void RelayStore::acknowledge(Acknowledged acknowledged, Done done) {
  impl_->write([acknowledged =
                    std::move(acknowledged)](RelayDb& db) { write_acknowledged(db, acknowledged); },
               std::move(done));
}

void RelayStore::put_checkpoint(std::uint64_t size, std::string note,
                                std::vector<std::uint64_t> dropped, Done done) {
  impl_->write([size, note = std::move(note), dropped = std::move(dropped)](
                   RelayDb& db) { write_checkpoint(db, size, note, dropped); },
               std::move(done));
}

void RelayStore::put_cosignature(std::uint64_t size, std::string name, std::string line,
                                 Done done) {
  impl_->write(
      [size, name = std::move(name), line = std::move(line)](RelayDb& db) {
        db.run("INSERT OR REPLACE INTO cosignatures (size, name, line) VALUES (?, ?, ?)", size,
               name, line);
      },
      std::move(done));
}

void RelayStore::after_durable(Done done) { impl_->write({}, std::move(done)); }

void RelayStore::probe(Done done) {
  impl_->queue({.write = {}, .done = std::move(done), .probe = true});
}

void RelayStore::queue_read(std::function<void(const RelayReader*)> task) {
  std::lock_guard guard(impl_->mutex);
  impl_->reads.push_back(std::move(task));
  impl_->read_due.notify_one();
}

void RelayStore::post(std::function<void()> task) { impl_->post(std::move(task)); }

RelayStore::Counters RelayStore::counters() const {
  return {.transactions = impl_->transactions,
          .operations = impl_->operations_done,
          .waiting = impl_->operations_waiting,
          .checkpoints = impl_->checkpoints,
          .wal_pages = impl_->wal_pages,
          .pages = impl_->pages,
          .failed = impl_->failed,
          .full = impl_->full};
}

}  // namespace candour::storage
