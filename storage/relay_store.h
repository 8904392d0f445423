// The relay's durable state: directory, groups, queues, mail and log, in one SQLite file.
//
// How it is used: the domain keeps its state in memory, decides, and queues what shall become
// durable. One storage thread takes everything that is waiting, runs it in one transaction, commits
// with fsync, and only then calls the completions, in order, through `post` (group commit: the
// batch is what arrived during the last fsync). Nothing may be acknowledged to anybody before its
// completion came with success. Where the caller works in turns of an event loop, the writer starts
// at the end of a turn, with all of it (RelayStoreOptions::at_end_of_turn).
//
// When a transaction fails, nothing of it is durable, and every operation from then on completes
// with storage_failed: what the domain holds in memory is ahead of the disk, so it has to be built
// again from what is committed. Where the disk was only full, `probe` tells when that is worth it.
//
// The write-ahead log goes into the database on a third thread, so that no commit waits for it;
// only when that falls far behind does the writer do it itself.
//
// Reads run on a second thread and see committed state only. All functions are thread-safe; reads
// and writes are not ordered with each other except that a read queued after a completion sees it.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "storage/relay_reader.h"
#include "storage/relay_rows.h"

namespace candour::storage {

struct RelayStoreOptions {
  std::filesystem::path folder;  // must exist
  std::uint32_t pages_max = 0;  // bound on the database, in pages of kRelayPageSize bytes; 0 = none
  /// False for a simulation: then nothing runs but in `step_writes` and `step_read`, and what was
  /// not run is lost when the store goes, as in a kill.
  bool threads = true;
  /// Runs a task at the end of the caller's turn: what a turn queues then goes into one transaction
  /// and wakes the writer once. Empty: each operation wakes it.
  std::function<void(std::function<void()>)> at_end_of_turn = {};
};

class RelayStore {
 public:
  using Done = std::function<void(Status)>;
  /// Runs a task where completions belong, soon and in order.
  using Post = std::function<void(std::function<void()>)>;
  using KeyPackages = std::vector<TakenKeyPackage>;

  /// state_locked when another process has the folder; state_damaged when the file is no database
  /// of ours; storage_failed when the disk fails.
  static Result<std::unique_ptr<RelayStore>> open(const RelayStoreOptions& options, Post post);
  /// Makes everything queued durable, posts the completions, stops the threads.
  ~RelayStore();
  RelayStore(const RelayStore&) = delete;
  RelayStore& operator=(const RelayStore&) = delete;

  /// Everything, as committed. Before the first write. state_damaged when it cannot be read.
  Result<RelaySnapshot> load();
  /// Runs `check` over the committed state on the caller's thread. Before the first write.
  Status inspect(const std::function<Status(const RelayReader&)>& check);

  void publish(PublishedObject object, Done done);
  void accept(AcceptedSubmission submission, Done done);
  /// Log, release, mail and the end of pending in one transaction (I3).
  void judge(JudgedSubmission judged, Done done);
  void append(AppendedRecord record, Done done);
  void log_opening(LoggedOpening opening, Done done);
  void unseal(UnsealedOpening unsealed, Done done);
  void stop_group(const GroupId& group, Done done);
  void put_key_packages(StoredKeyPackages stored, Done done);
  /// One for each device that has one; they are gone from the store when the answer comes, but for
  /// those of last resort.
  void take_key_packages(std::vector<DeviceId> devices,
                         std::function<void(Result<KeyPackages>)> done);
  void put_bot_mail(BotMailId id, MailRow mail, Done done);
  void acknowledge(Acknowledged acknowledged, Done done);
  /// `dropped` are sizes of older checkpoints that go in the same transaction.
  void put_checkpoint(std::uint64_t size, std::string note, std::vector<std::uint64_t> dropped,
                      Done done);
  void put_cosignature(std::uint64_t size, std::string name, std::string line, Done done);
  /// Completes once everything queued before it is durable.
  void after_durable(Done done);
  /// After a failure: whether the disk takes a transaction again. The store stays failed.
  void probe(Done done);

  /// Without threads: one transaction of at most `operations_max` operations, or one read. False
  /// when nothing waits.
  bool step_writes(std::size_t operations_max);
  bool step_read();

  /// Runs `task` on the reading thread and posts its result to `done`.
  template <class T>
  void read(std::function<Result<T>(const RelayReader&)> task,
            std::function<void(Result<T>)> done) {
    queue_read([this, task = std::move(task), done = std::move(done)](const RelayReader* reader) {
      auto result = std::make_shared<Result<T>>(
          reader != nullptr ? task(*reader)
                            : Result<T>(error(ErrorCode::shutting_down, "the store is closing")));
      post([result, done] { done(std::move(*result)); });
    });
  }

  struct Counters {
    std::uint64_t transactions = 0;
    std::uint64_t operations = 0;
    std::uint64_t waiting = 0;      // operations that are not committed yet
    std::uint64_t checkpoints = 0;  // of the write-ahead log into the database
    std::uint64_t wal_pages = 0;    // in the write-ahead log after the newest commit
    std::uint64_t pages = 0;        // of the database that are in use
    bool failed = false;
    bool full = false;  // it failed because the disk, or the bound, was full
  };
  Counters counters() const;

 private:
  struct Impl;
  explicit RelayStore(std::shared_ptr<Impl> impl);
  void queue_read(std::function<void(const RelayReader*)> task);
  void post(std::function<void()> task);
  std::shared_ptr<Impl> impl_;  // shared with what runs at the end of a turn
};

}  // namespace candour::storage
