#include "storage/relay_store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "base/limits.h"
#include "storage/relay_db.h"
#include "storage/relay_schema.h"
#include "storage/relay_writes.h"

namespace candour::storage {

namespace {

constexpr std::size_t kBatchOperationsMax = 512;

/// An advisory lock on relay.lock, held as long as the object lives.
class FolderLock {
 public:
  FolderLock() = default;
  ~FolderLock() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

  Status take(const std::filesystem::path& folder) {
    const auto file = folder / "relay.lock";
    descriptor_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor_ < 0) {
      return error(ErrorCode::config_invalid, "the state folder " + folder.string() +
                                                  " cannot be written; create it for this user");
    }
    if (flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
      return error(ErrorCode::state_locked,
                   "another candour-relay is using " + folder.string() + "; stop it first");
    }
    return ok();
  }

 private:
  int descriptor_ = -1;
};

struct Operation {
  std::function<void(RelayDb&)> write;  // empty: only waits for its turn
  RelayStore::Done done;
};

}  // namespace

struct RelayStore::Impl {
  FolderLock lock;
  Post post;
  std::unique_ptr<RelayDb> writer;
  std::unique_ptr<RelayDb> reader_db;

  std::mutex mutex;
  std::condition_variable changed;
  std::deque<Operation> operations;
  std::deque<std::function<void(const RelayReader*)>> reads;
  bool stopping = false;

  std::atomic<bool> failed{false};
  std::atomic<std::uint64_t> transactions{0};
  std::atomic<std::uint64_t> operations_done{0};
  std::thread write_thread;
  std::thread read_thread;

  void write(std::function<void(RelayDb&)> operation, Done done) {
    std::lock_guard guard(mutex);
    operations.push_back({std::move(operation), std::move(done)});
    changed.notify_all();
  }

  void write_loop();
  void read_loop();
  Status run(const std::vector<Operation>& batch);
};

Status RelayStore::Impl::run(const std::vector<Operation>& batch) {
  if (failed) {
    return error(ErrorCode::storage_failed,
                 "an earlier write to relay.db failed; start candour-relay again");
  }
  bool writes = false;
  for (const auto& operation : batch) writes = writes || operation.write;
  if (!writes) return ok();
  try {
    SQLite::Transaction transaction(writer->database(), SQLite::TransactionBehavior::IMMEDIATE);
    for (const auto& operation : batch) {
      if (operation.write) operation.write(*writer);
    }
    transaction.commit();
  } catch (const std::exception& e) {
    failed = true;
    return error(ErrorCode::storage_failed, std::string("relay.db cannot be written: ") + e.what());
  }
  ++transactions;
  operations_done += batch.size();
  return ok();
}

void RelayStore::Impl::write_loop() {
  std::unique_lock guard(mutex);
  for (;;) {
    changed.wait(guard, [this] { return stopping || !operations.empty(); });
    if (operations.empty()) return;
    auto batch = std::make_shared<std::vector<Operation>>();
    while (!operations.empty() && batch->size() < kBatchOperationsMax) {
      batch->push_back(std::move(operations.front()));
      operations.pop_front();
    }
    guard.unlock();
    const Status result = run(*batch);
    post([batch, result] {
      for (auto& operation : *batch) {
        if (operation.done) operation.done(result);
      }
    });
    guard.lock();
  }
}

void RelayStore::Impl::read_loop() {
  const RelayReader reader(*reader_db);
  std::unique_lock guard(mutex);
  for (;;) {
    changed.wait(guard, [this] { return stopping || !reads.empty(); });
    if (reads.empty()) return;
    auto task = std::move(reads.front());
    reads.pop_front();
    const bool closing = stopping;
    guard.unlock();
    task(closing ? nullptr : &reader);
    guard.lock();
  }
}

RelayStore::RelayStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<RelayStore>> RelayStore::open(const RelayStoreOptions& options, Post post) {
  auto impl = std::make_unique<Impl>();
  impl->post = std::move(post);
  CANDOUR_TRY(impl->lock.take(options.folder));
  const auto file = options.folder / "relay.db";
  try {
    impl->writer = std::make_unique<RelayDb>(file, RelayDb::Mode::write, options.pages_max);
    impl->reader_db = std::make_unique<RelayDb>(file, RelayDb::Mode::read, 0);
  } catch (const std::exception& e) {
    return error(ErrorCode::state_damaged,
                 file.string() + " cannot be opened: " + e.what() + "; restore it from a backup");
  }
  Impl* running = impl.get();
  impl->write_thread = std::thread([running] { running->write_loop(); });
  impl->read_thread = std::thread([running] { running->read_loop(); });
  return std::unique_ptr<RelayStore>(new RelayStore(std::move(impl)));
}

RelayStore::~RelayStore() {
  {
    std::lock_guard guard(impl_->mutex);
    impl_->stopping = true;
    impl_->changed.notify_all();
  }
  impl_->write_thread.join();
  impl_->read_thread.join();
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

void RelayStore::put_key_packages(const DeviceId& device, std::vector<Bytes> bodies, bool replace,
                                  Done done) {
  impl_->write(
      [device, bodies = std::move(bodies), replace](RelayDb& db) {
        if (replace) db.run("DELETE FROM key_packages WHERE device = ?", device);
        for (const auto& body : bodies) {
          db.run("INSERT INTO key_packages (device, body) VALUES (?, ?)", device, body);
        }
      },
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

void RelayStore::queue_read(std::function<void(const RelayReader*)> task) {
  std::lock_guard guard(impl_->mutex);
  impl_->reads.push_back(std::move(task));
  impl_->changed.notify_all();
}

void RelayStore::post(std::function<void()> task) { impl_->post(std::move(task)); }

RelayStore::Counters RelayStore::counters() const {
  return {impl_->transactions, impl_->operations_done, impl_->failed};
}

}  // namespace candour::storage
