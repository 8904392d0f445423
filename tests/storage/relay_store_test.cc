// Goal: what the relay's store says is durable survives a kill at that instant (I4), log leaf and
// release are there together or not at all (I3), and a failing disk is told, not hidden. Method: a
// kill is simulated by copying database and write-ahead log while the store is open, which is what
// the next process would find; a full disk by a bound on the number of pages.
#include <condition_variable>
#include <fstream>
#include <mutex>

#include "tests/storage/relay_store_fixture.h"

namespace candour::storage {
namespace {

TEST_F(RelayStoreTest, I4_AcknowledgedSubmissionsSurviveAKillAtAnyMoment) {
  for (std::uint64_t n = 1; n <= 20; ++n) {
    ASSERT_TRUE(accept(n));
    const auto found = after_kill();
    ASSERT_EQ(found.pending.size(), n);
    EXPECT_EQ(found.pending.back().message_id, id<MessageId>(n));
    EXPECT_EQ(found.submitted.size(), n);
    EXPECT_EQ(found.groups.at(0).submission, Submission(n));
  }
}

TEST_F(RelayStoreTest, I3_LogLeafReleaseAndMailAreThereTogether) {
  ASSERT_TRUE(accept(1));
  ASSERT_TRUE(accept(2));
  ASSERT_TRUE(judge(release(1, 1)));
  const auto found = after_kill();
  EXPECT_EQ(found.log_size, 1u);
  EXPECT_EQ(found.groups.at(0).seq, Seq(1));
  EXPECT_EQ(found.verdicts.size(), 1u);
  EXPECT_EQ(found.pending.size(), 1u);
  EXPECT_EQ(found.mail_counters.at(0).second, 1u);
  const auto rows = messages();
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows.at(0).ciphertext, Bytes(100, 1));
}

TEST_F(RelayStoreTest, I3_ReleaseThatCannotBeWrittenLeavesNoLeaf) {
  ASSERT_TRUE(accept(1));
  auto twice = release(1, 1);
  twice.log.push_back(twice.log.front());  // the same place in the log again
  const auto refused = judge(std::move(twice));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::storage_failed);
  const auto found = after_kill();
  EXPECT_EQ(found.log_size, 0u);
  EXPECT_EQ(found.pending.size(), 1u);
  EXPECT_TRUE(found.verdicts.empty());
  // After a failed write nothing is acknowledged any more.
  EXPECT_EQ(accept(2).error().code, ErrorCode::storage_failed);
  EXPECT_TRUE(store_->counters().failed);
}

TEST_F(RelayStoreTest, WaitingOperationsShareATransactionAndCompleteInOrder) {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::uint64_t> order;
  constexpr std::uint64_t kCount = 300;
  for (std::uint64_t n = 1; n <= kCount; ++n) {
    store_->accept(submission(n), [&, n](Status status) {
      EXPECT_TRUE(status);
      std::lock_guard guard(mutex);
      order.push_back(n);
      changed.notify_all();
    });
  }
  std::unique_lock lock(mutex);
  ASSERT_TRUE(
      changed.wait_for(lock, std::chrono::seconds(60), [&] { return order.size() == kCount; }));
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
  EXPECT_EQ(store_->counters().operations, kCount);
  EXPECT_LT(store_->counters().transactions, kCount);
}

TEST_F(RelayStoreTest, PendingComesBackInAcceptOrder) {
  for (std::uint64_t n = 1; n <= 5; ++n) ASSERT_TRUE(accept(n));
  auto rows = read<std::vector<PendingBody>>(
      [](const RelayReader& reader) { return reader.pending(2, 250); });
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows.value().size(), 3u);  // bounded by size
  for (std::uint64_t i = 0; i < 3; ++i) {
    EXPECT_EQ(rows.value()[i].about.submission, Submission(i + 2));
    EXPECT_EQ(rows.value()[i].ciphertext, Bytes(100, static_cast<std::uint8_t>(i + 2)));
  }
}

TEST_F(RelayStoreTest, RowsGoWhenEveryCursorHasPassed) {
  for (std::uint64_t n = 1; n <= 4; ++n) {
    ASSERT_TRUE(accept(n));
    auto judged = release(n, n);
    if (n == 1) judged.roster = RosterChange{.epoch = Epoch(1), .members = {amy_, ben_}};
    ASSERT_TRUE(judge(std::move(judged)));
  }
  ASSERT_TRUE(wait([&](RelayStore::Done done) {
    store_->acknowledge({.cursors = {{group_, amy_, Seq(3)}, {group_, ben_, Seq(2)}},
                         .passed = {{group_, Seq(2)}},
                         .mail = {{amy_, 3}}},
                        std::move(done));
  }));
  const auto left = messages();
  ASSERT_EQ(left.size(), 2u);
  EXPECT_EQ(left.front().seq, Seq(3));
  auto mail = read<std::vector<MailRow>>(
      [this](const RelayReader& reader) { return reader.mail(amy_, 0, 1 << 20); });
  ASSERT_EQ(mail.value().size(), 1u);
  EXPECT_EQ(mail.value().front().number, 4u);
  ASSERT_TRUE(wait([&](RelayStore::Done done) {
    store_->acknowledge({.mail = {{amy_, 4}}}, std::move(done));
  }));
  EXPECT_EQ(after_kill().mail_counters.at(0).second, 4u) << "numbers are never given again";
  // A cursor never goes back.
  ASSERT_TRUE(wait([&](RelayStore::Done done) {
    store_->acknowledge({.cursors = {{group_, amy_, Seq(1)}}}, std::move(done));
  }));
  for (const auto& member : after_kill().members) {
    EXPECT_EQ(member.cursor, member.device == amy_ ? Seq(3) : Seq(2));
  }
}

TEST_F(RelayStoreTest, I9_RevocationTakesMembershipMailAndKeyPackages) {
  ASSERT_TRUE(accept(1));
  auto judged = release(1, 1);
  judged.roster = RosterChange{.epoch = Epoch(1), .members = {amy_, ben_}};
  ASSERT_TRUE(judge(std::move(judged)));
  ASSERT_TRUE(wait([&](RelayStore::Done done) {
    store_->put_key_packages(
        {.device = amy_, .bodies = {Bytes(3), Bytes(4)}, .last_resort = Bytes(5)}, std::move(done));
  }));
  PublishedObject object;
  object.leaf = directory_leaf();
  object.object = {.number = 1,
                   .kind = 3,
                   .object = Bytes(10),
                   .object_hash = id<Digest>(5),
                   .leaf_index = object.leaf.index,
                   .opening = object.leaf.opening};
  object.revoked = amy_;
  ASSERT_TRUE(wait([&](RelayStore::Done done) { store_->publish(object, std::move(done)); }));
  const auto found = after_kill();
  ASSERT_EQ(found.members.size(), 1u);
  EXPECT_EQ(found.members.front().device, ben_);
  EXPECT_TRUE(found.key_packages.empty());
  EXPECT_TRUE(found.last_resorts.empty());
  EXPECT_EQ(found.directory.size(), 1u);
  auto mail = read<std::vector<MailRow>>(
      [this](const RelayReader& reader) { return reader.mail(amy_, 0, 1 << 20); });
  EXPECT_TRUE(mail.value().empty());
}

TEST_F(RelayStoreTest, DatabaseOfAnotherSchemaIsRefusedWithBothNumbers) {
  store_.reset();
  {
    SQLite::Database db((folder_.path() / "relay.db").string(), SQLite::OPEN_READWRITE);
    db.exec("UPDATE meta SET value = 1 WHERE name = 'schema'");
  }
  auto opened =
      RelayStore::open({.folder = folder_.path()}, [](std::function<void()> task) { task(); });
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::state_damaged);
  EXPECT_NE(opened.error().message.find("schema 1, this one reads 4"), std::string::npos)
      << opened.error().message;
}

TEST_F(RelayStoreTest, FullDiskIsToldAndWhatWasAcknowledgedStays) {
  open(60);  // the empty schema takes about half of these pages
  std::uint64_t accepted = 0;
  Status last = ok();
  while (accepted < 10'000 && last) {
    last = accept(accepted + 1);
    if (last) ++accepted;
  }
  ASSERT_FALSE(last);
  EXPECT_EQ(last.error().code, ErrorCode::storage_failed);
  EXPECT_GT(accepted, 0u);
  EXPECT_EQ(after_kill().pending.size(), accepted);
  EXPECT_TRUE(store_->counters().full);
  const Status probed = wait([&](RelayStore::Done done) { store_->probe(std::move(done)); });
  ASSERT_FALSE(probed) << "the bound still stands";
  EXPECT_EQ(probed.error().code, ErrorCode::storage_full);
  // With another bound the same file takes everything from where it stood.
  open();
  EXPECT_TRUE(accept(accepted + 1));
}

TEST_F(RelayStoreTest, WhatATurnQueuesIsOneTransactionAndIsStoredWhetherOrNotTheTurnEnds) {
  store_.reset();
  std::vector<std::function<void()>> ends;
  const auto open_in_turns = [&] {
    auto opened = RelayStore::open(
        {.folder = folder_.path(),
         .at_end_of_turn = [&](std::function<void()> task) { ends.push_back(std::move(task)); }},
        [](std::function<void()> task) { task(); });
    ASSERT_TRUE(opened) << opened.error().message;
    store_ = std::move(opened.value());
  };
  ASSERT_NO_FATAL_FAILURE(open_in_turns());
  std::promise<Status> stored;
  for (std::uint64_t n = 1; n <= 3; ++n) store_->accept(submission(n), {});
  store_->after_durable([&](Status status) { stored.set_value(status); });
  ASSERT_EQ(ends.size(), 1u) << "one wake-up for all";
  EXPECT_EQ(store_->counters().waiting, 4u);
  EXPECT_EQ(store_->counters().transactions, 0u);
  ends.front()();
  ASSERT_TRUE(stored.get_future().get());
  EXPECT_EQ(store_->counters().transactions, 1u);
  store_->accept(submission(4), {});
  EXPECT_EQ(ends.size(), 2u) << "the next turn";
  store_.reset();
  ends.back()();  // late: the store is gone
  ASSERT_NO_FATAL_FAILURE(open_in_turns());
  EXPECT_EQ(after_kill().pending.size(), 4u);
}

TEST_F(RelayStoreTest, OneProcessAtATime) {
  auto second =
      RelayStore::open({.folder = folder_.path()}, [](std::function<void()> task) { task(); });
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::state_locked);
}

TEST_F(RelayStoreTest, FileThatIsNoDatabaseIsDamage) {
  testing::TemporaryFolder other;
  std::ofstream(other.path() / "relay.db") << std::string(8192, 'x');
  auto opened =
      RelayStore::open({.folder = other.path()}, [](std::function<void()> task) { task(); });
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::state_damaged);
}

TEST_F(RelayStoreTest, WhatIsForgottenGoesAndTheRestStays) {
  constexpr std::uint64_t kKept = 40;
  for (std::uint64_t n = 1; n <= 100; ++n) {
    auto accepted = submission(n);
    auto judged = withheld(n);
    if (n > kKept) {
      accepted.forgotten = {n - kKept};
      judged.forgotten = {n - kKept};
    }
    store_->accept(std::move(accepted), {});
    store_->judge(std::move(judged), {});
  }
  ASSERT_TRUE(wait([&](RelayStore::Done done) { store_->after_durable(std::move(done)); }));
  const auto found = store_->load();
  ASSERT_EQ(found.value().submitted.size(), kKept);
  ASSERT_EQ(found.value().verdicts.size(), kKept);
  for (std::uint64_t i = 0; i < kKept; ++i) {
    EXPECT_EQ(found.value().submitted[i].submission, Submission(61 + i));
    EXPECT_EQ(found.value().verdicts[i].submission, Submission(61 + i));
  }
  EXPECT_EQ(found.value().groups.at(0).submission, Submission(100)) << "by the verdicts alone";
  EXPECT_TRUE(found.value().pending.empty());
}

TEST_F(RelayStoreTest, AGroupThatIsFormedAgainDropsWhatWasPendingAndItsMemory) {
  for (std::uint64_t n = 1; n <= 3; ++n) ASSERT_TRUE(accept(n));
  ASSERT_TRUE(judge(withheld(1)));
  auto again = submission(4);
  again.forms_again = true;
  again.dropped = {2, 3};
  ASSERT_TRUE(
      wait([&](RelayStore::Done done) { store_->accept(std::move(again), std::move(done)); }));
  const auto found = after_kill();
  ASSERT_EQ(found.pending.size(), 1u);
  EXPECT_EQ(found.pending.front().submission, Submission(4));
  ASSERT_EQ(found.submitted.size(), 2u) << "that of the judged one, and its own";
  EXPECT_EQ(found.submitted.front().submission, Submission(1));
  EXPECT_EQ(found.groups.at(0).submission, Submission(4));
}

TEST_F(RelayStoreTest, LastResortIsHandedOutAgainAndAgainAndKnownAsUsed) {
  ASSERT_TRUE(wait([&](RelayStore::Done done) {
    store_->put_key_packages({.device = amy_, .bodies = {Bytes(3, 1)}, .last_resort = Bytes(3, 9)},
                             std::move(done));
  }));
  EXPECT_EQ(after_kill().last_resorts, std::vector<DeviceId>{amy_});
  const auto take = [&] {
    std::promise<Result<RelayStore::KeyPackages>> taken;
    store_->take_key_packages({amy_}, [&](auto result) { taken.set_value(std::move(result)); });
    return taken.get_future().get().value().at(0);
  };
  EXPECT_FALSE(take().last_resort);
  for (int again = 0; again < 2; ++again) {
    const TakenKeyPackage package = take();
    EXPECT_TRUE(package.last_resort);
    EXPECT_EQ(package.body, Bytes(3, 9));
  }
  EXPECT_TRUE(after_kill().last_resorts.empty()) << "a used one has to be replaced";
}

TEST_F(RelayStoreTest, WhatIsGoneAndWhoWasAddedAnewComeBackFromTheDisk) {
  for (std::uint64_t n = 1; n <= 4; ++n) {
    ASSERT_TRUE(accept(n));
    auto judged = release(n, n);
    if (n == 1) judged.roster = RosterChange{.epoch = Epoch(1), .members = {amy_, ben_}};
    if (n == 4) {
      judged.roster =
          RosterChange{.epoch = Epoch(2), .members = {amy_, ben_}, .added_anew = {ben_}};
    }
    ASSERT_TRUE(judge(std::move(judged)));
    if (n != 3) continue;
    ASSERT_TRUE(wait([&](RelayStore::Done done) {
      store_->acknowledge({.passed = {{group_, Seq(2)}}}, std::move(done));
    }));
  }
  const auto found = after_kill();
  ASSERT_EQ(found.groups.size(), 1u);
  EXPECT_EQ(found.groups.front().passed, Seq(2));
  for (const auto& member : found.members) {
    EXPECT_EQ(member.cursor, member.device == ben_ ? Seq(4) : Seq(0));
  }
}

/// Everything the store has on the disk.
std::string files_of(const std::filesystem::path& folder) {
  std::string out;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream file(entry.path(), std::ios::binary);
    out.append(std::istreambuf_iterator<char>(file), {});
  }
  return out;
}

TEST_F(RelayStoreTest, CiphertextThatWasDisposedOfIsInNoFile) {
  const std::string planted = "\x9dplanted ciphertext\x9d";
  auto accepted = submission(1);
  accepted.pending.ciphertext = to_bytes(planted);
  ASSERT_TRUE(
      wait([&](RelayStore::Done done) { store_->accept(std::move(accepted), std::move(done)); }));
  EXPECT_NE(files_of(folder_.path()).find(planted), std::string::npos)
      << "the search finds nothing";
  ASSERT_TRUE(judge(withheld(1)));
  store_.reset();  // the write-ahead log goes into the database
  EXPECT_EQ(files_of(folder_.path()).find(planted), std::string::npos);
}

TEST_F(RelayStoreTest, WriteAheadLogGoesIntoTheDatabaseInTheBackground) {
  const std::uint64_t pages = 4'000;
  for (std::uint64_t n = 1; n <= pages / 2; ++n) {
    auto accepted = submission(n);
    accepted.pending.ciphertext = Bytes(40'000, static_cast<std::uint8_t>(n));
    store_->accept(std::move(accepted), {});
    if (n % 50 == 0) {
      ASSERT_TRUE(wait([&](RelayStore::Done done) { store_->after_durable(std::move(done)); }));
    }
  }
  EXPECT_GT(store_->counters().checkpoints, 0u);
  EXPECT_LT(store_->counters().wal_pages, 16'000u);
  EXPECT_GT(std::filesystem::file_size(folder_.path() / "relay.db"), 16u << 20);
  EXPECT_EQ(after_kill().pending.size(), pages / 2);
}

}  // namespace
}  // namespace candour::storage
